"""The sandbox's HTTP server, on loopback only."""

import re
import sys
from collections.abc import Callable
from typing import TypeVar

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

DEFAULT_PORT = 8000
_HIGHEST_PORT = 65535

Server = TypeVar("Server", bound=ThreadedWSGIServer)


class _Handler(WSGIRequestHandler):
    def log_request(self, code: str | int = "-", size: str | int = "-") -> None:
        """Log the path without its query, which has the code and state of a sign-in."""
        self.requestline = re.sub(r"\?\S*", "", self.requestline)
        super().log_request(code, size)


def bound_server(port: str, default: int = DEFAULT_PORT) -> ThreadedWSGIServer:
    """Return a server that listens, without an application yet.

    Args:
        port: the wanted port; ``""`` for the default one, or any where that is taken.
        default: the default one.

    Raises:
        SystemExit: the wanted port is none, or cannot be had.
    """
    if port:
        return listening(port, "PORT or --port", _on_loopback)
    try:
        return _on_loopback(default)
    except OSError:
        server = _on_loopback(0)
        print(f"Port {default} is taken, so this is port {server.server_port}.")
        return server


def listening(port: str, name: str, listen: Callable[[int], Server]) -> Server:
    """Return a server that listens on a port.

    Args:
        port: the wanted port, as a person wrote it.
        name: what it was written in.
        listen: makes the server.

    Raises:
        SystemExit: it is no port, or cannot be had.
    """
    if not re.fullmatch("[0-9]{1,5}", port) or int(port) > _HIGHEST_PORT:
        sys.exit(f"{name} must be a number from 1 to {_HIGHEST_PORT}, or 0 for any free port.")
    try:
        return listen(int(port))
    except OSError as error:
        sys.exit(f"Port {port} cannot be had ({error.strerror}); set {name} to another one.")


def _on_loopback(port: int) -> ThreadedWSGIServer:
    return ThreadedWSGIServer(("127.0.0.1", port), _Handler)
