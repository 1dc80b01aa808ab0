"""The sandbox's HTTP server, on loopback only."""

import re
import sys

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

DEFAULT_PORT = 8000
_HIGHEST_PORT = 65535


def bound_server(port: str, default: int = DEFAULT_PORT) -> ThreadedWSGIServer:
    """Return a server that listens, without an application yet.

    Args:
        port: the wanted port; ``""`` for the default one, or any where that is taken.
        default: the default one.

    Raises:
        SystemExit: the wanted port is none, or cannot be had.
    """
    if not port:
        return _on_default_port(default)
    if not re.fullmatch("[0-9]{1,5}", port) or int(port) > _HIGHEST_PORT:
        sys.exit(f"PORT must be a number from 1 to {_HIGHEST_PORT}, or 0 for any free port.")
    try:
        return _listening(int(port))
    except OSError as error:
        sys.exit(f"Port {port} cannot be had ({error.strerror}); set PORT to another one.")


def _on_default_port(port: int) -> ThreadedWSGIServer:
    try:
        return _listening(port)
    except OSError:
        server = _listening(0)
        print(f"Port {port} is taken, so this is port {server.server_port}.")
        return server


def _listening(port: int) -> ThreadedWSGIServer:
    return ThreadedWSGIServer(("127.0.0.1", port), WSGIRequestHandler)
