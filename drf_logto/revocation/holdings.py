"""What a user or a machine has in Logto, and which tokens are void if some of it is lost."""

from collections.abc import Collection, Iterator
from typing import NamedTuple
from urllib.parse import quote

from ..exceptions import AuthorizationServerUnavailable
from ..outgoing.management_api import ManagementApi, ManagementApiRefused
from .process import Named

_MAX_BODY = 4 * 1024 * 1024  # bytes; an organization has its style sheet
_GONE = frozenset({"entity.not_found", "entity.not_exists_with_id"})


class Subject(NamedTuple):
    """A user or a machine."""

    id: str
    is_machine: bool

    @property
    def requests(self) -> int:
        """How many requests ask for what it has, if it has not more roles than a page."""
        return 3 if self.is_machine else 2


class Held(NamedTuple):
    """One thing that a subject has: a role, a membership, an organization role or a secret."""

    kind: str
    id: str
    organization: str | None = None


def held_by(api: ManagementApi, subject: Subject) -> frozenset[Held] | None:
    """Return what a subject has, None where Logto does not know it.

    Raises:
        AuthorizationServerUnavailable, ManagementApiRefused: as ``ManagementApi.get``.
    """
    kind = "applications" if subject.is_machine else "users"
    path = f"/{kind}/{quote(subject.id, safe='')}"
    try:
        return frozenset(_ask(api, path, is_machine=subject.is_machine))
    except ManagementApiRefused as refused:
        if refused.code in _GONE:
            return None
        raise
    except (KeyError, TypeError):
        raise AuthorizationServerUnavailable("the Management API answers otherwise") from None


def _ask(api: ManagementApi, path: str, *, is_machine: bool) -> Iterator[Held]:
    for page in api.get_pages(f"{path}/roles", max_body=_MAX_BODY):
        yield from (Held("role", role["id"]) for role in page)
    for one in api.get_list(f"{path}/organizations", max_body=_MAX_BODY):
        organization = one["id"]
        yield Held("membership", organization, organization)
        for role in one["organizationRoles"]:
            yield Held("organization role", role["id"], organization)
    if is_machine:
        for secret in api.get_list(f"{path}/secrets"):
            yield Held("secret", f"{secret['name']} {secret['createdAt']}")


def voided_by(subject: Subject, lost: Collection[Held] | None) -> list[Named]:
    """Return what the marks name where a subject has lost something, None for all.

    Args:
        subject: a user or a machine.
        lost: what it has no longer, None where Logto does not know it any longer.
    """
    if lost is None:
        return [{"user": subject.id}]
    found = [one for thing in lost for one in _voided(subject, thing)]
    return [dict(one) for one in dict.fromkeys(tuple(one.items()) for one in found)]


def _voided(subject: Subject, lost: Held) -> list[Named]:
    if lost.kind == "secret":
        return [{"client": subject.id}]
    user = {"user": subject.id}
    within: list[Named] = [{**user, "organization": one} for one in (lost.organization or "", "")]
    if subject.is_machine:  # its tokens have permissions of one kind of role
        return within[:1]
    # A user's tokens in an organization have those of the global roles too, and tokens of no
    # organization have those of all organization roles.
    return [user] if lost.organization is None else within
