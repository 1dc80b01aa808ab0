"""Why Logto issues no token, as its recorded answers say it, and what is dropped with it."""

import json
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from drf_logto.auth_info import TokenKind
from drf_logto.browsable import sign_in_store
from drf_logto.browsable.contexts import Context, Organization
from drf_logto.browsable.error_responses import ErrorResponse
from drf_logto.browsable.reasons import SENTENCES, context_lost, reason_of
from drf_logto.exceptions import ContextLost
from drf_logto.testing import ABSENT
from sandbox.tenant import API_RESOURCE
from tests.browsable.browser import Browser, page, text_of
from tests.support.fake_logto import FakeLogto
from tests.support.loopback import Answer, document, http
from tests.support.sign_ins import EVERYWHERE, LIFETIME, answers_of_tabs, key_of, signed_in, who

ACME = "organization acme"
WITHIN_ACME = f"organization_resource acme {API_RESOURCE}"


def refusal(recordings: dict[str, Any], reason: str) -> Answer:
    recorded = recordings["refreshes"]["errors"][reason]
    return http(json.dumps(recorded["body"]), f"{recorded['status']} Recorded")


def answer_by_context(fake: FakeLogto, within: Answer, everywhere: Answer | None = None) -> None:
    """Answer refreshes for an organization so, and others with a token or otherwise."""
    token = fake.logto.global_token(["read:products"], user="ada")
    otherwise = everywhere or document({"access_token": token})

    def answer(connection: Any) -> None:
        (within if "organization_id" in connection.body else otherwise)(connection)

    fake.server.answers["/oidc/token"] = answer


def member(fake: FakeLogto) -> Browser:
    """Sign in, and choose both tokens of Acme."""
    browser = signed_in(fake, organizations=["acme"])
    within = fake.logto.organization_resource_token("acme", ["read:documents"], user="ada")
    fake.answer({"access_token": within})
    browser.choose(WITHIN_ACME)
    fake.answer({"access_token": fake.logto.organization_token("acme", user="ada")})
    browser.choose(ACME)
    assert set(sign_in_store.load(key_of(browser)).tokens) == {EVERYWHERE, ACME, WITHIN_ACME}
    return browser


OF_AN_ORGANIZATION = ["left", "no consent", "no mfa", "no organizations"]


@pytest.mark.parametrize("reason", OF_AN_ORGANIZATION)
def test_an_organization_is_dropped_with_the_reason_that_logto_gives_at_a_renewal(
    fake: FakeLogto, recordings: dict[str, Any], reason: str
) -> None:
    browser = member(fake)
    fake.logto.advance(LIFETIME)
    answer_by_context(fake, refusal(recordings, reason))
    response = browser.get("/acme/documents/")
    notice = text_of(response, "logto-notice")
    assert notice.startswith(SENTENCES[reason])
    assert notice.endswith("API resource Log in again")
    assert "logto-opening" not in page(response)
    assert "logto-organization" not in page(response)
    assert set(sign_in_store.load(key_of(browser)).tokens) == {EVERYWHERE}
    refused = browser.post("/products/", {"name": "chair"}, accept="application/json")
    assert refused.json() == {"code": "context_lost", "detail": SENTENCES[reason]}
    browser.choose(EVERYWHERE)
    assert "logto-notice" not in page(browser.get("/open/"))


@pytest.mark.parametrize("reason", OF_AN_ORGANIZATION)
def test_an_organization_is_dropped_with_the_reason_that_logto_gives_at_a_choice(
    fake: FakeLogto, recordings: dict[str, Any], reason: str
) -> None:
    browser = member(fake)
    browser.choose(EVERYWHERE)
    assert "logto-opening" in page(browser.get("/acme/documents/"))
    sign_in = sign_in_store.load(key_of(browser))
    tokens = {id: token for id, token in sign_in.tokens.items() if id != ACME}
    sign_in_store.save(key_of(browser), replace(sign_in, tokens=tokens))
    answer_by_context(fake, refusal(recordings, reason))
    response = browser.choose(ACME, "/acme/documents/")
    assert response.status_code == 403
    assert text_of(response, "logto-sentence") == SENTENCES[reason]
    response = browser.get("/acme/documents/")
    assert "logto-notice" not in page(response)
    assert "logto-opening" not in page(response)
    assert "logto-organization" not in page(response)
    denial = text_of(response, "logto-denial")
    assert ("You are not a member" in denial) == (reason == "left")
    assert ("refused to give you tokens for this organization" in denial) == (reason != "left")


@pytest.mark.parametrize(
    ("organizations", "reason"),
    [([], "left"), (["globex"], "left"), (["acme"], "organization"), (ABSENT, "organization")],
)
def test_the_next_id_token_says_whether_the_user_has_left_if_the_refusal_does_not(
    fake: FakeLogto, organizations: Any, reason: str
) -> None:
    browser = member(fake)
    fake.logto.advance(LIFETIME)
    nonce = sign_in_store.load(key_of(browser)).nonce
    id_token = fake.id_token(nonce, claims={"organizations": organizations})
    token = fake.logto.global_token(["read:products"], user="ada")
    answer_by_context(
        fake,
        http('{"error": "access_denied"}', "403 Forbidden"),
        document({"access_token": token, "id_token": id_token}),
    )
    notice = text_of(browser.get("/open/"), "logto-notice")
    assert notice.startswith(SENTENCES[reason])


def test_a_token_that_is_refused_for_no_reason_of_its_organization_is_dropped_alone(
    fake: FakeLogto, recordings: dict[str, Any]
) -> None:
    browser = member(fake)
    fake.logto.advance(LIFETIME)
    answer_by_context(fake, refusal(recordings, "other"))
    notice = text_of(browser.get("/open/"), "logto-notice")
    assert notice.startswith(SENTENCES["other"])
    assert set(sign_in_store.load(key_of(browser)).tokens) == {EVERYWHERE, WITHIN_ACME}
    assert "logto-organization" in page(browser.get("/open/"))


@pytest.mark.parametrize("reason", ["access control", "application"])
def test_a_reason_that_holds_for_every_token_keeps_the_sign_in_and_its_choice(
    fake: FakeLogto, recordings: dict[str, Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    browser = member(fake)
    fake.logto.advance(LIFETIME)
    answer_by_context(fake, *[refusal(recordings, reason)] * 2)
    asked = fake.server.asked.count("/oidc/token")
    for _ in range(2):
        response = browser.client.get("/open/")
        assert response.status_code == 503
        assert response.json()["detail"] == SENTENCES[reason]
        assert response["Retry-After"] == "5"
    assert fake.server.asked.count("/oidc/token") == asked + 1
    response = browser.choose(WITHIN_ACME)
    assert response.status_code == 503
    assert text_of(response, "logto-sentence") == SENTENCES[reason]
    fake.logto.advance(5)
    fake.answer({"access_token": fake.logto.organization_token("acme", user="ada")})
    assert who(browser) == "ada"
    assert sign_in_store.load(key_of(browser)).chosen == ACME
    error = recordings["refreshes"]["errors"][reason]["body"]["error"]
    logged = [line for line in caplog.messages if f"answered with {error} (" in line]
    assert len(logged) == 1


@pytest.mark.parametrize(
    ("status", "reason"), [("400 Bad Request", "access control"), ("403 Forbidden", "organization")]
)
def test_the_status_tells_access_control_from_an_organization_if_no_description_does(
    fake: FakeLogto, status: str, reason: str
) -> None:
    browser = member(fake)
    fake.logto.advance(LIFETIME)
    answer_by_context(fake, http('{"error": "access_denied"}', status))
    response = browser.get("/open/")
    assert SENTENCES[reason] in unescape(page(response))
    assert (response.status_code == 503) == (reason == "access control")


def test_the_first_token_is_not_lost_when_logto_refuses_it(
    fake: FakeLogto, recordings: dict[str, Any]
) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME)
    fake.server.answers["/oidc/token"] = refusal(recordings, "other")
    response = browser.client.get("/open/")
    assert (response.status_code, response.json()["detail"]) == (503, SENTENCES["other"])
    assert sign_in_store.load(key_of(browser)).chosen == EVERYWHERE


def test_a_refused_organization_is_offered_again_after_a_new_membership(
    fake: FakeLogto, recordings: dict[str, Any]
) -> None:
    """The ID tokens list it all the while: the user is a member, but has no MFA."""
    browser = member(fake)
    nonce = sign_in_store.load(key_of(browser)).nonce
    for organizations, is_offered in ((["acme"], False), ([], False), (["acme"], True)):
        fake.logto.advance(LIFETIME)
        id_token = fake.id_token(nonce, claims={"organizations": organizations})
        token = {"access_token": fake.logto.global_token(user="ada"), "id_token": id_token}
        answer_by_context(fake, refusal(recordings, "no mfa"), document(token))
        assert who(browser) == "ada"
        assert ("logto-organization" in page(browser.get("/open/"))) == is_offered


def test_simultaneous_requests_are_refused_an_organization_once(
    fake: FakeLogto, recordings: dict[str, Any]
) -> None:
    browser = member(fake)
    fake.logto.advance(LIFETIME)
    answer_by_context(fake, refusal(recordings, "left"))
    assert answers_of_tabs(browser, 6) == ["ada"] * 6
    refreshes = [body for body in fake.server.bodies if "grant_type=refresh_token" in body][3:]
    assert ["organization_id" in body for body in refreshes] == [True, False]


def test_no_text_of_logto_is_shown(fake: FakeLogto) -> None:
    browser = member(fake)
    fake.logto.advance(LIFETIME)
    body = {"error": "access_denied", "error_description": "visit evil.test", "message": "evil"}
    answer_by_context(fake, http(json.dumps(body), "403 Forbidden"))
    response = browser.get("/open/")
    assert text_of(response, "logto-notice").startswith(SENTENCES["organization"])
    assert "evil" not in page(response)


def test_the_reason_is_in_korean(fake: FakeLogto, recordings: dict[str, Any]) -> None:
    browser = member(fake)
    fake.logto.advance(LIFETIME)
    answer_by_context(fake, refusal(recordings, "left"))
    response = browser.get("/open/", **{"accept-language": "ko"})
    assert text_of(response, "logto-notice").startswith("더 이상 선택한 조직의 구성원이 아닙니다.")


@pytest.mark.parametrize(
    ("code", "description", "kinds"),
    [
        ("access_denied", "Access denied.", {"access control"}),
        ("access_denied", "", {"access control", "organization"}),
        ("access_denied", "user is not a member of the organization", {"access control", "left"}),
        ("insufficient_scope", "", {"other", "no organizations"}),
        ("invalid_scope", "user is not a member of the organization", {"other"}),
    ],
)
def test_the_reason_depends_on_whether_the_token_is_of_an_organization(
    code: str, description: str, kinds: set[str]
) -> None:
    answer = ErrorResponse(code, description)
    acme = Organization("acme", "Acme")
    contexts = [Context(TokenKind.GLOBAL, "urn:x"), Context(TokenKind.ORGANIZATION, None, acme)]
    assert {reason_of(answer, context) for context in contexts} == kinds


def test_a_lost_context_without_a_known_reason_has_the_usual_sentence() -> None:
    assert context_lost("").message == ContextLost.message
    assert context_lost("left").message == SENTENCES["left"]
