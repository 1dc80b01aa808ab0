"""System checks of users."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import modify_settings
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from drf_logto.users.authentication import LogtoUserAuthentication
from tests.support.checked import made

Check = Callable[..., list[tuple[str, str]]]

CLASS = "drf_logto.users.authentication.LogtoUserAuthentication"


@pytest.fixture
def reported(settings: Any, check: Check) -> Check:
    """As ``check``, of a project that silences nothing."""
    settings.SILENCED_SYSTEM_CHECKS = []
    return check


def test_an_application_without_its_class_is_reported(reported: Check) -> None:
    found = reported()
    assert [id for id, _ in found] == ["drf_logto.W041"]
    assert "no view uses LogtoUserAuthentication" in found[0][1]


def test_a_class_in_the_settings_is_enough(reported: Check, settings: Any) -> None:
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [CLASS]}
    assert reported() == []


def test_a_class_at_a_view_is_enough(reported: Check) -> None:
    class OfProject(LogtoUserAuthentication):
        pass

    view = made(APIView, AllowAny, authentication_classes=[OfProject]).as_view()
    assert reported(path("", view)) == []


def test_a_class_without_its_application_is_reported() -> None:
    with modify_settings(INSTALLED_APPS={"remove": "drf_logto.users"}):
        found = [one for one in run_checks() if str(one.id).startswith("drf_logto")]
    assert [one.id for one in found] == ["drf_logto.E041"]
