"""Access tokens and ID tokens as Logto issues them, for people and for machines."""

from collections.abc import Collection, Iterable
from typing import Any

from authlib.oauth2 import OAuth2Error

from drf_logto.auth_info import ORGANIZATION_AUDIENCE_PREFIX, RESERVED_AUDIENCE
from drf_logto.testing import ABSENT, Logto

from ..organizations import NAMES
from ..tenant import PERMISSIONS, Machine, Person
from .provider import TOKEN_LIFETIME, Grant, Provider

ORGANIZATIONS = "urn:logto:scope:organizations"
ORGANIZATION_ROLES = "urn:logto:scope:organization_roles"
IDENTITY_SCOPES = frozenset(
    {"openid", "offline_access", "profile", "email", ORGANIZATIONS, ORGANIZATION_ROLES}
)


def refused(error: str, description: str, status: int = 400, **members: str) -> OAuth2Error:
    return OAuth2Error(error=error, description=description, status_code=status, **members)


def invalid_target(description: str = "resource indicator is missing, or unknown") -> OAuth2Error:
    return refused("invalid_target", description)


def grantable_scopes(
    person: Person, resource: str | None, organization_id: str | None = None
) -> Collection[str]:
    """Return what a person may be granted for an API resource, or without one."""
    if resource == RESERVED_AUDIENCE:
        return frozenset().union(*PERMISSIONS.values())
    if resource is not None:
        return person.scopes(organization_id)
    return IDENTITY_SCOPES if organization_id is None else person.permissions_in(organization_id)


def issue_to_person(
    provider: Provider,
    grant: Grant,
    requested: Iterable[str],
    resource: str | None,
    organization_id: str | None = None,
) -> dict[str, Any]:
    """Return a token response, with what is granted of the requested scopes.

    Raises:
        OAuth2Error: the sign-in did not ask for the resource, or the organization is not granted.
    """
    person = provider.people[grant.session.person_id]
    if resource not in (None, *grant.resources):
        raise invalid_target()
    if organization_id is not None:
        _require_organization(person, grant, organization_id)
    grantable = grantable_scopes(person, resource, organization_id)
    scopes = tuple(scope for scope in requested if scope in grantable)
    if resource is None and organization_id is None:
        token = provider.remember(provider.opaque_tokens, grant, scopes)
    else:
        claims = {**_audience(resource, organization_id), "client_id": grant.application.id}
        token = provider.logto.issue(claims, scopes, user=person.id)
    if "openid" not in requested:
        return _response(token, scopes)
    return {**_response(token, scopes), "id_token": _id_token(provider.logto, person, grant)}


def issue_to_machine(
    logto: Logto,
    machine: Machine,
    requested: Iterable[str],
    resource: str | None,
    organization_id: str | None,
) -> dict[str, Any]:
    """Return the same for a machine."""
    if organization_id not in (None, *machine.memberships):
        raise refused("access_denied", "app has not associated with the organization", 403)
    if resource not in (None, logto.api_resource):
        raise invalid_target()
    if resource is None and organization_id is None:
        raise invalid_target("both `resource` and `organization_id` are not provided")
    granted = machine.scopes(organization_id)
    if resource is None:
        granted = machine.permissions_in(str(organization_id))
    scopes = tuple(scope for scope in requested if scope in granted)
    token = logto.issue(_audience(resource, organization_id), scopes, machine=machine.id)
    response = _response(token, scopes)
    if resource is not None and not scopes:
        del response["scope"]  # as in the token
    return response


def _require_organization(person: Person, grant: Grant, organization_id: str) -> None:
    if organization_id not in person.memberships:
        raise refused("access_denied", "user is not a member of the organization", 403)
    if ORGANIZATIONS not in grant.scopes:
        raise refused("insufficient_scope", "refresh token missing required scope", 403)
    if grant.organization_ids is not None and organization_id not in grant.organization_ids:
        description = "organization access is not granted to the application"
        raise refused("access_denied", description, 403)


def _audience(resource: str | None, organization_id: str | None) -> dict[str, str]:
    if resource is None:
        return {"aud": f"{ORGANIZATION_AUDIENCE_PREFIX}{organization_id}"}
    within = {} if organization_id is None else {"organization_id": organization_id}
    return {"aud": resource, **within}


def _response(token: str, scopes: Iterable[str]) -> dict[str, Any]:
    members = {"access_token": token, "expires_in": TOKEN_LIFETIME, "token_type": "Bearer"}
    return {**members, "scope": " ".join(scopes)}


def _id_token(logto: Logto, person: Person, grant: Grant) -> str:
    claims = {
        **user_claims(person, grant.scopes),
        "aud": grant.application.id,
        "auth_time": grant.session.auth_time,
        "sid": grant.session.id,
        "nonce": ABSENT if grant.nonce is None else grant.nonce,
    }
    return logto.id_token(person.id, claims=claims)


def user_claims(person: Person, scopes: Collection[str]) -> dict[str, Any]:
    """Return the claims about a person that the scopes grant."""
    claims: dict[str, Any] = {}
    if "profile" in scopes:
        claims |= {"name": person.name, "picture": None, "username": person.id}
    if "email" in scopes:
        claims |= {"email": f"{person.id}@example.test", "email_verified": True}
    if ORGANIZATIONS in scopes:
        claims["organizations"] = list(person.memberships)
    if ORGANIZATION_ROLES in scopes:
        roles = [f"{id}:{role}" for id, role in person.memberships.items()]
        claims["organization_roles"] = roles
    return claims


def userinfo_claims(person: Person, scopes: Collection[str]) -> dict[str, Any]:
    """Return the same for the userinfo endpoint, which names the organizations as well."""
    claims = {"sub": person.id, **user_claims(person, scopes)}
    if ORGANIZATIONS in scopes:
        data = [{"id": id, "name": NAMES[id], "description": None} for id in person.memberships]
        claims["organization_data"] = data
    return claims
