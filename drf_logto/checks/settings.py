"""System checks of the settings: ``LOGTO``, and REST Framework's schema class."""

from dataclasses import fields
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from rest_framework.settings import api_settings

from ..conf import LogtoSettings, is_loopback, parse
from ..responses import find_challenge_parameters
from ..shared_cache import is_private

IDS = {
    "missing": "drf_logto.E001",
    "unknown": "drf_logto.E002",
    "value": "drf_logto.E003",
    "plain_http": "drf_logto.E004",
    "symmetric": "drf_logto.E005",
    "reserved_audience": "drf_logto.E006",
}

_OF_APPLICATIONS = {
    ("drf_logto.revocation", "drf_logto.W035"): (
        "revocation_when_unreachable",
        "revoke_on_role_change",
        "follow_roles",
    ),
    ("drf_logto.users", "drf_logto.W044"): (
        "create_users",
        "service_users",
        "groups",
        "staff_scope",
        "superuser_scope",
        "admin_password_login",
    ),
}


@register
def settings_can_work(**_: Any) -> list[CheckMessage]:
    """E001 to E006: everything that keeps the ``LOGTO`` setting from working."""
    _parsed, problems = parse(getattr(settings, "LOGTO", None))
    return [Error(problem.message, id=IDS[problem.kind]) for problem in problems]


@register
def internal_endpoint_is_private(**_: Any) -> list[CheckMessage]:
    """W001: keys are fetched over plain http from another machine."""
    parsed = _parsed()
    address = parsed.internal_endpoint if parsed else None
    if address is None or address.startswith("https:") or is_loopback(address):
        return []
    return [
        Warning(
            "LOGTO['INTERNAL_ENDPOINT'] is plain http to another machine.",
            hint="Whoever can answer there can sign tokens. Silence this where the network "
            "between the two is yours alone.",
            id="drf_logto.W001",
        )
    ]


@register
def default_algorithm_is_accepted(**_: Any) -> list[CheckMessage]:
    """W008: a tenant of Logto signs with ES384 unless its key was rotated to another type."""
    parsed = _parsed()
    if parsed is None or "ES384" in parsed.algorithms:
        return []
    return [
        Warning(
            "LOGTO['ALGORITHMS'] lacks ES384, with which a tenant of Logto signs by default.",
            hint="Add ES384, or leave ALGORITHMS out. Silence this where the keys of the tenant "
            "are of another type.",
            id="drf_logto.W008",
        )
    ]


@register(deploy=True)
def cache_is_shared(**_: Any) -> list[CheckMessage]:
    """W009: processes shall share the keys by a cache that each has for itself."""
    parsed = _parsed()
    if parsed is None or parsed.cache is None or not is_private(parsed.cache):
        return []
    return [
        Warning(
            f"LOGTO['CACHE'] is {parsed.cache!r}, a cache that other processes cannot see.",
            hint="Name a cache that all processes share, such as Redis, Memcached or the database.",
            id="drf_logto.W009",
        )
    ]


@register
def application_is_installed(**_: Any) -> list[CheckMessage]:
    """W035 and W044: settings that have no effect without their application."""
    parsed = _parsed()
    if parsed is None:
        return []
    usual = {one.name: one.default for one in fields(parsed)}
    return [
        Warning(
            f"LOGTO[{name.upper()!r}] has no effect: {app!r} is not in INSTALLED_APPS.",
            hint="Add it, or remove the setting.",
            id=check_id,
        )
        for (app, check_id), names in _OF_APPLICATIONS.items()
        for name in names
        if getattr(parsed, name) != usual[name] and not apps.is_installed(app)
    ]


@register
def machines_are_complete(**_: Any) -> list[CheckMessage]:
    """W011: a machine has an id without a secret, or the other way round."""
    parsed = _parsed()
    if parsed is None:
        return []
    return [
        Warning(
            f"LOGTO['{name}_APP_ID'] and LOGTO['{name}_APP_SECRET'] work only together, and one "
            "is missing.",
            hint="Set both, or remove both.",
            id="drf_logto.W011",
        )
        for name, one, other in (
            ("MACHINE", parsed.machine_app_id, parsed.machine_app_secret),
            ("MANAGEMENT", parsed.management_app_id, parsed.management_app_secret),
        )
        if (one is None) != (other is None)
    ]


@register
def metadata_is_served(**_: Any) -> list[CheckMessage]:
    """W054: ``RESOURCE_METADATA`` is set, and no URL serves the metadata."""
    parsed = _parsed()
    if parsed is None or not parsed.resource_metadata or find_challenge_parameters() is not None:
        return []
    return [
        Warning(
            "LOGTO['RESOURCE_METADATA'] has no effect: the URLs of drf_logto.discovery are not "
            "included at the root.",
            hint="Include them, or remove the setting.",
            id="drf_logto.W054",
        )
    ]


def _parsed() -> LogtoSettings | None:
    return parse(getattr(settings, "LOGTO", None))[0]


@register
def schema_class_can_be_imported(**_: Any) -> list[CheckMessage]:
    """E017: nothing else reads ``DEFAULT_SCHEMA_CLASS`` before the first request."""
    try:
        api_settings.DEFAULT_SCHEMA_CLASS  # noqa: B018 - reading it imports it
    except ImportError as error:
        return [Error(str(error), id="drf_logto.E017")]
    return []
