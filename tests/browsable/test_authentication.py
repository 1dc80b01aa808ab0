"""A browser's session authenticates like a bearer token, with CSRF protection like DRF's."""

from typing import Any

import pytest
from django.contrib.sessions.backends.cache import SessionStore
from django.db import transaction
from django.test import RequestFactory
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from drf_logto.auth_info import TokenKind
from drf_logto.browsable.authentication import LogtoSessionAuthentication
from drf_logto.principal import LogtoPrincipal
from sandbox.stand_in.server import StandIn
from tests.browsable.browser import Browser, page


def test_a_request_without_a_sign_in_is_anonymous(browser: Browser) -> None:
    assert browser.client.get("/open/").json() == {"for": None}
    response = browser.client.get("/products/")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_request_without_a_session_is_not_authenticated() -> None:
    request = Request(APIRequestFactory().get("/"))
    assert LogtoSessionAuthentication().authenticate(request) is None


def without_sign_in(**cookies: str) -> Request:
    """A form of a client whose session, if it has one, is new."""
    request = APIRequestFactory().post("/", {"drf_logto_context": "organization acme"})
    request.COOKIES.update(cookies)
    request.session = SessionStore()
    return Request(request)


def test_the_body_of_a_request_that_no_page_sent_is_not_read() -> None:
    """A view may want it as it is, or refuse its type, and an upload costs."""
    request = without_sign_in()
    assert LogtoSessionAuthentication().authenticate(request) is None
    assert b"organization acme" in request._request.body


@pytest.mark.django_db
@pytest.mark.usefixtures("no_threads")
def test_a_request_without_a_session_needs_no_thread_within_a_transaction() -> None:
    with transaction.atomic():
        assert LogtoSessionAuthentication().authenticate(without_sign_in()) is None


def test_a_sign_in_gives_the_same_user_and_auth_as_a_bearer_token(browser: Browser) -> None:
    browser.sign_in()
    plain: Any = RequestFactory().get("/")
    plain.session = browser.client.session
    authenticated = LogtoSessionAuthentication().authenticate(Request(plain))
    assert authenticated is not None
    user, auth = authenticated
    assert user == LogtoPrincipal(auth)
    assert (auth.sub, auth.kind, auth.client_id) == ("ada", TokenKind.GLOBAL, "browsable-api")


def test_a_bearer_token_comes_before_the_session(browser: Browser, stand_in: StandIn) -> None:
    browser.sign_in()
    token = stand_in.logto.global_token(user="ben")
    response = browser.client.get("/open/", headers={"authorization": f"Bearer {token}"})
    assert response.json() == {"for": "ben"}
    response = browser.client.get("/open/", headers={"authorization": "Bearer bad"})
    assert response.status_code == 401


def test_an_unsafe_request_needs_a_csrf_token(browser: Browser) -> None:
    browser.sign_in()
    browser.get("/products/")
    response = browser.client.post("/products/", {"name": "Chair"})
    assert response.status_code == 403
    assert "CSRF" in response.json()["detail"]
    assert browser.post("/products/", {"name": "Chair"}).status_code == 201


@pytest.mark.parametrize("name", ["logout", "context", "curl"])
def test_a_form_of_the_sign_in_needs_post_and_a_csrf_token_even_without_the_middleware(
    browser: Browser, project: Any, name: str
) -> None:
    browser.sign_in()
    project.MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
    without = Browser()  # a client keeps the middleware that it started with
    without.client.cookies = browser.client.cookies
    for client in (browser.client, without.client):
        assert client.get(f"/auth/{name}/").status_code == 405
        assert client.post(f"/auth/{name}/").status_code == 403
        assert client.get("/open/").json() == {"for": "ada"}


def test_an_unsafe_request_with_a_bearer_token_needs_none(
    browser: Browser, stand_in: StandIn
) -> None:
    token = stand_in.logto.global_token(["write:products"])
    headers = {"authorization": f"Bearer {token}"}
    assert browser.client.post("/products/", {}, headers=headers).status_code == 201


def test_a_view_that_narrows_its_audience_refuses_other_tokens(browser: Browser) -> None:
    browser.sign_in()
    response = browser.client.get("/narrowed/")
    assert (response.status_code, response.json()["code"]) == (403, "wrong_audience")


@pytest.mark.parametrize("path", ["/open/", "/products/"])
def test_a_response_to_a_signed_in_user_is_not_cached(browser: Browser, path: str) -> None:
    browser.sign_in()
    for response in (browser.client.get(path), browser.get(path)):
        assert response["Cache-Control"] == "private, no-store"
        assert "Cookie" in response["Vary"]


def test_a_response_without_a_sign_in_may_be_cached(browser: Browser) -> None:
    assert "Cache-Control" not in browser.client.get("/open/").headers


def test_clickjacking_protection_is_django_s(browser: Browser, project: Any) -> None:
    project.MIDDLEWARE = [
        *project.MIDDLEWARE,
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
    browser.sign_in()
    for path in ("/open/", "/auth/signed-out/"):
        assert browser.get(path)["X-Frame-Options"] == "DENY"


def test_the_page_shows_a_503_when_the_token_cannot_be_verified(
    browser: Browser, stand_in: StandIn, project: Any
) -> None:
    browser.sign_in()
    project.LOGTO = {**project.LOGTO, "ENDPOINT": "http://127.0.0.1:9"}
    response = browser.get("/open/")
    assert response.status_code == 503
    assert "authorization_server_unavailable" in page(response)
