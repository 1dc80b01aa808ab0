"""Requests that show the three permission models, each granted once and refused once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .organizations import GLOBEX

# Shell variables, and what the token in each is asked for with. The kinds of tokens are these: a
# global API resource, an organization, and an API resource within an organization.
TOKENS: Mapping[str, Sequence[str]] = {
    "CATALOGUE": ('"resource=$RESOURCE"', "scope=read:products"),
    "MEMBERS": ('"organization_id=$ORGANIZATION"', "scope=invite:member"),
    "DOCUMENTS": (
        '"resource=$RESOURCE"',
        '"organization_id=$ORGANIZATION"',
        "scope=read:documents",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One request to the API.

    Attributes:
        path: where it goes, as a shell reads it.
        form: what it posts, ``""`` where it is a GET.
        token: the variable of its token.
        status: what it is answered with.
        reason: why, in a few words.
        before: lines that must be run before, ``""`` for none.
    """

    path: str
    form: str = ""
    token: str
    status: int
    reason: str
    before: str = ""


_INVITATION = "email=ada@example.com"
SECTIONS: Mapping[str, Sequence[Example]] = {
    "The product catalogue, a global API resource": (
        Example(path="/products/", token="CATALOGUE", status=200, reason="it may read"),
        Example(
            path="/products/",
            form="name=Chair&price=99.00",
            token="CATALOGUE",
            status=403,
            reason="to create, it needs write:products too",
        ),
    ),
    "Member invitations, an organization permission": (
        Example(
            path="/organizations/$ORGANIZATION/invitations/",
            form=_INVITATION,
            token="MEMBERS",
            status=201,
            reason="it may invite to its organization",
        ),
        Example(
            path=f"/organizations/{GLOBEX}/invitations/",
            form=_INVITATION,
            token="MEMBERS",
            status=403,
            reason=f"it is not for {GLOBEX}",
        ),
    ),
    "Documents, an API resource within an organization": (
        Example(
            path="/organizations/$ORGANIZATION/documents/",
            token="DOCUMENTS",
            status=200,
            reason="it may read its organization's",
        ),
        Example(
            path="/organizations/$ORGANIZATION/documents/",
            token="CATALOGUE",
            status=403,
            reason="it is for no organization",
        ),
    ),
}

# With the stand-in, where a shell can sign people in and suspend them.
OF_ADA: Mapping[str, Sequence[Example]] = {
    "Access that is taken away: Ada is suspended, and comes back": (
        Example(
            path="/products/",
            token="ADA",
            status=200,
            reason="she may read",
            before="ADA=$(ada)",
        ),
        Example(
            path="/products/",
            token="ADA",
            status=401,
            reason="she is suspended, and the same token is revoked",
            before="change_ada -d is_suspended=on",
        ),
        Example(
            path="/products/",
            token="AGAIN",
            status=200,
            reason="she is back, and a new token is accepted",
            before="change_ada\nAGAIN=$(ada)",
        ),
    )
}
