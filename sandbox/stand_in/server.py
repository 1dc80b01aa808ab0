"""The stand-in's HTTP server: Django's, with the stand-in's own views and no middleware."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from authlib.oauth2 import OAuth2Error
from django.core.exceptions import SuspiciousOperation
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.urls import Resolver404, resolve
from django.utils.translation import get_language_from_request, override

from drf_logto.testing import Logto

from ..tenant import API_RESOURCE
from .authorization import AuthorizationServer
from .provider import Provider
from .tokens import refused
from .views import Request

_POLL = 0.05


class _Handler(WSGIRequestHandler):
    timeout = 5

    def handle(self) -> None:
        with suppress(OSError):  # clients hang up, or are silent for too long
            super().handle()

    def log_message(self, *args: object) -> None:
        """Say nothing: the terminal belongs to the API."""


class StandIn(ThreadedWSGIServer):
    """The server; ``logto`` holds its keys and signs its tokens."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.logto = Logto(f"http://127.0.0.1:{self.server_port}", API_RESOURCE)
        self.provider = Provider(self.logto)
        self._server = AuthorizationServer(self.provider)
        self.set_app(self._respond)

    def _respond(
        self, environ: dict[str, Any], start_response: Callable[..., object]
    ) -> Iterable[bytes]:
        """Answer beside the project: nothing of its URLs and middleware is used (PEP 3333)."""
        request = Request(environ)
        request.server, request.provider = self._server, self.provider
        language = "ko" if get_language_from_request(request) == "ko" else "en"
        with self.provider.lock, override(language):
            response = self._response(request)
        response["Cache-Control"] = "no-store"
        cookies = [("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values()]
        status = f"{response.status_code} {response.reason_phrase}"
        start_response(status, [*response.items(), *cookies])
        return [response.content]

    def _response(self, request: Request) -> Any:
        try:
            view, _, _ = resolve(request.path_info, "sandbox.stand_in.views")
            is_page = not request.path_info.startswith(("/oidc/", "/api/"))
            sender = request.headers.get("Sec-Fetch-Site", "same-origin")
            if is_page and request.method == "POST" and sender != "same-origin":
                raise refused("invalid_request", "another site sent this form", 403)
            return view(request)
        except Resolver404:
            error = refused("invalid_request", "unrecognized route or not allowed method", 404)
        except (SuspiciousOperation, UnicodeDecodeError):
            error = refused("invalid_request", "the request is malformed")
        except OAuth2Error as raised:
            error = raised
        return self._server.handle_error_response(request, error)


@contextmanager
def running_stand_in(stand_in: StandIn | None = None) -> Iterator[StandIn]:
    """Serve for a while, by default on a free port."""
    with stand_in or StandIn() as server:
        threading.Thread(target=server.serve_forever, args=(_POLL,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
