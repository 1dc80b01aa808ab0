"""Serves a tenant's metadata and JWK Set on loopback and counts the requests."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .tenant import ISSUER

_HEAD = (
    "HTTP/1.1 {}\r\nContent-Type: application/json\r\nConnection: close\r\n"
    "Cache-Control: no-cache, max-age=0, must-revalidate\r\nContent-Length: {}\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs.

    Attributes:
        address: without a slash at the end.
        documents: by path; another path is not found.
        asked: the paths that were asked for, in order.
    """

    address: str
    documents: dict[str, Any]
    asked: list[str] = field(default_factory=list)

    @property
    def jwks_uri(self) -> str:
        """Where the JWK Set is."""
        return f"{self.address}/oidc/jwks"


@contextmanager
def serving(jwks: dict[str, Any]) -> Iterator[Server]:
    """Run a server for a while, in a thread that only wakes up when it is asked."""
    documents = {
        "/oidc/.well-known/openid-configuration": {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"},
        "/oidc/jwks": jwks,
    }
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server("http://{}:{}".format(*listener.getsockname()), documents)
        thread = threading.Thread(target=_serve, args=(listener, server))
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, server: Server) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # shut down
            return
        with connection, connection.makefile("rb") as request:
            path = request.readline().split()[1].decode()
            while request.readline().strip():
                pass
            server.asked.append(path)
            found = server.documents.get(path)
            body = json.dumps(found)
            status = "404 Not Found" if found is None else "200 OK"
            connection.sendall((_HEAD.format(status, len(body)) + body).encode())
