"""Access tokens are refreshed by one request at a time, or the sign-in ends."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Lock
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import RequestFactory
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from drf_logto.browsable import sign_in_store
from drf_logto.browsable.authentication import LogtoSessionAuthentication
from drf_logto.browsable.exceptions import SignedOut
from drf_logto.browsable.refresh import REFRESH_BEFORE, get_access_token
from drf_logto.testing import ABSENT
from sandbox.stand_in.server import StandIn
from tests.browsable.browser import Browser, page, text_of
from tests.support.fake_logto import FakeLogto
from tests.support.loopback import document, http
from tests.support.sign_ins import (
    EVERYWHERE,
    LIFETIME,
    answers_of_tabs,
    give,
    key_of,
    signed_in,
    who,
)


@pytest.mark.parametrize("stored", [True, False])
def test_where_the_application_may_not_use_the_api_logto_is_asked_for_no_token(
    fake: FakeLogto, settings: Any, stored: bool
) -> None:
    browser = signed_in(fake)
    if not stored:
        sign_in = sign_in_store.load(key_of(browser))
        sign_in_store.save(key_of(browser), replace(sign_in, tokens={}))
    settings.LOGTO = {**settings.LOGTO, "CLIENT_IDS": ["another"]}
    asked = fake.server.asked.count("/oidc/token")
    for response in (browser.client.get("/open/"), browser.client.post("/open/")):
        assert (response.status_code, response.json()["code"]) == (403, "wrong_client")
    response = browser.get("/open/")
    assert response.status_code == 403
    assert text_of(response, "logto-name") == "Ada"
    assert fake.server.asked.count("/oidc/token") == asked


def test_the_sign_in_of_an_application_that_may_not_use_the_api_is_complete_and_opens_nothing(
    fake: FakeLogto, settings: Any
) -> None:
    settings.LOGTO = {**settings.LOGTO, "CLIENT_IDS": ["another"]}
    browser = Browser()
    asked = fake.begin(browser)
    token = fake.logto.global_token(user="ada", claims={"client_id": "application-1"})
    fake.answer(fake.tokens(asked["nonce"], access_token=token))
    assert fake.come_back(browser, asked).status_code == 302
    fake.answer({"access_token": token, "refresh_token": "another"})
    browser.choose(EVERYWHERE)
    assert browser.client.get("/open/").json()["code"] == "wrong_client"


@pytest.mark.parametrize(
    ("lifetime", "claims", "before"),
    [
        (3600, {}, 60),
        (300, {}, 60),
        (299, {}, 59.8),
        (60, {}, 12),
        (10, {}, 2),
        (3600, {"iat": ABSENT}, 60),
        (3600, {"iat": 9_999_999_999}, 0),
    ],
)
def test_a_token_is_refreshed_when_a_fifth_of_its_lifetime_is_left_or_a_minute(
    fake: FakeLogto, lifetime: int, claims: dict[str, Any], before: float
) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME)
    token = fake.logto.global_token(user="ada", expires_in=lifetime, claims=claims)
    fake.answer({"access_token": token})
    key = key_of(browser)
    assert get_access_token(key, is_safe=True) == token
    give(fake)
    fake.logto.advance(lifetime - before - 1)
    assert get_access_token(key, is_safe=True) == token
    fake.logto.advance(1)
    assert get_access_token(key, is_safe=True) != token


def test_the_sign_in_ends_when_the_refresh_token_is_invalid(
    browser: Browser, stand_in: StandIn
) -> None:
    browser.sign_in()
    assert who(browser) == "ada"
    key = key_of(browser)
    stand_in.provider.grants.clear()
    stand_in.logto.advance(LIFETIME)
    response = browser.get("/open/")
    assert response.status_code == 200
    assert "Your sign-in has ended" in text_of(response, "logto-ended")
    assert text_of(response, "logto-log-in") == "Log in"
    assert "no-store" in response["Cache-Control"]
    assert "_drf_logto_key" not in browser.client.session
    with pytest.raises(SignedOut):
        sign_in_store.load(key)
    assert "logto-ended" not in page(browser.get("/open/"))  # shown once


def test_the_page_offers_to_log_in_again_when_the_refresh_token_has_expired(
    browser: Browser, stand_in: StandIn
) -> None:
    browser.sign_in()
    stand_in.logto.advance(15 * 24 * 3600)
    response = browser.get("/products/")
    assert response.status_code == 401
    assert "Your sign-in has ended" in text_of(response, "logto-ended")


def test_an_outage_does_not_end_the_sign_in(fake: FakeLogto) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME)
    fake.server.answers["/oidc/token"] = http("", "500 Oops")
    response = browser.client.get("/open/")
    assert response.status_code == 503
    assert response.json()["code"] == "authorization_server_unavailable"
    assert "Ada" in text_of(browser.get("/open/"), "logto-name")
    give(fake)
    fake.logto.advance(5)
    assert who(browser) == "ada"


def test_a_refresh_without_an_answer_pauses_the_next(fake: FakeLogto) -> None:
    """Otherwise the requests of a page would wait one after the other."""
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME)
    fake.server.answers["/oidc/token"] = http("", "500 Oops")
    asked = fake.server.asked.count("/oidc/token")
    responses = [browser.client.get("/open/") for _ in range(3)]
    assert [response.status_code for response in responses] == [503] * 3
    assert 1 <= int(responses[-1]["Retry-After"]) <= 5
    assert fake.server.asked.count("/oidc/token") == asked + 1
    fake.logto.advance(5)
    assert browser.client.get("/open/").status_code == 503
    assert fake.server.asked.count("/oidc/token") == asked + 2


def test_a_token_is_used_until_it_expires_during_an_outage(fake: FakeLogto) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME - REFRESH_BEFORE + 1)
    fake.server.answers["/oidc/token"] = http("", "500 Oops")
    assert who(browser) == "ada"
    assert fake.server.asked.count("/oidc/token") == 3


def test_the_latest_refresh_token_is_used(fake: FakeLogto) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME)
    give(fake)
    assert who(browser) == "ada"
    sent = [parse_qs(body) for body in fake.server.bodies if "grant_type=refresh_token" in body]
    assert [form["refresh_token"] for form in sent] == [["refresh"], ["another"]]


def test_an_invalid_token_from_logto_is_refused_like_any_other(fake: FakeLogto) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME)
    fake.answer({"access_token": "opaque"})
    response = browser.client.get("/open/")
    assert (response.status_code, response.json()["code"]) == (401, "malformed_token")
    plain: Any = RequestFactory().get("/")
    plain.session = browser.client.session
    with pytest.raises(AuthenticationFailed) as refused:
        LogtoSessionAuthentication().authenticate(Request(plain))
    assert refused.value.__cause__ is refused.value.__context__ is None  # their frames hold tokens


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_token_for_another_audience_is_refused_and_requested_again(
    fake: FakeLogto, accept: str
) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME)
    foreign = fake.logto.global_token(user="ada", claims={"aud": "https://other.test"})
    fake.answer({"access_token": foreign})
    for _ in range(2):
        assert browser.get("/open/", accept=accept).status_code == 403
    give(fake)
    assert who(browser) == "ada"


def test_a_user_who_left_the_organization_gets_the_first_context(
    browser: Browser, stand_in: StandIn
) -> None:
    browser.sign_in()
    assert browser.choose("organization acme").status_code == 302
    assert text_of(browser.get("/open/"), "logto-kind") == "Organization token"
    _rename(browser, "acme", "left")
    assert browser.get("/products/").status_code == 200
    assert text_of(browser.get("/open/"), "logto-kind") == "API resource"


def left(browser: Browser) -> None:
    """Sign in, choose an organization, and leave it."""
    browser.sign_in()
    assert browser.choose("organization acme").status_code == 302
    browser.get("/products/")
    _rename(browser, "acme", "left")


def code_of_a_write(browser: Browser) -> Any:
    response = browser.post("/products/", {"name": "chair"}, accept="application/json")
    return response.json().get("code", response.status_code)


def test_unsafe_requests_are_refused_until_a_new_choice_when_the_context_is_lost(
    browser: Browser,
) -> None:
    left(browser)
    assert code_of_a_write(browser) == "context_lost"
    assert code_of_a_write(browser) == "context_lost"
    for path in ("/open/", "/products/"):  # in another tab
        assert browser.get(path).status_code == 200
        assert code_of_a_write(browser) == "context_lost"
    assert browser.choose(EVERYWHERE).status_code == 302
    assert code_of_a_write(browser) == 201


def test_unsafe_requests_are_refused_after_a_safe_request_lost_the_context(
    browser: Browser,
) -> None:
    left(browser)
    assert browser.get("/products/").status_code == 200
    assert code_of_a_write(browser) == "context_lost"


def test_the_page_says_that_the_context_is_lost_until_a_new_choice(
    browser: Browser,
) -> None:
    left(browser)
    for response in (browser.get("/products/"), browser.post("/products/", {"name": "chair"})):
        notice = text_of(response, "logto-notice")
        assert notice.startswith("You are no longer a member of the organization that you chose.")
        assert notice.endswith("API resource Log in again")
    browser.choose(EVERYWHERE)
    assert "logto-notice" not in page(browser.get("/products/"))


def test_unsafe_requests_are_refused_when_the_resource_was_removed_from_the_settings(
    browser: Browser,
) -> None:
    browser.sign_in()
    sign_in_store.save(
        key_of(browser), replace(sign_in_store.load(key_of(browser)), chosen="global urn:gone")
    )
    assert browser.get("/products/").status_code == 200
    assert code_of_a_write(browser) == "context_lost"


def test_there_is_no_curl_command_while_the_context_is_lost(browser: Browser) -> None:
    left(browser)
    for _ in range(2):
        response = browser.post("/auth/curl/", {"method": "GET", "path": "/products/"})
        assert response.status_code == 403
        assert "no longer a member" in response.json()["detail"]
        browser.get("/open/")


def test_a_new_choice_is_kept_when_another_request_loses_the_former_context(
    fake: FakeLogto,
) -> None:
    browser = signed_in(fake, organizations=["acme"])
    key = key_of(browser)
    sign_in_store.save(key, replace(sign_in_store.load(key), chosen="organization acme"))
    refusal = http('{"error": "access_denied"}', "403 Forbidden")

    def chosen_meanwhile(connection: Any) -> None:
        sign_in_store.save(key, replace(sign_in_store.load(key), chosen=EVERYWHERE))
        refusal(connection)

    fake.server.answers["/oidc/token"] = chosen_meanwhile
    assert who(browser) == "ada"
    assert sign_in_store.load(key).chosen == EVERYWHERE


def _rename(browser: Browser, known: str, other: str) -> None:
    """Give the sign-in an organization that Logto does not know."""
    sign_in = sign_in_store.load(key_of(browser))
    organizations = tuple(replace(one, id=other) for one in sign_in.person.organizations)
    person = replace(sign_in.person, organizations=organizations)
    chosen = sign_in.chosen.replace(known, other)
    sign_in_store.save(key_of(browser), replace(sign_in, person=person, chosen=chosen, tokens={}))


# Errors of the token endpoint


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("invalid_client", "401 Unauthorized"),
        ("invalid_client", "400 Bad Request"),
        ("unauthorized_client", "400 Bad Request"),
        ("server_error", "400 Bad Request"),
        ("temporarily_unavailable", "403 Forbidden"),
        ("temporarily_unavailable", "503 Service Unavailable"),
        ("slow_down", "400 Bad Request"),
        ("rate_limited", "403 Forbidden"),
        ("rate_limited", "429 Too Many Requests"),
        ("unheard_of", "400 Bad Request"),
        ("access_denied", "403 Forbidden"),
        ("access_denied", "400 Bad Request"),
        ("invalid_target", "400 Bad Request"),
    ],
)
def test_only_an_invalid_grant_ends_the_sign_in(fake: FakeLogto, error: str, status: str) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME)
    fake.server.answers["/oidc/token"] = http(json.dumps({"error": error}), status)
    asked = fake.server.asked.count("/oidc/token")
    assert browser.client.get("/open/").status_code == 503
    assert browser.client.get("/open/").status_code == 503
    assert fake.server.asked.count("/oidc/token") - asked in (1, 2)
    give(fake)
    fake.logto.advance(5)
    assert who(browser) == "ada"


@pytest.mark.parametrize("error", ["invalid_client", "server_error", "rate_limited", "unheard_of"])
def test_an_error_about_the_application_keeps_the_context(fake: FakeLogto, error: str) -> None:
    browser = signed_in(fake, organizations=["acme"])
    fake.answer({"access_token": fake.logto.organization_token("acme", user="ada")})
    assert browser.choose("organization acme").status_code == 302
    fake.logto.advance(LIFETIME)
    asked = fake.server.asked.count("/oidc/token")
    fake.server.answers["/oidc/token"] = http(json.dumps({"error": error}), "403 Forbidden")
    assert [browser.client.get("/open/").status_code for _ in range(2)] == [503] * 2
    assert fake.server.asked.count("/oidc/token") == asked + 1
    assert sign_in_store.load(key_of(browser)).chosen == "organization acme"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("invalid_client", "the token endpoint answered with invalid_client"),
        ("eyJhbGciOiJFUzM4NCJ9.e30.c2ln", "the token endpoint answered with an unknown error"),
        ("a" * 41, "the token endpoint answered with an unknown error"),
        ("", "the token endpoint answered with an unknown error"),
        (7, "HTTP status 400"),
    ],
)
def test_a_warning_names_the_error_of_the_token_endpoint(
    fake: FakeLogto, error: object, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME)
    refusal = http(json.dumps({"error": error}), "400 Bad Request")
    fake.server.answers["/oidc/token"] = refusal
    browser.client.get("/open/")
    lines = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert lines[:1] == [f"No token from Logto: {reason}."]


@pytest.mark.parametrize("value", ["x\ud800", "x\x00", "caf\xe9"], ids=ascii)
def test_a_refresh_token_that_is_not_printable_ascii_is_ignored(
    fake: FakeLogto, value: str
) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME)
    kept = sign_in_store.load(key_of(browser)).refresh_token
    fake.answer({"access_token": fake.logto.global_token(user="ada"), "refresh_token": value})
    assert who(browser) == "ada"
    assert sign_in_store.load(key_of(browser)).refresh_token == kept


@pytest.mark.parametrize("value", ["1e999", "-1e999", "NaN", "1" + "0" * 400, '"soon"'])
def test_an_invalid_lifetime_in_the_answer_is_ignored(fake: FakeLogto, value: str) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME)
    token = fake.logto.global_token(user="ada")
    body = f'{{"access_token": "{token}", "expires_in": {value}, "expires_at": {value}}}'
    fake.server.answers["/oidc/token"] = http(body)
    assert who(browser) == "ada"


# Simultaneous requests, and a Logto that revokes the grant when a refresh token is reused


class Rotation:
    """A token endpoint where each refresh token is valid once."""

    def __init__(self, fake: FakeLogto, expires_in: int = LIFETIME) -> None:
        self._fake = fake
        self._expires_in = expires_in
        self._lock = Lock()
        self.current: str | None = "another"
        self.times = 0

    def __call__(self, connection: Any) -> None:
        used = parse_qs(connection.body)["refresh_token"][0]
        with self._lock:
            self.times += 1
            self.current = f"refresh-{self.times}" if used == self.current else None
            token = self._fake.logto.global_token(user="ada", expires_in=self._expires_in)
            good = document({"access_token": token, "refresh_token": self.current})
            revoked = http('{"error": "invalid_grant"}', "400 Bad Request")
            (revoked if self.current is None else good)(connection)


def test_simultaneous_requests_refresh_once(fake: FakeLogto) -> None:
    browser = signed_in(fake)
    rotation = Rotation(fake)
    fake.server.answers["/oidc/token"] = rotation
    for turn in range(1, 4):
        fake.logto.advance(LIFETIME)
        assert answers_of_tabs(browser, 6) == ["ada"] * 6
        assert rotation.times == turn


def test_simultaneous_requests_refresh_a_token_of_a_minute_once(fake: FakeLogto) -> None:
    browser = signed_in(fake)
    rotation = Rotation(fake, expires_in=60)
    fake.server.answers["/oidc/token"] = rotation
    for seconds, turn in ((LIFETIME, 1), (47, 1), (1, 2)):
        fake.logto.advance(seconds)
        assert answers_of_tabs(browser, 6) == ["ada"] * 6
        assert rotation.times == turn


def test_two_users_do_not_wait_for_each_other(fake: FakeLogto, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "HTTP_TIMEOUT": 60}
    ada, ben = signed_in(fake), signed_in(fake)
    fake.logto.advance(LIFETIME)
    asked, answered = Event(), Event()
    good = {"access_token": fake.logto.global_token(user="ada")}

    def answer(connection: Any) -> None:
        is_first = not asked.is_set()
        asked.set()
        assert not is_first or answered.wait(60)
        document(good)(connection)

    fake.server.answers["/oidc/token"] = answer
    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(who, ada)
        assert asked.wait(30)
        try:
            assert threads.submit(who, ben).result(30) == "ada"
            assert not slow.done()
        finally:
            answered.set()
        assert slow.result() == "ada"


def test_a_slow_request_does_not_restore_a_used_refresh_token(fake: FakeLogto) -> None:
    """Django writes the session at the end of a request as it was read at its start."""
    browser = signed_in(fake)
    slow = browser.client.session
    slow["cart"] = ["tea"]
    fake.logto.advance(LIFETIME)
    rotation = Rotation(fake)
    fake.server.answers["/oidc/token"] = rotation
    assert who(browser) == "ada"
    slow.save()
    fake.logto.advance(LIFETIME)
    assert who(browser) == "ada"
    assert rotation.times == 2


# A transaction of the request


@pytest.mark.django_db(transaction=True)
def test_a_rollback_does_not_restore_a_used_refresh_token(fake: FakeLogto, settings: Any) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    browser = signed_in(fake)
    key = key_of(browser)
    sign_in_store.save(key, replace(sign_in_store.load(key), refresh_token="used"))
    fake.logto.advance(LIFETIME)
    give(fake)
    response = browser.client.get("/rolled-back/")
    assert response.json() == {"for": "ada"}
    assert sign_in_store.load(key).refresh_token == "another"
