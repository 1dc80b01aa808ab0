"""The contexts of a user: every kind of access token that Logto can issue to them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from ..auth_info import TokenKind

_MAX_ORGANIZATIONS = 500  # each is in the record of the sign-in, and in the menu of every page
_TEXT = re.compile(r"[^\ud800-\udfff]{1,200}", re.DOTALL)  # no page can have a lone surrogate


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization, and its name for display."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """A user who signed in: the subject, a name for display, and their organizations."""

    sub: str
    name: str
    organizations: tuple[Organization, ...]

    @classmethod
    def from_claims(cls, claims: dict[str, Any], userinfo: dict[str, Any]) -> "Person":
        """Read the claims of an ID token, and the names of organizations in the userinfo.

        The claims are validated, so ``sub`` is a string. Other claims may have any type.
        """
        candidates = [claims.get(claim) for claim in ("name", "username", "email")]
        name = next(filter(is_text, candidates), claims["sub"])
        person = cls(claims["sub"], name, ())
        return person.with_organizations(claims).with_names(userinfo)

    def with_organizations(self, claims: dict[str, Any]) -> "Person":
        """Return the user in the organizations that validated claims list, if they have a list.

        An organization that was not known before has its id for a name. Beyond 500, they are left
        out.
        """
        if not isinstance(claims.get("organizations"), list):
            return self
        known = {one.id: one for one in self.organizations}
        listed = [*dict.fromkeys(filter(is_text, claims["organizations"]))][:_MAX_ORGANIZATIONS]
        organizations = tuple(known.get(id, Organization(id, id)) for id in listed)
        return replace(self, organizations=organizations)

    def with_names(self, userinfo: dict[str, Any]) -> "Person":
        """Return the user with the names of organizations in the userinfo, which is not trusted."""
        names = {
            one["id"]: one["name"]
            for one in _list(userinfo, "organization_data")
            if isinstance(one, dict) and is_text(one.get("id")) and is_text(one.get("name"))
        }
        named = (replace(one, name=names.get(one.id, one.name)) for one in self.organizations)
        return replace(self, organizations=tuple(named))


@dataclass(frozen=True, slots=True)
class Context:
    """One access token that a user can request: its kind, API resource and organization."""

    kind: TokenKind
    resource: str | None = None
    organization: Organization | None = None

    @property
    def id(self) -> str:
        """A stable identifier for forms and the store."""
        organization_id = self.organization.id if self.organization else None
        return " ".join(filter(None, (self.kind.value, organization_id, self.resource)))

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the token request."""
        parameters = {"resource": self.resource} if self.resource else {}
        if self.organization:
            parameters["organization_id"] = self.organization.id
        return parameters


def contexts_of(
    organizations: Iterable[Organization], resources: Iterable[str]
) -> tuple[Context, ...]:
    """Return every context in these organizations, the one of the first API resource first."""
    resources = tuple(resources)
    contexts = [Context(TokenKind.GLOBAL, resource) for resource in resources]
    for organization in organizations:
        contexts.append(Context(TokenKind.ORGANIZATION, None, organization))
        contexts += [
            Context(TokenKind.ORGANIZATION_RESOURCE, resource, organization)
            for resource in resources
        ]
    return tuple(contexts)


def _list(claims: dict[str, Any], name: str) -> list[Any]:
    value = claims.get(name)
    return value if isinstance(value, list) else []


def is_text(value: object) -> TypeGuard[str]:
    """Whether a value is a string of 1 to 200 characters, so that a page can show it."""
    return isinstance(value, str) and _TEXT.fullmatch(value) is not None
