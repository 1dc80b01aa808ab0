"""No token, code or secret is in a page, a URL, a cookie or a log."""

import logging
from typing import Any

import pytest

from drf_logto.browsable import sign_in_store
from drf_logto.browsable.pending import PendingSignIn, code_verifier
from drf_logto.browsable.token_endpoint import Tokens
from sandbox.stand_in.server import StandIn
from sandbox.tenant import API_RESOURCE
from tests.browsable.browser import Browser, local, page, query
from tests.support.sign_ins import LIFETIME, key_of

JSON_OBJECT = "eyJ"
"""The start of every JWT: ``{"`` in base64url."""


def test_no_page_header_cookie_or_log_has_a_secret(
    browser: Browser, stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    responses: list[Any] = []

    def keep(response: Any) -> Any:
        responses.append(response)
        return response

    begun = keep(browser.get("/auth/login/?next=/products/"))
    answer = browser.at_logto(begun["Location"])
    keep(browser.client.get(local(answer)))
    keep(browser.get("/products/"))
    for context in ("organization acme", f"organization_resource acme {API_RESOURCE}"):
        keep(browser.choose(context))
        keep(browser.get("/acme/documents/"))
        keep(browser.get("/products/"))
    stand_in.logto.advance(LIFETIME)
    keep(browser.get("/acme/documents/"))
    sign_in = sign_in_store.load(key_of(browser))
    key = key_of(browser)
    stand_in.provider.grants.clear()
    stand_in.logto.advance(LIFETIME)
    keep(browser.get("/acme/documents/"))
    browser.cookie = ""
    keep(browser.sign_in())
    keep(browser.get("/open/"))
    keep(browser.post("/auth/logout/"))

    secrets = [
        JSON_OBJECT,
        code_verifier(query(answer)["state"]),
        query(answer)["code"],
        sign_in.refresh_token,
        key,
        "browsable-api-secret",
        *sign_in.tokens.values(),
    ]
    assert len(sign_in.tokens) == 3
    cookies = str(browser.client.cookies)
    for secret in secrets:
        assert not any(secret in page(response) for response in responses)
        assert not any(secret in str(response.headers) for response in responses)
        assert secret not in cookies
        assert secret not in _logged(caplog)


def _logged(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(f"{record.getMessage()} {record.args!r}" for record in caplog.records)


def test_no_repr_has_a_token() -> None:
    pending = PendingSignIn(state="hush-1", nonce="hush-2", redirect_uri="", next="", begun_at=0)
    assert "hush" not in f"{Tokens('hush-4', 'hush-5', 'hush-6')!r} {pending!r}"


def test_the_browsers_session_has_no_token(browser: Browser) -> None:
    browser.sign_in()
    browser.get("/products/")
    sign_in = sign_in_store.load(key_of(browser))
    kept = str(dict(browser.client.session))
    assert sign_in.refresh_token not in kept
    assert JSON_OBJECT not in kept


def test_the_key_of_a_sign_in_is_no_session_id(browser: Browser) -> None:
    browser.sign_in()
    thief = Browser()
    thief.client.cookies["sessionid"] = key_of(browser)
    assert thief.client.get("/open/").json() == {"for": None}
