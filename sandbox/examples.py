"""Requests that show the three permission models, each granted once and refused once."""

from collections.abc import Mapping
from dataclasses import dataclass

from .authorization_server import AuthorizationServer
from .organizations import GLOBEX


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One request to the API.

    Attributes:
        path: where it goes.
        form: what it posts, ``""`` where it is a GET.
        token: what its token is asked for with.
        status: what it is answered with.
        reason: why, in a few words.
    """

    path: str
    form: str = ""
    token: Mapping[str, str]
    status: int
    reason: str


def catalogue(server: AuthorizationServer) -> list[Example]:
    """A global API resource: the token names no organization."""
    token = {"resource": server.api_resource, "scope": "read:products"}
    return [
        Example(path="/products/", token=token, status=200, reason="it may read"),
        Example(
            path="/products/",
            form="name=Chair&price=99.00",
            token=token,
            status=403,
            reason="to create, it needs write:products too",
        ),
    ]


def invitations(server: AuthorizationServer) -> list[Example]:
    """Organization permissions: the token is for an organization, and for no API resource."""
    token = {"organization_id": server.organization_id, "scope": "invite:member"}
    form = "email=ada@example.com"
    return [
        Example(
            path=f"/organizations/{server.organization_id}/invitations/",
            form=form,
            token=token,
            status=201,
            reason="it may invite to its organization",
        ),
        Example(
            path=f"/organizations/{GLOBEX}/invitations/",
            form=form,
            token=token,
            status=403,
            reason=f"it is not for {GLOBEX}",
        ),
    ]


def documents(server: AuthorizationServer) -> list[Example]:
    """An API resource within an organization: the token names both."""
    path = f"/organizations/{server.organization_id}/documents/"
    everywhere = {"resource": server.api_resource, "scope": "read:products"}
    within = {
        "resource": server.api_resource,
        "organization_id": server.organization_id,
        "scope": "read:documents",
    }
    return [
        Example(path=path, token=within, status=200, reason="it may read its organization's"),
        Example(path=path, token=everywhere, status=403, reason="it is for no organization"),
    ]
