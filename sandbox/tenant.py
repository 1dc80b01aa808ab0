"""The stand-in's data: roles, what they grant, and the applications that hold them."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A machine-to-machine application.

    Attributes:
        id: the ``client_id``.
        secret: the ``client_secret``.
        roles: the global roles, keys of ROLES.
        memberships: the role in each of its organizations, keys of ORGANIZATION_ROLES.
    """

    id: str
    secret: str
    roles: tuple[str, ...] = ()
    memberships: Mapping[str, str] = field(default_factory=dict)

    def scopes(self) -> frozenset[str]:
        """Return what is granted for the API resource."""
        return frozenset().union(*(ROLES[role] for role in self.roles))

    def scopes_within(self, organization_id: str) -> frozenset[str]:
        """Return what is granted for the API resource within an organization."""
        return ORGANIZATION_ROLES[self.memberships[organization_id]].api_scopes

    def permissions_in(self, organization_id: str) -> frozenset[str]:
        """Return the organization permissions."""
        return ORGANIZATION_ROLES[self.memberships[organization_id]].permissions


API_RESOURCE = "https://api.example.com"
BACK_OFFICE = Client(
    id="back-office",
    secret="back-office-secret",
    roles=("catalogue editor", "analyst"),
    memberships={ACME: "admin", GLOBEX: "member"},
)
STOREFRONT = Client(
    id="storefront",
    secret="storefront-secret",
    roles=("catalogue reader",),
    memberships={GLOBEX: "admin"},
)
CLIENTS = {client.id: client for client in (BACK_OFFICE, STOREFRONT)}
