"""Playwright, where it is installed, and a page that notes what a customer must never meet."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest

if "REQUIRE_BROWSER" not in os.environ:
    pytest.importorskip("playwright", reason="Playwright is not installed (group browser)")

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    expect,
)

__all__ = ["Browsing", "Locator", "Page", "expect"]

_PATIENCE = 60_000  # milliseconds; other tests may keep the machine busy
_REFUSALS = {400, 401, 403, 502}

expect.set_options(timeout=_PATIENCE)


class Browsing:
    """One browser of one person: its pages, what they complain of, and where they ask elsewhere."""

    def __init__(self, context: BrowserContext, address: str, artefacts: Path) -> None:
        self.context = context
        self.address = address
        context.set_default_timeout(_PATIENCE)
        self.page = context.new_page()
        self.complaints: list[str] = []
        self._artefacts = artefacts
        self._refused: set[str] = set()
        context.on("response", self._note_refusal)
        context.on("console", self._note_message)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("request", self._note_request)

    def open(self, path: str) -> Response:
        """Open a path of the sandbox, and return its answer."""
        response = self.page.goto(self.address + path)
        assert response is not None
        return response

    def sign_in(self, person: str) -> None:
        """Sign in from the page that is open, and come back to it."""
        here = self.page.url
        self.page.get_by_role("link", name="Log in", exact=True).click()
        self.page.get_by_role("button", name=person).click()
        expect(self.page).to_have_url(here)
        self.outlive_log_outs()

    def outlive_log_outs(self) -> None:
        """Reload while the token was issued in the second in which the same person logged out."""
        while "token_revoked" in self.page.content():
            self.page.reload()

    def choose(self, number: int) -> str:
        """Choose a token in the switch; return how the switch calls it now."""
        self.page.locator(".logto-switch summary").click()
        with self.page.expect_navigation():
            self.page.locator(".logto-choices button").nth(number).click()
        return self.page.locator(".logto-switch summary").inner_text().strip()

    def answer(self) -> Locator:
        """Return the answer of the API, as DRF's page shows it."""
        return self.page.locator(".response-info")

    def picture(self, name: str, page: Page | None = None) -> None:
        """Keep what the page looks like, as a whole, once its scripts have run."""
        page = page or self.page
        page.wait_for_load_state()
        page.screenshot(path=self._artefacts / f"{name}.png", full_page=True)

    def _note_refusal(self, response: Response) -> None:
        if response.status in _REFUSALS:
            self._refused.add(response.url)

    def _note_message(self, message: ConsoleMessage) -> None:
        where = message.location["url"]
        # What is refused is meant to be refused; and browsers ask everybody for an icon.
        is_known = where in self._refused or where.endswith("/favicon.ico")
        if is_known and message.text.startswith("Failed to load resource"):
            return
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({where})")

    def _note_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in {"data", "blob"} and url.hostname != "127.0.0.1":
            self.complaints.append(f"asks elsewhere: {request.url}")
