"""System checks of the sign-in, told where its addresses are included."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.checks import CheckMessage, Error, Warning
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string
from rest_framework.settings import api_settings

from ..authentication import LogtoJWTAuthentication
from ..routes import current_settings
from .authentication import LogtoSessionAuthentication
from .vault import is_kept_by_the_browser

_OURS = "drf_logto.browsable"
_EXTENDED = "rest_framework"


def sign_in_can_work() -> Iterator[CheckMessage]:
    """Yield E021 to E025, what keeps people from signing in safely, and W021."""
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
