"""Who the tokens of a response are for: their ID token, validated, and the userinfo."""

from contextlib import suppress
from typing import Any

from ..conf import get_settings
from ..exceptions import AuthorizationServerUnavailable, InvalidToken, WrongToken
from ..runtime import get_environment, get_verifier
from ..verification.fetch import fetch_json
from ..verification.metadata import ISSUER_PATH, Metadata
from .exceptions import AnswerNotTrusted
from .id_token import refreshed_claims, validated_claims
from .sign_in_store import SignIn
from .token_endpoint import Tokens


def issuer() -> str:
    """Return the issuer at the first ``ENDPOINT``, where users sign in."""
    return f"{get_settings().endpoint[0]}{ISSUER_PATH}"


def claims_at_sign_in(tokens: Tokens, nonce: str) -> dict[str, Any]:
    """Return the claims of the ID token of a sign-in; raise AnswerNotTrusted if it is invalid."""
    if tokens.id_token is None:
        raise AnswerNotTrusted
    return validated_claims(tokens.id_token, nonce=nonce, **_expected(tokens))


def claims_at_refresh(tokens: Tokens, sign_in: SignIn) -> dict[str, Any]:
    """Return the claims of the ID token of a refresh, ``{}`` if there is none.

    AuthorizationServerUnavailable is raised if one of the tokens cannot be trusted.
    """
    sub, claims = sign_in.person.sub, dict[str, Any]()
    try:
        if tokens.id_token is not None:
            claims = refreshed_claims(
                tokens.id_token, sub=sub, nonce=sign_in.nonce, **_expected(tokens)
            )
    except AnswerNotTrusted as refused:
        raise AuthorizationServerUnavailable(str(refused.reason)) from None
    with suppress(InvalidToken, WrongToken):  # such a token is refused where it is used
        if get_verifier().verify(tokens.access_token).sub != sub:
            raise AuthorizationServerUnavailable("the access token is for another subject")
    return claims


def userinfo(metadata: Metadata, tokens: Tokens, sub: str) -> dict[str, Any]:
    """Return the userinfo of the subject, or ``{}``: it only adds names."""
    try:
        document = fetch_json(
            metadata.back_channel("userinfo_endpoint"),
            get_settings().http_timeout,
            headers={"Authorization": f"Bearer {tokens.access_token}"},
        )
    except AuthorizationServerUnavailable:
        return {}
    # OpenID Connect Core §5.3.2: the subject must be that of the ID token.
    return document if isinstance(document, dict) and document.get("sub") == sub else {}


def _expected(tokens: Tokens) -> dict[str, Any]:
    """Return what an ID token that came with these tokens is validated with."""
    settings = get_settings()
    return {
        "verifier": get_verifier(),
        "issuer": issuer(),
        "client_id": str(settings.app_id),
        "access_token": tokens.access_token,
        "now": get_environment().now(),
        "leeway": settings.leeway,
    }
