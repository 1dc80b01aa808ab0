"""Logout tokens: what a sign-out at Logto ends (OpenID Connect Back-Channel Logout 1.0)."""

from typing import Any

from ..auth_info import numeric_date
from ..conf import LogtoSettings, get_settings
from ..exceptions import InvalidToken
from ..runtime import get_verifier
from ..verification.jws import parse_jws
from . import process
from .marks import Mark, is_name

_TYPES = frozenset({"logout+jwt", "application/logout+jwt"})
_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_RECENT = 600  # seconds that iat may be before or after this machine's time; Logto's live for 120


class InvalidLogoutToken(Exception):
    """A logout token breaks a rule; the text says which."""


def sign_out(token: str) -> None:
    """Void the user's access tokens at the client, and end the sign-in of the browsable API.

    The marks are at the token's time, so that a token that comes twice changes nothing.

    Raises:
        InvalidLogoutToken: nothing is revoked.
        AuthorizationServerUnavailable: no key is known to verify the token with.
        CacheUnavailable: as ``process.add``.
        ImproperlyConfigured: likewise.
    """
    settings = get_settings()
    claims = _verified(token, settings)
    before = _issued_at(claims, settings.leeway)
    _require_event(claims)
    clients = _clients(claims.get("aud"), settings)
    sub, sid = _optional(claims, "sub"), _optional(claims, "sid")
    if sub is None and sid is None:
        raise InvalidLogoutToken("it has neither sub nor sid")
    named = [{"user": sub, "session": ""} if sid is None else {"session": sid}]
    named += [{"user": sub}] if sub else []
    process.add(
        Mark(issuer=issuer, client=client, before=before, **one)
        for issuer in process.issuers()
        for client in clients
        for one in named
    )


def _verified(token: str, settings: LogtoSettings) -> dict[str, Any]:
    """Return the claims of a token that Logto has signed, unvalidated."""
    try:
        if len(token) > settings.max_token_length:
            raise InvalidLogoutToken("it is too long")
        jws = parse_jws(token.encode())
        typ = jws.header.get("typ")
        if not isinstance(typ, str) or typ.lower() not in _TYPES:
            raise InvalidLogoutToken("its typ is not logout+jwt")
        get_verifier().verify_signature(jws)
    except (InvalidToken, ValueError) as error:
        code = error.code if isinstance(error, InvalidToken) else "malformed_token"
    else:
        return jws.claims
    # Outside of the handler: its frames have the token.
    raise InvalidLogoutToken(code)


def _issued_at(claims: dict[str, Any], leeway: float) -> float:
    now = process.now()
    issued_at, expires_at = numeric_date(claims.get("iat")), numeric_date(claims.get("exp"))
    if issued_at is None or abs(now - issued_at) > _RECENT:
        raise InvalidLogoutToken("its iat is not recent")
    if expires_at is None or now >= expires_at + leeway:
        raise InvalidLogoutToken("it has expired")
    return issued_at


def _require_event(claims: dict[str, Any]) -> None:
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(_EVENT), dict):
        raise InvalidLogoutToken("its events are not a back-channel logout")
    if "nonce" in claims:
        raise InvalidLogoutToken("it has a nonce")
    if _optional(claims, "jti") is None:
        raise InvalidLogoutToken("it has no jti")


def _clients(audience: object, settings: LogtoSettings) -> list[str]:
    own = settings.backchannel_logout_client_ids or (settings.app_id,)
    named: list[Any] = audience if isinstance(audience, list) else [audience]
    if not named or not all(isinstance(one, str) and one in own for one in named):
        raise InvalidLogoutToken("its aud is no client of this API")
    return named


def _optional(claims: dict[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and (not value or not is_name(value)):
        raise InvalidLogoutToken(f"its {name} is no text of 1 to 200 characters")
    return value
