"""Roles and their scopes as a TOML file: names without ids, in an order that stays."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ...telemetry import quoted
from .objects import ApiScope, Role
from .state import TenantState
from .steps import PermissionStep, RoleStep, ScopeStep, Step

_KINDS = {"User": False, "MachineToMachine": True}
_HEAD = "# Roles of Logto and what they grant: manage.py logto tenant --import\n\n"
MAX_FILE = 1024 * 1024
"""The longest file that is read, in bytes."""

_MAX_DOTS = 100  # tomllib needs minutes for a key of some ten thousand parts


class NotUnderstood(ValueError):
    """A file is none of roles; the text says why."""


def write(state: TenantState) -> tuple[str, list[str]]:
    """Return the file, and the names of the roles that it leaves out.

    A role with a scope of the Management API is left out: whoever has it can do everything.

    Raises:
        ImproperlyConfigured: the library that writes TOML is missing.
        AuthorizationServerUnavailable, ManagementApiRefused: the tenant cannot be read.
    """
    try:
        import tomli_w  # noqa: PLC0415 - only those who export need it
    except ImportError as error:
        message = 'Install what writes TOML: pip install "drf-logto-auth[tenant]".'
        raise ImproperlyConfigured(message) from error
    found = {"roles": state.roles, "organization_roles": state.organization_roles}
    left_out = [
        one.name for has in found.values() for one in has.values() if _is_powerful(one, state)
    ]
    document = {
        kind: _rows(one for one in has.values() if not _is_powerful(one, state))
        for kind, has in found.items()
    }
    return _HEAD + tomli_w.dumps(document), sorted(left_out)


def _is_powerful(role: Role, state: TenantState) -> bool:
    return any(
        indicator in state.resources and state.resources[indicator].is_management_api
        for indicator, _name in role.scopes
    )


def _rows(roles: Iterable[Role]) -> list[dict[str, Any]]:
    return [_row(one) for one in sorted(roles, key=lambda one: one.name)]


def _row(role: Role) -> dict[str, Any]:
    kind = "MachineToMachine" if role.is_for_machines else "User"
    row: dict[str, Any] = {"name": role.name, "description": role.description, "type": kind}
    if role.permissions:
        row["permissions"] = sorted(role.permissions)
    scopes: dict[str, list[str]] = {}
    for indicator, name in sorted(role.scopes):
        scopes.setdefault(indicator, []).append(name)
    return {**row, "scopes": scopes} if scopes else row


def parse(octets: bytes, renamed: Mapping[str, str]) -> list[RoleStep]:
    """Return the roles of a file.

    Args:
        octets: of the file.
        renamed: resource indicators of the file, and those of this tenant.

    Raises:
        NotUnderstood: it is not such a file.
    """
    _check_size(octets)
    try:
        document = tomllib.loads(octets.decode("utf-8-sig"))  # as editors of Windows write it
    except (ValueError, RecursionError) as error:
        raise NotUnderstood(f"It is not TOML: {quoted(str(error))}.") from error
    _check_keys(document, {"roles", "organization_roles"}, "the file")
    found = [
        RoleStep(_role(row, renamed, is_of_organizations=name != "roles"), name != "roles")
        for name in ("roles", "organization_roles")
        for row in _list(document.get(name, []), dict, name)
    ]
    for (_kind, name), number in Counter((one.group, one.role.name) for one in found).items():
        if number > 1:
            raise NotUnderstood(f"The role {quoted(name)} is there twice.")
    return found


def _check_size(octets: bytes) -> None:
    if len(octets) > MAX_FILE:
        raise NotUnderstood(f"It is longer than {MAX_FILE} bytes.")
    for number, line in enumerate(octets.split(b"\n"), 1):
        if line.count(b".") > _MAX_DOTS:
            raise NotUnderstood(f"Line {number} has more than {_MAX_DOTS} dots. Divide it.")


def steps_of_roles(roles: Iterable[RoleStep]) -> list[Step]:
    """Return the steps that bring the roles about, and before them what they grant."""
    roles = list(roles)
    scopes = sorted({scope for one in roles for scope in one.role.scopes})
    permissions = sorted({name for one in roles for name in one.role.permissions})
    return [
        *(ScopeStep(indicator, name) for indicator, name in scopes),
        *map(PermissionStep, permissions),
        *roles,
    ]


def check(roles: Iterable[RoleStep], state: TenantState) -> None:
    """Refuse roles that the tenant cannot have.

    Raises:
        NotUnderstood: it lacks an API resource, or a role would get the Management API.
    """
    for one in roles:
        unknown = {indicator for indicator, _name in one.role.scopes} - state.resources.keys()
        if unknown:
            name = quoted(min(unknown))
            raise NotUnderstood(
                f"The tenant has no API resource {name}. Create it, or name another: --resource."
            )
        if _is_powerful(one.role, state):
            name = quoted(one.role.name)
            raise NotUnderstood(f"The role {name} would get the Management API. Remove that scope.")


def more(roles: Iterable[RoleStep], state: TenantState) -> dict[str, list[str]]:
    """Return what the tenant has more than a file: roles, and what its roles grant."""
    wanted = {(one.is_of_organizations, one.role.name): one.role for one in roles}
    found: dict[str, list[str]] = {}
    for is_of_organizations, has in ((False, state.roles), (True, state.organization_roles)):
        kind = "Organization role" if is_of_organizations else "Role"
        for name, role in sorted(has.items()):
            named = wanted.get((is_of_organizations, name))
            if named is None and not _is_powerful(role, state):
                found.setdefault(f"{kind}s", []).append(name)
            elif named is not None:
                scopes = [scope for _, scope in sorted(role.scopes - named.scopes)]
                grants = [*scopes, *sorted(role.permissions - named.permissions)]
                found |= {f"{kind} {quoted(name)}": grants} if grants else {}
    return found


def _role(row: dict[str, Any], renamed: Mapping[str, str], *, is_of_organizations: bool) -> Role:
    name = _checked(row.get("name") or None, str, "The name of a role")
    where = f"the role {quoted(name)}"
    keys = {"name", "description", "type", "scopes"}
    _check_keys(row, keys | {"permissions"} if is_of_organizations else keys, where)
    kind = row.get("type", "User")
    if kind not in _KINDS:
        raise NotUnderstood(f"'type' of {where} must be 'User' or 'MachineToMachine'.")
    return Role(
        id="",
        name=name,
        description=_checked(row.get("description", ""), str, f"'description' of {where}"),
        is_for_machines=_KINDS[kind],
        scopes=frozenset(_scopes(row.get("scopes", {}), renamed, where)),
        permissions=frozenset(_list(row.get("permissions", []), str, f"'permissions' of {where}")),
    )


def _scopes(value: object, renamed: Mapping[str, str], where: str) -> Iterator[ApiScope]:
    scopes: dict[str, object] = _checked(value, dict, f"'scopes' of {where}")
    for indicator, names in scopes.items():
        for name in _list(names, str, f"'scopes' of {where}"):
            if name.split() != [name]:
                raise NotUnderstood(f"The scope {quoted(name)} of {where} is empty or has a space.")
            yield renamed.get(indicator, indicator), name


def _check_keys(row: Mapping[str, object], known: set[str], where: str) -> None:
    for key in row.keys() - known:
        raise NotUnderstood(f"{quoted(key)} is unknown in {where}.")


def _list(value: object, of: type[Any], what: str) -> list[Any]:
    items: list[Any] = _checked(value, list, what)
    return [_checked(one, of, what) for one in items]


def _checked(value: object, expected: type[Any], what: str) -> Any:
    if not isinstance(value, expected):
        raise NotUnderstood(f"{what} is missing, or no {_NAMES[expected]}.")
    return value


_NAMES: Mapping[type[Any], str] = {str: "text", list: "list", dict: "table"}
