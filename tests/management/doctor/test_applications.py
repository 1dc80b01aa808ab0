"""The applications of the settings, tried at the token endpoint as Logto 1.42 answers there."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.management.doctor.conftest import Doctor
from tests.support.loopback import LoopbackServer, http

SECRET = "hush-hush-of-the-application"
SIGN_IN, MACHINE = "sign-in application", "machine application"
REFUSED = "400 Bad Request"


@pytest.fixture(autouse=True)
def applications(logto_at: LoopbackServer, logto_options: Any) -> None:
    logto_options(APP_ID="web-1", APP_SECRET=SECRET)
    logto_options(MACHINE_APP_ID="machine-1", MACHINE_APP_SECRET=SECRET)


@pytest.mark.parametrize(
    ("fact", "code", "status", "verdict", "message"),
    [
        (SIGN_IN, "invalid_grant", REFUSED, "ok", "Logto accepts LOGTO['APP_ID'] with its secret."),
        (MACHINE, "invalid_request", REFUSED, "ok", "Logto accepts LOGTO['MACHINE_APP_ID'] with"),
        (
            SIGN_IN,
            "invalid_client",
            "401 Unauthorized",
            "error",
            "LOGTO['APP_SECRET'] is wrong,",
        ),
        (MACHINE, "invalid_client", "401 Unauthorized", "error", "LOGTO['MACHINE_APP_SECRET'] is"),
        (SIGN_IN, "invalid_client", REFUSED, "error", "Logto has no application 'web-1', which"),
        (SIGN_IN, "invalid_request", REFUSED, "error", "is not of the type 'Traditional web'."),
        (MACHINE, "invalid_grant", REFUSED, "error", "is not of the type 'Machine-to-machine'."),
        (SIGN_IN, "invalid_redirect_uri", REFUSED, "error", "LOGTO['APP_ID'] has no redirect URIs"),
        (
            SIGN_IN,
            "server_error",
            REFUSED,
            "warning",
            "it answered 'server_error', HTTP status 400.",
        ),
        (SIGN_IN, None, "502 Bad Gateway", "error", "HTTP status 502."),
    ],
)
def test_what_logto_says_of_an_application_is_told(
    logto_at: LoopbackServer, doctor: Doctor, fact: str, code: str | None, status: str,
    verdict: str, message: str,
) -> None:  # fmt: skip
    logto_at.answers["/oidc/token"] = http(json.dumps({"error": code}), status)
    ((found, text),) = doctor(fact)
    assert (found, message in text) == (verdict, True), text
    assert SECRET not in text


def test_no_token_is_asked_for(logto_at: LoopbackServer, doctor: Doctor) -> None:
    logto_at.answers["/oidc/token"] = http('{"error": "invalid_grant"}', REFUSED)
    doctor(SIGN_IN)
    forms = [parse_qs(one) for one in logto_at.bodies if one]
    assert {form["grant_type"][0] for form in forms} == {"refresh_token"}


def test_a_secret_that_is_not_set_is_called_missing(
    logto_at: LoopbackServer, logto_options: Any, doctor: Doctor
) -> None:
    logto_options(APP_SECRET=None)
    logto_at.answers["/oidc/token"] = http('{"error": "invalid_client"}', "401 Unauthorized")
    assert "LOGTO['APP_SECRET'] is missing" in doctor(SIGN_IN)[0][1]


def test_an_answer_that_is_no_object_says_nothing(logto_at: LoopbackServer, doctor: Doctor) -> None:
    logto_at.answers["/oidc/token"] = http("[]", REFUSED)
    assert doctor(SIGN_IN)[0][0] == "warning"


@pytest.mark.parametrize("fact", [SIGN_IN, MACHINE])
def test_an_application_that_is_not_set_is_skipped(
    logto_options: Any, doctor: Doctor, fact: str
) -> None:
    logto_options(APP_ID=None, MACHINE_APP_ID=None)
    assert doctor(fact)[0][0] == "skipped"
