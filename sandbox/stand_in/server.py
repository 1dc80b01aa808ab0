"""The stand-in's HTTP server: bounded requests in, answers out."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from drf_logto.testing import Logto

from ..tenant import API_RESOURCE
from .messages import Request, Response
from .parameters import MAX_LENGTH
from .provider import Provider
from .refusals import Refused, invalid_request, not_found
from .routes import has_route, refusal, respond

MAX_BODY = MAX_LENGTH
"""Longest form that is read, in bytes."""

_POLL = 0.05


class StandIn(ThreadingHTTPServer):
    """The server; ``logto`` holds its keys and signs its tokens."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.logto = Logto(f"http://127.0.0.1:{self.server_port}", API_RESOURCE)
        self.provider = Provider(self.logto)


@contextmanager
def running_stand_in() -> Iterator[StandIn]:
    """Serve on a free port for a while."""
    with StandIn() as server:
        threading.Thread(target=server.serve_forever, args=(_POLL,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


class _Exchange(BaseHTTPRequestHandler):
    server: StandIn
    timeout = 5

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        self._send(self._response(self.path.partition("?")[2]))

    do_OPTIONS = do_GET  # noqa: N815 - http.server finds methods by this name

    def do_POST(self) -> None:
        try:
            form = self._form()
        except Refused as refused:
            self._send(refusal(refused))
        else:
            self._send(self._response(form))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal belongs to the API."""

    def _response(self, encoded: str) -> Response:
        path = self.path.partition("?")[0]
        request = Request(path=path, encoded=encoded, headers=self.headers)
        return respond(self.server.provider, self.command, request)

    def _form(self) -> str:
        if not has_route(self.command, self.path.partition("?")[0]):
            raise not_found()
        if self.headers.get_content_type() != "application/x-www-form-urlencoded":
            raise invalid_request("the body must be a form, urlencoded")
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > MAX_BODY:
            raise Refused(
                "invalid_request",
                f"the body must say its length, and have {MAX_BODY} bytes at most",
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            )
        return self.rfile.read(int(length)).decode(errors="replace")

    def _send(self, response: Response) -> None:
        body = response.body.encode()
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)
