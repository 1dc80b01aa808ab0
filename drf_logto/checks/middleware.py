"""System check of MIDDLEWARE: that nothing replaces the user that LogtoMiddleware sets."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from ..middleware import LogtoMiddleware


@register
def middleware_comes_after_that_of_sessions(**_: Any) -> list[CheckMessage]:
    """E018: AuthenticationMiddleware replaces the bearer of a token by the session's user."""
    if not apps.is_installed("django.contrib.auth"):
        return []
    # It imports models, which only that application has.
    from django.contrib.auth.middleware import AuthenticationMiddleware  # noqa: PLC0415

    bearer, session = (_positions(one) for one in (LogtoMiddleware, AuthenticationMiddleware))
    if not (bearer and session) or min(bearer) > max(session):
        return []
    return [
        Error(
            "LogtoMiddleware comes before AuthenticationMiddleware in MIDDLEWARE, which replaces "
            "the user that it sets.",
            hint="Put drf_logto.middleware.LogtoMiddleware after it.",
            id="drf_logto.E018",
        )
    ]


def _positions(kind: type) -> list[int]:
    return [at for at, path in enumerate(settings.MIDDLEWARE) if _is(path, kind)]


def _is(path: str, kind: type) -> bool:
    try:
        middleware = import_string(path)
    except ImportError:  # Django reports it when it starts to serve
        return False
    return isinstance(middleware, type) and issubclass(middleware, kind)
