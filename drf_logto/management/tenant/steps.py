"""Steps: each says whether the tenant has one thing, and creates it."""

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Literal, TypeVar
from urllib.parse import quote

from django.core.management import CommandError

from ...outgoing.management_api import ManagementApi
from ...telemetry import quoted
from ..subcommands import FAILED
from .objects import ApiScope, Hook, Role
from .state import TenantState

Found = TypeVar("Found")

HOOK_NAME = "drf_logto"
"""The name of a webhook that is created."""

_NO_SIGN_IN = (
    "LOGTO['APP_ID'] is a machine-to-machine application. Name one of the type 'Traditional web', "
    "or remove the setting."
)
_MOST_COMPARED = 1000  # names
_ONE_TOO_MANY = (
    "{number} webhooks send the same events to this address. Keep the one whose signing key is in "
    "LOGTO['WEBHOOK_SIGNING_KEYS'], and delete the others in Logto's console."
)


@dataclass(frozen=True, slots=True)
class Step(ABC):
    """One thing that the tenant should have.

    Attributes:
        part: the attribute of TenantState that has it; it is read again before and after the step.
            A step of an expensive part has none.
        is_unique: whether Logto refuses a second one, so that it is safe to try again after a
            failure.
    """

    part: ClassVar[str] = ""
    is_unique: ClassVar[bool] = True

    @property
    @abstractmethod
    def group(self) -> str:
        """What it belongs to."""

    @abstractmethod
    def text(self, state: TenantState) -> str:
        """What is there, or is missing."""

    def obstacle(self, state: TenantState) -> str:
        """What somebody must do instead of this command, and why; "" where there is nothing."""
        return ""

    @abstractmethod
    def is_there(self, state: TenantState) -> bool:
        """Whether the tenant has it."""

    @abstractmethod
    def make(self, api: ManagementApi, state: TenantState) -> None:
        """Create it."""


@dataclass(frozen=True, slots=True)
class ResourceStep(Step):
    """An API resource."""

    part: ClassVar[str] = "resources"
    indicator: str

    @property
    def group(self) -> str:
        return f"API resource {quoted(self.indicator)}"

    def text(self, state: TenantState) -> str:
        return f"API resource{_confused(self.indicator, state.resources)}"

    def is_there(self, state: TenantState) -> bool:
        return self.indicator in state.resources

    def make(self, api: ManagementApi, state: TenantState) -> None:
        api.post("/resources", {"name": self.indicator, "indicator": self.indicator})


@dataclass(frozen=True, slots=True)
class ScopeStep(Step):
    """A scope of an API resource that exists, or is the step before."""

    part: ClassVar[str] = "resources"
    indicator: str
    name: str

    @property
    def group(self) -> str:
        return ResourceStep(self.indicator).group

    def text(self, state: TenantState) -> str:
        found = state.resources.get(self.indicator)
        return f"scope {quoted(self.name)}{_confused(self.name, found.scopes if found else ())}"

    def is_there(self, state: TenantState) -> bool:
        found = state.resources.get(self.indicator)
        return found is not None and self.name in found.scopes

    def make(self, api: ManagementApi, state: TenantState) -> None:
        resource = _found(state.resources, self.indicator)
        api.post(f"/resources/{quote(resource.id, safe='')}/scopes", {"name": self.name})


@dataclass(frozen=True, slots=True)
class PermissionStep(Step):
    """An organization permission."""

    part: ClassVar[str] = "organization_permissions"
    name: str

    @property
    def group(self) -> str:
        return "Organization permissions"

    def text(self, state: TenantState) -> str:
        return quoted(self.name) + _confused(self.name, state.organization_permissions)

    def is_there(self, state: TenantState) -> bool:
        return self.name in state.organization_permissions

    def make(self, api: ManagementApi, state: TenantState) -> None:
        api.post("/organization-scopes", {"name": self.name})


@dataclass(frozen=True, slots=True)
class HookStep(Step):
    """A webhook that sends some events to an address, and perhaps others."""

    part: ClassVar[str] = "hooks"
    is_unique: ClassVar[bool] = False
    url: str
    events: frozenset[str]

    @property
    def group(self) -> str:
        return f"Webhook {quoted(self.url)}"

    def text(self, state: TenantState) -> str:
        found = self._found(state)
        missing = self.events - found.events if found else self.events
        if not missing:
            return "webhook with the needed events"
        start = "more events" if found else "webhook with the events"
        return f"{start}: {', '.join(sorted(missing))}"

    def obstacle(self, state: TenantState) -> str:
        found = self._found(state)
        if found is not None and not found.is_enabled:
            return f"The webhook {quoted(found.name)} is turned off. Turn it on in Logto's console."
        own = (one for one in state.hooks if one.url == self.url and one.is_enabled)
        number = sum(not self.events.isdisjoint(one.events) for one in own)
        # Logto refuses no second one, so this is what runs at the same moment end in.
        return _ONE_TOO_MANY.format(number=number) if number > 1 else ""

    def is_there(self, state: TenantState) -> bool:
        found = self._found(state)
        return found is not None and found.is_enabled and self.events <= found.events

    def make(self, api: ManagementApi, state: TenantState) -> None:
        found = self._found(state)
        if found is not None:
            events = sorted(self.events | found.events)
            api.patch(f"/hooks/{quote(found.id, safe='')}", {"events": events})
            return
        body = {"name": HOOK_NAME, "events": sorted(self.events), "config": {"url": self.url}}
        api.post("/hooks", body)

    def _found(self, state: TenantState) -> Hook | None:
        own = [one for one in state.hooks if one.url == self.url]
        # One that has all is enough, whatever the others are.
        own.sort(key=lambda one: (not one.is_enabled, len(self.events - one.events), one.id))
        return own[0] if own else None


@dataclass(frozen=True, slots=True)
class AddressStep(Step):
    """An address that an application may lead a browser to."""

    part: ClassVar[str] = "applications"
    application: str
    field: Literal["redirectUris", "postLogoutRedirectUris"]
    uri: str

    @property
    def group(self) -> str:
        return f"Application {quoted(self.application)}"

    def text(self, state: TenantState) -> str:
        kind = "redirect" if self.field == "redirectUris" else "post sign-out redirect"
        return f"{kind} URI {quoted(self.uri)}"

    def obstacle(self, state: TenantState) -> str:
        found = state.application(self.application)
        if found is None:
            return "There is no such application. Create it in Logto's console, or correct APP_ID."
        return _NO_SIGN_IN if found.type == "MachineToMachine" else ""

    def is_there(self, state: TenantState) -> bool:
        return self.uri in self._listed(state)

    def make(self, api: ManagementApi, state: TenantState) -> None:
        found = state.application(self.application)
        metadata = {**found.metadata, self.field: [*self._listed(state), self.uri]} if found else {}
        # Logto replaces all of it.
        path = f"/applications/{quote(self.application, safe='')}"
        api.patch(path, {"oidcClientMetadata": metadata})

    def _listed(self, state: TenantState) -> tuple[str, ...]:
        found = state.application(self.application)
        if found is None:
            return ()
        is_first = self.field == "redirectUris"
        return found.redirect_uris if is_first else found.post_logout_redirect_uris


@dataclass(frozen=True, slots=True)
class RoleStep(Step):
    """A role with at least these scopes and permissions, which exist or are steps before."""

    role: Role
    is_of_organizations: bool

    @property
    def group(self) -> str:
        return "Organization roles" if self.is_of_organizations else "Roles"

    def text(self, state: TenantState) -> str:
        kind = "machines" if self.role.is_for_machines else "users"
        found = self._roles(state).get(self.role.name)
        name = quoted(self.role.name)
        scopes, permissions = self._missing(state)
        lists = [f"permissions {_listed(permissions)}"] if permissions else []
        for indicator in sorted({one for one, _name in scopes}):
            names = [name for one, name in scopes if one == indicator]
            lists.append(f"scopes of {quoted(indicator)}: {_listed(names)}")
        if found is not None:
            return f"more for the role {name}: {'; '.join(lists)}" if lists else name
        others = _confused(self.role.name, self._roles(state))
        return f"new role {name} for {kind}{others}{': ' if lists else ''}{'; '.join(lists)}"

    def obstacle(self, state: TenantState) -> str:
        found = self._roles(state).get(self.role.name)
        if found is None or found.is_for_machines == self.role.is_for_machines:
            return ""
        kinds = ("users", "machines")
        has, wanted = kinds[found.is_for_machines], kinds[self.role.is_for_machines]
        return (
            f"In the tenant, this role is for {has}, and not for {wanted}. Give one another name."
        )

    def is_there(self, state: TenantState) -> bool:
        has_role = self.role.name in self._roles(state)
        return has_role and not any(self._missing(state)) and not self.obstacle(state)

    def make(self, api: ManagementApi, state: TenantState) -> None:
        scopes, permissions = self._missing(state)
        scope_ids = [
            _found(_found(state.resources, indicator).scopes, name)
            for indicator, name in sorted(scopes)
        ]
        permission_ids = [
            _found(state.organization_permissions, one) for one in sorted(permissions)
        ]
        path = "/organization-roles" if self.is_of_organizations else "/roles"
        found = self._roles(state).get(self.role.name)
        if found is None:
            kind = "MachineToMachine" if self.role.is_for_machines else "User"
            body = {"name": self.role.name, "description": self._description(), "type": kind}
            ids: Mapping[str, Iterable[str]] = {"scopeIds": scope_ids}
            if self.is_of_organizations:
                ids = {"resourceScopeIds": scope_ids, "organizationScopeIds": permission_ids}
            api.post(path, {**body, **ids})
            return
        path = f"{path}/{quote(found.id, safe='')}"
        if permission_ids:
            api.post(f"{path}/scopes", {"organizationScopeIds": permission_ids})
        if scope_ids:
            kind = "resource-scopes" if self.is_of_organizations else "scopes"
            api.post(f"{path}/{kind}", {"scopeIds": scope_ids})

    def _description(self) -> str:
        return self.role.description or self.role.name  # a global role must have one

    def _roles(self, state: TenantState) -> Mapping[str, Role]:
        return state.organization_roles if self.is_of_organizations else state.roles

    def _missing(self, state: TenantState) -> tuple[frozenset[ApiScope], frozenset[str]]:
        found = self._roles(state).get(self.role.name)
        if found is None:
            return self.role.scopes, self.role.permissions
        return self.role.scopes - found.scopes, self.role.permissions - found.permissions


def _found(mapping: Mapping[str, Found], name: str) -> Found:
    if name not in mapping:
        message = f"Somebody has deleted {quoted(name)} meanwhile. Run the command again."
        raise CommandError(message, returncode=FAILED)
    return mapping[name]


def _confused(name: str, others: Iterable[str]) -> str:
    """Name what is there and differs only in case, a slash at the end or the form of letters."""
    if name in others:
        return ""
    compared = islice(others, _MOST_COMPARED)
    found = next((one for one in compared if _folded(one) == _folded(name)), None)
    return f"; there is {quoted(found)}, which is another one" if found else ""


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().rstrip("/")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, sorted(names)))
