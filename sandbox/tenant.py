"""The data of the stand-in: roles, people and applications."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import ClassVar

from .organizations import ACME, GLOBEX, NAMES

_LOOPBACK = re.compile(
    r"(http://(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?)(/[\w.~/-]*)?", re.ASCII
)
Scopes = frozenset[str]

# What a role grants: globally, as organization permissions, and for the API in an organization.
ROLES: Mapping[str, Scopes] = {
    "catalogue editor": Scopes({"read:products", "write:products"}),
    "catalogue reader": Scopes({"read:products"}),
    "analyst": Scopes({"read:reports"}),
    "site manager": Scopes({"admin:site"}),
}
PERMISSIONS: Mapping[str, Scopes] = {"admin": Scopes({"invite:member"}), "member": Scopes()}
API_SCOPES: Mapping[str, Scopes] = {
    "admin": Scopes({"read:documents", "write:documents"}),
    "member": Scopes({"read:documents"}),
}


class Client:
    """An OAuth 2.0 client, as Authlib asks it."""

    id: str
    secret: str
    grant_types: ClassVar[tuple[str, ...]]
    redirect_paths: tuple[str, ...] = ()
    post_logout_paths: tuple[str, ...] = ()

    def check_client_secret(self, secret: str) -> bool:
        return compare_digest(self.secret.encode(), secret.encode())

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return (method != "none") is bool(self.secret)

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grant_types

    def check_redirect_uri(self, uri: str) -> bool:
        return _path(uri) in self.redirect_paths

    def check_post_logout_redirect_uri(self, uri: str) -> bool:
        return _path(uri) in self.post_logout_paths

    def check_response_type(self, _response_type: str) -> bool:
        return True  # the grant refuses another one, with the redirect URI at hand

    def get_allowed_scope(self, scope: str | None) -> str:
        return scope or ""  # Logto drops what is not granted, and refuses nothing


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds roles: global ones, and one in each of its organizations."""

    id: str
    roles: tuple[str, ...] = ()
    memberships: Mapping[str, str] = field(default_factory=dict)
    adds_up: ClassVar[bool]  # Logto adds up global and organization roles for users only

    def permissions_in(self, organization_id: str) -> Scopes:
        return PERMISSIONS[self.memberships[organization_id]]

    def scopes(self, organization_id: str | None = None) -> Scopes:
        """Return the scopes of the API resource, within an organization or without."""
        roles = self.roles if self.adds_up or not organization_id else ()
        everywhere = tuple(self.memberships) if self.adds_up else ()
        organization_ids = (organization_id,) if organization_id else everywhere
        within = (API_SCOPES[self.memberships[id]] for id in organization_ids)
        return Scopes().union(*(ROLES[role] for role in roles), *within)


@dataclass(frozen=True, kw_only=True)
class Machine(Holder, Client):
    """A machine-to-machine application."""

    secret: str
    adds_up = False
    grant_types = ("client_credentials",)


@dataclass(frozen=True, kw_only=True)
class Person(Holder):
    """A user."""

    name: str
    is_suspended: bool = False
    adds_up = True

    @property
    def named_memberships(self) -> list[tuple[str, str, str]]:
        return [(id, NAMES[id], role) for id, role in self.memberships.items()]


@dataclass(frozen=True, kw_only=True)
class Application(Client):
    """An application that people sign in to; without a secret, a public client.

    Its paths are good on any port of loopback; ``backchannel_logout_path`` is one of the API.
    ``third_party_scopes`` are what a third-party application may ask for of people's own data; a
    first-party one has ``None``.
    """

    id: str
    name: str
    secret: str = ""
    redirect_paths: tuple[str, ...]
    post_logout_paths: tuple[str, ...] = ()
    backchannel_logout_path: str = ""
    third_party_scopes: Scopes | None = None
    grant_types = ("authorization_code", "refresh_token")


def _path(uri: str) -> str | None:
    match = _LOOPBACK.fullmatch(uri)
    return match[2] if match else None


def is_loopback_origin(origin: str) -> bool:
    match = _LOOPBACK.fullmatch(origin)
    return match is not None and match[2] is None


API_RESOURCE = "https://api.example.com"
BACK_OFFICE = Machine(
    id="back-office",
    secret="back-office-secret",
    roles=("catalogue editor", "analyst"),
    memberships={ACME: "admin", GLOBEX: "member"},
)
OPERATIONS = Machine(id="operations", secret="operations-secret")
"""The machine of ``manage.py logto``; it is for the Management API alone."""

ADA = Person(
    id="ada",
    name="Ada",
    roles=("catalogue editor", "analyst", "site manager"),
    memberships={ACME: "admin"},
)
BEN = Person(id="ben", name="Ben", roles=("catalogue reader",), memberships={ACME: "member"})
CHO = Person(
    id="cho",
    name="Cho",
    roles=("catalogue reader",),
    memberships={ACME: "member", GLOBEX: "admin"},
)
DAN = Person(id="dan", name="Dan", roles=("catalogue reader",))
PEOPLE = {person.id: person for person in (ADA, BEN, CHO, DAN)}

BROWSABLE_API = Application(
    id="browsable-api",
    name="Browsable API",
    secret="browsable-api-secret",
    redirect_paths=("/auth/callback/", "/admin/logto/callback/"),
    post_logout_paths=("/auth/signed-out/", "/admin/login/"),
    backchannel_logout_path="/logto/backchannel-logout/",
)
SWAGGER_UI = Application(
    id="swagger-ui",
    name="Swagger UI",
    redirect_paths=("/api/schema/swagger-ui/oauth2-redirect.html",),
)
PARTNER = Application(
    id="partner",
    name="Partner",
    secret="partner-secret",
    redirect_paths=("/auth/callback/",),
    third_party_scopes=Scopes({"profile", "email", "urn:logto:scope:organizations"}),
)
CLIENTS: Mapping[str, Client] = {
    client.id: client for client in (BACK_OFFICE, BROWSABLE_API, SWAGGER_UI, PARTNER)
}
