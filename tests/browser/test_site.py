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
    "migration",
    "troubleshooting",
    "search",
)
# The last is shown first.
FIRST_THREE = """(words) => {
  const [query, ...terms] = Search._parseQuery(words);
  const found = Search._performSearch(query, ...terms).slice(-3);
  return found.map(([page, , anchor]) => `${page}.html${anchor}`);
}"""
# What newcomers type, and a place that must be among the first three.
FOUND = {
    "401": "troubleshooting.html#",
    "403": "troubleshooting.html#",
    "503": "troubleshooting.html#",
    "wrong_audience": "reference/refusals.html#wrong",
    "invalid_token audience": "reference/refusals.html",
    "insufficient_scope": "reference/refusals.html#insufficient",
    "E008": "reference/checks.html#e008",
    "drf_logto.E008": "reference/checks.html#e008",
    "W001": "reference/checks.html#w001",
    "INTERNAL_ENDPOINT": "reference/settings.html#internal",
    "API_RESOURCE": "reference/settings.html#api",
    "HasScopes": "reference/public-names.html#drf_logto.permissions.HasScopes",
    "request.auth": "reference/request.html",
    "docker": "how-to/containers.html",
    "gunicorn": "how-to/servers.html",
    "pytest": "how-to/testing-pytest.html",
    "swagger": "how-to/openapi.html",
    "clock skew": "how-to/lifetimes.html",
    "M2M": "tutorials/global-api-resource.html",
    "JWKS": "reference/settings.html#jwks",
    "cors": "how-to/cors.html",
}
FOUND_IN = {
    "en": {
        "The access token is for another API resource.": "refusals.html#wrong_audience",
        '"The access token needs the scope: a:b"': "refusals.html#insufficient_scope",
        "scopes empty": "troubleshooting.html",
        "opaque token": "refusals.html#opaque",
        "token expired": "refusals.html#token-expired",
        "install": "quickstart.html",
        "organization": "tutorials/organization-permissions.html",
        "permissions": "reference/permissions.html",
        "testing": "reference/testing.html",
        "logout": "reference/settings.html#backchannel",
        "admin": "how-to/django-admin.html",
        "custom user model": "/users.html",
        "multi tenant": "tutorials/multi-tenant.html",
        "migrate from simplejwt": "migration.html",
        "deploy": "how-to/deployment.html",
        "key rotation": "explanation/keys-and-outages.html",
    },
    "ko": {
        "다른 API 리소스용 액세스 토큰입니다.": "refusals.html#wrong_audience",
        "조직": "tutorials/organization-permissions.html",
        "조직 역할": "tutorials/organization-permissions.html",
        "권한": "reference/permissions.html",
        "권한을 검사하는 클래스": "reference/permissions.html",
        "스코프가 비어": "troubleshooting.html",
        "토큰 만료": "how-to/token-for-curl.html",
        "불투명 토큰": "explanation/tokens.html",
        "오디언스": "refusals.html#wrong",
        "로그아웃": "troubleshooting.html#",
        "테스트": "reference/testing.html",
        "도커": "how-to/containers.html",
        "설치하기": "quickstart.html",
        "배포": "how-to/deployment.html",
        "브라우저블 API": "how-to/browsable-api.html",
        "사용자 모델": "/users.html",
        "관리자": "how-to/django-admin.html",
        "멀티 테넌트": "tutorials/multi-tenant.html",
        "키 교체": "explanation/keys-and-outages.html",
        "인증하기": "reference/authentication.html",
    },
}
# Furo's document hides what is too wide, and its content scrolls.
WIDTH = """
Math.max(...[...document.querySelectorAll("html, .content")].map((box) => box.scrollWidth))"""
# A page in the place of another of its language is as wide, and comes sooner.
SHOW = """async ([html, address]) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const base =
    document.querySelector("base") ?? document.head.appendChild(document.createElement("base"));
  base.href = address;
  document.body.replaceWith(page.body);
  await Promise.all([...document.images].map((image) => image.decode()));
}"""
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


@pytest.mark.parametrize(
    ("language", "width", "scheme", "scripts"),
    [
        ("en", PHONE, "light", False),
        ("ko", PHONE, "dark", True),
        ("ko", DESKTOP, "light", True),
        ("en", DESKTOP, "dark", False),
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
        right = page.evaluate(WIDTH)
        if weak or right > width:
            wrong[name] = (right, weak)
    assert wrong == {}


@LANGUAGES
def test_no_page_is_wider_than_a_phone(visit: Visit, site: Path, language: str) -> None:
    page = visit("404.html", PHONE, scripts=False)
    widths = {"404.html": page.evaluate(WIDTH)}
    page.goto(f"{site.as_uri()}/{language}/index.html")
    for path in sorted((site / language).rglob("*.html")):
        page.evaluate(SHOW, [path.read_text("utf-8"), path.as_uri()])
        widths[str(path.relative_to(site))] = page.evaluate(WIDTH)
    assert {name: width for name, width in widths.items() if width > PHONE} == {}


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, True), (DESKTOP, False)])
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


def test_a_table_that_scrolls_takes_the_focus_under_the_name_of_its_section(visit: Visit) -> None:
    page = visit("ko/reference/refusals.html", PHONE)
    table = page.get_by_role("region", name="거부 응답", exact=True).last
    table.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(table).to_be_focused()
    expect(table).to_have_css("outline-style", "solid")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")


def test_the_search_says_that_it_needs_scripts(visit: Visit, site: Path) -> None:
    page = visit("en/search.html", scripts=False)
    assert "JavaScript" in page.locator("article").inner_text()
    page.goto(f"{site.as_uri()}/ko/search.html")
    assert "JavaScript를" in page.locator("article").inner_text()


@LANGUAGES
def test_the_search_of_the_menu_works_without_a_server(visit: Visit, language: str) -> None:
    page = visit(f"{language}/reference/index.html")
    page.locator(".sidebar-search").fill("wrong_audience")
    page.locator(".sidebar-search").press("Enter")
    expect(page.locator("#search-results a").first).to_be_visible()
    page.locator("#search-results a").first.click()
    expect(page).to_have_url(re.compile("refusals.html#wrong-audience$"))


def test_the_search_shows_where_the_words_are_from_a_server(visit: Visit, served: str) -> None:
    page = visit("index.html")
    for language in ("en", "ko"):
        page.goto(f"{served}/{language}/search.html?q=wrong_audience")
        expect(page.locator("#search-results .context").first).to_contain_text("aud")


@LANGUAGES
def test_the_search_finds_the_page_for_what_a_newcomer_types(
    visit: Visit, site: Path, language: str
) -> None:
    page = visit(f"{language}/search.html")
    page.wait_for_function("Search.hasIndex()")
    found = {
        words: (place, page.evaluate(FIRST_THREE, words))
        for words, place in (FOUND | FOUND_IN[language]).items()
    }
    assert {
        words: links
        for words, (place, links) in found.items()
        if not any(place in link for link in links)
    } == {}
