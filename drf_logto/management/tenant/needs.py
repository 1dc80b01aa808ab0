"""What the code needs of the tenant, as steps that each bring one thing about."""

from collections.abc import Iterator

from django.apps import apps

from ...conf import get_settings
from ...operations import all_operations, needed_organization_scopes, needed_scopes
from ..addresses import path_of, sign_ins
from .steps import AddressStep, HookStep, PermissionStep, ResourceStep, ScopeStep, Step

_UNREAD = (
    "Routes that cannot be read without a request: {number}. They may need more than is compared: "
    "manage.py logto routes lists them."
)


def steps_of_code(base_url: str | None) -> list[Step]:
    """Return what routes and settings need.

    Args:
        base_url: the public address of the running API; without it no address is known.

    Raises:
        ImproperlyConfigured: the setting ``LOGTO`` cannot work.
    """
    return [*_of_permissions(), *_of_addresses(base_url)]


def skipped(base_url: str | None) -> list[str]:
    """Return what cannot be compared, a sentence each."""
    found = []
    if base_url is None:
        found.append("Webhook and redirect URIs are not compared: --base-url is not given.")
    unread = {one.path for one in all_operations() if one.unread}
    if unread:
        found.append(_UNREAD.format(number=len(unread)))
    return found


def _of_permissions() -> Iterator[Step]:
    for indicator, scopes in sorted(needed_scopes().items()):
        yield ResourceStep(indicator)
        yield from (ScopeStep(indicator, scope) for scope in sorted(scopes))
    yield from map(PermissionStep, sorted(needed_organization_scopes()))


def _of_addresses(base_url: str | None) -> Iterator[Step]:
    if base_url is None:
        return
    if apps.is_installed("drf_logto.revocation"):
        from ...revocation.events import needed_events  # noqa: PLC0415 - an optional part

        webhook = path_of("logto:webhook")
        if webhook is not None:
            yield HookStep(f"{base_url}{webhook}", frozenset(needed_events()))
    application = get_settings().app_id
    for sign_in in sign_ins() if application else ():
        yield AddressStep(str(application), "redirectUris", f"{base_url}{sign_in.callback}")
        yield AddressStep(
            str(application), "postLogoutRedirectUris", f"{base_url}{sign_in.signed_out}"
        )
