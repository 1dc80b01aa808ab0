"""System checks of the sign-in. They run only where its URLs are included."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.backends.cache import SessionStore as CacheStore
from django.contrib.sessions.backends.cached_db import SessionStore as CachedDBStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.cache import caches
from django.core.cache.backends.filebased import FileBasedCache
from django.core.checks import CheckMessage, Error, Warning
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string
from rest_framework.settings import api_settings

from ..authentication import LogtoJWTAuthentication
from ..routes import current_settings
from ..shared_cache import is_private
from .authentication import LogtoSessionAuthentication
from .sign_in_store import session_class, uses_cookies

_APP = "drf_logto.browsable"
_EXTENDED_APP = "rest_framework"


def check_session() -> Iterator[CheckMessage]:
    """Yield E021, E022, E026, W022 and W023: what every sign-in needs."""
    parsed = current_settings()
    if parsed is not None and parsed.app_id is None:
        yield Error(
            "LOGTO['APP_ID'] is missing, so users cannot sign in.",
            hint="Set it to the ID of the Logto application that users sign in with.",
            id="drf_logto.E021",
        )
    elif parsed is not None and parsed.app_id not in (parsed.client_ids or (parsed.app_id,)):
        yield Warning(
            "LOGTO['CLIENT_IDS'] lacks LOGTO['APP_ID'], so views refuse users who sign in.",
            hint="Add it, or remove drf_logto.browsable.urls.",
            id="drf_logto.W023",
        )
    if uses_cookies():
        yield Error(
            "SESSION_ENGINE keeps sessions in cookies, which would expose the tokens.",
            hint="Keep sessions on the server: in the database, the cache or files.",
            id="drf_logto.E022",
        )
    if str(settings.SESSION_COOKIE_SAMESITE).lower() == "strict":
        yield Error(
            "SESSION_COOKIE_SAMESITE is 'Strict', so browsers do not send the session after they "
            "come back from Logto, and the page says that nobody is signed in.",
            hint="Set it to 'Lax', Django's default.",
            id="drf_logto.E026",
        )
    yield from _check_session_cache()


def check_sign_in() -> Iterator[CheckMessage]:
    """Yield the errors E021 to E026 and the warnings W021 to W023."""
    yield from check_session()
    installed = [config.name for config in apps.get_app_configs()]
    if _APP not in installed or _EXTENDED_APP in installed[: installed.index(_APP)]:
        yield Error(
            f"{_APP!r} must come before {_EXTENDED_APP!r} in INSTALLED_APPS, so that its template "
            "is found.",
            id="drf_logto.E023",
        )
    middleware = [import_string(path) for path in settings.MIDDLEWARE]
    for required in (SessionMiddleware, CsrfViewMiddleware):
        if not any(_is_subclass(one, required) for one in middleware):
            yield Error(
                f"MIDDLEWARE has no {required.__name__}, which the sign-in needs.",
                hint=f"Add {required.__module__}.{required.__name__} to MIDDLEWARE.",
                id="drf_logto.E024",
            )
    yield from _check_urls()
    yield from _check_authentication_classes()


def _check_session_cache() -> Iterator[CheckMessage]:
    store = session_class()
    if not issubclass(store, (CacheStore, CachedDBStore)):
        return
    alias = settings.SESSION_CACHE_ALIAS
    if is_private(alias):
        fault = "that other processes cannot see, so users are signed out if there are several"
    elif isinstance(caches[alias], FileBasedCache) and issubclass(store, CacheStore):
        fault = "that does not create records atomically, so simultaneous refreshes sign users out"
    else:
        return
    yield Warning(
        f"SESSION_ENGINE keeps sessions in a cache {fault}.",
        hint="Set SESSION_CACHE_ALIAS to a cache that all processes share, such as Redis, "
        "Memcached or the database, or keep sessions in the database.",
        id="drf_logto.W022",
    )


def _check_urls() -> Iterator[CheckMessage]:
    try:
        reverse("rest_framework:callback")
    except NoReverseMatch:
        yield Error(
            "Other URLs with the namespace 'rest_framework' hide drf_logto.browsable.urls, so "
            "users cannot sign in.",
            hint="Remove include('rest_framework.urls'); drf_logto.browsable.urls replaces it.",
            id="drf_logto.E025",
        )


def _check_authentication_classes() -> Iterator[CheckMessage]:
    classes: list[Any] = api_settings.DEFAULT_AUTHENTICATION_CLASSES  # type: ignore[assignment]  # classes by now
    of_logto = [one for one in classes if _is_subclass(one, LogtoJWTAuthentication)]
    # The first class must be the one with the challenge that DRF sends in a 401.
    if not any(_is_subclass(one, LogtoSessionAuthentication) for one in of_logto[1:]):
        yield Warning(
            "LogtoSessionAuthentication does not come after LogtoJWTAuthentication in "
            "DEFAULT_AUTHENTICATION_CLASSES.",
            hint="Add it there. With LogtoUserAuthentication, add a class of your own that derives "
            "from LogtoUserAuthentication too. Without it, nobody who signed in is accepted.",
            id="drf_logto.W021",
        )


def _is_subclass(value: Any, base: type) -> bool:
    return isinstance(value, type) and issubclass(value, base)  # middleware may be a function
