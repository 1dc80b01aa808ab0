"""Error responses of Logto: what of them is logged, and what the pages say."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from drf_logto.browsable.error_responses import ErrorResponse
from drf_logto.browsable.pending import PENDING_LIFETIME
from drf_logto.testing import ABSENT
from sandbox.stand_in.server import StandIn
from sandbox.tenant import API_RESOURCE, PARTNER
from tests.browsable.browser import Browser, local, page, text_of
from tests.support.fake_logto import FakeLogto
from tests.support.loopback import http
from tests.support.sign_ins import refused

CODE = "GG5zveqYpp8Dvuk0cwaJblbpY_fiehdoTzb6f_jWczL"
SECRET = "XiEpVbTSB25knApzvckzuLTqy9mBqt3A"
ID_TOKEN = "eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiI0dWJyMnN2MTU2MDQifQ.ofbgav7aHmN9PwF"


def test_descriptions_of_logto_are_logged_as_they_are(recordings: dict[str, Any]) -> None:
    recorded = recordings["sign_in_errors"]
    for said in [one["body"] for one in recorded["token"]] + [
        one["query"] for one in recorded["callback"] if "error_description" in one["query"]
    ]:
        answer = ErrorResponse.parse(said["error"], said["error_description"])
        # The ID of an application has the form of a secret.
        expected = said["error_description"].replace("nosuchclient000000000", "...")
        assert str(answer) == f"{said['error']} ({expected})"


@pytest.mark.parametrize(
    ("description", "logged"),
    [
        (f"code {CODE} is unknown", "code ... is unknown"),
        (f"secret={SECRET}.", "..."),
        (f"({ID_TOKEN})", "..."),
        ("browsable-api-secret", "..."),
        ("the post_logout_redirect_uri is unknown", "the post_logout_redirect_uri is unknown"),
        ('no "such"\r\ncode\x1b[31m \\', "no ?such???code?[31m ?"),
        ("\ud55c\uad6d\u2028\ud800", "????"),
        ("no " * 100, "no " * 66 + "..."),
        ("a" * 300, " ..."),
        (f"{'no ' * 60}{CODE}", "no " * 60 + "..."),
        (None, ""),
        (7, ""),
    ],
)
def test_a_logged_description_is_bounded_and_printable_and_has_no_secret(
    description: object, logged: str
) -> None:
    assert ErrorResponse.parse("x", description).description == logged


@pytest.mark.parametrize("error", ["", "a b", "<script>", "a" * 41, CODE, 7, None])
def test_an_error_without_the_usual_form_is_not_logged(error: object) -> None:
    assert str(ErrorResponse.parse(error, None)) == "an unknown error"


# What is logged, and what the page says, of each error that was recorded

NEUTRAL = "Logto did not complete the sign-in. If this happens again, tell the operator"
DENIED = "Logto did not let you in"
OTHER = ("answered the sign-in with an error", "The logger drf_logto")
TOKEN = {
    "code used twice": (400, NEUTRAL, "does not accept the code", "Log in again."),
    "code with another redirect_uri": (400, NEUTRAL, "does not accept the code", "Log in again."),
    "code with a wrong secret": (502, NEUTRAL, "does not accept the cred", "Compare APP_ID and"),
    "refresh: unknown client": (502, NEUTRAL, "does not accept the cred", "Compare APP_ID and"),
    "refresh: only client_id, no secret": (502, NEUTRAL, "does not accept the cred", "Compare A"),
    "refresh: no client authentication at all": (502, NEUTRAL, *OTHER),
    "unknown grant type": (502, NEUTRAL, *OTHER),
}
CALLBACK = {
    "API resource with a trailing slash": (400, NEUTRAL, "know the API resource", "Set API_RES"),
    "third-party application: a scope that is not enabled for it": (
        *(400, NEUTRAL, "does not allow this application a scope"),
        "In Logto, allow the third-party application",
    ),
    "no openid among the scopes, without nonce": (403, DENIED, DENIED, "If nobody cancelled"),
    "the application is open to alice only: bob signs in again": (
        *(403, DENIED, DENIED),
        "If nobody cancelled",
    ),
    "prompt=none without a session": (400, NEUTRAL, *OTHER),
    "no openid among the scopes, with nonce": (400, NEUTRAL, *OTHER),
}
Check = Callable[[Any, ErrorResponse, str, tuple[int, str, str, str]], None]


@pytest.fixture(params=[False, True], ids=["", "DEBUG"])
def check(request: pytest.FixtureRequest, settings: Any, caplog: pytest.LogCaptureFixture) -> Check:
    """Assert what a page says and what is logged."""
    settings.DEBUG = request.param

    def run(
        response: Any, error: ErrorResponse, source: str, expected: tuple[int, str, str, str]
    ) -> None:
        status, neutral, explained, remedy = expected
        refused(response, status, explained if settings.DEBUG else neutral)
        (logged,) = [one.getMessage() for one in caplog.records if one.name == "drf_logto"]
        line = f"The sign-in failed: {source} {error}."
        assert logged == line if explained == OTHER[0] else logged.startswith(f"{line} {remedy}")
        assert ("logto-remedy" in page(response)) is settings.DEBUG
        assert not settings.DEBUG or remedy in text_of(response, "logto-remedy")
        if not settings.DEBUG:
            configuration = ("APP_", "API_RESOURCE", "ENDPOINT", error.code, "error")
            assert not any(word in page(response) for word in configuration)

    return run


@pytest.mark.parametrize("title", TOKEN)
def test_an_error_of_the_token_endpoint_is_logged_and_has_its_page(
    fake: FakeLogto, recordings: dict[str, Any], check: Check, title: str
) -> None:
    recorded = {one["title"]: one for one in recordings["sign_in_errors"]["token"]}
    assert recorded.keys() == TOKEN.keys()
    said = recorded[title]
    browser, next_one = Browser(), Browser()
    asked, other = fake.begin(browser), fake.begin(next_one)
    fake.server.answers["/oidc/token"] = http(json.dumps(said["body"]), f"{said['status']} No")
    error = ErrorResponse.parse(said["body"]["error"], said["body"]["error_description"])
    response = fake.come_back(browser, asked)
    check(response, error, "the token endpoint answered with", TOKEN[title])
    assert "Retry-After" not in response  # it is no outage: the next sign-in need not wait
    fake.answer(fake.tokens(other["nonce"]))
    assert fake.come_back(next_one, other).status_code == 302


@pytest.mark.parametrize("title", CALLBACK)
def test_an_error_that_a_browser_comes_back_with_is_logged_and_has_its_page(
    fake: FakeLogto, recordings: dict[str, Any], check: Check, title: str
) -> None:
    recorded = {one["title"]: one["query"] for one in recordings["sign_in_errors"]["callback"]}
    assert recorded.keys() == CALLBACK.keys()
    said = recorded[title]
    browser = Browser()
    asked = fake.begin(browser)
    given = {name: value for name, value in said.items() if name not in ("state", "iss")}
    response = fake.come_back(browser, asked, code=ABSENT, **given)
    error = ErrorResponse.parse(said["error"], said.get("error_description"))
    check(response, error, "the browser came back with", CALLBACK[title])


@pytest.mark.parametrize("debug", [False, True])
def test_an_error_without_a_pending_sign_in_is_not_logged(
    fake: FakeLogto, settings: Any, caplog: pytest.LogCaptureFixture, debug: bool
) -> None:
    settings.DEBUG = debug
    asked = fake.begin(Browser())
    answer = {"code": ABSENT, "error": "invalid_target", "error_description": "anything"}
    refused(fake.come_back(Browser(), asked, **answer), 400, "is over")
    assert [one for one in caplog.records if one.name == "drf_logto"] == []


def test_no_text_from_outside_is_on_the_page(
    fake: FakeLogto, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.DEBUG = True
    browser = Browser()
    asked = fake.begin(browser)
    description = f"call 555-0100\r\nWARNING {asked['state']}"
    answer = {"code": ABSENT, "error": "call_us", "error_description": description}
    response = fake.come_back(browser, asked, **answer)
    refused(response, 400, OTHER[0])
    assert "555" not in page(response)
    assert "call_us" not in page(response)
    (logged,) = [one.getMessage() for one in caplog.records if one.name == "drf_logto"]
    assert logged.endswith("came back with call_us (call 555-0100??WARNING ...).")


@pytest.mark.parametrize("debug", [False, True])
def test_metadata_of_another_issuer_has_its_page(
    fake: FakeLogto, settings: Any, caplog: pytest.LogCaptureFixture, debug: bool
) -> None:
    settings.DEBUG = debug
    fake.publish(issuer="https://another.logto.test/oidc")
    for _ in range(2):
        response = Browser().get("/auth/login/")
        refused(response, 503, "that of another issuer" if debug else "is unavailable")
        assert ("Set ENDPOINT to the address" in page(response)) is debug
    assert "No metadata from Logto: the metadata is of another issuer" in caplog.text


@pytest.mark.parametrize("debug", [False, True])
def test_an_outage_has_its_remedy(fake: FakeLogto, settings: Any, debug: bool) -> None:
    settings.DEBUG = debug
    fake.server.answers.clear()
    response = Browser().get("/auth/login/")
    refused(response, 503, "is unavailable")
    assert ("This machine must be able to open" in page(response)) is debug


@pytest.mark.parametrize(
    ("changes", "status", "logged"),
    [
        ({"APP_SECRET": "wrong"}, 502, "token endpoint answered with invalid_client"),
        ({"APP_SECRET": None}, 502, "token endpoint answered with invalid_client"),
        ({"API_RESOURCE": f"{API_RESOURCE}/"}, 400, "browser came back with invalid_target"),
    ],
)
def test_wrong_settings_are_named_in_the_log(
    browser: Browser,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    changes: dict[str, Any],
    status: int,
    logged: str,
) -> None:
    settings.LOGTO = {**settings.LOGTO, **changes}
    refused(browser.sign_in(), status, "did not complete")
    assert f"The sign-in failed: the {logged}" in caplog.text


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"id_token": "nonsense"},
            "the ID token is missing or not valid for this sign-in (malformed_token). If this",
        ),
        ({"id_token": ABSENT}, "the ID token is missing or not valid for this sign-in. If this"),
        ({"refresh_token": ABSENT}, "Logto gave no refresh token. Allow the application"),
    ],
)
def test_an_unusable_token_response_is_logged(
    fake: FakeLogto, caplog: pytest.LogCaptureFixture, change: dict[str, Any], reason: str
) -> None:
    browser = Browser()
    asked = fake.begin(browser)
    fake.answer(fake.tokens(asked["nonce"], **change))
    assert fake.come_back(browser, asked).status_code == 502
    assert f"The sign-in failed: {reason}" in caplog.text


# Cancel on the consent page of a third-party application


@pytest.fixture
def third_party(browser: Browser, settings: Any) -> Browser:
    """The browser of a project that is a third-party application."""
    settings.LOGTO = {**settings.LOGTO, "APP_ID": PARTNER.id, "APP_SECRET": PARTNER.secret}
    return browser


@pytest.mark.parametrize("debug", [False, True])
def test_a_cancelled_sign_in_is_called_so_and_can_start_again(
    third_party: Browser,
    stand_in: StandIn,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    debug: bool,
) -> None:
    settings.DEBUG = debug
    third_party.begin("/open/?former")
    stand_in.logto.advance(1)
    back = third_party.at_consent(third_party.begin("/open/?a=1"), cancel="yes")
    assert back == "http://127.0.0.1:8000/auth/callback/"
    response = third_party.client.get(local(back))
    refused(response, 403, "You cancelled the sign-in.")
    assert 'href="/auth/login/?next=%2Fopen%2F%3Fa%3D1"' in page(response)
    assert 'href="/open/?a=1"' in page(response)
    assert [one for one in caplog.records if one.name == "drf_logto"] == []
    third_party.cookie = ""
    again = third_party.at_consent(third_party.begin(), authorize="yes")
    assert third_party.client.get(local(again)).status_code == 302


def test_a_bare_visit_cancels_no_sign_in(third_party: Browser) -> None:
    begun = third_party.begin()
    for _ in range(2):  # anybody can send a browser there
        refused(third_party.client.get("/auth/callback/"), 403, "You cancelled")
    back = third_party.at_consent(begun, authorize="yes")
    assert third_party.client.get(local(back)).status_code == 302


def test_a_bare_visit_without_a_pending_sign_in_is_no_cancelled_one(
    browser: Browser, stand_in: StandIn
) -> None:
    refused(browser.client.get("/auth/callback/"), 400, "No sign-in is under way")
    browser.begin()
    stand_in.logto.advance(PENDING_LIFETIME + 1)
    refused(browser.client.get("/auth/callback/"), 400, "No sign-in is under way")
