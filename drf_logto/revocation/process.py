"""The revocations of this process, and their way to the others."""

import threading
import time
from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured

from ..conf import LogtoSettings, get_settings
from ..runtime import Environment, get_revocations
from ..shared_cache import BoundedCache, CacheUnavailable
from ..verification.metadata import ISSUER_PATH
from .marks import Mark
from .news import RevocationList

_CACHE_LIMIT = 0.25  # seconds for one call
_CACHE_PAUSE = 1  # seconds after a call that was too slow
_TRY_AGAIN = 1  # seconds


def revocation_list(settings: LogtoSettings, environment: Environment) -> RevocationList:
    """Return the list of a process that begins, which knows nothing yet.

    Raises:
        ImproperlyConfigured: ``CACHE`` is not set.
    """
    if settings.cache is None:
        raise ImproperlyConfigured(
            "LOGTO['CACHE'] is missing. drf_logto.revocation keeps what was revoked there."
        )
    return RevocationList(
        BoundedCache(settings.cache, _CACHE_LIMIT, _CACHE_PAUSE),
        lifetime=settings.max_token_lifetime,
        is_closed=settings.revocation_when_unreachable == "closed",
        now=environment.now,
        monotonic=time.monotonic,
    )


def issuers() -> tuple[str, ...]:
    """Return the issuers whose tokens this API accepts. All are one Logto under several names."""
    return tuple(f"{endpoint}{ISSUER_PATH}" for endpoint in get_settings().endpoint)


def add(marks: Iterable[Mark]) -> None:
    """Let marks hold in this process at once, and in all others within a second.

    Raises:
        CacheUnavailable: they could not be written. A thread writes them as soon as it can.
        ImproperlyConfigured: ``drf_logto.revocation`` is not in ``INSTALLED_APPS``.
    """
    known = get_revocations()
    if not isinstance(known, RevocationList):
        raise ImproperlyConfigured("Add drf_logto.revocation to INSTALLED_APPS.")
    try:
        known.add(marks)
    except CacheUnavailable:
        _catch_up_later(known)
        raise


_catching_up: dict[int, threading.Thread] = {}


def _catch_up_later(known: RevocationList) -> None:
    """Start the thread that writes what waits, unless it runs already."""
    running = _catching_up.get(id(known))
    if running is None or not running.is_alive():
        thread = threading.Thread(
            target=_catch_up, args=(known,), name="drf_logto-revocation", daemon=True
        )
        _catching_up.clear()
        _catching_up[id(known)] = thread
        thread.start()


def _catch_up(known: RevocationList) -> None:
    while not known.catch_up():
        time.sleep(_TRY_AGAIN)
