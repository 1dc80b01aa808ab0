"""What an HTTP client has a machine token for, and the one origin that it may send it to."""

from collections.abc import Collection
from typing import TypedDict
from urllib.parse import urlsplit

from ..conf import is_loopback
from ..telemetry import quoted
from .client_credentials import TokenRequest
from .machine_tokens import machine_tokens

_UNAUTHORIZED = 401
_PORTS = {"https": 443, "http": 80}


class Arguments(TypedDict):
    """Those of ``machine_token``."""

    resource: str | None
    organization: str | None
    scopes: tuple[str, ...]


class Destination:
    """Where a machine token is sent."""

    def __init__(
        self,
        *,
        resource: str | None = None,
        organization: str | None = None,
        scopes: str | Collection[str] = (),
        origin: str | None = None,
    ) -> None:
        """Choose what tokens are for, and where they are sent.

        Args:
            resource: as for ``machine_token``.
            organization: likewise.
            scopes: likewise.
            origin: an address of the API; scheme, host and port count. By default it is
                ``resource``.

        Raises:
            ValueError: an argument cannot be what it should, or the origin is neither https nor
                this machine.
        """
        request = TokenRequest.of(resource, organization, scopes)
        self.arguments: Arguments = {
            "resource": resource,
            "organization": organization,
            "scopes": request.scopes,
        }
        address = str(origin or resource)
        found = _origin_of(address)
        if found is None:
            raise ValueError(
                "Pass the address of the API as 'origin', such as 'https://api.example.com': it "
                f"cannot be {quoted(address)}."
            )
        if found[0] != "https" and not is_loopback(address):
            raise ValueError(f"An access token must not go over plain http: {quoted(address)}.")
        self._origin = found

    def require(self, url: str) -> None:
        """Refuse an address of another origin.

        Raises:
            ValueError: it is one.
        """
        found = _origin_of(url)
        if found != self._origin:
            # The rest of an address may hold a password or be signed.
            other = (
                quoted(_written(found)) if found else "an address that is neither http nor https"
            )
            raise ValueError(
                f"The access token is for {_written(self._origin)} alone, and must not go to "
                f"{other}. Pass 'origin' if the API is there."
            )

    def has(self, url: str | None) -> bool:
        """Whether an address is of this origin."""
        return _origin_of(url or "") == self._origin

    def drop_rejected(self, status: int, *, url: str | None, authorization: str | None) -> bool:
        """Forget a token that was answered 401; return whether another can be had.

        Args:
            status: of the response.
            url: the address that has answered, which is another one after a redirect.
            authorization: the header of the request to this address.
        """
        token = (authorization or "").removeprefix("Bearer ")
        is_rejected = status == _UNAUTHORIZED and token != "" and self.has(url)
        return is_rejected and machine_tokens().drop(token)


def _written(origin: tuple[str, str, int]) -> str:
    scheme, host, port = origin
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _origin_of(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
