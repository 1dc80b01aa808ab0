"""The same pages with an issuer that nobody here wrote: nothing is bound to the stand-in."""

from collections.abc import Iterator

import pytest

from tests.browser.conftest import running_sandbox
from tests.browser.driving import Browsing, expect
from tests.browser.second_issuer import API_RESOURCE, CLIENT, needs_it, second_issuer
from tests.support.running import free_port

pytestmark = [pytest.mark.browser, needs_it]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a sandbox that trusts the second issuer."""
    port = free_port()
    auth = f"http://127.0.0.1:{port}/auth"
    folder = tmp_path_factory.mktemp("sandbox")
    with (
        second_issuer(folder, f"{auth}/callback/", f"{auth}/signed-out/") as endpoint,
        running_sandbox(
            folder,
            port,
            LOGTO_ENDPOINT=endpoint,
            LOGTO_API_RESOURCE=API_RESOURCE,
            LOGTO_APP_ID=CLIENT["client_id"],
            LOGTO_APP_SECRET=CLIENT["client_secret"],
        ) as address,
    ):
        yield address


def test_a_person_of_another_issuer_signs_in_and_out(browsing: Browsing) -> None:
    page = browsing.page
    browsing.open("/products/")
    browsing.sign_in("Grace")
    expect(browsing.answer()).to_contain_text("HTTP 200 OK")
    expect(page.locator("#logto-name")).to_have_text("Grace")
    expect(page.locator("#logto-scopes")).to_have_text("read:products")
    expect(page.locator(".logto-choices button")).to_have_count(1)
    browsing.picture("another-issuer")
    browsing.open("/organizations/acme/documents/")
    expect(page.locator("#logto-denial")).to_contain_text("You are not a member of it.")
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading")).to_have_text("You are signed out")
    assert browsing.open("/products/").status == 401
    page.get_by_role("link", name="Log in", exact=True).click()
    expect(page.get_by_role("button", name="Grace")).to_be_visible()
