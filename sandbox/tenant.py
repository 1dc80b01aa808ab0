"""The stand-in's data: roles, what they grant, and the people and applications that hold them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .organizations import ACME, GLOBEX


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationRole:
    """A role that is held within an organization.

    Attributes:
        permissions: organization permissions, which belong to no API resource.
        api_scopes: scopes of the API resource, within the organization.
    """

    permissions: frozenset[str] = frozenset()
    api_scopes: frozenset[str] = frozenset()


ROLES = {
    "catalogue editor": frozenset({"read:products", "write:products"}),
    "catalogue reader": frozenset({"read:products"}),
    "analyst": frozenset({"read:reports"}),
}
ORGANIZATION_ROLES = {
    "admin": OrganizationRole(
        permissions=frozenset({"invite:member"}),
        api_scopes=frozenset({"read:documents", "write:documents"}),
    ),
    "member": OrganizationRole(api_scopes=frozenset({"read:documents"})),
}
ORGANIZATION_PERMISSIONS = frozenset().union(
    *(role.permissions for role in ORGANIZATION_ROLES.values())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Holder:
    """Who holds roles.

    Attributes:
        id: the ``sub`` of tokens.
        roles: the global roles, keys of ROLES.
        memberships: the role in each of its organizations, keys of ORGANIZATION_ROLES.
    """

    id: str
    roles: tuple[str, ...] = ()
    memberships: Mapping[str, str] = field(default_factory=dict)

    def of_roles(self) -> frozenset[str]:
        """Return what the global roles grant for the API resource."""
        return frozenset().union(*(ROLES[role] for role in self.roles))

    def of_membership(self, organization_id: str) -> frozenset[str]:
        """Return what the role in an organization grants for the API resource."""
        return ORGANIZATION_ROLES[self.memberships[organization_id]].api_scopes

    def permissions_in(self, organization_id: str) -> frozenset[str]:
        """Return the organization permissions."""
        return ORGANIZATION_ROLES[self.memberships[organization_id]].permissions


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine(_Holder):
    """A machine-to-machine application.

    Attributes:
        secret: the ``client_secret``; ``id`` is the ``client_id``.
    """

    secret: str

    def scopes(self) -> frozenset[str]:
        """Return what is granted for the API resource."""
        return self.of_roles()

    def scopes_within(self, organization_id: str) -> frozenset[str]:
        """Return what is granted for the API resource within an organization."""
        return self.of_membership(organization_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(_Holder):
    """A user. Logto adds up global and organization roles for users, and only for them.

    Attributes:
        name: as others call this person.
    """

    name: str

    def scopes(self) -> frozenset[str]:
        """Return what is granted for the API resource, that of every organization included."""
        return self.of_roles().union(*map(self.of_membership, self.memberships))

    def scopes_within(self, organization_id: str) -> frozenset[str]:
        """Return what is granted for the API resource within an organization."""
        return self.of_roles() | self.of_membership(organization_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application that people sign in to.

    Attributes:
        id: the ``client_id``.
        name: as people read it.
        secret: the ``client_secret``, ``""`` for a public client.
        redirect_paths: where it gets its codes, at any port of loopback.
    """

    id: str
    name: str
    secret: str = ""
    redirect_paths: tuple[str, ...]

    @property
    def is_public(self) -> bool:
        """Whether it runs where it cannot keep a secret."""
        return not self.secret


API_RESOURCE = "https://api.example.com"
BACK_OFFICE = Machine(
    id="back-office",
    secret="back-office-secret",
    roles=("catalogue editor", "analyst"),
    memberships={ACME: "admin", GLOBEX: "member"},
)
STOREFRONT = Machine(
    id="storefront",
    secret="storefront-secret",
    roles=("catalogue reader",),
    memberships={GLOBEX: "admin"},
)
MACHINES = {machine.id: machine for machine in (BACK_OFFICE, STOREFRONT)}

ADA = Person(
    id="ada", name="Ada", roles=("catalogue editor", "analyst"), memberships={ACME: "admin"}
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
    redirect_paths=("/auth/callback/",),
)
SWAGGER_UI = Application(
    id="swagger-ui",
    name="Swagger UI",
    redirect_paths=("/api/schema/swagger-ui/oauth2-redirect.html",),
)
APPLICATIONS = {application.id: application for application in (BROWSABLE_API, SWAGGER_UI)}
