"""The contexts of a person: each token that Logto could give, as one value."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..auth_info import TokenKind


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization, and how people call it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in.

    Attributes:
        sub: the user's id in Logto.
        name: how people call this person.
        organizations: those that the person is a member of.
    """

    sub: str
    name: str
    organizations: tuple[Organization, ...]

    @classmethod
    def from_claims(cls, claims: dict[str, Any], userinfo: dict[str, Any]) -> "Person":
        """Read an ID token, and names of organizations from the userinfo endpoint.

        Args:
            claims: validated, so that ``sub`` is a string; nothing else is taken for granted.
            userinfo: what is told of the same subject, ``{}`` where nothing is.
        """
        names = [claims.get(name) for name in ("name", "username", "email")]
        told = [one for one in _list(userinfo, "organization_data") if isinstance(one, dict)]
        by_id = {one.get("id"): one.get("name") for one in told if isinstance(one.get("id"), str)}
        called = {id: name for id, name in by_id.items() if isinstance(name, str) and name}
        return cls(
            sub=claims["sub"],
            name=next((name for name in names if isinstance(name, str) and name), claims["sub"]),
            organizations=tuple(
                Organization(id, called.get(id, id))
                for id in _list(claims, "organizations")
                if isinstance(id, str) and id
            ),
        )


@dataclass(frozen=True, slots=True)
class Context:
    """One token that a person could hold: its kind, and what it is for."""

    kind: TokenKind
    resource: str | None = None
    organization: Organization | None = None

    @property
    def id(self) -> str:
        """A stable name, for forms and sessions."""
        organization_id = self.organization.id if self.organization else None
        return " ".join(filter(None, (self.kind.value, organization_id, self.resource)))

    @property
    def parameters(self) -> dict[str, str]:
        """What Logto's token endpoint is asked for it with."""
        parameters = {"resource": self.resource} if self.resource else {}
        if self.organization:
            parameters["organization_id"] = self.organization.id
        return parameters


def contexts_of(person: Person, resources: Iterable[str]) -> tuple[Context, ...]:
    """Return every context of a person, that of the first API resource first.

    Args:
        person: who is signed in.
        resources: the resource indicators of the API, at least one.
    """
    everywhere = [Context(TokenKind.GLOBAL, resource) for resource in resources]
    within = [
        context
        for organization in person.organizations
        for context in (
            Context(TokenKind.ORGANIZATION, None, organization),
            *(
                Context(TokenKind.ORGANIZATION_RESOURCE, one.resource, organization)
                for one in everywhere
            ),
        )
    ]
    return (*everywhere, *within)


def _list(claims: dict[str, Any], name: str) -> list[Any]:
    value = claims.get(name)
    return value if isinstance(value, list) else []
