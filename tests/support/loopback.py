"""A real HTTP server on loopback that can give wrong answers, hang and count."""

import json
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email.message import Message
from http.client import parse_headers
from typing import Any

from drf_logto.testing import Logto

Connection = socketserver.StreamRequestHandler
Answer = Callable[[Connection], None]


def http(body: bytes | str, status: str = "200 OK", **headers: str) -> Answer:
    """Answer with a status, a body and, unless given, its length."""
    encoded = body.encode() if isinstance(body, str) else body
    fields = {"Content_Length": str(len(encoded)), "Connection": "close", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())

    def answer(connection: Connection) -> None:
        connection.wfile.write(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + encoded)

    return answer


def document(value: object) -> Answer:
    """Answer with a JSON document."""
    return http(json.dumps(value))


class LoopbackServer(socketserver.ThreadingTCPServer):
    """Answers each path as it was told to; ``asked`` and three more lists say what came.

    An answer to a path without a query is that to all queries which have none of their own.
    ``others`` answers the other paths.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scheme = "http" if tls is None else "https"
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.answers: dict[str, Answer] = {}
        self.others = http("", "404 Not Found")
        self.asked: list[str] = []
        self.methods: list[str] = []
        self.headers: list[Message] = []
        self.bodies: list[str] = []
        self.released = threading.Event()

    @property
    def address(self) -> str:
        host, port = self.socket.getsockname()
        return f"{self.scheme}://{host}:{port}"

    def serve_logto(self, logto: Logto) -> None:
        """Publish the documents of an in-process Logto."""
        self.answers["/oidc/.well-known/openid-configuration"] = document(logto.metadata)
        self.answers["/oidc/jwks"] = document(logto.jwks)

    def hang(self, connection: Connection) -> None:
        """Answer nothing until the test is over."""
        self.released.wait()

    def reset(self, connection: Connection) -> None:
        """Break the connection off in the middle of the answer."""
        connection.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        at_once = struct.pack("ii", 1, 0)
        connection.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        connection.connection.close()

    def drip(self, connection: Connection) -> None:
        """Send a byte now and then, forever."""
        self._drip(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")

    def drip_headers(self, connection: Connection) -> None:
        """Send a header that does not end."""
        self._drip(connection, b"HTTP/1.1 200 OK\r\nX: ")

    def _drip(self, connection: Connection, start: bytes) -> None:
        connection.wfile.write(start)
        while not self.released.wait(0.02):
            connection.wfile.write(b" ")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up early are what is tested."""


class _Handler(Connection):
    def handle(self) -> None:
        server: Any = self.server
        method, path = self.rfile.readline().decode().split(" ")[:2]
        server.headers.append(parse_headers(self.rfile))
        length = int(server.headers[-1].get("Content-Length", 0))
        self.body = self.rfile.read(length).decode()
        server.bodies.append(self.body)
        server.methods.append(method)
        server.asked.append(path)
        known = path if path in server.answers else path.partition("?")[0]
        self.requested = method, path, server.headers[-1]
        server.answers.get(known, server.others)(self)


@contextmanager
def loopback_server(tls: ssl.SSLContext | None = None) -> Iterator[LoopbackServer]:
    """Run a server for a while, over TLS where it is told with which certificate."""
    with LoopbackServer(tls) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()


@contextmanager
def raw_server(octets: bytes) -> Iterator[str]:
    """Run a server that answers whatever comes with ``octets``, and hangs where there are none.

    Yields:
        its host and port.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(octets)
            if octets:
                self.request.shutdown(socket.SHUT_WR)
            # To close before the client does could lose the answer.
            self.request.recv(65536)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@contextmanager
def silent_server() -> Iterator[tuple[str, int]]:
    """Yield an address whose connections nobody accepts."""
    with ExitStack() as opened:
        full = opened.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # the queue is full, so that the kernel drops what comes
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield full.getsockname()
