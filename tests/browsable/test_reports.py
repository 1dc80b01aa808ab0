"""No report of an error in the sign-in has a token or a secret."""

import json
from typing import Any

import pytest
from django.test import Client, RequestFactory
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from drf_logto.browsable import sign_in_store
from drf_logto.browsable.authentication import LogtoSessionAuthentication
from drf_logto.browsable.contexts import Person
from drf_logto.browsable.sign_in_store import SignIn
from sandbox.tenant import BROWSABLE_API
from tests.browsable.browser import Browser, hidden
from tests.support.fake_logto import FakeLogto
from tests.support.loopback import http
from tests.support.reports import Reports, assert_no_secret
from tests.support.sign_ins import LIFETIME, key_of, signed_in

REFRESH_TOKEN = "refresh-token-of-ada"
"""Long enough not to be found by chance."""


@pytest.mark.parametrize("failure", ["reset", "drip", "no JSON", "refused"])
def test_a_failed_refresh_reports_no_secret(
    fake: FakeLogto, settings: Any, reports: Reports, failure: str
) -> None:
    settings.LOGTO = {**settings.LOGTO, "HTTP_TIMEOUT": 0.2}
    browser = signed_in(fake)
    key = key_of(browser)
    fake.logto.advance(LIFETIME)
    fake.answer(
        {"access_token": fake.logto.global_token(user="ada"), "refresh_token": REFRESH_TOKEN}
    )
    assert browser.get("/open/").status_code == 200
    fake.logto.advance(LIFETIME)
    fake.server.answers["/oidc/token"] = {
        "reset": fake.server.reset,
        "drip": fake.server.drip,
        "no JSON": http("<html>"),
        "refused": http("", "500 Oops"),
    }[failure]

    plain: Any = RequestFactory().get("/")
    plain.session = browser.client.session
    request: Any = Request(plain)
    with pytest.raises(APIException) as refusal:
        LogtoSessionAuthentication().authenticate(request)
    reports.add_exception(refusal.value)
    assert reports.exceptions
    tokens = sign_in_store.load(key).tokens.values()
    assert_no_secret([REFRESH_TOKEN, str(BROWSABLE_API.secret), *tokens], *reports.texts)


@pytest.mark.parametrize("failure", ["1e999", "refused", "void"])
def test_a_failed_code_exchange_reports_no_secret(
    fake: FakeLogto, reports: Reports, failure: str
) -> None:
    browser = Browser(Client(raise_request_exception=False))
    asked = fake.begin(browser)
    tokens = fake.tokens(asked["nonce"], expires_in="here", refresh_token=REFRESH_TOKEN)
    fake.server.answers["/oidc/token"] = {
        "1e999": http(json.dumps(tokens).replace('"here"', "1e999")),
        "refused": http('{"error": "invalid_client"}', "401 Unauthorized"),
        "void": http('{"error": "invalid_grant"}', "400 Bad Request"),
    }[failure]
    status = {"1e999": 302, "refused": 502, "void": 400}[failure]
    assert fake.come_back(browser, asked).status_code == status
    secrets = [REFRESH_TOKEN, str(BROWSABLE_API.secret), tokens["id_token"]]
    assert_no_secret(secrets, *reports.texts)


@pytest.mark.parametrize("failure", ["no answer", "void"])
def test_a_store_that_fails_after_a_failed_refresh_reports_no_secret(
    fake: FakeLogto, settings: Any, reports: Reports, failure: str
) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME)
    fake.answer(
        {"access_token": fake.logto.global_token(user="ada"), "refresh_token": REFRESH_TOKEN}
    )
    assert browser.get("/open/").status_code == 200
    tokens = sign_in_store.load(key_of(browser)).tokens.values()
    fake.logto.advance(LIFETIME)
    fake.server.answers["/oidc/token"] = {
        "no answer": http("", "500 Oops"),
        "void": http('{"error": "invalid_grant"}', "400 Bad Request"),
    }[failure]
    settings.SESSION_ENGINE = "tests.browsable.sessions.broken"
    browser.client.raise_request_exception = False
    assert browser.client.get("/open/").status_code == 500
    assert reports.exceptions >= 1
    assert_no_secret([REFRESH_TOKEN, str(BROWSABLE_API.secret), *tokens], *reports.texts)


def test_a_failure_page_that_fails_reports_no_secret(
    fake: FakeLogto, settings: Any, reports: Reports, tmp_path: Any
) -> None:
    (tmp_path / "drf_logto").mkdir()
    (tmp_path / "drf_logto/failure.html").write_text("{% include nothing %}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    browser = Browser(Client(raise_request_exception=False))
    asked = fake.begin(browser)
    id_token = fake.id_token("another")
    fake.answer(fake.tokens(asked["nonce"], id_token=id_token, refresh_token=REFRESH_TOKEN))
    assert fake.come_back(browser, asked).status_code == 500
    assert reports.exceptions >= 1
    assert_no_secret([REFRESH_TOKEN, str(BROWSABLE_API.secret), id_token], *reports.texts)


def test_a_host_that_is_not_allowed_reports_no_secret_for_curl(
    fake: FakeLogto, settings: Any, reports: Reports
) -> None:
    browser = signed_in(fake)
    names = ("drf_logto_context", "method", "path")
    form = {name: hidden(browser.get("/open/"), name) for name in names}
    tokens = sign_in_store.load(key_of(browser)).tokens.values()
    settings.ALLOWED_HOSTS = ["another.test"]
    browser.client.raise_request_exception = False
    assert browser.post("/auth/curl/", form).status_code == 400
    assert reports.exceptions >= 1
    assert_no_secret([REFRESH_TOKEN, str(BROWSABLE_API.secret), *tokens], *reports.texts)


def test_a_store_that_fails_to_write_reports_no_secret(settings: Any, reports: Reports) -> None:
    settings.SESSION_ENGINE = "tests.browsable.sessions.broken"
    access_token = "access-token-of-ada"
    sign_in = SignIn(
        person=Person("ada", "Ada", ()),
        refresh_token=REFRESH_TOKEN,
        chosen="x",
        nonce="nonce",
        tokens={"x": access_token},
    )
    with pytest.raises(OSError, match="down") as fault:
        sign_in_store.create(sign_in)
    del sign_in, access_token
    reports.add_exception(fault.value)
    assert_no_secret([REFRESH_TOKEN, "access-token-of-ada", "'refresh_token': "], *reports.texts)
