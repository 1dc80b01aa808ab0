"""Sign-ins of the running sandbox that fail: the pages name the cause."""

from collections.abc import Iterator

import pytest

from sandbox.stand_in.server import running_stand_in
from sandbox.tenant import API_RESOURCE, BROWSABLE_API, PARTNER
from tests.browser.conftest import DESKTOP, PHONE, Browse, running_sandbox
from tests.browser.driving import expect
from tests.support.running import free_port

pytestmark = pytest.mark.browser

WIDTHS = pytest.mark.parametrize("width", [DESKTOP, PHONE])
RIGHT = {
    "LOGTO_API_RESOURCE": API_RESOURCE,
    "LOGTO_APP_ID": BROWSABLE_API.id,
    "LOGTO_APP_SECRET": BROWSABLE_API.secret,
}
SANDBOXES = {
    "third party": {"LOGTO_APP_ID": PARTNER.id, "LOGTO_APP_SECRET": PARTNER.secret},
    "wrong secret": {"LOGTO_APP_SECRET": "wrong"},
    "wrong resource": {"LOGTO_API_RESOURCE": f"{API_RESOURCE}/"},
}


@pytest.fixture(scope="module")
def sandbox(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a sandbox with other settings."""
    changes = SANDBOXES[request.param]
    with running_stand_in() as stand_in:
        environment = {**RIGHT, **changes, "LOGTO_ENDPOINT": stand_in.logto.endpoint}
        folder = tmp_path_factory.mktemp("sandbox")
        with running_sandbox(folder, free_port(), **environment) as address:
            yield address


@WIDTHS
@pytest.mark.parametrize("sandbox", ["third party"], indirect=True)
def test_who_cancels_can_start_again(browse: Browse, width: int) -> None:
    browsing = browse(width)
    page = browsing.page
    browsing.open("/products/")
    here = page.url
    page.locator("#logto-log-in").click()
    page.get_by_role("button", name="Ada").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#logto-sentence")).to_have_text("You cancelled the sign-in.")
    browsing.picture(f"cancelled-{width}")
    page.get_by_role("link", name="Log in again").click()
    page.get_by_role("button", name="Authorize").click()
    expect(page).to_have_url(here)
    expect(page.locator("#logto-name")).to_have_text("Ada")


@WIDTHS
@pytest.mark.parametrize(
    ("sandbox", "buttons", "remedy"),
    [
        ("wrong secret", ["Ada"], "Compare APP_ID and APP_SECRET"),
        ("wrong resource", [], "Set API_RESOURCE"),
    ],
    indirect=["sandbox"],
)
def test_wrong_settings_are_named_if_debug_is_on(
    browse: Browse, width: int, buttons: list[str], remedy: str
) -> None:
    browsing = browse(width)
    page = browsing.page
    browsing.open("/products/")
    page.locator("#logto-log-in").click()
    for button in buttons:
        page.get_by_role("button", name=button).click()
    expect(page.locator("#logto-remedy")).to_contain_text(remedy)
    browsing.picture(f"{remedy.partition(' ')[0].lower()}-{width}")
