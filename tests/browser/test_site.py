"""The built site of the documentation: phones, dark mode, no scripts, both languages, search."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

import pytest

from tests.browser.driving import Page, expect
from tests.support.documents import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

PHONE, DESKTOP = 390, 1280
CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
PAGES = (
    "index",
    "quickstart",
    "how-to/browsable-api",
    "reference/settings",
    "reference/refusals",
    "troubleshooting",
    "search",
)
LANGUAGES = pytest.mark.parametrize("language", ["en", "ko"])
Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site: the folder that SITE names, or built now."""
    if named := os.environ.get("SITE"):
        return Path(named).absolute()
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "docs.build", str(folder)]
    built = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=site)) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def visit(chromium: "Browser", site: Path) -> Iterator[Visit]:
    """Open a page of the site from its folder; nothing is asked of another host."""
    with ExitStack() as opened:
        asked: list[str] = []

        def visit(
            path: str,
            width: int = DESKTOP,
            *,
            scheme: Literal["light", "dark"] = "light",
            scripts: bool = True,
        ) -> Page:
            context = chromium.new_context(
                viewport={"width": width, "height": 800},
                is_mobile=width == PHONE,
                color_scheme=scheme,
                java_script_enabled=scripts,
            )
            opened.callback(context.close)
            context.on("request", lambda request: asked.append(request.url))
            page = context.new_page()
            page.goto(f"{site.as_uri()}/{path}")
            return page

        yield visit
        here = ("file:", "data:", "http://127.0.0.1:")
        assert [url for url in asked if not url.startswith(here)] == []


@LANGUAGES
@pytest.mark.parametrize(
    ("width", "scheme", "scripts"),
    [
        (PHONE, "light", False),
        (PHONE, "dark", True),
        (DESKTOP, "light", True),
        (DESKTOP, "dark", False),
    ],
)
def test_pages_fit_and_can_be_read(
    visit: Visit,
    site: Path,
    artefacts: Path,
    language: str,
    width: int,
    scheme: str,
    scripts: bool,
) -> None:
    page = visit(f"{language}/index.html", width, scheme=scheme, scripts=scripts)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    wrong = {}
    for name in PAGES:
        page.goto(f"{site.as_uri()}/{language}/{name}.html")
        page.screenshot(
            path=artefacts / f"site-{language}-{name.replace('/', '-')}-{width}-{scheme}.png"
        )
        weak = page.evaluate(CONTRAST)
        right = page.evaluate("document.documentElement.scrollWidth")
        if weak or right > width:
            wrong[name] = (right, weak)
    assert wrong == {}


@LANGUAGES
def test_no_page_is_wider_than_a_phone(visit: Visit, site: Path, language: str) -> None:
    page = visit("index.html", PHONE, scripts=False)
    wide = []
    for path in [site / "index.html", *sorted((site / language).rglob("*.html"))]:
        page.goto(path.as_uri())
        if page.evaluate("document.documentElement.scrollWidth") > PHONE:
            wide.append(path.name)
    assert wide == []


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_menu_leads_to_a_page_and_to_the_same_page_in_the_other_language(
    visit: Visit, width: int, scripts: bool
) -> None:
    page = visit("index.html", width, scripts=scripts)
    page.get_by_role("link", name="English").click()
    menu = page.locator(".sidebar-drawer")
    if width == PHONE:
        page.locator(".nav-overlay-icon").click()
    menu.get_by_role("link", name="Reference", exact=True).click()
    expect(page.locator("h1")).to_contain_text("Reference")
    if width == PHONE:
        page.locator(".nav-overlay-icon").click()
    menu.get_by_role("link", name="한국어").click()
    expect(page).to_have_url(re.compile("/ko/reference/index.html$"))
    expect(page.locator("html")).to_have_attribute("lang", "ko")


def test_the_menu_of_a_phone_opens_by_keyboard(visit: Visit) -> None:
    page = visit("en/index.html", PHONE, scripts=False)
    page.keyboard.press("Tab")
    expect(page.locator("#__navigation")).to_be_focused()
    expect(page.locator(".nav-overlay-icon")).to_have_css("outline-style", "solid")
    page.keyboard.press("Space")
    expect(page.locator(".sidebar-drawer")).to_be_in_viewport()


@LANGUAGES
def test_the_search_says_that_it_needs_scripts(visit: Visit, language: str) -> None:
    page = visit(f"{language}/search.html", scripts=False)
    assert "JavaScript" in page.locator("article").inner_text()


@pytest.mark.parametrize(
    ("language", "words", "place"),
    [
        ("en", "wrong_audience", "reference/refusals.html#wrong"),
        ("en", "drf_logto.E008", "reference/checks.html#e008"),
        ("en", "E008", "reference/checks.html#e008"),
        ("en", "INTERNAL_ENDPOINT", "reference/settings.html#internal"),
        ("en", "The access token is for another API resource.", "refusals.html#wrong_audience"),
        ("en", '"The access token needs the scope: a:b"', "refusals.html#insufficient_scope"),
        ("ko", "wrong_audience", "reference/refusals.html#wrong"),
        ("ko", "E008", "reference/checks.html#e008"),
        ("ko", "INTERNAL_ENDPOINT", "reference/settings.html#internal"),
        ("ko", "다른 API 리소스용 액세스 토큰입니다.", "refusals.html#wrong_audience"),
        ("ko", "토큰", "reference/refusals.html"),
        ("ko", "토큰을 스코프가", "reference/refusals.html"),
        ("ko", "인증하기", "reference/refusals.html"),
    ],
)
def test_the_search_finds_the_place_in_the_reference(
    visit: Visit, served: str, language: str, words: str, place: str
) -> None:
    page = visit("index.html")
    page.goto(f"{served}/{language}/search.html?q={quote(words)}")
    expect(page.locator(f'#search-results a[href*="{place}"]').first).to_be_attached()
