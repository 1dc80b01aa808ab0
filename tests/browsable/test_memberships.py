"""The organizations of a signed-in user follow the ID tokens of refreshes."""

import re
from collections import Counter
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import parse_qs

import pytest

from drf_logto.browsable import sign_in_store
from drf_logto.browsable.contexts import Organization
from drf_logto.browsable.refresh import get_access_token
from drf_logto.browsable.sign_in_store import SignIn
from drf_logto.testing import ABSENT
from sandbox.stand_in.server import StandIn
from sandbox.tenant import ADA, API_RESOURCE
from tests.browsable.browser import Browser, page, text_of
from tests.support.fake_logto import FakeLogto
from tests.support.loopback import document, http
from tests.support.sign_ins import EVERYWHERE, LIFETIME, key_of, signed_in, who

ACME, GLOBEX = Organization("acme", "Acme"), Organization("globex", "Globex")


def known(browser: Browser) -> SignIn:
    return sign_in_store.load(key_of(browser))


def join(stand_in: StandIn, *organizations: str) -> None:
    """Make Ada a member of these organizations only."""
    memberships = dict.fromkeys(organizations, "member")
    with stand_in.provider.lock:
        stand_in.provider.update(replace(ADA, memberships=memberships))


def organizations_in_the_switch(response: Any) -> list[str]:
    names = re.findall(r'<p class="logto-organization">(.*?)</p>', page(response))
    return [unescape(name) for name in names]


@pytest.mark.parametrize("member_of", [(), ("globex",), ("globex", "acme")])
def test_the_switch_follows_the_memberships_at_logto(
    browser: Browser, stand_in: StandIn, member_of: tuple[str, ...]
) -> None:
    browser.sign_in()
    assert organizations_in_the_switch(browser.get("/open/")) == ["Acme"]
    join(stand_in, *member_of)
    stand_in.logto.advance(LIFETIME)
    names = [organization.title() for organization in member_of]
    assert organizations_in_the_switch(browser.get("/open/")) == names
    assert "logto-notice" not in page(browser.get("/open/"))


def test_a_token_of_a_new_organization_can_be_chosen_without_a_new_sign_in(
    browser: Browser, stand_in: StandIn
) -> None:
    browser.sign_in()
    join(stand_in, "acme", "globex")
    stand_in.logto.advance(LIFETIME)
    browser.get("/open/")
    assert browser.choose("organization globex").status_code == 302
    assert text_of(browser.get("/open/"), "logto-organization") == "Globex"


def test_the_tokens_of_an_organization_that_the_user_left_are_dropped(
    browser: Browser, stand_in: StandIn
) -> None:
    browser.sign_in()
    within = f"organization_resource acme {API_RESOURCE}"
    for context in ("organization acme", within, EVERYWHERE):
        browser.choose(context)
    assert set(known(browser).tokens) == {"organization acme", within, EVERYWHERE}
    join(stand_in)
    stand_in.logto.advance(LIFETIME)
    assert who(browser) == "ada"
    assert set(known(browser).tokens) == {EVERYWHERE}


def test_the_session_of_the_browser_at_logto_is_known(browser: Browser, stand_in: StandIn) -> None:
    browser.sign_in()
    (session,) = stand_in.provider.sessions.values()
    assert known(browser).sid == session.id
    stand_in.logto.advance(LIFETIME)
    assert who(browser) == "ada"
    assert known(browser).sid == session.id


# Answers of another Logto

TOKEN = "/oidc/token"


def refresh_answer(fake: FakeLogto, browser: Browser, **changes: Any) -> dict[str, Any]:
    """Return a good answer to a refresh, changed; ``claims`` are those of its ID token."""
    claims = changes.pop("claims", {})
    id_token = fake.id_token(known(browser).nonce, claims=claims)
    token = fake.logto.global_token(["read:products"], user="ada")
    return {"access_token": token, "refresh_token": "rotated", "id_token": id_token, **changes}


@pytest.mark.parametrize("sid", ["sid-1", ABSENT, 7, ["sid-1"], "", "x" * 201])
def test_a_sign_in_without_a_session_id_has_none(fake: FakeLogto, sid: Any) -> None:
    browser = signed_in(fake, sid=sid)
    assert known(browser).sid == (sid if sid == "sid-1" else None)
    fake.logto.advance(LIFETIME)
    fake.answer(refresh_answer(fake, browser, claims={"sid": ABSENT}))
    assert who(browser) == "ada"
    assert known(browser).sid == (sid if sid == "sid-1" else None)


@pytest.mark.parametrize("organizations", [ABSENT, None, "globex", {"globex": 1}, 7])
def test_the_known_organizations_stay_if_an_id_token_lists_none(
    fake: FakeLogto, organizations: object
) -> None:
    browser = signed_in(fake, organizations=["acme"])
    fake.logto.advance(LIFETIME)
    fake.answer(refresh_answer(fake, browser, claims={"organizations": organizations}))
    assert who(browser) == "ada"
    assert known(browser).person.organizations == (Organization("acme", "acme"),)


def test_the_known_organizations_stay_without_an_id_token(fake: FakeLogto) -> None:
    """A grant without the scope openid has none, and other issuers need not send one."""
    browser = signed_in(fake, organizations=["acme"])
    fake.logto.advance(LIFETIME)
    answer = refresh_answer(fake, browser)
    del answer["id_token"]
    fake.answer(answer)
    assert who(browser) == "ada"
    assert known(browser).person.organizations == (Organization("acme", "acme"),)


@pytest.mark.parametrize("listed", [["globex", 7, "", None, ["acme"]], ["globex"]])
def test_what_is_no_id_of_an_organization_is_left_out(fake: FakeLogto, listed: list[Any]) -> None:
    browser = signed_in(fake, organizations=["acme"])
    fake.logto.advance(LIFETIME)
    fake.answer(refresh_answer(fake, browser, claims={"organizations": listed}))
    assert who(browser) == "ada"
    assert [one.id for one in known(browser).person.organizations] == ["globex"]


@pytest.mark.parametrize(
    ("listed", "kept"),
    [
        ([f"o{number}" for number in range(20_000)], [f"o{number}" for number in range(500)]),
        (["globex", "acme", "globex"], ["globex", "acme"]),
        (["x" * 200, "x" * 201], ["x" * 200]),
    ],
    ids=["many", "twice", "long"],
)
def test_the_organizations_of_an_id_token_are_bounded(
    fake: FakeLogto, listed: list[str], kept: list[str]
) -> None:
    browser = signed_in(fake, organizations=[])
    fake.logto.advance(LIFETIME)
    fake.answer(refresh_answer(fake, browser, claims={"organizations": listed}))
    assert who(browser) == "ada"
    assert [one.id for one in known(browser).person.organizations] == kept


@pytest.mark.parametrize(
    ("name", "shown"),
    [("x" * 128, "x" * 128), ("x" * 201, "acme"), ("Ac\ud800me", "acme"), ("", "acme")],
)
def test_an_organization_without_a_name_for_a_page_has_its_id(
    fake: FakeLogto, name: str, shown: str
) -> None:
    data = [{"id": "acme", "name": name}]
    fake.server.answers["/oidc/me"] = document({"sub": "ada", "organization_data": data})
    browser = signed_in(fake, organizations=["acme"])
    assert organizations_in_the_switch(browser.get("/open/")) == [shown]


@pytest.mark.parametrize(
    "changes",
    [
        {"claims": {"sub": "ben"}},
        {"claims": {"nonce": "another"}},
        {"claims": {"aud": "another"}},
        {"claims": {"iss": "https://another.test/oidc"}},
        {"claims": {"exp": 1}},
        {"id_token": "invalid"},
    ],
)
def test_nothing_is_taken_with_an_invalid_id_token_but_the_refresh_token(
    fake: FakeLogto, changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    browser = signed_in(fake, organizations=["acme"])
    before = known(browser)
    fake.logto.advance(LIFETIME)
    fake.answer(refresh_answer(fake, browser, **changes))
    for _ in range(2):
        response = browser.client.get("/open/")
        assert response.status_code == 503
    after = known(browser)
    assert (after.person, after.tokens) == (before.person, before.tokens)
    assert "No token from Logto: the ID token is missing or not valid" in caplog.text
    fake.answer(refresh_answer(fake, browser))
    fake.logto.advance(5)
    assert who(browser) == "ada"
    assert sent(fake)[-1]["refresh_token"] == ["rotated"]


def test_a_token_is_used_until_it_expires_while_id_tokens_are_invalid(fake: FakeLogto) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME - 30)
    fake.answer(refresh_answer(fake, browser, id_token="invalid"))
    assert who(browser) == "ada"
    assert known(browser).refresh_token == "rotated"


def test_an_access_token_of_another_subject_is_not_taken(
    fake: FakeLogto, caplog: pytest.LogCaptureFixture
) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME)
    foreign = fake.logto.global_token(["read:products"], user="ben")
    answer = refresh_answer(fake, browser, access_token=foreign)
    for changed in (answer, {**answer, "id_token": None}):
        fake.answer(changed)
        assert browser.client.get("/open/").status_code == 503
        fake.logto.advance(5)
    reason = "No token from Logto: the access token is for another subject."
    assert caplog.messages.count(reason) == 2


def sent(fake: FakeLogto) -> list[dict[str, list[str]]]:
    """Return the forms of the refreshes, the oldest first."""
    return [parse_qs(body) for body in fake.server.bodies if "grant_type=refresh_token" in body]


class NewMember:
    """A token endpoint where each refresh token is valid once, and the user joins Globex."""

    def __init__(self, fake: FakeLogto, browser: Browser) -> None:
        self._fake, self._browser = fake, browser
        self.current = known(browser).refresh_token

    def __call__(self, connection: Any) -> None:
        form = parse_qs(connection.body)
        assert form["refresh_token"] == [self.current]
        self.current += "+"
        claims = {"organizations": ["acme", "globex"]}
        answer = refresh_answer(
            self._fake, self._browser, claims=claims, refresh_token=self.current
        )
        opaque = {} if "resource" in form else {"access_token": "opaque"}
        document({**answer, **opaque})(connection)


def test_a_new_organization_is_named_with_a_token_for_the_userinfo(fake: FakeLogto) -> None:
    browser = signed_in(fake, organizations=["acme"])
    fake.server.answers[TOKEN] = NewMember(fake, browser)
    names = [{"id": "globex", "name": "Globex"}]
    fake.server.answers["/oidc/me"] = document({"sub": "ada", "organization_data": names})
    fake.logto.advance(LIFETIME)
    asked = Counter(fake.server.asked)
    assert who(browser) == "ada"
    asked = Counter(fake.server.asked) - asked
    assert (asked[TOKEN], asked["/oidc/me"]) == (2, 1)
    assert fake.server.headers[-1]["Authorization"] == "Bearer opaque"
    assert [one.name for one in known(browser).person.organizations] == ["acme", "Globex"]
    fake.logto.advance(LIFETIME)
    asked = Counter(fake.server.asked)
    assert who(browser) == "ada"
    asked = Counter(fake.server.asked) - asked
    assert (asked[TOKEN], asked["/oidc/me"]) == (1, 0)


@pytest.mark.parametrize(
    "userinfo",
    [
        [],
        {"sub": "ben", "organization_data": [{"id": "globex", "name": "Globex"}]},
        {"sub": "ada", "organization_data": "none"},
        {"sub": "ada", "organization_data": [7, {"id": ["globex"], "name": "Globex"}]},
    ],
)
def test_a_new_organization_has_its_id_for_a_name_without_userinfo(
    fake: FakeLogto, userinfo: object
) -> None:
    browser = signed_in(fake, organizations=["acme"])
    fake.server.answers.update({TOKEN: NewMember(fake, browser), "/oidc/me": document(userinfo)})
    fake.logto.advance(LIFETIME)
    assert who(browser) == "ada"
    assert [one.name for one in known(browser).person.organizations] == ["acme", "globex"]


@pytest.mark.parametrize(
    ("status", "body"),
    [("500 Oops", ""), ("400 Bad Request", '{"error": "invalid_grant"}')],
)
def test_a_new_organization_has_its_id_for_a_name_if_the_second_refresh_fails(
    fake: FakeLogto, status: str, body: str
) -> None:
    refusal = http(body, status)
    browser = signed_in(fake, organizations=["acme"])
    new_member = NewMember(fake, browser)

    def answer(connection: Any) -> None:
        (new_member if "resource=" in connection.body else refusal)(connection)

    fake.server.answers[TOKEN] = answer
    fake.logto.advance(LIFETIME)
    assert who(browser) == "ada"
    assert [one.name for one in known(browser).person.organizations] == ["acme", "globex"]
    assert known(browser).refresh_token == new_member.current


def test_a_token_of_an_organization_that_its_own_id_token_does_not_list_is_not_taken(
    fake: FakeLogto,
) -> None:
    browser = signed_in(fake, organizations=["acme"])
    token = fake.logto.organization_token("acme", user="ada")
    fake.answer(refresh_answer(fake, browser, access_token=token, claims={"organizations": []}))
    response = browser.choose("organization acme", "/open/")
    assert response.status_code == 403
    assert set(known(browser).tokens) == {EVERYWHERE}
    assert known(browser).chosen == EVERYWHERE


def test_the_context_is_lost_if_the_id_token_of_its_refresh_no_longer_lists_it(
    fake: FakeLogto,
) -> None:
    browser = signed_in(fake, organizations=["acme"])
    key = key_of(browser)
    sign_in_store.save(key, replace(known(browser), chosen="organization acme"))
    token = fake.logto.organization_token("acme", user="ada")
    fake.answer(refresh_answer(fake, browser, access_token=token, claims={"organizations": []}))
    fallback = known(browser).tokens[EVERYWHERE]
    assert get_access_token(key, is_safe=True) == fallback
    response = browser.client.post("/open/", headers={"x-csrftoken": "a" * 32})
    assert response.json()["code"] == "context_lost"
