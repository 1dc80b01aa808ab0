"""What operators see: counters and log lines, and never a token."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes, InOrganization
from drf_logto.telemetry import snapshot
from drf_logto.testing import Logto


class View(APIView):
    permission_classes = [HasScopes("read:a") | InOrganization]

    def get(self, request: Any) -> Response:
        return Response("got")

    def post(self, request: Any) -> None:
        """Is asked for by the form of the page alone."""


@pytest.fixture(autouse=True)
def urls(route: Callable[..., None]) -> None:
    plain = require_access_token(HasScopes("read:a"))(View.as_view())
    route(path("", View.as_view()), path("plain/", plain))


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "drf_logto"]


@pytest.fixture
def counted() -> Callable[[], dict[str, Any]]:
    """What was counted since the test began, without what stayed as it was."""
    before: Any = snapshot()

    def since() -> dict[str, Any]:
        after: Any = snapshot()
        refused = Counter(after["refused"])
        refused.subtract(before["refused"])
        changes = {
            name: after[name] - before[name]
            for name in ("verified", "cached", "fetched", "fetches_failed")
        }
        changes["refused"] = dict(+refused)
        return {name: change for name, change in changes.items() if change}

    return since


def test_tokens_are_counted_as_verified_once_and_remembered_after(
    logto: Logto, counted: Any
) -> None:
    client = logto.client(logto.global_token(["read:a"]))
    for _ in range(3):
        client.get("/")
    assert counted() == {"verified": 1, "cached": 2, "fetched": 1}


@pytest.mark.parametrize("url", ["/", "/plain/"])
def test_refusals_are_counted_by_code(logto: Logto, counted: Any, url: str) -> None:
    for token in (logto.opaque_token(), logto.global_token(expires_in=-1), logto.global_token()):
        logto.client(token).get(url)
    assert counted()["refused"] == {
        "opaque_token": 1,
        "token_expired": 1,
        "insufficient_scope": 1,
    }


def test_a_page_of_the_browsable_api_is_one_refusal(logto: Logto, counted: Any) -> None:
    logto.client(logto.global_token()).get("/", headers={"Accept": "text/html"})
    assert counted()["refused"] == {"insufficient_scope": 1}


def test_fetches_are_counted_with_what_they_took(logto: Logto, counted: Any) -> None:
    before = snapshot()["fetch_seconds"]
    client = logto.client(logto.global_token(["read:a"]))
    with logto.outage():
        client.get("/")
    client.get("/")
    changes = counted()
    assert (changes["fetches_failed"], changes["fetched"]) == (1, 1)
    assert snapshot()["fetch_seconds"] > before


def test_logto_going_and_coming_back_is_one_line_each(
    logto: Logto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "drf_logto")
    client = logto.client(logto.global_token(["read:a"]))
    with logto.outage():
        for _ in range(3):
            client.get("/")
            logto.advance(30)
    for _ in range(3):
        assert client.get("/").status_code == 200
        logto.advance(30)
    address = "https://tenant.logto.test"
    assert lines(caplog) == [
        f"No keys from Logto at {address}: the in-process Logto does not answer.",
        f"Logto at {address} can be reached again.",
    ]


def test_a_refusal_is_logged_with_code_key_and_issuer(
    logto: Logto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "drf_logto")
    token = logto.global_token(headers={"kid": "kid\r\nforged line"})
    logto.client(token).get("/")
    assert lines(caplog) == [
        r"Refused: unknown_key (kid 'kid\r\nforged line', issuer 'https://tenant.logto.test/oidc')."
    ]


def test_a_long_name_in_a_token_makes_no_long_line(
    logto: Logto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "drf_logto")
    logto.client(logto.global_token(claims={"iss": "x" * 5000}, headers={"kid": 7})).get("/")
    (line,) = lines(caplog)
    assert len(line) < 300
    assert "missing_key_id (kid None" in line


def test_no_line_holds_a_token(logto: Logto, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for token in (logto.global_token(), logto.global_token(expires_in=-1), logto.id_token()):
        logto.client(token).get("/")
        for segment in token.split("."):
            assert segment not in caplog.text


def test_a_refusal_by_permission_is_logged_with_the_issuer(
    logto: Logto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "drf_logto")
    logto.client(logto.global_token()).get("/")
    (line,) = lines(caplog)
    assert line == f"Refused: insufficient_scope (kid None, issuer '{logto.issuer}')."


def test_a_remembered_token_whose_key_is_gone_is_logged_with_its_key(
    logto: Logto, caplog: pytest.LogCaptureFixture
) -> None:
    client = logto.client(logto.global_token(["read:a"]))
    assert client.get("/").status_code == 200
    kid = logto.jwks["keys"][0]["kid"]
    logto.rotate()
    logto.rotate()
    assert logto.client(logto.global_token(["read:a"])).get("/").status_code == 200
    caplog.set_level(logging.INFO, "drf_logto")
    assert client.get("/").status_code == 401
    assert lines(caplog) == [f"Refused: unknown_key (kid {kid!r}, issuer '{logto.issuer}')."]
