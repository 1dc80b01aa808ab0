"""What the code needs of the tenant, as steps that each bring one thing about."""

from collections.abc import Iterator

from django.apps import apps
from django.urls import NoReverseMatch, reverse

from ...conf import get_settings
from ...operations import needed_organization_scopes, needed_scopes
from .steps import AddressStep, HookStep, PermissionStep, ResourceStep, ScopeStep, Step

_SIGN_INS = (
    ("rest_framework:callback", "rest_framework:signed-out"),
    ("admin:logto_callback", "admin:login"),
)
"""Names of URLs that Logto leads to: after a sign-in, and after a log-out."""


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
    if base_url is not None:
        return []
    return ["Webhook and redirect URIs are not compared: --base-url is not given."]


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

        webhook = _address(base_url, "logto:webhook")
        if webhook:
            yield HookStep(webhook, frozenset(needed_events()))
    application = get_settings().app_id
    for callback, signed_out in _SIGN_INS if application else ():
        addresses = _address(base_url, callback), _address(base_url, signed_out)
        if application and all(addresses):
            yield AddressStep(application, "redirectUris", addresses[0])
            yield AddressStep(application, "postLogoutRedirectUris", addresses[1])


def _address(base_url: str, name: str) -> str:
    """The address of a URL by its name, "" where the project has none."""
    try:
        return f"{base_url.rstrip('/')}{reverse(name)}"
    except NoReverseMatch:
        return ""
