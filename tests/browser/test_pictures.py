"""The pictures of the documentation: made here, and as the pages are today.

What fonts and clocks change is not compared: beside the pictures stands what one reads in them, and
which style sheets dress it.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import Browse
from tests.browser.driving import Browsing
from tests.support.documents import DOCS

pytestmark = pytest.mark.browser

WIDTH = 780
ACME_LEVEL_TOKEN = 2
GLOBEX = "/organizations/globex/documents/"
READ = (Path(__file__).parent / "read.js").read_text("utf-8")
LANGUAGES = pytest.mark.parametrize(("language", "locale"), [("en", "en-US"), ("ko", "ko-KR")])


def show_denied(browsing: Browsing) -> None:
    browsing.open(GLOBEX)
    browsing.page.locator("#logto-log-in").click()
    browsing.page.get_by_role("button", name="Cho").click()
    browsing.outlive_log_outs()
    browsing.choose(ACME_LEVEL_TOKEN)
    browsing.open(GLOBEX)


def show_switch(browsing: Browsing) -> None:
    show_denied(browsing)
    browsing.page.locator("#logto-denial button").first.click()
    browsing.page.locator(".logto-switch summary").click()


def show_access(browsing: Browsing) -> None:
    show_denied(browsing)
    browsing.page.locator("#logto-explain").click()


def show_admin(browsing: Browsing) -> None:
    browsing.open("/admin/")


SHOWN = [
    (show_denied, "denied", 495),
    (show_switch, "switch", 369),
    (show_access, "access", 420),
    (show_admin, "admin", 280),
]


def test_each_picture_of_the_documentation_is_taken_here() -> None:
    pictures = {path for path in DOCS.glob("*/images/*") if path.suffix not in {".json", ".svg"}}
    taken = {DOCS / one / f"images/{name}.png" for one in ("en", "ko") for _, name, _ in SHOWN}
    assert pictures == taken


@LANGUAGES
@pytest.mark.parametrize(("show", "name", "height"), SHOWN)
def test_a_picture_of_the_documentation_shows_what_the_page_shows(
    browse: Browse,
    show: Callable[[Browsing], None],
    name: str,
    height: int,
    language: str,
    locale: str,
) -> None:
    browsing = browse(WIDTH, locale)
    show(browsing)
    page = browsing.page
    page.wait_for_load_state()
    lines, sheets = page.evaluate(READ)
    styles = [browsing.context.request.get(sheet).body() for sheet in sheets]
    shown = {"text": lines, "styles": hashlib.sha256(b"".join(styles)).hexdigest()}
    picture = DOCS / language / "images" / f"{name}.png"
    if "PICTURES" in os.environ:
        page.screenshot(path=picture, clip={"x": 0, "y": 0, "width": WIDTH, "height": height})
        content = json.dumps(shown, ensure_ascii=False, indent=2) + "\n"
        picture.with_suffix(".json").write_text(content, "utf-8")
    assert picture.exists()
    assert json.loads(picture.with_suffix(".json").read_text("utf-8")) == shown
