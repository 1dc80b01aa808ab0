"""System checks of users."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import modify_settings
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from drf_logto.permissions import OrgResourceScopes
from drf_logto.users.authentication import LogtoUserAuthentication
from tests.support.checked import made

Check = Callable[..., list[tuple[str, str]]]

CLASS = "drf_logto.users.authentication.LogtoUserAuthentication"


@pytest.fixture
def reported(settings: Any, check: Check) -> Check:
    """As ``check``, of a project that silences nothing."""
    settings.SILENCED_SYSTEM_CHECKS = []
    return check


def test_an_application_for_the_admin_alone_is_not_reported(reported: Check, settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = ["drf_logto.users.backends.LogtoBackend"]
    assert reported() == []


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


def with_rights(settings: Any, **options: Any) -> None:
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [CLASS]}
    settings.LOGTO = {**settings.LOGTO, **options}


def test_a_scope_for_superusers_is_reported(reported: Check, settings: Any) -> None:
    with_rights(settings, SUPERUSER_SCOPE="admin:all")
    [(check_id, message)] = reported()
    assert check_id == "drf_logto.W042"
    assert "everyone who has 'admin:all' in Logto" in message


@pytest.mark.parametrize(
    "options", [{"GROUPS": {"editors": ["b", "write"]}}, {"STAFF_SCOPE": "write"}]
)
def test_a_scope_of_organization_roles_that_gives_rights_is_reported(
    reported: Check, settings: Any, options: Any
) -> None:
    with_rights(settings, **options)
    view = made(APIView, OrgResourceScopes("write")).as_view()
    routes = [path("<organization_id>/x/", view)]
    [(check_id, message)] = reported(*routes)
    assert check_id == "drf_logto.W043"
    assert (
        "The scope 'write' gives rights of Django, and it opens '<organization_id>/x/'" in message
    )
    with_rights(settings, GROUPS={"editors": "write"}, GROUPS_CLAIM="roles", STAFF_SCOPE=None)
    assert reported(*routes) == []


def test_nothing_is_reported_without_the_application_or_valid_settings(
    reported: Check, settings: Any
) -> None:
    with_rights(settings, SUPERUSER_SCOPE="admin:all")
    installed = settings.INSTALLED_APPS
    settings.INSTALLED_APPS = [one for one in installed if one != "drf_logto.users"]
    assert {id for id, _ in reported()} == {"drf_logto.W044", "drf_logto.E041"}
    settings.INSTALLED_APPS = installed
    with_rights(settings, SUPERUSER_SCOPE=7)
    assert [id for id, _ in reported()] == ["drf_logto.E003"]
