"""Logging out: here with a POST, and at Logto with a redirect."""

from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from threading import Event
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import Client

from drf_logto.browsable import sign_in_store
from drf_logto.browsable.exceptions import SignedOut
from sandbox.stand_in.server import StandIn
from tests.browsable.browser import Browser, local, page, query, text_of
from tests.support.fake_logto import FakeLogto
from tests.support.loopback import Answer, document, http
from tests.support.sign_ins import LIFETIME, key_of, signed_in


def log_out(browser: Browser) -> Any:
    browser.get("/open/")
    return browser.post("/auth/logout/")


def test_the_page_has_a_log_out_button(browser: Browser) -> None:
    browser.sign_in()
    assert text_of(browser.get("/open/"), "logto-log-out") == "Log out"


def test_logging_out_ends_both_sessions(browser: Browser, stand_in: StandIn) -> None:
    browser.sign_in()
    key = key_of(browser)
    before = browser.client.cookies["sessionid"].value
    response = log_out(browser)
    assert response.status_code == 302
    assert response["Location"].startswith(f"{stand_in.logto.issuer}/session/end?")
    back = browser.at_logto(response["Location"])
    assert back == "http://127.0.0.1:8000/auth/signed-out/"
    assert "session at Logto have ended" in text_of(browser.get(local(back)), "logto-sentence")
    assert not stand_in.provider.sessions
    assert browser.client.cookies["sessionid"].value != before
    assert browser.client.get("/open/").json() == {"for": None}
    with pytest.raises(SignedOut):
        sign_in_store.load(key)


def test_the_logout_url_has_no_token(browser: Browser) -> None:
    browser.sign_in()
    assert query(log_out(browser)["Location"]) == {
        "client_id": "browsable-api",
        "post_logout_redirect_uri": "http://127.0.0.1:8000/auth/signed-out/",
    }


@pytest.mark.parametrize(
    "answer",
    [
        http(""),
        *(http(f'{{"error": "{error}"}}', "400 No") for error in ("invalid_grant", "server_error")),
    ],
    ids=["revoked", "refused", "failed"],
)
def test_the_refresh_token_is_revoked(fake: FakeLogto, answer: Answer) -> None:
    browser = signed_in(fake)
    fake.publish(revocation_endpoint=f"{fake.logto.issuer}/token/revocation")
    fake.server.answers["/oidc/token/revocation"] = answer
    assert "/oidc/session/end" in log_out(browser)["Location"]
    sent = fake.server.bodies[fake.server.asked.index("/oidc/token/revocation")]
    assert parse_qs(sent) == {
        "token": ["another"],
        "client_id": ["browsable-api"],
        "client_secret": ["browsable-api-secret"],
    }


def test_logging_out_works_here_while_logto_is_down(fake: FakeLogto, settings: Any) -> None:
    browser = signed_in(fake)
    settings.LOGTO = {**settings.LOGTO, "LEEWAY": 1}  # so the metadata is no longer known
    fake.server.answers.pop("/oidc/.well-known/openid-configuration")
    response = log_out(browser)
    assert response["Location"] == "/auth/signed-out/?here=only"
    assert "may still be signed in" in text_of(browser.get(response["Location"]), "logto-sentence")
    assert browser.client.get("/open/").json() == {"for": None}


def test_logging_out_without_a_sign_in_sends_no_request_to_logto(fake: FakeLogto) -> None:
    browser = Browser()
    fake.begin(browser)
    fake.publish(revocation_endpoint=f"{fake.logto.issuer}/token/revocation")
    asked = len(fake.server.asked)
    for _ in range(3):
        browser.get("/open/")
        assert "/oidc/session/end" in browser.post("/auth/logout/")["Location"]
    assert len(fake.server.asked) == asked


def test_a_request_whose_session_was_deleted_meanwhile_is_anonymous(
    fake: FakeLogto,
) -> None:
    """The user logs out in another tab during a refresh."""
    browser = signed_in(fake)
    browser.get("/open/")
    slow = Browser(Client(headers={"host": "127.0.0.1:8000"}))
    slow.client.cookies = SimpleCookie(browser.client.cookies.output(header="", sep=";"))
    fake.logto.advance(LIFETIME)
    asked, logged_out = Event(), Event()

    def renew(connection: Any) -> None:
        asked.set()
        assert logged_out.wait(30)
        document({"access_token": fake.logto.global_token(user="ada")})(connection)

    fake.server.answers["/oidc/token"] = renew
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(slow.client.get, "/open/")
        assert asked.wait(30)
        assert browser.post("/auth/logout/").status_code == 302
        logged_out.set()
    assert (answer.result().status_code, answer.result().json()) == (200, {"for": None})
    assert "sessionid" not in answer.result().cookies  # it may be that of another sign-in by now


def test_the_page_after_logging_out_is_not_cached(browser: Browser) -> None:
    response = browser.get("/auth/signed-out/")
    assert "no-store" in response["Cache-Control"]
    assert 'name="viewport"' in page(response)
