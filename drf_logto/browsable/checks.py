"""System checks of the sign-in, told where its addresses are included."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage, Error, Warning
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string
from rest_framework.settings import api_settings

from ..authentication import LogtoJWTAuthentication
from ..routes import current_settings
from .authentication import LogtoSessionAuthentication
from .sign_in_store import is_kept_by_the_browser, is_kept_in_a_cache, is_kept_in_a_cache_alone

_OURS = "drf_logto.browsable"
_EXTENDED = "rest_framework"


def sign_in_can_work() -> Iterator[CheckMessage]:
    """Yield E021 to E025, what keeps people from signing in safely, W021 and W022."""
    parsed = current_settings()
    if parsed is not None and parsed.app_id is None:
        yield Error(
            "LOGTO['APP_ID'] is missing, so nobody can sign in.",
            hint="Name the application in Logto that people sign in with.",
            id="drf_logto.E021",
        )
    if is_kept_by_the_browser():
        yield Error(
            "SESSION_ENGINE keeps sessions in cookies, which would show the tokens.",
            hint="Keep sessions on the server: in the database, the cache or files.",
            id="drf_logto.E022",
        )
    yield from _sessions_are_in_a_shared_cache()
    installed = [config.name for config in apps.get_app_configs()]
    if _OURS not in installed or _EXTENDED in installed[: installed.index(_OURS)]:
        yield Error(
            f"{_OURS!r} does not stand before {_EXTENDED!r} in INSTALLED_APPS, so its template "
            "is not found.",
            id="drf_logto.E023",
        )
    for needed in (SessionMiddleware, CsrfViewMiddleware):
        if not any(map(_is_a(needed), map(import_string, settings.MIDDLEWARE))):
            yield Error(
                f"MIDDLEWARE has no {needed.__name__}, which the sign-in needs.",
                id="drf_logto.E024",
            )
    yield from _addresses_are_not_hidden()
    yield from _session_authentication_comes_second()


def _sessions_are_in_a_shared_cache() -> Iterator[CheckMessage]:
    if not is_kept_in_a_cache():
        return
    cache = caches[settings.SESSION_CACHE_ALIAS]
    if isinstance(cache, (LocMemCache, DummyCache)):
        fault = (
            "that no other process sees, so people are signed out where several serve the project"
        )
    elif isinstance(cache, FileBasedCache) and is_kept_in_a_cache_alone():
        fault = (
            "that does not create records atomically, so people are signed out where two processes "
            "renew one sign-in at the same time"
        )
    else:
        return
    yield Warning(
        f"SESSION_ENGINE keeps sessions in a cache {fault}.",
        hint="Name a cache that all processes share, such as Redis, Memcached or the database, in "
        "SESSION_CACHE_ALIAS, or keep sessions in the database.",
        id="drf_logto.W022",
    )


def _addresses_are_not_hidden() -> Iterator[CheckMessage]:
    try:
        reverse("rest_framework:callback")
    except NoReverseMatch:
        yield Error(
            "Other addresses with the namespace 'rest_framework' hide those of "
            "drf_logto.browsable.urls, so nobody can sign in.",
            hint="Leave out include('rest_framework.urls'), whose place they take.",
            id="drf_logto.E025",
        )


def _session_authentication_comes_second() -> Iterator[CheckMessage]:
    classes: list[Any] = api_settings.DEFAULT_AUTHENTICATION_CLASSES  # type: ignore[assignment]  # classes by now
    ours = [one for one in classes if _is_a(LogtoJWTAuthentication)(one)]
    if not any(map(_is_a(LogtoSessionAuthentication), ours[1:])):
        yield Warning(
            "LogtoSessionAuthentication does not come after LogtoJWTAuthentication in "
            "DEFAULT_AUTHENTICATION_CLASSES.",
            hint="Put it there, or views open to nobody who signs in.",
            id="drf_logto.W021",
        )


def _is_a(wanted: type) -> Any:
    return lambda found: isinstance(found, type) and issubclass(found, wanted)
