"""The revocations of this process, and their way to the others."""

import secrets
import time
from collections.abc import Iterable
from typing import cast

from django.apps import apps
from django.core.cache.backends.locmem import LocMemCache
from django.core.exceptions import ImproperlyConfigured

from ..conf import LogtoSettings, get_settings
from ..runtime import Environment, get_environment, get_revocations
from ..shared_cache import BoundedCache
from ..signals import access_revoked
from ..verification.metadata import ISSUER_PATH
from .journal import Cache
from .marks import Mark
from .news import INTERVAL, RevocationList
from .subjects import Subjects, in_a_while

_CACHE_LIMIT = 1  # seconds for one call
_LINGER = 2 * INTERVAL  # so that a process with requests keeps its connection
APP = "drf_logto.revocation"

Named = dict[str, str]
"""What a mark names besides issuer and time."""


def revocation_list(settings: LogtoSettings, environment: Environment) -> RevocationList | None:
    """Return the list of a process that begins, which knows nothing yet; None without the app.

    Raises:
        ImproperlyConfigured: ``CACHE`` is not set.
    """
    if not apps.is_installed(APP):  # any longer, as at the end of a test that installed it
        return None
    return RevocationList(
        _cache(_alias(settings), environment),
        lifetime=settings.max_token_lifetime,
        is_closed=settings.revocation_when_unreachable == "closed",
        now=environment.now,
        monotonic=time.monotonic,
        note=subjects(settings, environment).note if settings.follow_roles else None,
    )


def subjects(settings: LogtoSettings, environment: Environment) -> Subjects:
    """Return the subjects of accepted tokens, as a process that begins knows them: none."""
    return Subjects(
        _cache(_alias(settings), environment),
        issuer=f"{settings.endpoint[0]}{ISSUER_PATH}",
        now=environment.now,
        later=in_a_while,
    )


def _alias(settings: LogtoSettings) -> str:
    if settings.cache is None:
        raise ImproperlyConfigured(
            "LOGTO['CACHE'] is missing. drf_logto.revocation keeps what was revoked there."
        )
    return settings.cache


def _cache(alias: str, environment: Environment) -> Cache:
    if environment.is_shared:
        return BoundedCache(alias, _CACHE_LIMIT, pause=0, linger=_LINGER)
    # A test begins without the revocations of others.
    private = LocMemCache(secrets.token_hex(8), {"OPTIONS": {"MAX_ENTRIES": 10**6}})
    return cast("Cache", private)  # as to its types, its methods return more


def issuers() -> tuple[str, ...]:
    """Return the issuers whose tokens this API accepts. All are one Logto under several names."""
    return tuple(f"{endpoint}{ISSUER_PATH}" for endpoint in get_settings().endpoint)


def now() -> float:
    """Return the time, in seconds since the epoch."""
    return get_environment().now()


def add_named(named: Iterable[Named], before: float) -> None:
    """Add a mark of every issuer for each that is named.

    Args:
        named: what the marks name.
        before: their time.

    Raises:
        CacheUnavailable, ImproperlyConfigured: as ``add``.
    """
    every = issuers()
    add(Mark(issuer=issuer, before=before, **one) for one in named for issuer in every)


def add(marks: Iterable[Mark]) -> None:
    """Let marks hold in this process at once, and in all others within a second.

    Raises:
        CacheUnavailable: as ``RevocationList.add``.
        ImproperlyConfigured: ``drf_logto.revocation`` is not in ``INSTALLED_APPS``.
    """
    known = get_revocations()
    if not isinstance(known, RevocationList):
        raise ImproperlyConfigured(f"Add {APP!r} to INSTALLED_APPS.")
    marks = tuple(marks)
    try:
        known.add(marks)
    finally:
        access_revoked.send_robust(sender=Mark, marks=marks)
