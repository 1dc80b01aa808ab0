"""What is told of a person, scope by scope."""

from collections.abc import Collection

from ..organizations import NAMES
from ..tenant import Person

OPENID_SCOPES = (
    "openid",
    "offline_access",
    "profile",
    "email",
    "roles",
    "urn:logto:scope:organizations",
    "urn:logto:scope:organization_roles",
)


def user_claims(person: Person, scopes: Collection[str]) -> dict[str, object]:
    """Return the claims of an ID token that the scopes ask for."""
    by_scope: dict[str, dict[str, object]] = {
        "profile": {"name": person.name, "picture": None, "username": person.id},
        "email": {"email": f"{person.id}@example.com", "email_verified": True},
        "roles": {"roles": list(person.roles)},
        "urn:logto:scope:organizations": {"organizations": list(person.memberships)},
        "urn:logto:scope:organization_roles": {
            "organization_roles": [f"{id}:{role}" for id, role in person.memberships.items()]
        },
    }
    return {
        name: value
        for scope, claims in by_scope.items()
        if scope in scopes
        for name, value in claims.items()
    }


def userinfo_claims(person: Person, scopes: Collection[str]) -> dict[str, object]:
    """Return the same for the userinfo endpoint, which names the organizations as well."""
    claims = {"sub": person.id, **user_claims(person, scopes)}
    if "organizations" in claims:
        claims["organization_data"] = [
            {"id": id, "name": NAMES[id], "description": None} for id in person.memberships
        ]
    return claims
