"""What the page shows: user, token, the reason of a 403, and tokens that give access."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import include, path

from drf_logto.browsable import sign_in_store
from drf_logto.runtime import Environment, override
from sandbox.stand_in.server import StandIn
from sandbox.tenant import API_RESOURCE
from tests.browsable import project as views
from tests.browsable.browser import HTML, Browser, page, text_of
from tests.browsable.liar import Liar
from tests.support.sign_ins import key_of, signed_in

WITHIN_ACME = f"organization_resource acme {API_RESOURCE}"


def offers(response: Any, id: str) -> list[str]:
    """The contexts that an element of the page offers."""
    element = re.search(rf'<div id="{id}".*?</div>', page(response), re.DOTALL)
    found = re.findall(r'name="context" value="([^"]+)"', element[0]) if element else []
    return [unescape(one) for one in found]


def test_the_page_shows_user_token_scopes_and_lifetime(browser: Browser, stand_in: StandIn) -> None:
    browser.sign_in()
    response = browser.get("/products/")
    assert text_of(response, "logto-name") == "Ada"
    assert text_of(response, "logto-kind") == "API resource"
    assert text_of(response, "logto-scopes") == "read:documents read:products write:products"
    assert text_of(response, "logto-minutes") == "60 minutes"
    assert 'id="logto-organization"' not in page(response)
    stand_in.logto.advance(3600 - 100)
    assert text_of(browser.get("/products/"), "logto-minutes") == "2 minutes"


def test_the_page_shows_the_organization_of_the_token(browser: Browser) -> None:
    browser.sign_in()
    browser.choose("organization acme")
    response = browser.get("/acme/invitations/")
    assert text_of(response, "logto-organization") == "Acme"
    assert text_of(response, "logto-scopes") == "invite:member"


def test_the_page_says_that_a_token_has_no_scopes(browser: Browser) -> None:
    browser.sign_in("ben")
    browser.choose("organization acme")
    assert text_of(browser.get("/acme/invitations/"), "logto-scopes") == "none"


def test_a_denial_names_the_required_scope(browser: Browser) -> None:
    browser.sign_in("dan")
    browser.get("/products/")
    response = browser.post("/products/", {"name": "Chair"})
    assert response.status_code == 403
    denial = text_of(response, "logto-denial")
    assert "needs the scope: write:products" in denial
    assert "No other token of yours opens it" in denial


def test_a_denial_names_the_required_organization(browser: Browser) -> None:
    browser.sign_in()
    browser.choose("organization acme")
    response = browser.get("/globex/invitations/")
    assert response.status_code == 403
    wanted = text_of(response, "logto-wanted-organization")
    assert wanted == "This address belongs to the organization globex . You are not a member of it."
    assert "No other token of yours opens it" in text_of(response, "logto-no-other")


def test_a_context_that_was_never_chosen_is_offered_as_possible(browser: Browser) -> None:
    browser.sign_in("cho")
    response = browser.get("/acme/documents/")
    assert response.status_code == 403
    assert offers(response, "logto-perhaps") == [WITHIN_ACME]
    assert offers(response, "logto-opening") == []
    assert "You are not" not in text_of(response, "logto-wanted-organization")


def test_a_context_with_a_stored_token_is_offered_only_if_it_grants_access(
    browser: Browser,
) -> None:
    browser.sign_in("ben")  # may read documents of Acme, and invite nobody
    for context in (WITHIN_ACME, "organization acme", f"global {API_RESOURCE}"):
        browser.choose(context)
    response = browser.get("/acme/documents/")
    assert offers(response, "logto-opening") == [WITHIN_ACME]
    assert offers(response, "logto-perhaps") == []
    response = browser.get("/acme/invitations/")
    assert offers(response, "logto-opening") == offers(response, "logto-perhaps") == []


def test_an_offered_context_gives_access(browser: Browser) -> None:
    browser.sign_in()
    (offer,) = offers(browser.get("/acme/invitations/"), "logto-perhaps")
    location = browser.choose(offer, "/acme/invitations/")["Location"]
    assert browser.get(location).status_code == 200


def test_the_api_resource_is_offered_as_possible_without_a_stored_token(
    browser: Browser,
) -> None:
    browser.sign_in()
    browser.choose("organization acme")
    sign_in = sign_in_store.load(key_of(browser))
    tokens = {"organization acme": sign_in.tokens["organization acme"]}
    sign_in_store.save(key_of(browser), replace(sign_in, tokens=tokens))
    response = browser.get("/products/")
    assert offers(response, "logto-perhaps") == [f"global {API_RESOURCE}"]


def test_the_page_shows_the_user_when_no_token_can_be_verified(liar: Liar) -> None:
    browser = signed_in(liar)
    liar.server.answers.clear()
    with override(Environment(now=liar.logto.now)):  # a process that has no keys yet
        response = browser.get("/open/")
    assert response.status_code == 503
    assert text_of(response, "logto-name") == "Ada"
    assert "logto-scopes" not in page(response)


def test_no_token_is_offered_for_a_view_without_declared_scopes(browser: Browser) -> None:
    browser.sign_in()
    response = browser.get("/undeclared/")
    assert "HasScopes declares no scope for" in text_of(response, "logto-denial")
    assert "No other token" in text_of(response, "logto-no-other")
    browser.choose("organization acme")
    sign_in = sign_in_store.load(key_of(browser))
    sign_in_store.save(key_of(browser), replace(sign_in, tokens={}))
    assert "No other token" in text_of(browser.get("/undeclared/"), "logto-no-other")


def test_no_token_is_offered_for_a_view_of_another_resource(browser: Browser) -> None:
    browser.sign_in()
    response = browser.get("/narrowed/")
    assert "for another API resource" in text_of(response, "logto-denial")
    assert "No other token" in text_of(response, "logto-no-other")


def test_a_permission_that_raises_does_not_grant_access(browser: Browser) -> None:
    browser.sign_in()
    response = browser.get("/acme/fragile/")
    assert response.status_code == 403
    assert "No other token" in text_of(response, "logto-no-other")


def test_a_denial_by_another_permission_is_not_explained(browser: Browser) -> None:
    browser.sign_in()
    response = browser.get("/never/")
    assert response.status_code == 403
    assert "logto-denial" not in page(response)
    assert text_of(response, "logto-name") == "Ada"


def test_evaluating_other_tokens_leaves_the_request_unchanged(browser: Browser) -> None:
    browser.sign_in()
    response = browser.get("/acme/documents/")
    assert response.wsgi_request.user.sub == "ada"
    assert response.wsgi_request.auth.organization_id is None


def test_names_are_escaped(liar: Liar) -> None:
    browser = signed_in(liar, name="<b>Ada</b>", organizations=["<i>"])
    response = browser.get("/open/")
    assert "<b>Ada" not in page(response)
    assert "<i>" not in page(response)
    assert "&lt;b&gt;Ada" in page(response)


# Projects that do not include the URLs


@pytest.mark.parametrize("patterns", [[], [path("auth/", include("rest_framework.urls"))]])
def test_the_page_is_drf_s_own_if_the_urls_are_not_included(
    browser: Browser, route: Any, patterns: list[Any]
) -> None:
    route(*patterns, path("open/", views.Open.as_view()))
    response = browser.get("/open/")
    assert response.status_code == 200
    assert "logto-log-in" not in page(response)
    assert ("Log in" in page(response)) == bool(patterns)


def test_the_page_is_drf_s_own_without_sessions(project: Any) -> None:
    project.MIDDLEWARE = []
    client = Client(headers={"host": "127.0.0.1:8000"})
    response = client.get("/open/", headers=HTML)
    assert response.status_code == 200
    assert "logto" not in page(response).replace("drf_logto/browsable.css", "")
