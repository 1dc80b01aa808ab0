"""Tokens for a refresh token (RFC 6749 §6), also for an organization, which is Logto's own."""

from dataclasses import replace
from http import HTTPStatus

from ..tenant import Application
from .parameters import Parameters
from .provider import REFRESH_TOKEN_LIFETIME, Provider, remember
from .records import Grant, RefreshToken
from .refusals import Refused, access_denied, invalid_grant
from .user_tokens import issue_access_token, token_response

_ORGANIZATIONS = "urn:logto:scope:organizations"
_OLD = 0.7  # of its lifetime


def refresh(
    provider: Provider, application: Application, parameters: Parameters
) -> dict[str, object]:
    """Return the answer with new tokens.

    Raises:
        Refused: the refresh token is void, or what is asked for is not granted.
    """
    token = parameters.require("refresh_token")
    issued = provider.find(provider.refresh_tokens, token)
    if issued is None or issued.grant.application != application:
        raise invalid_grant()
    grant = issued.grant
    scopes = _scopes(grant, parameters)
    if issued.is_used:
        # Two have it, and one of them is a thief.
        provider.revoke(grant)
        raise invalid_grant()
    access = issue_access_token(
        provider,
        grant,
        scopes,
        resource=parameters.resource(),
        organization_id=_organization(grant, parameters),
    )
    next_token = _rotated(provider, token, issued) if _is_due(provider, issued) else token
    return token_response(provider.logto, grant, access, next_token)


def _scopes(grant: Grant, parameters: Parameters) -> tuple[str, ...]:
    requested = parameters.words("scope")
    missing = [scope for scope in requested if scope not in grant.scopes]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        raise Refused(
            "invalid_scope",
            f"refresh token missing requested scope{plural}",
            scope=" ".join(missing),
        )
    return requested or grant.scopes


def _organization(grant: Grant, parameters: Parameters) -> str | None:
    organization_id = parameters.get("organization_id")
    if organization_id is None:
        return None
    if organization_id not in grant.session.person.memberships:
        raise access_denied("user is not a member of the organization")
    if _ORGANIZATIONS not in grant.scopes:
        raise Refused(
            "insufficient_scope",
            "refresh token missing required scope",
            HTTPStatus.FORBIDDEN,
            scope=_ORGANIZATIONS,
        )
    return organization_id


def _is_due(provider: Provider, token: RefreshToken) -> bool:
    """Tell whether it is rotated: always for a public client, when it is old for another."""
    lifetime = token.expires_at - token.issued_at
    age = provider.logto.now() - token.issued_at
    return token.grant.application.is_public or age >= _OLD * lifetime


def _rotated(provider: Provider, token: str, issued: RefreshToken) -> str:
    """Return the next refresh token; that of a public client does not outlive the first one."""
    provider.refresh_tokens[token] = replace(issued, is_used=True)
    now = provider.logto.now()
    is_public = issued.grant.application.is_public
    expires_at = issued.expires_at if is_public else now + REFRESH_TOKEN_LIFETIME
    following = RefreshToken(grant=issued.grant, issued_at=now, expires_at=expires_at)
    return remember(provider.refresh_tokens, following)
