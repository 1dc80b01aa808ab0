"""Signing in at a server that says what the test lets it say."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.test import Client

from sandbox.tenant import API_RESOURCE
from tests.browsable.browser import Browser, page, text_of
from tests.support.fake_logto import FakeLogto

LIFETIME = 3600
EVERYWHERE = f"global {API_RESOURCE}"


def key_of(browser: Browser) -> str:
    return str(browser.client.session["_drf_logto_key"])


def who(browser: Browser) -> Any:
    return browser.client.get("/open/").json()["for"]


def give(fake: FakeLogto) -> None:
    token = fake.logto.global_token(["read:products"], user="ada")
    fake.answer({"access_token": token, "refresh_token": "another"})


def signed_in(fake: FakeLogto, **claims: Any) -> Browser:
    browser = Browser()
    asked = fake.begin(browser)
    id_token = fake.id_token(asked["nonce"], claims={"name": "Ada", **claims})
    fake.answer(fake.tokens(asked["nonce"], id_token=id_token))
    assert fake.come_back(browser, asked).status_code == 302
    give(fake)
    assert who(browser) == "ada"
    return browser


def refused(response: Any, status: int, sentence: str) -> None:
    assert response.status_code == status
    assert sentence in text_of(response, "logto-sentence")
    assert "Traceback" not in page(response)
    assert "no-store" in response["Cache-Control"]
    assert text_of(response, "logto-try-again") == "Log in again"


def is_signed_in(browser: Browser) -> bool:
    return browser.client.get("/open/").json()["for"] is not None


def answers_of_tabs(browser: Browser, tabs: int) -> list[Any]:
    """Return the answers to simultaneous requests of one browser."""
    together = Barrier(tabs)

    def open_tab(_: int) -> Any:
        client = Client(headers={"host": "127.0.0.1:8000"})
        client.cookies = browser.client.cookies
        together.wait()
        return client.get("/open/").json()["for"]

    with ThreadPoolExecutor(tabs) as threads:
        return list(threads.map(open_tab, range(tabs)))
