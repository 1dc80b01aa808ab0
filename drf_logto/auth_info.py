"""AuthInfo and TokenKind: the validated claims of an access token as one immutable value."""

import enum
import json
from dataclasses import dataclass, field
from typing import Any

ORGANIZATION_AUDIENCE_PREFIX = "urn:logto:organization:"
"""What stands before the organization's id in the audience of an organization token."""

RESERVED_AUDIENCE = "urn:logto:resource:organizations"
"""An audience that Logto gives to any client, membership or not; never accepted."""


class TokenKind(enum.Enum):
    """Which of Logto's three permission models a token belongs to."""

    GLOBAL = "global"
    ORGANIZATION = "organization"
    ORGANIZATION_RESOURCE = "organization_resource"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthInfo:
    """The facts of a verified access token (RFC 9068 §2.2); ``request.auth`` in a view.

    Attributes:
        sub: the user's id, or the application's for a machine-to-machine token.
        client_id: the application that asked for the token.
        organization_id: the organization of the token, None for a global one.
        scopes: the granted scopes in the token's order.
        audience: every audience of the token.
        kind: the permission model that the token belongs to.
        issuer: the authorization server, ``<ENDPOINT>/oidc``.
        expires_at: when the token expires, in seconds since the epoch.
        payload: the token's claims as they were signed, JSON in UTF-8.
    """

    sub: str
    client_id: str
    organization_id: str | None
    scopes: tuple[str, ...]
    audience: tuple[str, ...]
    kind: TokenKind
    issuer: str
    expires_at: float
    payload: bytes = field(default=b"{}", repr=False)

    @property
    def claims(self) -> dict[str, Any]:
        """Every claim of the token; a new dict each time, so nothing that is done to it lasts."""
        claims: dict[str, Any] = json.loads(self.payload)
        return claims

    @property
    def is_machine(self) -> bool:
        """Whether an application speaks for itself: Logto sets ``sub`` to its ``client_id``."""
        return self.sub == self.client_id

    @property
    def issued_at(self) -> float | None:
        """The ``iat`` claim in seconds since the epoch, None where it is no number."""
        issued_at = self.claims.get("iat")
        if isinstance(issued_at, bool) or not isinstance(issued_at, (int, float)):
            return None
        return issued_at

    @property
    def token_id(self) -> str | None:
        """The ``jti`` claim, None where it is no string."""
        token_id = self.claims.get("jti")
        return token_id if isinstance(token_id, str) else None

    @property
    def actor(self) -> str | None:
        """Who acts for the subject (``act.sub``, RFC 8693 §4.1), None where nobody is named."""
        act = self.claims.get("act")
        actor = act.get("sub") if isinstance(act, dict) else None
        return actor if isinstance(actor, str) else None

    def to_dict(self) -> dict[str, Any]:
        """The five facts that Logto's guides pass around, ready for JSON."""
        return {
            "sub": self.sub,
            "client_id": self.client_id,
            "organization_id": self.organization_id,
            "scopes": list(self.scopes),
            "audience": list(self.audience),
        }
