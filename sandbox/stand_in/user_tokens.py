"""Access tokens and ID tokens for people, as Logto issues them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from drf_logto.auth_info import ORGANIZATION_AUDIENCE_PREFIX
from drf_logto.testing import Logto

from ..tenant import ORGANIZATION_PERMISSIONS, Person
from .provider import Provider, remember
from .records import Grant, OpaqueToken
from .refusals import invalid_target
from .user_claims import OPENID_SCOPES, user_claims

ORGANIZATIONS_RESOURCE = "urn:logto:resource:organizations"
"""Asked for at sign-in, it makes organization permissions grantable. No API accepts its tokens."""

_LIFETIME = 3600


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token, what it is good for, and the scopes that were asked for with it."""

    token: str
    scopes: tuple[str, ...]
    requested: tuple[str, ...]


def grantable_scopes(
    person: Person, resource: str | None, organization_id: str | None = None
) -> Collection[str]:
    """Return what a person may be granted for an API resource, or without one."""
    if resource == ORGANIZATIONS_RESOURCE:
        return ORGANIZATION_PERMISSIONS
    if organization_id is None:
        return OPENID_SCOPES if resource is None else person.scopes()
    if resource is None:
        return person.permissions_in(organization_id)
    return person.scopes_within(organization_id)


def issue_access_token(
    provider: Provider,
    grant: Grant,
    requested: tuple[str, ...],
    *,
    resource: str | None,
    organization_id: str | None = None,
) -> AccessToken:
    """Return an access token: opaque without a resource and an organization, a JWT with either.

    Args:
        provider: issues it.
        grant: whom it is for, and what was granted to which application.
        requested: the scopes; what is not granted is left out.
        resource: the API resource, which must be among those of the sign-in.
        organization_id: an organization of the person.

    Raises:
        Refused: the resource was not asked for at the sign-in.
    """
    if resource not in (None, *grant.resources):
        raise invalid_target()
    person = grant.session.person
    grantable = grantable_scopes(person, resource, organization_id)
    scopes = tuple(scope for scope in requested if scope in grantable)
    if resource is None and organization_id is None:
        expires_at = provider.logto.now() + _LIFETIME
        opaque = OpaqueToken(grant=grant, scopes=scopes, expires_at=expires_at)
        return AccessToken(remember(provider.opaque_tokens, opaque), scopes, requested)
    token = provider.logto.issue(
        _claims(resource, organization_id),
        scopes,
        user=person.id,
        expires_in=_LIFETIME,
        claims={"client_id": grant.application.id},
    )
    return AccessToken(token, scopes, requested)


def _claims(resource: str | None, organization_id: str | None) -> dict[str, str]:
    if resource is None:
        return {"aud": f"{ORGANIZATION_AUDIENCE_PREFIX}{organization_id}"}
    if organization_id is None:
        return {"aud": resource}
    return {"aud": resource, "organization_id": organization_id}


def token_response(
    logto: Logto, grant: Grant, access: AccessToken, refresh_token: str | None
) -> dict[str, object]:
    """Return the answer to a token request (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3)."""
    response: dict[str, object] = {
        "access_token": access.token,
        "expires_in": _LIFETIME,
        "scope": " ".join(access.scopes),
        "token_type": "Bearer",
    }
    if refresh_token is not None:
        response["refresh_token"] = refresh_token
    if "openid" in access.requested:
        response["id_token"] = _id_token(logto, grant, access.requested)
    return response


def _id_token(logto: Logto, grant: Grant, scopes: Collection[str]) -> str:
    session = grant.session
    claims: dict[str, Any] = {
        **user_claims(session.person, scopes),
        "aud": grant.application.id,
        "auth_time": session.auth_time,
        "sid": session.id,
    }
    if grant.nonce is not None:
        claims["nonce"] = grant.nonce
    return logto.id_token(session.person.id, claims=claims)
