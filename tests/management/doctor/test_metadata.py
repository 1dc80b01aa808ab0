"""The metadata of Logto: of the issuer that the settings name, and whole."""

from typing import Any

import pytest

from drf_logto.testing import Logto
from tests.management.doctor.conftest import Doctor
from tests.support.loopback import Answer, LoopbackServer, document, http

METADATA = "/oidc/.well-known/openid-configuration"


def test_metadata_of_the_issuer_is_ok(logto_at: LoopbackServer, doctor: Doctor) -> None:
    ((verdict, message),) = doctor("issuer")
    assert verdict == "ok"
    assert message.startswith(f"The issuer is {logto_at.address}/oidc, as configured; it answers")
    assert doctor("endpoints") == [("ok", "The metadata names all endpoints that are used.")]


def test_another_name_of_the_machine_is_an_error_with_both_values(
    logto_at: LoopbackServer, doctor: Doctor, logto_options: Any
) -> None:
    """As if Logto were localhost, and the settings named 127.0.0.1."""
    public = "https://auth.example.test"
    logto_at.serve_logto(Logto(endpoint=public))
    ((verdict, message),) = doctor("issuer")
    assert verdict == "error"
    assert f"received '{public}/oidc', expected '{logto_at.address}/oidc'" in message
    assert f"Set LOGTO['ENDPOINT'] to '{public}'" in message
    assert f"LOGTO['INTERNAL_ENDPOINT'] to '{logto_at.address}'" in message
    logto_options(ENDPOINT=public, INTERNAL_ENDPOINT=logto_at.address)
    assert doctor("issuer")[0][0] == "ok"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (document({"issuer": "https://other.test"}), "does not seem to be that of a Logto."),
        (document([]), "The metadata is no JSON object. Check host, port and path"),
        (http("", "404 Not Found"), "HTTP status 404. Check host, port and path"),
        (http("", "302 Found", Location="/en"), "Write in LOGTO['ENDPOINT'] the address that"),
        (http("<html>"), "No JSON (Content-Type ''). Check host, port and path"),
    ],
)
def test_what_is_no_metadata_is_an_error(
    logto_at: LoopbackServer, doctor: Doctor, answer: Answer, message: str
) -> None:
    logto_at.answers[METADATA] = answer
    ((verdict, text),) = doctor("issuer")
    assert (verdict, message in text) == ("error", True), text


def test_a_logto_that_does_not_answer_in_time_is_an_error(
    logto_at: LoopbackServer, logto_options: Any, doctor: Doctor
) -> None:
    logto_at.answers[METADATA] = logto_at.hang
    logto_options(HTTP_TIMEOUT=0.1)
    ((verdict, message),) = doctor("issuer")
    assert verdict == "error"
    assert message.startswith("Timed out. Check whether a firewall")


@pytest.mark.parametrize(
    ("changed", "verdict", "message"),
    [
        ({"jwks_uri": None}, "error", "The metadata names no jwks_uri."),
        ({"token_endpoint": "x"}, "error", "names a token_endpoint that is no address."),
        ({"end_session_endpoint": None}, "warning", "no end_session_endpoint: signing out"),
    ],
)
def test_an_endpoint_that_is_missing_is_named(
    logto_at: LoopbackServer, doctor: Doctor, changed: dict[str, Any], verdict: str, message: str
) -> None:
    logto_at.answers[METADATA] = document({**Logto().metadata, **changed})
    ((found, text),) = doctor("endpoints")
    assert (found, message in text) == (verdict, True), text
