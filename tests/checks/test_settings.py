"""System checks of the settings, as manage.py check tells them."""

from typing import Any

import pytest
from django.core.checks import run_checks
from rest_framework.authentication import SessionAuthentication

from drf_logto.authentication import LogtoJWTAuthentication

OURS = "drf_logto.authentication.LogtoJWTAuthentication"
SESSION = "rest_framework.authentication.SessionAuthentication"


def ids() -> list[str]:
    return [str(message.id) for message in run_checks() if str(message.id).startswith("drf_logto.")]


def test_a_project_that_is_set_up_right_hears_nothing() -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ENDPOINTS": "x"}, "drf_logto.E002"),
        ({"LEEWAY": -1}, "drf_logto.E003"),
        ({"ENDPOINT": "http://tenant.logto.app"}, "drf_logto.E004"),
        ({"ALGORITHMS": ["HS256"]}, "drf_logto.E005"),
        ({"API_RESOURCE": "urn:logto:resource:organizations"}, "drf_logto.E006"),
        ({"INTERNAL_ENDPOINT": "http://logto:3001"}, "drf_logto.W001"),
    ],
)
def test_each_kind_of_wrong_has_its_id(
    settings: Any, changes: dict[str, object], expected: str
) -> None:
    settings.LOGTO = {**settings.LOGTO, **changes}
    assert ids() == [expected]


def test_missing_settings_are_reported(settings: Any) -> None:
    settings.LOGTO = {}
    assert ids() == ["drf_logto.E001", "drf_logto.E001"]


@pytest.mark.parametrize("address", ["https://logto", "http://127.0.0.1:3001"])
def test_a_private_internal_endpoint_is_fine(settings: Any, address: str) -> None:
    settings.LOGTO = {**settings.LOGTO, "INTERNAL_ENDPOINT": address}
    assert ids() == []


class ProjectsOwn(LogtoJWTAuthentication):
    pass


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ([OURS, SESSION], []),
        ([SESSION], []),
        ([SESSION, OURS], ["drf_logto.W002"]),
        ([SESSION, f"{__name__}.ProjectsOwn"], ["drf_logto.W002"]),
        ([f"{__name__}.ProjectsOwn", SESSION], []),
    ],
)
def test_authentication_that_does_not_come_first_is_reported(
    settings: Any, classes: list[str], expected: list[str]
) -> None:
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": classes}
    assert ids() == expected


def test_the_first_class_decides_the_challenge() -> None:
    """Why W002 is told: DRF asks the first class alone, and SessionAuthentication has none."""
    request: Any = object()
    assert SessionAuthentication().authenticate_header(request) is None
