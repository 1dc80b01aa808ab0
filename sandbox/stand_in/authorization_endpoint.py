"""The authorization endpoint (RFC 6749 §3.1): a code for who is signed in, a page for others."""

import secrets

from .authorization_request import validated_request, verified_client
from .messages import Request, Response, redirect
from .provider import Provider, remember
from .records import AuthorizationCode, AuthorizationRequest, Grant, Session, SignIn
from .refusals import Refused
from .user_tokens import grantable_scopes

SESSION_COOKIE = "_session"
SIGN_IN_PATH = "/sign-in/"

_SIGN_IN_LIFETIME = 3600
_GRANT_LIFETIME = 180 * 24 * 3600
_CODE_LIFETIME = 60


def authorize(provider: Provider, request: Request) -> Response:
    """Answer an authorization request.

    Raises:
        Refused: the client or its redirect URI is wrong, so that nobody can be told but the reader.
    """
    parameters = request.parameters()
    application, redirect_uri = verified_client(parameters)
    try:
        wanted = validated_request(
            application, redirect_uri, parameters, provider.logto.api_resource
        )
        return _code_or_sign_in(provider, wanted, request.cookie(SESSION_COOKIE))
    except Refused as refused:
        told = {"error": refused.error, "error_description": refused.description}
        return redirect(redirect_uri, {**told, **_always(provider, parameters.get("state"))})


def _code_or_sign_in(provider: Provider, wanted: AuthorizationRequest, cookie: str) -> Response:
    session = provider.sessions.get(cookie)
    if session is not None and "login" not in wanted.prompts:
        return code_response(provider, wanted, session)
    if "none" in wanted.prompts:
        raise Refused("login_required", "End-User authentication is required")
    expires_at = provider.logto.now() + _SIGN_IN_LIFETIME
    uid = remember(provider.sign_ins, SignIn(request=wanted, expires_at=expires_at))
    return redirect(f"{SIGN_IN_PATH}{uid}", {})


def code_response(
    provider: Provider,
    wanted: AuthorizationRequest,
    session: Session,
    headers: dict[str, str] | None = None,
) -> Response:
    """Grant what may be granted, and send the browser back with a code."""
    now = provider.logto.now()
    grant = Grant(
        id=secrets.token_urlsafe(32),
        session=session,
        application=wanted.application,
        scopes=_granted_scopes(wanted, session),
        resources=wanted.resources,
        nonce=wanted.nonce,
        expires_at=now + _GRANT_LIFETIME,
    )
    provider.grants[grant.id] = grant
    code = AuthorizationCode(
        grant=grant,
        redirect_uri=wanted.redirect_uri,
        code_challenge=wanted.code_challenge,
        expires_at=now + _CODE_LIFETIME,
    )
    told = {"code": remember(provider.codes, code)}
    return redirect(wanted.redirect_uri, {**told, **_always(provider, wanted.state)}, headers)


def _granted_scopes(wanted: AuthorizationRequest, session: Session) -> tuple[str, ...]:
    grantable = {
        scope
        for resource in (None, *wanted.resources)
        for scope in grantable_scopes(session.person, resource)
    }
    if "consent" not in wanted.prompts:  # OpenID Connect Core §11
        grantable.discard("offline_access")
    return tuple(scope for scope in wanted.scopes if scope in grantable)


def _always(provider: Provider, state: str | None) -> dict[str, str | None]:
    """Return what every answer to a client carries; ``iss`` is of RFC 9207."""
    return {"state": state, "iss": provider.logto.issuer}
