"""Swagger UI of the running sandbox: its Authorize signs a person in at the stand-in."""

import pytest

from tests.browser.conftest import DESKTOP, PHONE, Browse
from tests.browser.driving import Browsing, Locator, expect

pytestmark = pytest.mark.browser


def authorize(browsing: Browsing, person: str) -> Locator:
    """Sign a person in by Authorize for all scopes; return the part of the dialog that did."""
    page = browsing.page
    browsing.open("/api/schema/swagger-ui/")
    page.get_by_role("button", name="Authorize", exact=True).click()
    dialog = page.locator(".dialog-ux")
    oauth = dialog.locator(".auth-container", has_text="LogtoOAuth2")
    oauth.get_by_text("select all").click()
    with page.expect_popup() as popup:
        oauth.get_by_role("button", name="Apply given OAuth2 credentials").click()
    with popup.value.expect_event("close"):
        popup.value.get_by_role("button", name=person).click()
    expect(oauth.get_by_role("button", name="Remove authorization")).to_be_visible()
    return oauth


def execute(browsing: Browsing, operation: str) -> Locator:
    """Open an operation, send its example, and return the answer."""
    shown = browsing.page.locator(f"#operations-{operation}")
    shown.locator(".opblock-summary-control").click()
    shown.get_by_role("button", name="Try it out").click()
    shown.get_by_role("button", name="Execute").click()
    return shown.locator(".live-responses-table tbody")


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_authorize_gets_a_token_that_opens_an_operation(browse: Browse, width: int) -> None:
    browsing = browse(width)
    oauth = authorize(browsing, "Ada")
    browsing.picture(f"swagger-authorized-{width}")
    oauth.get_by_role("button", name="Close").click()
    answer = execute(browsing, "products-products_list")
    expect(answer.locator(".response-col_status")).to_have_text("200")
    expect(answer).to_contain_text('"Desk"')
    browsing.picture(f"swagger-{width}")


def test_an_operation_is_refused_with_the_reason(browsing: Browsing) -> None:
    oauth = authorize(browsing, "Dan")
    oauth.get_by_role("button", name="Close").click()
    answer = execute(browsing, "products-products_create")
    expect(answer.locator(".response-col_status")).to_contain_text("403")
    expect(answer).to_contain_text(
        "The access token needs the scope: read:products write:products."
    )
    browsing.picture("swagger-refused")


def test_an_operation_is_closed_after_logout(browsing: Browsing) -> None:
    oauth = authorize(browsing, "Ada")
    oauth.get_by_role("button", name="Remove authorization").click()
    oauth.get_by_role("button", name="Close").click()
    answer = execute(browsing, "products-products_list")
    expect(answer.locator(".response-col_status")).to_contain_text("401")
