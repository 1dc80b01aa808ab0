"""Django's admin of the running sandbox, which staff enter with Logto."""

import pytest

from tests.browser.conftest import DESKTOP, Browse
from tests.browser.driving import Browsing, expect

pytestmark = pytest.mark.browser

PHONE = 390
WIDTHS = pytest.mark.parametrize(("width", "language"), [(DESKTOP, "en-US"), (PHONE, "ko-KR")])


def enter(browsing: Browsing, person: str) -> None:
    browsing.page.locator("#logto-log-in").click()
    browsing.page.get_by_role("button", name=person).click()


@WIDTHS
def test_staff_come_in_work_and_log_out(browse: Browse, width: int, language: str) -> None:
    browsing = browse(width, language)
    page = browsing.page
    browsing.open("/admin/sandbox/product/")
    expect(page.locator('[name="password"]')).to_have_count(0)
    browsing.picture(f"admin-login-{width}")
    enter(browsing, "Ada")
    expect(page).to_have_url(f"{browsing.address}/admin/sandbox/product/")
    expect(page.get_by_role("link", name="Lamp")).to_be_visible()
    browsing.picture(f"admin-products-{width}")
    browsing.open("/admin/")
    expect(page.locator('#content-main th a[href="/admin/sandbox/product/"]')).to_be_visible()
    # The group of the token has products alone.
    expect(page.locator('#content-main a[href^="/admin/auth/"]')).to_have_count(0)
    page.locator("#logout-form button").click()
    expect(page).to_have_url(f"{browsing.address}/admin/login/")
    # The session at Logto has ended as well: it asks who comes.
    enter(browsing, "Ben")
    expect(page.locator("#logto-sentence")).to_be_visible()


@WIDTHS
def test_whoever_is_no_staff_is_refused_and_can_come_as_somebody_else(
    browse: Browse, width: int, language: str
) -> None:
    browsing = browse(width, language)
    page = browsing.page
    browsing.open("/admin/")
    enter(browsing, "Ben")
    expect(page.locator("#logto-sentence")).to_be_visible()
    browsing.picture(f"admin-refused-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator("#logto-back")).to_have_attribute("href", "/admin/login/?next=%2Fadmin%2F")
    page.locator("#logto-end").click()
    expect(page).to_have_url(f"{browsing.address}/admin/login/")
    enter(browsing, "Ada")
    expect(page).to_have_url(f"{browsing.address}/admin/")
