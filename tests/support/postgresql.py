"""A PostgreSQL of its own, in a folder that is gone when the block ends."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .running import free_port, running

_FOLDERS = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
"""Where Debian has the programs, the newest first."""

PATH = os.pathsep.join([*map(str, _FOLDERS), os.environ.get("PATH", "")])
_INITDB, _POSTGRES = shutil.which("initdb", path=PATH), shutil.which("postgres", path=PATH)


@contextmanager
def postgresql() -> Iterator[dict[str, Any]]:
    """Yield an entry of ``DATABASES``; its server listens on loopback alone."""
    assert _INITDB, "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    assert _POSTGRES
    # It refuses to be root's.
    as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    before = as_nobody if os.getuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder:
        if before:
            shutil.chown(folder, "nobody")
        data, port = f"{folder}/data", free_port()
        made = f"{_INITDB} -D {data} -U postgres -A trust -E UTF8 --no-sync --no-locale"
        subprocess.run([*before, *made.split(" ")], check=True, capture_output=True)
        # What goes wrong with a statement is not said, as nothing would read so much.
        options = f"-D {data} -p {port} -h 127.0.0.1 -k {folder} -c log_min_messages=log"
        ready = "database system is ready to accept connections"
        with running(*before, _POSTGRES, *options.split(" "), until=ready):
            yield {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "postgres",
                "USER": "postgres",
                "HOST": "127.0.0.1",
                "PORT": port,
            }
