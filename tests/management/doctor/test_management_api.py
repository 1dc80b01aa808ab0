"""The way to the Management API."""

from typing import Any

import pytest

from drf_logto.testing import ManagementApi
from tests.management.doctor.conftest import Doctor
from tests.support.loopback import LoopbackServer
from tests.support.management import SECRET, recorded


def test_a_machine_that_may_ask_is_ok(tenant: ManagementApi, doctor: Doctor) -> None:
    assert doctor("management API") == [("ok", "Logto lets machine-1 use the Management API.")]


def test_without_a_machine_it_is_said_how_to_set_it_up(
    logto_at: LoopbackServer, doctor: Doctor
) -> None:
    ((verdict, message),) = doctor("management API")
    assert verdict == "skipped"
    assert "set LOGTO['MANAGEMENT_APP_ID'] and LOGTO['MANAGEMENT_APP_SECRET']" in message


@pytest.mark.parametrize(
    ("answer", "resource", "message"),
    [
        ("wrong_secret", None, "Check LOGTO['MANAGEMENT_APP_ID'] and"),
        ("wrong_target", None, "With a custom domain of Logto Cloud, it is 'https"),
        ("wrong_target", "https://tenant.logto.app/api", "Set LOGTO['MANAGEMENT_API_RESOURCE'] to"),
    ],
)
@pytest.mark.usefixtures("tenant")
def test_why_logto_refuses_is_named(
    logto_at: LoopbackServer, logto_options: Any, doctor: Doctor, recordings: dict[str, Any],
    answer: str, resource: str | None, message: str,
) -> None:  # fmt: skip
    logto_at.answers["/oidc/token"] = recorded(recordings["management_api"][answer])
    logto_options(MANAGEMENT_API_RESOURCE=resource)
    ((verdict, text),) = doctor("management API")
    assert (verdict, message in text) == ("error", True), text
    assert SECRET not in text
