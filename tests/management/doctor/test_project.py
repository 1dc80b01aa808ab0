"""The project itself: its settings, its system checks, and what is installed."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import path
from rest_framework.authentication import SessionAuthentication
from rest_framework.views import APIView

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.permissions import HasScopes
from tests.management.doctor.conftest import Doctor
from tests.support.checked import made

WHOLE = "https://tenant.logto.test/oidc/.well-known/openid-configuration"


def test_settings_that_work_are_named(doctor: Doctor) -> None:
    ((verdict, message),) = doctor("settings")
    assert verdict == "ok"
    assert "ENDPOINT https://tenant.logto.test; API_RESOURCE https://api.example.test." in message


def test_every_problem_of_the_settings_is_an_error_and_the_rest_is_examined(
    logto_at: Any, logto_options: Any, doctor: Doctor
) -> None:
    logto_options(LEEWAY="long", CASHE="default")
    unknown, wrong = doctor("settings")
    assert unknown == ("error", "LOGTO['CASHE'] is not a setting. Did you mean 'CACHE'?")
    assert wrong[0] == "error"
    assert wrong[1].startswith("LOGTO['LEEWAY'] must be")
    assert doctor("issuer")[0][0] == "ok"
    assert all("LEEWAY" not in message for _verdict, message in doctor("checks"))


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [(WHOLE, "must be the address alone: write 'https://tenant.logto.test'"), (None, "is missing")],
)
def test_nothing_is_asked_without_an_endpoint(
    settings: Any, doctor: Doctor, endpoint: str | None, message: str
) -> None:
    settings.LOGTO = {"API_RESOURCE": "https://api.example.test"}
    if endpoint:
        settings.LOGTO["ENDPOINT"] = endpoint
    ((verdict, text), *_) = doctor("settings")
    assert (verdict, message in text) == ("error", True), text
    assert doctor("name") == []
    assert doctor("cache") == [("skipped", "LOGTO cannot be used, see above.")]


def test_a_setting_that_is_no_dict_is_an_error(settings: Any, doctor: Doctor) -> None:
    settings.LOGTO = None
    assert doctor("settings")[0][0] == "error"


@pytest.mark.parametrize(
    ("classes", "verdict", "check_id"),
    [
        ([SessionAuthentication, LogtoJWTAuthentication], "warning", "drf_logto.W002"),
        ([SessionAuthentication], "error", "drf_logto.E013"),
    ],
)
def test_what_the_system_checks_find_is_there(
    route: Callable[..., None], doctor: Doctor, classes: list[Any], verdict: str, check_id: str
) -> None:
    view = made(APIView, HasScopes("read:products"), authentication_classes=classes)
    route(path("products/", view.as_view()))
    found = {message.partition(":")[0]: one for one, message in doctor("checks")}
    assert found[check_id] == verdict


def test_a_silenced_check_is_left_out(
    route: Callable[..., None], settings: Any, doctor: Doctor
) -> None:
    view = made(APIView, HasScopes("a"), authentication_classes=[SessionAuthentication])
    route(path("products/", view.as_view()))
    settings.SILENCED_SYSTEM_CHECKS = ["drf_logto.E013", "drf_logto.W041"]
    assert doctor("checks") == [("ok", "The system checks of this package find nothing.")]


@pytest.mark.parametrize(
    ("urlconf", "message"),
    [
        ("tests.no_such_module", "ModuleNotFoundError: \"No module named 'tests.no_such_module'\""),
        ("drf_logto.principal", "cannot run: ImproperlyConfigured. Correct the URLconf"),
    ],
)
def test_a_check_that_cannot_run_is_an_error(
    settings: Any, doctor: Doctor, urlconf: str, message: str
) -> None:
    settings.ROOT_URLCONF = urlconf
    ((verdict, text),) = doctor("checks")
    assert verdict == "error"
    assert message in text


@pytest.mark.parametrize(
    ("missing", "extra"), [("authlib", "browsable"), ("drf_spectacular", "openapi")]
)
def test_an_extra_that_is_not_installed_is_an_error(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, missing: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    (wrong,) = [message for verdict, message in doctor("extras") if verdict == "error"]
    assert wrong.endswith(f"{missing} is not installed. pip install 'drf-logto-auth[{extra}]'")


def test_an_extra_that_nothing_names_is_not_looked_for(settings: Any, doctor: Doctor) -> None:
    settings.REST_FRAMEWORK = {}
    settings.INSTALLED_APPS = ["rest_framework", "drf_logto"]
    assert doctor("extras") == []
