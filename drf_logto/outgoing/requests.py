"""Authentication as a machine for Requests."""

from typing import Any

try:
    import requests
    from requests.auth import AuthBase
except ImportError as error:
    raise ImportError(
        "drf_logto.outgoing.requests needs Requests: pip install 'drf-logto-auth[requests]'"
    ) from error

from . import machine_token
from .destination import Destination

__all__ = ["RequestsAuth"]


class RequestsAuth(Destination, AuthBase):
    """Sends a machine token to one API; after a 401, once more with a new one.

    A request raises the exceptions of ``machine_token``.
    """

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add a token to a request."""
        self.require(str(r.url))
        r.headers["Authorization"] = f"Bearer {machine_token(**self.arguments)}"
        r.register_hook("response", self._repeat)
        return r

    def _repeat(self, response: requests.Response, **options: Any) -> Any:
        """Send a request again whose token was rejected; also called after a redirect."""
        request = response.request
        can_be_sent = request.body is None or isinstance(request.body, (str, bytes))
        if not can_be_sent or not self.drop_rejected(
            response.status_code,
            url=request.url,
            authorization=request.headers.get("Authorization"),
        ):
            return response
        response.close()
        again = request.copy()
        again.headers["Authorization"] = f"Bearer {machine_token(**self.arguments)}"
        repeated = response.connection.send(again, **options)
        repeated.history.append(response)
        repeated.request = again
        return repeated
