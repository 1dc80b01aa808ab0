"""The browsable API of the running sandbox: sign in, choose a token, be let in or refused."""

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urljoin

import pytest

from tests.browser.conftest import DESKTOP, PHONE, Browse
from tests.browser.driving import Browsing, Page, expect

pytestmark = pytest.mark.browser

PRODUCTS, WHO_AM_I = "/products/", "/whoami/"
ACME, GLOBEX = "/organizations/acme", "/organizations/globex"
PATHS = [
    PRODUCTS,
    WHO_AM_I,
    *(f"{ACME}/documents/", f"{ACME}/invitations/"),
    *(f"{GLOBEX}/documents/", f"{GLOBEX}/invitations/"),
]
# Each token that somebody can choose, and what it opens besides the page that any token opens.
OPENED: dict[str, dict[str, set[str]]] = {
    "Ada": {
        "Ada · API resource": {PRODUCTS},
        "Ada · Acme · Organization token": {f"{ACME}/invitations/"},
        "Ada · Acme · Organization-level token": {f"{ACME}/documents/"},
    },
    "Ben": {
        "Ben · API resource": {PRODUCTS},
        "Ben · Acme · Organization token": set(),
        "Ben · Acme · Organization-level token": {f"{ACME}/documents/"},
    },
    "Cho": {
        "Cho · API resource": {PRODUCTS},
        "Cho · Acme · Organization token": set(),
        "Cho · Acme · Organization-level token": {f"{ACME}/documents/"},
        "Cho · Globex · Organization token": {f"{GLOBEX}/invitations/"},
        "Cho · Globex · Organization-level token": {f"{GLOBEX}/documents/"},
    },
    "Dan": {"Dan · API resource": {PRODUCTS}},
}
JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
WIDTHS = pytest.mark.parametrize("width", [DESKTOP, PHONE])


@pytest.fixture
def signed_in(browsing: Browsing) -> Callable[[str, str], Browsing]:
    def sign_in(person: str, path: str) -> Browsing:
        browsing.open(path)
        browsing.sign_in(person)
        return browsing

    return sign_in


def fits(page: Page) -> bool:
    """Whether the page is laid out for this width, and nothing stands beyond its right edge."""
    size = page.viewport_size
    assert size is not None
    return bool(page.evaluate("document.documentElement.scrollWidth") <= size["width"])


@pytest.mark.parametrize("person", OPENED)
def test_each_token_of_a_person_opens_what_it_is_for(browsing: Browsing, person: str) -> None:
    browsing.open("/")
    browsing.sign_in(person)
    expect(browsing.page.locator(".logto-choices button")).to_have_count(len(OPENED[person]))
    opened = {
        browsing.choose(number): {path for path in PATHS if browsing.open(path).ok}
        for number in range(len(OPENED[person]))
    }
    assert opened == {name: paths | {WHO_AM_I} for name, paths in OPENED[person].items()}


@WIDTHS
def test_a_document_is_created_where_the_token_allows_it(browse: Browse, width: int) -> None:
    browsing = browse(width)
    page = browsing.page
    browsing.open(f"{ACME}/documents/")
    browsing.picture(f"signed-out-{width}")
    browsing.sign_in("Ada")
    expect(page.locator("#logto-denial")).to_contain_text("Another token of yours")
    browsing.picture(f"denied-{width}")
    assert fits(page)
    page.locator("#logto-denial button", has_text="Organization-level token").click()
    expect(page.locator("#logto-organization")).to_have_text("Acme")
    browsing.picture(f"documents-{width}")
    page.locator("[name=title]").fill("Launch plan")
    page.locator("[name=text]").fill(f"Written at {width} pixels.")
    page.get_by_role("button", name="POST").click()
    expect(browsing.answer()).to_contain_text("HTTP 201 Created")
    expect(browsing.answer()).to_contain_text(f"Written at {width} pixels.")
    browsing.picture(f"created-{width}")
    assert fits(page)
    # Nothing lies over it.
    page.locator(".breadcrumb").get_by_role("link", name="Sandbox").click()
    expect(page.locator("h1")).to_have_text("Sandbox")


@pytest.mark.parametrize(("width", "language"), [(DESKTOP, "en-US"), (PHONE, "ko-KR")])
def test_a_person_reads_without_scripts_what_the_token_opens(
    browse: Browse, width: int, language: str
) -> None:
    browsing = browse(width, language, scripts=False)
    page = browsing.page
    browsing.open(f"{ACME}/documents/")
    page.locator("#logto-log-in").click()
    page.get_by_role("button", name="Ada").click()
    page.locator("#logto-explain").click()
    expect(page.locator("#logto-access")).to_contain_text("wrong_token_kind")
    assert fits(page)
    page.locator("#logto-all-addresses").click()
    expect(page.locator("#logto-access")).to_contain_text(PRODUCTS)
    page.locator("#logto-claims summary").click()
    browsing.picture(f"own-access-{width}-{language}")
    assert fits(page)
    assert not JWT.search(page.content())


def test_a_reader_is_offered_no_form_to_write_with(signed_in: Callable[..., Browsing]) -> None:
    browsing = signed_in("Ben", f"{ACME}/documents/")
    browsing.choose(2)
    expect(browsing.answer()).to_contain_text("HTTP 200 OK")
    expect(browsing.page.get_by_role("button", name="POST")).to_have_count(0)


def test_a_missing_scope_is_named(signed_in: Callable[..., Browsing]) -> None:
    browsing = signed_in("Ben", f"{ACME}/invitations/")
    browsing.choose(1)
    denial = browsing.page.locator("#logto-denial")
    expect(denial).to_contain_text("The access token needs the scope: invite:member.")
    expect(denial).to_contain_text("No other token of yours opens it.")
    expect(browsing.answer()).to_contain_text('"insufficient_scope"')
    expect(browsing.answer()).to_contain_text('scope="invite:member"')
    browsing.picture("missing-scope")


def test_somebody_who_is_no_member_gets_a_sentence(signed_in: Callable[..., Browsing]) -> None:
    browsing = signed_in("Dan", f"{ACME}/documents/")
    denial = browsing.page.locator("#logto-denial")
    expect(denial).to_contain_text("belongs to the organization acme. You are not a member of it.")
    expect(denial).to_contain_text("No other token of yours opens it.")
    browsing.picture("no-member")


def test_the_token_of_another_organization_is_one_click_away(
    signed_in: Callable[..., Browsing],
) -> None:
    browsing = signed_in("Cho", f"{GLOBEX}/documents/")
    browsing.choose(2)
    denial = browsing.page.locator("#logto-denial")
    expect(denial).to_contain_text("The access token is for another organization.")
    browsing.picture("another-organization")
    denial.get_by_role("button", name="Globex · Organization-level token").click()
    expect(browsing.answer()).to_contain_text("HTTP 200 OK")
    expect(browsing.page.locator("#logto-organization")).to_have_text("Globex")


@WIDTHS
def test_who_logs_out_is_signed_out_here_and_there(browse: Browse, width: int) -> None:
    browsing = browse(width)
    page = browsing.page
    browsing.open(PRODUCTS)
    browsing.sign_in("Ada")
    expect(browsing.answer()).to_contain_text("HTTP 200 OK")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading")).to_have_text("You are signed out")
    browsing.picture(f"signed-out-page-{width}")
    assert fits(page)
    assert browsing.open(PRODUCTS).status == 401
    page.get_by_role("link", name="Log in", exact=True).click()
    expect(page.get_by_role("button", name="Ben")).to_be_visible()


@WIDTHS
def test_the_page_of_a_401_leads_to_the_sign_in_and_back(browse: Browse, width: int) -> None:
    browsing = browse(width)
    page = browsing.page
    assert browsing.open(f"{PRODUCTS}?page=1").status == 401
    expect(page.locator("#logto-requirements")).to_contain_text("read:products")
    browsing.picture(f"invitation-{width}")
    assert fits(page)
    page.get_by_role("link", name="Log in with Logto").click()
    page.get_by_role("button", name="Ada").click()
    expect(page).to_have_url(f"{browsing.address}{PRODUCTS}?page=1")
    browsing.outlive_log_outs()
    expect(browsing.answer()).to_contain_text("HTTP 200 OK")
    expect(page.locator("#logto-invitation")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_new_token_is_one_click_away(browse: Browse, scripts: bool) -> None:
    browsing = browse(scripts=scripts)
    page = browsing.page
    browsing.open(PRODUCTS)
    browsing.sign_in("Ada")
    before = claim(page, "jti")
    page.get_by_role("button", name="Fetch a new token").click()
    expect(browsing.answer()).to_contain_text("HTTP 200 OK")
    assert page.url == browsing.address + PRODUCTS
    assert claim(page, "jti") != before


def claim(page: Page, name: str) -> str:
    """Unfold the claims of the token, and return what stands next to a name."""
    row = page.locator("#logto-claims dl > div", has_text=re.compile(f"^{name}"))
    expect(row).to_be_hidden()
    page.get_by_text("Claims of the token").click()
    return row.locator("dd").inner_text()


@WIDTHS
def test_the_claims_of_the_token_unfold(browse: Browse, width: int) -> None:
    browsing = browse(width)
    browsing.open(PRODUCTS)
    browsing.sign_in("Ada")
    assert re.search(
        "in (59|60) minutes|in 1 hour", claim(browsing.page, "exp").replace("\xa0", " ")
    )
    browsing.picture(f"claims-{width}")
    assert fits(browsing.page)


CONTROLS = """
    [...document.querySelectorAll("a, button, input, select, textarea, summary")]
        .filter((one) => !one.closest("pre") && one.checkVisibility({ visibilityProperty: true }))
        .filter((one) => one.getBoundingClientRect().height < 40)
        .map((one) => one.outerHTML)
"""


@WIDTHS
@pytest.mark.parametrize("person", [None, "Ada"])
@pytest.mark.parametrize("path", [PRODUCTS, f"{ACME}/documents/", "/products/1/"])
def test_every_control_is_high_enough_for_a_finger(
    browse: Browse, width: int, path: str, person: str | None
) -> None:
    browsing = browse(width)
    browsing.open(path)
    if person is not None:
        browsing.sign_in(person)
        browsing.page.locator(".logto-switch summary").click()
        browsing.page.get_by_text("Claims of the token").click()
    for toggle in browsing.page.locator(".format-selection .dropdown-toggle").all():
        toggle.click()
    assert browsing.page.evaluate(CONTROLS) == []


@WIDTHS
def test_an_organization_that_a_person_left_is_gone_from_the_menu(
    browse: Browse, width: int
) -> None:
    browsing = browse(width)
    page, people = browsing.page, address_of_people(browsing)
    browsing.open(f"{ACME}/documents/")
    browsing.sign_in("Ada")
    browsing.choose(2)
    expect(browsing.answer()).to_contain_text("HTTP 200 OK")
    change_role(browsing, people, "not a member")
    try:
        page.get_by_role("button", name="Fetch a new token").click()
        expect(page.locator("#logto-sentence")).to_contain_text("You are no longer a member")
        browsing.picture(f"left-choice-{width}")
        page.get_by_role("link", name="Back to the API").click()
        expect(page.locator("#logto-notice")).to_contain_text("You are no longer a member")
        expect(page.locator(".logto-organization")).to_have_count(0)
        assert page.evaluate(CONTROLS) == []
        assert fits(page)
        browsing.picture(f"left-{width}")
    finally:
        change_role(browsing, people, "admin")
    page.locator("#logto-notice").get_by_role("button", name="API resource").click()
    page.get_by_role("button", name="Fetch a new token").click()
    expect(page.locator(".logto-organization")).to_have_text(["Acme"])


def address_of_people(browsing: Browsing) -> str:
    """Return the address of the page that changes people."""
    browsing.open(PRODUCTS)
    browsing.page.get_by_role("link", name="Log in", exact=True).click()
    browsing.page.get_by_role("link", name="Change memberships").click()
    return browsing.page.url


def change_role(browsing: Browsing, people: str, role: str) -> None:
    """Give Ada another role in Acme, or none."""
    with changed(browsing, people, "ada") as tab:
        tab.locator("#ada-acme").select_option(label=role)


@contextmanager
def changed(browsing: Browsing, people: str, person: str) -> Iterator[Page]:
    """Change a person in a tab of its own."""
    tab = browsing.context.new_page()
    tab.goto(people)
    yield tab
    tab.locator(f"button[name=person][value={person}]").click()
    expect(tab.get_by_role("status")).to_contain_text("was changed")
    tab.close()


@WIDTHS
def test_who_is_suspended_is_signed_out_at_the_next_request(browse: Browse, width: int) -> None:
    browsing = browse(width)
    page, people = browsing.page, address_of_people(browsing)
    browsing.open(PRODUCTS)
    browsing.sign_in("Ben")
    with changed(browsing, people, "ben") as tab:
        browsing.picture(f"people-{width}", tab)
        tab.locator("#ben-is_suspended").check()
    try:
        expect_end(browsing)
        browsing.picture(f"suspended-{width}")
        assert fits(page)
    finally:
        with changed(browsing, people, "ben") as tab:
            tab.locator("#ben-is_suspended").uncheck()
    browsing.sign_in("Ben")
    expect(browsing.answer()).to_contain_text("HTTP 200 OK")


@WIDTHS
def test_a_sign_out_at_logto_ends_the_sign_in_here(browse: Browse, width: int) -> None:
    browsing = browse(width)
    people = address_of_people(browsing)
    browsing.open(PRODUCTS)
    browsing.sign_in("Ben")
    tab = browsing.context.new_page()
    tab.goto(urljoin(people, "/oidc/session/end"))
    expect(tab.get_by_role("heading")).to_have_text("Signed out")
    tab.close()
    expect_end(browsing)
    browsing.picture(f"signed-out-there-{width}")
    assert fits(browsing.page)


def expect_end(browsing: Browsing) -> None:
    """Reload until the API has heard of it; the page says so, and leads to the sign-in."""
    while browsing.open(PRODUCTS).ok:
        pass
    ended = browsing.page.locator("#logto-ended")
    expect(ended).to_have_text("Your sign-in has ended. Log in again to continue.")
    expect(browsing.page.get_by_role("link", name="Log in with Logto")).to_be_visible()


PLACES = """
    [
        [...document.querySelectorAll("body *:not([role=status])")]
            .filter((one) => one.checkVisibility())
            .map((one) => [one.tagName, JSON.stringify(one.getBoundingClientRect())]),
        scrollX, scrollY, document.body.scrollHeight, document.activeElement.textContent,
    ]
"""


@WIDTHS
def test_the_page_stands_still_while_it_is_copied_as_curl(browse: Browse, width: int) -> None:
    browsing = browse(width)
    page = browsing.page
    browsing.context.grant_permissions(["clipboard-read", "clipboard-write"])
    browsing.open(PRODUCTS)
    browsing.sign_in("Ada")
    page.get_by_role("button", name="Copy as curl").focus()
    before = page.evaluate(PLACES)
    page.keyboard.press("Enter")
    status = page.locator("#logto-curl [role=status]")
    expect(status).to_have_text(re.compile("^Copied"))
    assert page.evaluate(PLACES) == before
    browsing.picture(f"copied-{width}")
    assert fits(page)
    page.keyboard.press("Shift")
    expect(status).to_be_empty()


@pytest.mark.parametrize("path", [PRODUCTS, f"{ACME}/documents/"])
def test_no_token_is_anywhere_in_the_browser(browsing: Browsing, path: str) -> None:
    page = browsing.page
    browsing.context.grant_permissions(["clipboard-read", "clipboard-write"])
    browsing.open(path)
    browsing.sign_in("Ada")
    browsing.choose(2 if path.startswith(ACME) else 0)
    assert not tokens_in(browsing)
    copy_as_curl(browsing)
    assert JWT.search(page.evaluate("navigator.clipboard.readText()"))
    assert not tokens_in(browsing)


def tokens_in(browsing: Browsing) -> list[str]:
    """Return what looks like a token, wherever a script or an extension could read it."""
    page = browsing.page
    stored = page.evaluate("JSON.stringify([localStorage, sessionStorage, history.state])")
    cookies = [cookie.get("value", "") for cookie in browsing.context.cookies()]
    return JWT.findall(" ".join([page.content(), page.url, stored, *cookies])) + [
        value for value in cookies if value.count(".") == 2
    ]


def copy_as_curl(browsing: Browsing) -> str:
    browsing.page.get_by_role("button", name="Copy as curl").click()
    expect(browsing.page.locator("#logto-curl [role=status]")).to_have_text(re.compile("^Copied"))
    line: str = browsing.page.evaluate("navigator.clipboard.readText()")
    return line


def run(line: str) -> str:
    words = shlex.split(line)
    return subprocess.run(words, capture_output=True, check=True, text=True).stdout


def test_a_request_that_is_copied_as_curl_is_answered_in_a_shell(browsing: Browsing) -> None:
    page = browsing.page
    browsing.context.grant_permissions(["clipboard-read", "clipboard-write"])
    browsing.open(PRODUCTS)
    browsing.sign_in("Ada")
    line = copy_as_curl(browsing)
    browsing.picture("copied")
    assert run(line).startswith("HTTP/1.1 200")
    page.locator("[name=name]").fill('It\'s a "shelf"; $HOME')
    page.locator("[name=price]").fill("12.50")
    page.get_by_role("button", name="POST").click()
    expect(browsing.answer()).to_contain_text("HTTP 201 Created")
    answer = run(copy_as_curl(browsing))
    assert answer.startswith("HTTP/1.1 201")
    assert '"name":"It\'s a \\"shelf\\"; $HOME"' in answer


@pytest.mark.parametrize("form", ["post-object-form", "post-generic-content-form"])
@WIDTHS
def test_a_form_is_refused_after_another_token_was_chosen_in_another_tab(
    browse: Browse, width: int, form: str
) -> None:
    browsing = browse(width)
    browsing.open(PRODUCTS)
    browsing.sign_in("Ada")
    here, there = browsing.page, browsing.context.new_page()
    there.goto(browsing.address + PRODUCTS)
    choose_in(there, "Organization token")
    if form == "post-object-form":
        here.locator("[name=name]").fill("Shelf")
        here.locator("[name=price]").fill("12.50")
    else:
        here.get_by_text("Raw data").click()
        here.locator(f"#{form} [name=_content]").fill('{"name": "Shelf", "price": "12.50"}')
    here.locator(f"#{form}").get_by_role("button", name="POST").click()
    expect(browsing.answer()).to_contain_text('"context_lost"')
    expect(here.locator("#logto-notice")).to_contain_text("made with a different token")
    browsing.picture(f"changed-{form}-{width}")
    assert fits(here)
    choose_in(there, "API resource")
    browsing.open(PRODUCTS)
    expect(browsing.answer()).not_to_contain_text("Shelf")


def choose_in(page: Page, name: str) -> None:
    page.locator(".logto-switch summary").click()
    with page.expect_navigation():
        page.locator(".logto-choices").get_by_role("button", name=name, exact=True).click()


def test_no_line_is_copied_after_another_token_was_chosen_in_another_tab(
    browsing: Browsing,
) -> None:
    browsing.context.grant_permissions(["clipboard-read", "clipboard-write"])
    browsing.open(PRODUCTS)
    browsing.sign_in("Ada")
    there = browsing.context.new_page()
    there.goto(browsing.address + PRODUCTS)
    choose_in(there, "Organization token")
    browsing.page.bring_to_front()
    browsing.page.evaluate("navigator.clipboard.writeText('before')")
    browsing.page.get_by_role("button", name="Copy as curl").click()
    status = browsing.page.locator("#logto-curl [role=status]")
    expect(status).to_contain_text("made with a different token")
    assert browsing.page.evaluate("navigator.clipboard.readText()") == "before"
    browsing.picture("copy-refused")


def test_the_keyboard_is_enough(browsing: Browsing) -> None:
    page = browsing.page
    browsing.open(f"{ACME}/documents/")
    press(page, "Log in")
    expect(page.get_by_role("heading")).to_have_text("Sign in")
    press(page, "Ada")
    expect(page.locator("#logto-name")).to_have_text("Ada")
    browsing.outlive_log_outs()
    press(page, "Ada · API resource")
    expect(page.locator(".logto-choices")).to_be_visible()
    browsing.picture("keyboard")
    press(page, "Organization-level token")
    expect(browsing.answer()).to_contain_text("HTTP 200 OK")
    press(page, "Log out")
    expect(page.get_by_role("heading")).to_have_text("You are signed out")


def press(page: Page, name: str) -> None:
    """Go on with the tabulator key until what begins so has the focus, and enter it."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText").strip().startswith(name):
            page.keyboard.press("Enter")
            return
    pytest.fail(f"nothing that begins with {name!r} has had the focus")


def test_without_scripts_all_works_but_copying(browse: Browse) -> None:
    browsing = browse(scripts=False)
    page = browsing.page
    browsing.open(f"{ACME}/documents/")
    browsing.sign_in("Ada")
    assert browsing.choose(2) == "Ada · Acme · Organization-level token"
    expect(page.get_by_role("button", name="Copy as curl")).to_have_count(0)
    page.locator("[name=title]").fill("Without a script")
    page.locator("[name=text]").fill("Written by hand.")
    browsing.picture("without-scripts")
    page.locator("#post-object-form").get_by_role("button", name="POST").click()
    expect(browsing.answer()).to_contain_text("HTTP 201 Created")
    browsing.open(f"{ACME}/invitations/")
    page.locator("#logto-denial button", has_text="Organization token").click()
    expect(browsing.answer()).to_contain_text("HTTP 200 OK")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading")).to_have_text("You are signed out")


@WIDTHS
def test_the_pages_speak_korean(browse: Browse, width: int) -> None:
    browsing = browse(width, "ko-KR")
    page = browsing.page
    browsing.open(f"{GLOBEX}/documents/")
    page.get_by_role("link", name="로그인", exact=True).click()
    expect(page.get_by_role("heading")).to_have_text("로그인")
    browsing.picture(f"korean-sign-in-{width}")
    page.get_by_role("button", name="Cho").click()
    expect(page.locator("#logto-name")).to_have_text("Cho")
    browsing.outlive_log_outs()
    expect(page.locator("#logto-denial")).to_contain_text("조직")
    browsing.picture(f"korean-denied-{width}")
    page.locator("#logto-denial button").first.click()
    expect(page.locator("#logto-organization")).to_have_text("Globex")
    browsing.picture(f"korean-{width}")
    assert fits(page)
    page.get_by_role("button", name="로그아웃").click()
    expect(page.get_by_role("heading")).to_contain_text("로그아웃")
    browsing.picture(f"korean-signed-out-{width}")
