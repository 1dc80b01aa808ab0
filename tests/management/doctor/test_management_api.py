"""The way to the Management API."""

from typing import Any

import pytest

from tests.management.doctor.conftest import Doctor
from tests.support.loopback import LoopbackServer, document
from tests.support.management import OPTIONS, SECRET, recorded, serve_management_api


@pytest.fixture
def tenant(
    logto_at: LoopbackServer, logto_options: Any, recordings: dict[str, Any]
) -> LoopbackServer:
    metadata = logto_at.answers["/oidc/.well-known/openid-configuration"]
    serve_management_api(logto_at, recordings["management_api"])
    logto_at.answers["/oidc/.well-known/openid-configuration"] = metadata
    logto_at.answers["/api/resources"] = document([])
    logto_options(**OPTIONS)
    return logto_at


def test_a_machine_that_may_ask_is_ok(tenant: LoopbackServer, doctor: Doctor) -> None:
    assert doctor("management API") == [("ok", "Logto lets machine-1 use the Management API.")]


def test_without_a_machine_it_is_said_how_to_set_it_up(
    logto_at: LoopbackServer, doctor: Doctor
) -> None:
    ((verdict, message),) = doctor("management API")
    assert verdict == "skipped"
    assert "set LOGTO['MANAGEMENT_APP_ID'] and LOGTO['MANAGEMENT_APP_SECRET']" in message


@pytest.mark.parametrize(
    ("path", "answer", "options", "message"),
    [
        ("/oidc/token", "wrong_secret", {}, "Check LOGTO['MANAGEMENT_APP_ID'] and"),
        ("/oidc/token", "wrong_target", {}, "With a custom domain of Logto Cloud, it is 'https"),
        (
            "/oidc/token",
            "wrong_target",
            {"MANAGEMENT_API_RESOURCE": "https://tenant.logto.app/api"},
            "Set LOGTO['MANAGEMENT_API_RESOURCE'] to the indicator of the Management API",
        ),
    ],
)
def test_why_logto_refuses_is_named(
    tenant: LoopbackServer, logto_options: Any, doctor: Doctor, recordings: dict[str, Any],
    path: str, answer: str, options: dict[str, Any], message: str,
) -> None:  # fmt: skip
    tenant.answers[path] = recorded(recordings["management_api"][answer])
    logto_options(**options)
    ((verdict, text),) = doctor("management API")
    assert (verdict, message in text) == ("error", True), text
    assert SECRET not in text
