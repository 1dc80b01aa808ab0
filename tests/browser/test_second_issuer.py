"""An access token of the second issuer, got by code and PKCE without a browser, gets in."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

import pytest
from rest_framework.test import APIRequestFactory

from drf_logto.auth_info import TokenKind
from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.exceptions import NotAnAccessToken
from drf_logto.runtime import get_verifier
from tests.browser.second_issuer import API_RESOURCE, CLIENT, PERSON, needs_it, second_issuer

pytestmark = [pytest.mark.browser, needs_it]

CALLBACK = "http://127.0.0.1:1/auth/callback/"
VERIFIER = "a-secret-of-this-test-that-is-long-enough-for-PKCE"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with second_issuer(tmp_path_factory.mktemp("issuer"), CALLBACK, CALLBACK) as endpoint:
        yield endpoint


class StopAtTheCallback(HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any) -> Request | None:
        is_over = arguments[-1].startswith(CALLBACK)
        return None if is_over else super().redirect_request(*arguments)


def sign_in(endpoint: str, **parameters: str) -> dict[str, list[str]]:
    """Return what the redirect to the callback carries."""
    asked = {
        "client_id": CLIENT["client_id"],
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "resource": API_RESOURCE,
        "scope": "openid offline_access read:products write:products",
        "prompt": "consent",
        "code_challenge": CHALLENGE.rstrip("="),
        "code_challenge_method": "S256",
        **parameters,
    }
    browser = build_opener(HTTPCookieProcessor(), StopAtTheCallback())
    try:
        with browser.open(f"{endpoint}/oidc/auth?{urlencode(asked)}") as page:
            form = urlencode({"person": PERSON}).encode()
            browser.open(page.url, form).close()
    except HTTPError as redirect:
        with redirect:
            return parse_qs(urlsplit(redirect.headers["Location"]).query)
    raise AssertionError("no redirect to the callback")


def grant(endpoint: str, **form: str) -> dict[str, Any]:
    body = urlencode({**CLIENT, **form}).encode()
    with build_opener().open(f"{endpoint}/oidc/token", body) as answer:
        granted: dict[str, Any] = json.load(answer)
        return granted


def exchange(endpoint: str, code: str, **form: str) -> dict[str, Any]:
    return grant(
        endpoint,
        grant_type="authorization_code",
        code=code,
        redirect_uri=CALLBACK,
        code_verifier=VERIFIER,
        **form,
    )


@pytest.fixture
def granted(endpoint: str, settings: Any) -> dict[str, Any]:
    settings.LOGTO = {"ENDPOINT": endpoint, "API_RESOURCE": API_RESOURCE}
    (code,) = sign_in(endpoint)["code"]
    return exchange(endpoint, code, resource=API_RESOURCE)


def authenticated(token: str) -> Any:
    request: Any = APIRequestFactory().get("/", headers={"Authorization": f"Bearer {token}"})
    return LogtoJWTAuthentication().authenticate(request)


def test_an_access_token_of_another_issuer_gets_in(granted: dict[str, Any]) -> None:
    user, auth = authenticated(granted["access_token"])
    assert (user.sub, auth.kind, auth.client_id) == (PERSON, TokenKind.GLOBAL, CLIENT["client_id"])
    assert auth.scopes == ("read:products",)


def test_a_refreshed_access_token_of_another_issuer_gets_in(
    endpoint: str, granted: dict[str, Any]
) -> None:
    refreshed = grant(
        endpoint,
        grant_type="refresh_token",
        refresh_token=granted["refresh_token"],
        resource=API_RESOURCE,
    )
    assert refreshed["refresh_token"] != granted["refresh_token"]
    assert authenticated(refreshed["access_token"])[1].scopes == ("read:products",)


def test_an_id_token_of_another_issuer_is_no_access_token(granted: dict[str, Any]) -> None:
    with pytest.raises(NotAnAccessToken):
        get_verifier().verify(granted["id_token"])


def test_a_code_of_another_issuer_is_worth_nothing_without_its_verifier(endpoint: str) -> None:
    (code,) = sign_in(endpoint)["code"]
    with pytest.raises(HTTPError) as refused:
        grant(endpoint, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    with refused.value:
        assert json.load(refused.value)["error"] == "invalid_grant"
