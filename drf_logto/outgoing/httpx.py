"""Authentication as a machine for HTTPX."""

from collections.abc import AsyncGenerator, Generator

try:
    import httpx
except ImportError as error:
    raise ImportError(
        "drf_logto.outgoing.httpx needs HTTPX: pip install 'drf-logto-auth[httpx]'"
    ) from error

from . import amachine_token, machine_token
from .destination import Destination

__all__ = ["HttpxAuth"]


class HttpxAuth(Destination, httpx.Auth):
    """Sends a machine token to one API; after a 401, once more with a new one.

    With an ``AsyncClient`` under asyncio, the event loop goes on while Logto is asked. A request
    raises the exceptions of ``machine_token``.
    """

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Send a request with a token."""
        self.require(str(request.url))
        response = yield _with(machine_token(**self.arguments), request)
        if self._may_repeat(response):
            yield _with(machine_token(**self.arguments), response.request)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Do the same for an ``AsyncClient``."""
        self.require(str(request.url))
        response = yield _with(await amachine_token(**self.arguments), request)
        if self._may_repeat(response):
            yield _with(await amachine_token(**self.arguments), response.request)

    def _may_repeat(self, response: httpx.Response) -> bool:
        """Whether the token was rejected, and the body can be sent again.

        The request of the response is another one after a redirect, and the first must not be
        sent again: what it asked for was done.
        """
        request = response.request
        return isinstance(request.stream, httpx.ByteStream) and self.drop_rejected(
            response.status_code,
            url=str(request.url),
            authorization=request.headers.get("Authorization"),
        )


def _with(token: str, request: httpx.Request) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    return request
