"""System checks of the settings, as manage.py check tells them."""

from typing import Any

import pytest
from django.core.checks import run_checks


def ids(*, deploy: bool = False) -> list[str]:
    found = run_checks(include_deployment_checks=deploy)
    shown = [str(message.id) for message in found if not message.is_silenced()]
    return [one for one in shown if one.startswith("drf_logto.")]


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
        ({"ALGORITHMS": ["RS256", "PS256"]}, "drf_logto.W008"),
        ({"FOLLOW_ROLES": True, "REVOKE_ON_ROLE_CHANGE": False}, "drf_logto.W035"),
        ({"REVOKE_ON_ROLE_CHANGE": True}, "drf_logto.W035"),
        ({"REVOCATION_WHEN_UNREACHABLE": "closed"}, "drf_logto.W035"),
    ],
)
def test_each_kind_of_wrong_has_its_id(
    settings: Any, changes: dict[str, object], expected: str
) -> None:
    settings.LOGTO = {**settings.LOGTO, **changes}
    assert ids() == [expected]


@pytest.mark.parametrize("deploy", [False, True])
def test_missing_settings_are_reported(settings: Any, deploy: bool) -> None:
    settings.LOGTO = {}
    assert ids(deploy=deploy) == ["drf_logto.E001", "drf_logto.E001"]


@pytest.mark.parametrize("address", ["https://logto", "http://127.0.0.1:3001"])
def test_a_private_internal_endpoint_is_fine(settings: Any, address: str) -> None:
    settings.LOGTO = {**settings.LOGTO, "INTERNAL_ENDPOINT": address}
    assert ids() == []


BACKENDS = "django.core.cache.backends"


@pytest.mark.parametrize(
    ("cache", "expected"),
    [
        ("locmem.LocMemCache", ["drf_logto.W009"]),
        ("dummy.DummyCache", ["drf_logto.W009"]),
        ("db.DatabaseCache", []),
    ],
)
def test_a_cache_that_processes_do_not_share_is_reported_where_there_may_be_several(
    settings: Any, cache: str, expected: list[str]
) -> None:
    settings.CACHES = {"default": {"BACKEND": f"{BACKENDS}.{cache}", "LOCATION": "keys"}}
    assert ids(deploy=True) == []
    settings.LOGTO = {**settings.LOGTO, "CACHE": "default"}
    assert (ids(deploy=True), ids()) == (expected, [])


@pytest.mark.parametrize("schema_class", ["drf_logto.nothing.AutoSchema", "drf_logto.Nothing"])
def test_a_schema_class_that_cannot_be_imported_is_an_error(
    settings: Any, schema_class: str
) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_SCHEMA_CLASS": schema_class}
    (message,) = [one for one in run_checks() if one.id == "drf_logto.E017"]
    assert f"Could not import '{schema_class}'" in message.msg


@pytest.mark.parametrize("name", ["MACHINE", "MANAGEMENT"])
def test_a_machine_with_half_of_its_settings_is_reported(settings: Any, name: str) -> None:
    halves = {f"{name}_APP_ID": "machine-1", f"{name}_APP_SECRET": "hush"}
    settings.LOGTO = {**settings.LOGTO, **halves}
    assert ids() == []
    for missing in halves:
        settings.LOGTO = {**settings.LOGTO, **halves, missing: None}
        assert ids() == ["drf_logto.W011"]
