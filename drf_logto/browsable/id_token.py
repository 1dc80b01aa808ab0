"""Validates an ID token (OpenID Connect Core §3.1.3.7 and §12.2) and returns its claims."""

from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from ..auth_info import numeric_date
from ..exceptions import InvalidToken
from ..verification.jws import parse_jws
from ..verification.verifier import Verifier
from .error_responses import described
from .exceptions import AnswerNotTrusted


def validated_claims(
    id_token: str,
    *,
    verifier: Verifier,
    issuer: str,
    client_id: str,
    nonce: str | None,
    access_token: str,
    now: float,
    leeway: float,
) -> dict[str, Any]:
    """Return the claims of an ID token, which came with ``access_token``.

    Its ``nonce`` must be the one of the sign-in, unless that is None.

    Raises:
        AnswerNotTrusted: the ID token is invalid.
        AuthorizationServerUnavailable: no key is available to verify it with.
    """
    try:
        jws = parse_jws(id_token.encode())
        verifier.verify_signature(jws)
        dates = [jws.claims[name] for name in ("exp", "iat", "nbf") if name in jws.claims]
        if None in map(numeric_date, dates) or not isinstance(jws.claims.get("sub"), str):
            raise AnswerNotTrusted("a date or the subject is malformed")
        # As with access tokens, an ``iat`` in the future is accepted: clocks differ.
        iat: Any = jws.claims.get("iat")
        claims = CodeIDToken(
            {**jws.claims, "iat": min(iat, int(now))},
            jws.header,
            {
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": client_id},
                "sub": {"essential": True},
            },
            {"nonce": nonce, "client_id": client_id, "access_token": access_token},
        )
        claims.validate(now=int(now), leeway=int(leeway))
    except (InvalidToken, JoseError, TypeError, ValueError) as error:
        raise AnswerNotTrusted(_cause(error)) from error
    return dict(claims)


def refreshed_claims(id_token: str, *, sub: str, nonce: str, **expected: Any) -> dict[str, Any]:
    """Return the claims of the ID token of a refresh; raise as ``validated_claims``.

    It must be for the subject of the sign-in. It need not have a nonce, but no other one.
    """
    claims = validated_claims(id_token, nonce=None, **expected)
    if claims["sub"] != sub or claims.get("nonce", nonce) != nonce:
        raise AnswerNotTrusted("it is for another subject or another sign-in")
    return claims


def _cause(error: Exception) -> str:
    """Return what is wrong with an ID token, for the log: never a value of a claim."""
    if isinstance(error, InvalidToken):
        return f"{error.code}: {error.reason}" if error.reason else error.code
    return described(getattr(error, "description", None)) or "malformed"
