"""System checks of revocation: of its cache always, of its URLs where they are included."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.checks import CheckMessage, Error, Warning, register

from ..conf import LogtoSettings
from ..routes import current_settings
from ..shared_cache import is_private
from .process import APP

_FEW_ENTRIES = 10_000  # of a cache that deletes entries where there are more
_USUAL_LIFETIME = 3600  # seconds, of Logto's access tokens
_SHARED = (
    "Name a cache that all processes share, such as Redis, Memcached or the database, and that "
    "deletes nothing to make room."
)


@register
def revocation_can_work(**_: Any) -> list[CheckMessage]:
    """E031, E032 and W031 to W033: what keeps revocations from every process, or tokens out."""
    parsed = current_settings()
    if parsed is None or not apps.is_installed(APP):  # any longer
        return []
    return [*_check_cache(parsed.cache), *_check_lifetime(parsed)]


def _check_cache(alias: str | None) -> Iterator[CheckMessage]:
    if alias is None:
        yield Error(
            "LOGTO['CACHE'] is missing. drf_logto.revocation keeps what was revoked there.",
            hint=_SHARED,
            id="drf_logto.E031",
        )
        return
    cache: Any = caches[alias]
    named = f"LOGTO['CACHE'] is {alias!r}"
    if isinstance(cache, (DummyCache, FileBasedCache)):
        fault = "keeps nothing" if isinstance(cache, DummyCache) else "does not add atomically"
        yield Error(
            f"{named}, a cache that {fault}, so revocations are lost.",
            hint=_SHARED,
            id="drf_logto.E032",
        )
    elif is_private(alias):
        yield Warning(
            f"{named}, a cache that other processes cannot see, so they accept revoked tokens.",
            hint=f"{_SHARED} Silence this where there is one process.",
            id="drf_logto.W031",
        )
    elif isinstance(cache, DatabaseCache) and cache._max_entries < _FEW_ENTRIES:
        yield Warning(
            f"{named}, a cache that deletes entries if there are more than {cache._max_entries}, "
            "and with them revocations.",
            hint="Set 'MAX_ENTRIES' in its OPTIONS to 1000000.",
            id="drf_logto.W032",
        )


def _check_lifetime(parsed: LogtoSettings) -> Iterator[CheckMessage]:
    if parsed.max_token_lifetime < _USUAL_LIFETIME:
        yield Warning(
            f"LOGTO['MAX_TOKEN_LIFETIME'] is {parsed.max_token_lifetime:g}, and access tokens of "
            f"Logto live for {_USUAL_LIFETIME} seconds by default. Longer ones are refused.",
            hint="Raise it. Silence this where every API resource in Logto has a shorter lifetime.",
            id="drf_logto.W033",
        )


def check_urls() -> Iterator[CheckMessage]:
    """Yield E033 and W034."""
    if not apps.is_installed(APP):
        yield Error(
            f"{APP!r} is not in INSTALLED_APPS, so nothing that Logto sends revokes anything.",
            id="drf_logto.E033",
        )
    parsed = current_settings()
    if parsed is not None and not parsed.webhook_signing_keys:
        yield Warning(
            "LOGTO['WEBHOOK_SIGNING_KEYS'] is missing, so every webhook of Logto is refused.",
            hint="Set it to the signing key that the Logto console shows on the webhook's page.",
            id="drf_logto.W034",
        )
