"""System check of MIDDLEWARE: that nothing replaces the user that LogtoMiddleware sets."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.test import modify_settings
from django.utils.decorators import sync_and_async_middleware

from drf_logto.checks.middleware import middleware_comes_after_that_of_sessions
from drf_logto.middleware import LogtoMiddleware

SESSION = "django.contrib.auth.middleware.AuthenticationMiddleware"
BEARER = "drf_logto.middleware.LogtoMiddleware"


class OwnSession(AuthenticationMiddleware):
    pass


class OwnBearer(LogtoMiddleware):
    pass


@sync_and_async_middleware
def function(get_response: Any) -> Any:
    """Is no class."""


OWN_SESSION, OWN_BEARER = f"{__name__}.OwnSession", f"{__name__}.OwnBearer"


@pytest.mark.parametrize(
    ("middleware", "ids"),
    [
        ([SESSION, BEARER], []),
        ([BEARER], []),
        ([SESSION], []),
        ([f"{__name__}.function", "nowhere.Middleware", SESSION, BEARER], []),
        ([BEARER, SESSION], ["drf_logto.E018"]),
        ([OWN_BEARER, "nowhere.Middleware", OWN_SESSION], ["drf_logto.E018"]),
    ],
)
def test_middleware_whose_user_is_replaced_is_reported(
    check: Callable[..., list[tuple[str, str]]], settings: Any, middleware: list[str], ids: Any
) -> None:
    settings.MIDDLEWARE = middleware
    assert [id for id, _ in check()] == ids


def test_a_project_without_users_is_not_asked(settings: Any) -> None:
    settings.MIDDLEWARE = [BEARER, SESSION]
    with modify_settings(INSTALLED_APPS={"remove": "django.contrib.auth"}):
        assert middleware_comes_after_that_of_sessions() == []
