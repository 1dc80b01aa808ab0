"""Facts about the cache that processes share."""

import secrets
from collections.abc import Iterator

from django.conf import settings as project

from ...shared_cache import BoundedCache, is_private
from .examination import Examination
from .facts import Fact, Group
from .findings import Finding, Skipped, error, ok, warning

_SHARED = "Name one that all processes share, such as Redis, Memcached or the database."
_SECONDS = 60  # that a value lives which could not be removed
_SLOW = 0.1  # seconds


def _cache(examination: Examination, _subject: str) -> Iterator[Finding]:
    alias = examination.settings.cache
    if alias is None and project.DEBUG:
        raise Skipped("With DEBUG = True, one process needs no LOGTO['CACHE'].")
    if alias is None:
        yield warning(
            "LOGTO['CACHE'] is not set, so each process fetches the keys for itself.",
            f"{_SHARED} With one process, it is not needed.",
        )
    elif is_private(alias):
        yield warning(
            f"LOGTO['CACHE'] is {alias!r}, a cache that other processes cannot see. Each fetches "
            "the keys for itself, and revocations hold in one of them alone.",
            _SHARED,
        )
    else:
        yield ok(f"LOGTO['CACHE'] is {alias!r}, a cache that processes share.")


def _alive(examination: Examination, _subject: str) -> Iterator[Finding]:
    alias = examination.settings.cache
    if alias is None:
        raise Skipped("There is no cache.")
    cache = BoundedCache(alias, examination.timeout)
    key, began = f"drf_logto:doctor:{secrets.token_hex(8)}", examination.monotonic()
    was_new = cache.add(key, "1", _SECONDS)
    is_kept = cache.get(key) == "1"
    is_added_twice = cache.add(key, "2", _SECONDS)
    cache.set(key, "3", 0)  # which expires at once
    is_left = cache.get(key) is not None
    took = examination.monotonic() - began
    if not was_new or not is_kept or is_added_twice or is_left:
        fault = "does not let values expire" if is_left else "does not keep what is added to it"
        yield error(f"The cache {alias!r} {fault}.", _SHARED)
        return
    text = f"The cache {alias!r} adds, keeps and expires values: five calls in {took * 1000:.0f} ms"
    yield (
        warning(f"{text}.", "Requests wait for it: use a faster cache, or one that is nearer.")
        if took > 5 * _SLOW
        else ok(f"{text}.")
    )


GROUP = Group("Cache", (Fact("cache", _cache), Fact("cache answers", _alive)))
