"""The clock of this machine against that of Logto."""

import json
from email.utils import formatdate
from typing import Any

import pytest

from drf_logto.runtime import Environment
from drf_logto.testing import Logto
from tests.management.doctor.conftest import Doctor
from tests.support.loopback import LoopbackServer, http

NOON = 1795266156


@pytest.mark.parametrize(
    ("date", "ahead", "leeway", "verdict", "message"),
    [
        (formatdate(NOON, usegmt=True), 0, 0, "ok", "within a second or two"),
        (formatdate(NOON, usegmt=True), 3, 0, "ok", "within a second or two"),
        (formatdate(NOON, usegmt=True), 20, 0, "warning", "20 s ahead of that of Logto"),
        (formatdate(NOON, usegmt=True), -20, 0, "warning", "20 s behind that of Logto"),
        (formatdate(NOON, usegmt=True), 300, 0, "error", "300 s ahead of that of Logto"),
        (formatdate(NOON, usegmt=True), -300, 0, "error", "Set the clock of this machine"),
        (formatdate(NOON, usegmt=True), 300, 600, "warning", "300 s ahead of that of Logto"),
        ("noon", 300, 0, "skipped", "Logto's answer has no Date header."),
    ],
)
def test_a_difference_of_the_clocks_is_named(
    logto_at: LoopbackServer, logto_options: Any, doctor: Doctor, date: str, ahead: float,
    leeway: float, verdict: str, message: str,
) -> None:  # fmt: skip
    body = json.dumps(Logto().metadata)
    logto_at.answers["/oidc/.well-known/openid-configuration"] = http(body, Date=date)
    logto_options(LEEWAY=leeway)
    environment = Environment(now=lambda: NOON + 0.5 + ahead)
    ((found, text),) = doctor("clock", environment=environment)
    assert (found, message in text) == (verdict, True), text
