"""Facts about API resources, scopes and roles of the tenant, against what the routes name."""

import difflib
from collections.abc import Iterable, Iterator

from django.apps import apps

from ...exceptions import AuthorizationServerUnavailable
from ...operations import needed_organization_scopes, needed_scopes
from ...outgoing.management_api import ManagementApiRefused
from ...telemetry import quoted
from ...verification.mismatch import mismatch
from .examination import Examination
from .facts import Fact, Group
from .findings import Finding, Skipped, error, ok, warning

_SHOWN = 20  # names
_CLAIMS_OF_ACCESS = ("organization_id", "act", "nbf")
_CREATE = "Create it in Logto's console, or with manage.py logto tenant --apply."


def _api_resources(examination: Examination, _subject: str) -> Iterator[Finding]:
    existing = examination.tenant.resources
    for indicator in needed_scopes():
        if indicator in existing:
            yield ok(f"Logto has the API resource {indicator}.")
        else:
            yield error(
                f"Logto has no API resource {quoted(indicator)}.{_nearest(indicator, existing)}",
                "Write the API identifier exactly as Logto has it, or create the API resource "
                "there: every character counts.",
            )


def _nearest(indicator: str, existing: Iterable[str]) -> str:
    by_case = {one.casefold(): one for one in existing}
    close = difflib.get_close_matches(indicator.casefold(), by_case, n=1)
    if not close:
        return ""
    nearest = by_case[close[0]]
    hint = mismatch([indicator], [nearest]).partition("; ")[2]
    return f" It has {quoted(nearest)}{f': {hint}' if hint else ''}."


def _scopes(examination: Examination, _subject: str) -> Iterator[Finding]:
    lacks_any = False
    for indicator, scopes in needed_scopes().items():
        lacks = sorted(scopes.difference(examination.tenant.resources[indicator].scopes))
        lacks_any = lacks_any or bool(lacks)
        if lacks:
            text = f"The API resource {indicator} lacks scopes that routes need: {_listed(lacks)}."
            yield error(f"{text} Logto leaves them out of tokens without a word.", _CREATE)
    if not lacks_any:
        yield ok("The API resources have all scopes that routes need.")


def _permissions(examination: Examination, _subject: str) -> Iterator[Finding]:
    needed = needed_organization_scopes()
    lacks = sorted(needed.difference(examination.tenant.organization_permissions))
    if lacks:
        yield error(f"Logto lacks organization permissions: {_listed(lacks)}.", _CREATE)
    else:
        yield ok("Logto has all organization permissions that routes need.")


def _roles(examination: Examination, _subject: str) -> Iterator[Finding]:
    tenant = examination.tenant
    roles = [*tenant.roles.values(), *tenant.organization_roles.values()]
    granted = {scope for role in roles for scope in role.scopes}
    permitted = {permission for role in roles for permission in role.permissions}
    needed = {(resource, one) for resource, scopes in needed_scopes().items() for one in scopes}
    lacks = sorted(one for _resource, one in needed.difference(granted))
    lacks += sorted(needed_organization_scopes().difference(permitted))
    if lacks:
        yield warning(
            f"No role has {_listed(lacks)}, so nobody gets it.",
            "Give it to a role in Logto, and the role to users, machines or members.",
        )
    else:
        yield ok("A role grants each scope and permission that routes need.")


def _lifetime(examination: Examination, _subject: str) -> Iterator[Finding]:
    is_limited = apps.is_installed("drf_logto.revocation")
    longest, tenant = examination.settings.max_token_lifetime, examination.tenant
    for indicator in needed_scopes():
        lifetime = tenant.resources[indicator].token_lifetime
        text = f"Access tokens for {indicator} live for {lifetime:.0f} seconds"
        if is_limited and lifetime > longest:
            yield error(
                f"{text}, and longer than MAX_TOKEN_LIFETIME ({longest:.0f}): they are refused.",
                "Raise LOGTO['MAX_TOKEN_LIFETIME'], or lower the lifetime in Logto.",
            )
        else:
            yield ok(f"{text}.")


def _custom_claims(examination: Examination, _subject: str) -> Iterator[Finding]:
    try:
        rows = examination.api.get_list("/configs/jwt-customizer")
    except (ManagementApiRefused, AuthorizationServerUnavailable):
        raise Skipped("Logto does not say whether it has a script for custom claims.") from None
    for row in rows:
        value = row.get("value")
        script = str(value.get("script")) if isinstance(value, dict) else ""
        named = [one for one in _CLAIMS_OF_ACCESS if one in script]
        also = f" It names {_listed(named)}: tokens then open something else." if named else ""
        yield warning(
            f"The tenant has a script for custom claims ({quoted(row.get('key'))}).{also}",
            "Let it set no claims that Logto sets itself, above all organization_id, and keep "
            "tokens short: manage.py logto explain shows the claims of a token.",
        )
    if not rows:
        yield ok("No script adds claims to access tokens.")


def _listed(names: list[str]) -> str:
    more = ", ..." if len(names) > _SHOWN else ""
    return ", ".join(map(quoted, names[:_SHOWN])) + more


_API, _RESOURCES = ("management API",), ("API resources",)
GROUP = Group(
    "API resources and roles",
    (
        Fact("API resources", _api_resources, _API),
        Fact("scopes", _scopes, _RESOURCES),
        Fact("organization permissions", _permissions, _API),
        Fact("roles", _roles, ("scopes", "organization permissions")),
        Fact("token lifetime", _lifetime, _RESOURCES),
        Fact("custom claims", _custom_claims, _API),
    ),
)
