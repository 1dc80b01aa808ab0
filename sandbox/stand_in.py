"""A stand-in for Logto: metadata, keys and tokens over HTTP, on loopback only."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from drf_logto.testing import Logto

from .tenant import API_RESOURCE
from .token_endpoint import Refused, issue_token

MAX_BODY = 16 * 1024
"""Longest token request that is read, in bytes."""

_POLL = 0.05
_NOT_FOUND = Refused(
    HTTPStatus.NOT_FOUND, "invalid_request", "unrecognized route or not allowed method"
)


class StandIn(ThreadingHTTPServer):
    """The server; ``logto`` holds its keys and signs its tokens."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.logto = Logto(f"http://127.0.0.1:{self.server_port}", API_RESOURCE)


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
        logto = self.server.logto
        path = self.path.partition("?")[0]
        if path == "/oidc/.well-known/openid-configuration":
            self._answer(logto.metadata)
        elif path == "/oidc/jwks":
            self._answer(logto.jwks, "application/jwk-set+json")
        else:
            self._refuse(_NOT_FOUND)

    def do_POST(self) -> None:
        authorization = self.headers.get("Authorization", "")
        try:
            answer = issue_token(self.server.logto, authorization, self._token_request())
        except Refused as refused:
            self._refuse(refused)
        else:
            self._answer(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal belongs to the API."""

    def _token_request(self) -> bytes:
        if self.path.partition("?")[0] != "/oidc/token":
            raise _NOT_FOUND
        if self.headers.get_content_type() != "application/x-www-form-urlencoded":
            raise Refused(
                HTTPStatus.BAD_REQUEST, "invalid_request", "the body must be a form, urlencoded"
            )
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > MAX_BODY:
            raise Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "invalid_request",
                f"the body must say its length, and have {MAX_BODY} bytes at most",
            )
        return self.rfile.read(int(length))

    def _refuse(self, refused: Refused) -> None:
        self._send(refused.status, refused.to_dict(), "application/json")

    def _answer(
        self, document: Mapping[str, object], content_type: str = "application/json"
    ) -> None:
        self._send(HTTPStatus.OK, document, content_type)

    def _send(self, status: HTTPStatus, document: Mapping[str, object], content_type: str) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", 'Basic realm="stand-in"')
        self.end_headers()
        self.wfile.write(body)
