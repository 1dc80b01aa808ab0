"""AuthInfo and TokenKind: the validated claims of an access token."""

import enum
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

__all__ = ["AuthInfo", "TokenKind"]

ORGANIZATION_AUDIENCE_PREFIX = "urn:logto:organization:"
"""What stands before the organization's id in the audience of an organization token."""

RESERVED_AUDIENCE = "urn:logto:resource:organizations"
"""An audience that Logto gives to any client, membership or not; never accepted."""

_LATEST_DATE = 253_402_300_799  # the last second of the year 9999, where Python's dates end


def numeric_date(value: object) -> float | None:
    """Return a NumericDate (RFC 7519 §2) in seconds since the epoch, None where it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if 0 <= value <= _LATEST_DATE else None


class TokenKind(enum.Enum):
    """Which of Logto's three permission models a token belongs to."""

    GLOBAL = "global"
    ORGANIZATION = "organization"
    ORGANIZATION_RESOURCE = "organization_resource"


@dataclass(frozen=True)
class AuthInfo:
    """The facts of a verified access token (RFC 9068 §2.2); ``request.auth`` in a view.

    It reads them from the payload when they are first asked for, so that a remembered token costs
    no more memory than its payload. It validates nothing: that is the verifier's work.

    Attributes:
        payload: the token's claims as they were signed, a JSON object in UTF-8.
    """

    payload: bytes

    def __repr__(self) -> str:
        return f"AuthInfo(sub={self.sub!r}, kind={self.kind}, scopes={self.scopes!r})"

    @property
    def sub(self) -> str:
        """The user's id, or the application's for a machine-to-machine token."""
        sub: str = self._claims["sub"]
        return sub

    @property
    def client_id(self) -> str:
        """The application that asked for the token."""
        client_id: str = self._claims["client_id"]
        return client_id

    @property
    def organization_id(self) -> str | None:
        """The organization of the token, None for a global one.

        An organization token names it in its audience alone.
        """
        audience = self.audience[0]
        if audience.startswith(ORGANIZATION_AUDIENCE_PREFIX):
            return audience.removeprefix(ORGANIZATION_AUDIENCE_PREFIX)
        organization_id: str | None = self._claims.get("organization_id")
        return organization_id

    @property
    def scopes(self) -> tuple[str, ...]:
        """The granted scopes in the token's order."""
        # They are separated by spaces alone (RFC 6749 §3.3); a tab is no separator.
        return tuple(filter(None, (self._claims.get("scope") or "").split(" ")))

    @property
    def audience(self) -> tuple[str, ...]:
        """Every audience of the token."""
        audience = self._claims["aud"]
        return (audience,) if isinstance(audience, str) else tuple(audience)

    @property
    def kind(self) -> TokenKind:
        """The permission model that the token belongs to."""
        if self.audience[0].startswith(ORGANIZATION_AUDIENCE_PREFIX):
            return TokenKind.ORGANIZATION
        if self._claims.get("organization_id") is not None:
            return TokenKind.ORGANIZATION_RESOURCE
        return TokenKind.GLOBAL

    @property
    def issuer(self) -> str:
        """The authorization server, ``<ENDPOINT>/oidc``."""
        issuer: str = self._claims["iss"]
        return issuer

    @property
    def expires_at(self) -> float:
        """When the token expires, in seconds since the epoch."""
        expires_at: float = self._claims["exp"]
        return expires_at

    @property
    def issued_at(self) -> float | None:
        """The ``iat`` claim in seconds since the epoch, None where it is no date."""
        return numeric_date(self._claims.get("iat"))

    @property
    def token_id(self) -> str | None:
        """The ``jti`` claim, None where it is no string."""
        token_id = self._claims.get("jti")
        return token_id if isinstance(token_id, str) else None

    @property
    def actor(self) -> str | None:
        """Who acts for the subject (``act.sub``, RFC 8693 §4.1), None if there is none."""
        act = self._claims.get("act")
        actor = act.get("sub") if isinstance(act, dict) else None
        return actor if isinstance(actor, str) else None

    @property
    def claims(self) -> dict[str, Any]:
        """Every claim of the token; a new dict each time, so nothing that is done to it lasts."""
        claims: dict[str, Any] = json.loads(self.payload.decode())
        return claims

    @property
    def is_machine(self) -> bool:
        """Whether an application speaks for itself: Logto sets ``sub`` to its ``client_id``."""
        return self.sub == self.client_id

    def to_dict(self) -> dict[str, Any]:
        """The five facts that Logto's guides pass around, ready for JSON."""
        return {
            "sub": self.sub,
            "client_id": self.client_id,
            "organization_id": self.organization_id,
            "scopes": list(self.scopes),
            "audience": list(self.audience),
        }

    @cached_property
    def _claims(self) -> dict[str, Any]:
        return self.claims


def claim_of(auth: AuthInfo, name: str) -> object:
    """Return a claim, None where it is absent or null; nothing may be done to it."""
    return auth._claims.get(name)
