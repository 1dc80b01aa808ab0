"""Tokens for a code (RFC 6749 §4.1.3) and the verifier of its challenge (RFC 7636 §4.5)."""

import base64
import hashlib
from dataclasses import replace
from hmac import compare_digest

from ..tenant import Application
from .parameters import Parameters
from .provider import REFRESH_TOKEN_LIFETIME, Provider, remember
from .records import AuthorizationCode, Grant, RefreshToken
from .refusals import invalid_grant
from .user_tokens import issue_access_token, token_response


def redeem_code(
    provider: Provider, application: Application, parameters: Parameters
) -> dict[str, object]:
    """Return the answer with tokens. ``organization_id`` is no parameter of this grant in Logto.

    Raises:
        Refused: the code, its verifier or its redirect URI is wrong, or the resource is.
    """
    code = parameters.require("code")
    redirect_uri = parameters.require("redirect_uri")
    issued = provider.find(provider.codes, code)
    if issued is None or issued.grant.application != application:
        raise invalid_grant()
    if not _is_verified(issued, parameters.get("code_verifier")):
        raise invalid_grant()
    if issued.redirect_uri != redirect_uri:
        raise invalid_grant()
    if issued.is_used:
        provider.revoke(issued.grant)
        raise invalid_grant()
    provider.codes[code] = replace(issued, is_used=True)
    grant = issued.grant
    resource = parameters.resource() or _granted_resource(grant)
    access = issue_access_token(provider, grant, grant.scopes, resource=resource)
    refresh_token = _first_refresh_token(provider, grant)
    return token_response(provider.logto, grant, access, refresh_token)


def _granted_resource(grant: Grant) -> str | None:
    """Return the resource of a token request that names none.

    With ``openid`` such a request is for the userinfo endpoint. Swagger UI lives from the other
    case: it cannot name a resource here.
    """
    is_for_userinfo = "openid" in grant.scopes
    return None if is_for_userinfo or len(grant.resources) != 1 else grant.resources[0]


def _is_verified(code: AuthorizationCode, verifier: str | None) -> bool:
    digest = hashlib.sha256((verifier or "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return compare_digest(challenge, code.code_challenge.encode())


def _first_refresh_token(provider: Provider, grant: Grant) -> str | None:
    if "offline_access" not in grant.scopes:
        return None
    now = provider.logto.now()
    token = RefreshToken(grant=grant, issued_at=now, expires_at=now + REFRESH_TOKEN_LIFETIME)
    return remember(provider.refresh_tokens, token)
