"""Pending sign-ins: a cookie for each, and nothing on the server."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import include
from django.urls import path as route_path
from django.utils.encoding import iri_to_uri

from drf_logto.browsable.pending import PENDING_LIFETIME, code_verifier
from sandbox.stand_in.server import StandIn
from tests.browsable.browser import Browser, local, query
from tests.support.sign_ins import is_signed_in, refused


def cookies_of(browser: Browser) -> list[str]:
    """Return the names of the browser's cookies of pending sign-ins."""
    cookies = browser.client.cookies.items()
    return [name for name, one in cookies if name.startswith("logto_sign_in_") and one.value]


def new_cookie(browser: Browser, **options: Any) -> Any:
    response = browser.client.get("/auth/login/", **options)
    (cookie,) = response.cookies.values()
    return cookie


@pytest.mark.django_db
def test_login_writes_no_session(browser: Browser, settings: Any) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    for _ in range(3):
        assert "sessionid" not in browser.client.get("/auth/login/").cookies
    assert not Session.objects.exists()


def test_the_cookie_is_http_only_and_limited_to_path_and_site(browser: Browser) -> None:
    cookie = new_cookie(browser)
    assert cookie["httponly"]
    assert (cookie["path"], cookie["domain"]) == ("/auth/", "")
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == PENDING_LIFETIME == 600
    assert not cookie["secure"]


def test_the_cookie_is_secure_if_the_request_or_the_setting_is(
    browser: Browser, settings: Any
) -> None:
    assert new_cookie(browser, secure=True)["secure"]
    settings.SESSION_COOKIE_SECURE = True
    assert new_cookie(Browser())["secure"]


def test_the_cookie_has_no_code_verifier(browser: Browser, settings: Any) -> None:
    verifier = code_verifier(query(browser.begin())["state"])
    assert len(verifier) == 64
    assert verifier not in str(browser.client.cookies)
    settings.SECRET_KEY = "another"
    assert code_verifier("state") != code_verifier("state", "only-for-tests")


@pytest.mark.parametrize("number", [5, 6, 9])
def test_a_browser_has_at_most_five_pending_sign_ins(
    browser: Browser, stand_in: StandIn, number: int
) -> None:
    begun = []
    for _ in range(number):
        stand_in.logto.advance(1)
        begun.append(browser.begin())
    assert len(cookies_of(browser)) == 5
    *over, oldest, _, _, _, newest = begun
    for address in over:
        refused(browser.client.get(local(browser.at_logto(address))), 400, "is over")
    for address in (newest, oldest):
        assert browser.client.get(local(browser.at_logto(address))).status_code == 302


@pytest.mark.parametrize("path", ["/" + "a" * 499, "/" + "\ud55c" * 55, "/?" + '"' * 166])
def test_five_cookies_with_the_longest_paths_fit_into_a_header(browser: Browser, path: str) -> None:
    addresses = [browser.begin(path) for _ in range(5)]
    assert (
        sum(len(name + browser.client.cookies[name].value) for name in cookies_of(browser)) < 5500
    )
    for address in addresses:
        response = browser.client.get(local(browser.at_logto(address)))
        assert response.status_code == 302
        assert response["Location"] == iri_to_uri(path)


@pytest.mark.parametrize("path", ["/" + "a" * 500, "/" + "\ud55c" * 56, "/" + "\ud55c" * 600])
def test_a_path_that_is_too_long_for_a_cookie_leads_to_the_root(
    browser: Browser, path: str
) -> None:
    other = browser.begin()
    address = browser.begin(path)
    assert len(cookies_of(browser)) == 2
    assert browser.client.get(local(browser.at_logto(address)))["Location"] == "/"
    assert browser.client.get(local(browser.at_logto(other)))["Location"] == "/products/"


def test_login_deletes_expired_pending_sign_ins(browser: Browser, stand_in: StandIn) -> None:
    browser.begin()
    stand_in.logto.advance(PENDING_LIFETIME - 60)
    browser.begin()
    assert len(cookies_of(browser)) == 2
    stand_in.logto.advance(61)
    browser.begin()
    assert len(cookies_of(browser)) == 2


def test_a_pending_sign_in_from_the_future_is_refused(browser: Browser, stand_in: StandIn) -> None:
    answer = local(browser.at_logto(browser.begin()))
    stand_in.logto.advance(-6)
    refused(browser.client.get(answer), 400, "is over")


def test_a_sign_in_can_be_completed_in_a_process_whose_clock_is_behind(
    browser: Browser, stand_in: StandIn
) -> None:
    first, second = (local(browser.at_logto(browser.begin())) for _ in range(2))
    stand_in.logto.advance(-5)
    browser.begin()
    for answer in (first, second):
        assert browser.client.get(answer).status_code == 302


def test_a_cookie_without_a_valid_signature_is_ignored(browser: Browser) -> None:
    answer = local(browser.at_logto(browser.begin()))
    (name,) = cookies_of(browser)
    value = browser.client.cookies[name].value
    for forged in (value[:-1], value.replace(":", "", 1), "nonsense", "\u00fc"):
        browser.client.cookies[name] = forged
        refused(browser.client.get(answer), 400, "is over")
    browser.client.cookies[name] = value
    assert browser.client.get(answer).status_code == 302


def test_the_callback_deletes_the_cookie(browser: Browser) -> None:
    first, second = browser.begin(), browser.begin()
    browser.client.get(local(browser.at_logto(first)))
    (left,) = cookies_of(browser)
    browser.client.get("/auth/callback/", {"state": query(second)["state"]})
    assert cookies_of(browser) == []
    assert browser.client.cookies[left]["path"] == "/auth/"


def test_a_copied_cookie_is_useless_after_the_callback(
    browser: Browser,
) -> None:
    answer = local(browser.at_logto(browser.begin()))
    thief = Browser()
    for name in cookies_of(browser):
        thief.client.cookies[name] = browser.client.cookies[name].value
    assert browser.client.get(answer).status_code == 302
    refused(thief.client.get(answer), 400, "is over")
    assert not is_signed_in(thief)


def test_a_pending_sign_in_is_valid_with_a_fallback_of_the_secret_key(
    browser: Browser, settings: Any
) -> None:
    answers = [local(browser.at_logto(browser.begin())) for _ in range(2)]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    assert browser.client.get(answers[0]).status_code == 302
    settings.SECRET_KEY_FALLBACKS = []
    refused(browser.client.get(answers[1]), 400, "is over")


def test_two_tabs_can_sign_in_at_the_same_time(browser: Browser) -> None:
    """Neither callback may delete the cookie of the other."""
    tabs = [Browser(Client(headers={"host": "127.0.0.1:8000"})) for _ in range(2)]
    addresses = [tab.begin() for tab in tabs]
    for tab in tabs:
        browser.client.cookies.update(tab.client.cookies)
    for address in addresses:
        assert browser.client.get(local(browser.at_logto(address))).status_code == 302
    assert is_signed_in(browser)


def test_the_cookie_has_the_root_path_if_the_urls_are_at_the_root(
    browser: Browser, route: Any
) -> None:
    route(route_path("", include("drf_logto.browsable.urls")))
    response = browser.client.get("/login/")
    (cookie,) = response.cookies.values()
    assert cookie["path"] == "/"
