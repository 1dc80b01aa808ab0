"""The console of a Logto that starts empty: a test sets up a tenant by names, as a reader does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from drf_logto.testing import ManagementApi
from sandbox.stand_in import StandIn
from sandbox.tenant import Machine, Scopes

_MACHINE = "MachineToMachine"


class Console:
    """Creates what a page says, and registers the machines with the stand-in.

    A name that the tenant does not have is a ``KeyError``; what Logto refuses, a ``ValueError``.
    """

    def __init__(self, stand_in: StandIn) -> None:
        clock = stand_in.logto.now
        self._logto = stand_in.logto
        self._machines = stand_in.provider.clients
        self._api = ManagementApi("console", "secret", resource="urn:management-api", now=clock)

    def create_api_resource(
        self, name: str, identifier: str, permissions: Mapping[str, str]
    ) -> None:
        """Create an API resource; permissions are names and descriptions."""
        resource = self._api.create("/resources", name=name, indicator=identifier)
        self._logto.api_resource = identifier
        for one, description in permissions.items():
            path = f"/resources/{resource['id']}/scopes"
            self._api.create(path, name=one, description=description)

    def create_role(self, name: str, description: str, permissions: Iterable[str]) -> None:
        """Create a role for machines."""
        body = {"name": name, "description": description, "type": _MACHINE}
        self._api.create("/roles", **body, scopeIds=self._ids("scopes", permissions))

    def add_permissions(self, role: str, permissions: Iterable[str]) -> None:
        """Give more permissions to a role."""
        (id,) = self._ids("roles", [role])
        self._api.create(f"/roles/{id}/scopes", scopeIds=self._ids("scopes", permissions))

    def create_organization_permissions(self, permissions: Mapping[str, str]) -> None:
        """Create organization permissions: names and descriptions."""
        for name, description in permissions.items():
            self._api.create("/organization-scopes", name=name, description=description)

    def create_organization_role(self, name: str, description: str) -> None:
        """Create an organization role for machines, without permissions."""
        body = {"name": name, "description": description, "type": _MACHINE}
        self._api.create("/organization-roles", **body)

    def assign_organization_permissions(self, role: str, permissions: Iterable[str]) -> None:
        """Give organization permissions to an organization role."""
        (id,) = self._ids("organization-roles", [role])
        ids = self._ids("organization-scopes", permissions)
        self._api.create(f"/organization-roles/{id}/scopes", organizationScopeIds=ids)

    def assign_api_permissions(self, role: str, permissions: Iterable[str]) -> None:
        """Give API permissions to an organization role."""
        (id,) = self._ids("organization-roles", [role])
        ids = self._ids("scopes", permissions)
        self._api.create(f"/organization-roles/{id}/resource-scopes", scopeIds=ids)

    def create_machine(self, name: str, roles: Iterable[str] = ()) -> tuple[str, str]:
        """Create a machine-to-machine application; return its id and secret."""
        self._ids("roles", roles)
        row = self._api.create("/applications", name=name, type=_MACHINE)
        machine = _Machine(id=row["id"], secret=f"secret-of-{row['id']}", roles=(*roles,), of=self)
        self._machines[machine.id] = machine
        return machine.id, machine.secret

    def add_to_organization(self, machine: str, organization_id: str, role: str) -> None:
        """Add a machine to an organization, in a role."""
        self._ids("organization-roles", [role])
        before: Any = self._machines[machine]
        memberships = {**before.memberships, organization_id: role}
        self._machines[machine] = replace(before, memberships=memberships)

    def granted(self, kind: str, role: str) -> Scopes:
        """Return the API permissions of a role, of ``roles`` or ``organization-roles``."""
        (id,) = self._ids(kind, [role])
        return self._names("scopes", id)

    def granted_in_organizations(self, role: str) -> Scopes:
        """Return the organization permissions of an organization role."""
        (id,) = self._ids("organization-roles", [role])
        return self._names("organization-scopes", f"{id} permissions")

    def _ids(self, kind: str, names: Iterable[str]) -> list[str]:
        by_name = {row["name"]: id for id, row in self._api.tenant.rows[kind].items()}
        return [by_name[name] for name in names]

    def _names(self, kind: str, assigned: str) -> Scopes:
        rows = self._api.tenant.rows[kind]
        return Scopes(rows[id]["name"] for id in self._api.tenant.assigned.get(assigned, []))


@dataclass(frozen=True, kw_only=True)
class _Machine(Machine):
    of: Console

    def permissions_in(self, organization_id: str) -> Scopes:
        return self.of.granted_in_organizations(self.memberships[organization_id])

    def scopes(self, organization_id: str | None = None) -> Scopes:
        if organization_id is None:
            return Scopes().union(*(self.of.granted("roles", role) for role in self.roles))
        return self.of.granted("organization-roles", self.memberships[organization_id])
