"""Starts the sandbox: chooses a port and a Logto, makes a database, serves requests."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection

from drf_logto.conf import get_settings

from .authorization_server import chosen_authorization_server
from .server import bound_server
from .welcome import welcome


def main() -> None:
    """Run the sandbox until a signal ends it."""
    chosen = _chosen_ports()
    with (
        bound_server(chosen.port) as server,
        chosen_authorization_server(
            chosen.stand_in_port, f"127.0.0.1:{server.server_port}"
        ) as authorization_server,
        TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True) as directory,
    ):
        set_up_django(Path(directory, "sandbox.sqlite3"))
        address = f"http://127.0.0.1:{server.server_port}"
        print(welcome(address, authorization_server), flush=True)
        server.set_app(StaticFilesHandler(get_wsgi_application()))
        server.serve_forever()


def _chosen_ports() -> Namespace:
    parser = ArgumentParser(prog="python3 run.py sandbox", description="Run the example project.")
    parser.add_argument("--port", default=os.environ.get("PORT", ""), help="of the example project")
    parser.add_argument("--stand-in-port", default="", help="of the stand-in for Logto")
    return parser.parse_args()


def set_up_django(database: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "sandbox.settings"
    os.environ["SANDBOX_DATABASE"] = str(database)
    django.setup()
    try:
        get_settings()
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    call_command("createcachetable", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)
    call_command("loaddata", "demonstration", verbosity=0)
    connection.close()
