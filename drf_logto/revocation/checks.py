"""System checks of revocation: of its cache always, of its URLs where they are included."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.apps import apps
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.redis import RedisCache
from django.core.checks import CheckMessage, Error, Warning, register

from ..conf import LogtoSettings
from ..routes import current_settings
from ..shared_cache import is_private
from .process import APP

_FEW_ENTRIES = 10_000  # of a cache that deletes entries where there are more
_PATIENCE = 5  # seconds that Redis has for its answer
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


@register(deploy=True)
def redis_keeps_revocations(**_: Any) -> list[CheckMessage]:
    """W036: Redis deletes entries. It is asked, and so only with ``--deploy``."""
    parsed = current_settings()
    if parsed is None or parsed.cache is None or not apps.is_installed(APP):
        return []
    memory = _redis_memory(parsed.cache)
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy == "noeviction" or not memory.get("maxmemory"):
        return []
    message = (
        f"LOGTO['CACHE'] is {parsed.cache!r}, a Redis that deletes entries when its memory is full "
        f"({policy}), and with them revocations."
    )
    hint = "Set its maxmemory-policy to noeviction, or use another Redis for revocations."
    return [Warning(message, hint=hint, id="drf_logto.W036")]


def _redis_memory(alias: str) -> dict[str, Any]:
    """Return what Redis says of its memory, nothing where it is no Redis or does not answer."""
    cache: Any = caches.create_connection(alias)
    memory: dict[str, Any] = {}
    if isinstance(cache, RedisCache):
        with suppress(Exception):  # of any kind; requests report it as well
            client: Any = cache._cache
            client._pool_options |= {
                "socket_timeout": _PATIENCE,
                "socket_connect_timeout": _PATIENCE,
            }
            memory = client.get_client().info("memory")
    return memory


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
