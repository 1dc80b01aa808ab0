"""The choice of a context, and requests from pages that were made in another context."""

import re
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.sessions.models import Session

from sandbox.stand_in.server import StandIn
from sandbox.tenant import API_RESOURCE
from tests.browsable.browser import Browser, hidden, page, text_of
from tests.support.fake_logto import FakeLogto
from tests.support.loopback import http
from tests.support.sign_ins import EVERYWHERE, LIFETIME, refused, signed_in


def offered(response: Any) -> list[str]:
    switch = re.search(r'<details id="logto-switch">.*?</details>', page(response), re.DOTALL)
    assert switch is not None
    return [unescape(value) for value in re.findall(r'name="context" value="([^"]+)"', switch[0])]


def test_each_organization_adds_little_to_a_page(fake: FakeLogto) -> None:
    few, many = (
        len(
            page(
                signed_in(fake, organizations=[f"o{one:03}" for one in range(number)]).get("/open/")
            )
        )
        for number in (100, 200)
    )
    assert few < many < few + 100 * 500


@pytest.mark.parametrize(
    ("person", "organizations"), [("ada", ["acme"]), ("cho", ["acme", "globex"]), ("dan", [])]
)
def test_every_token_of_a_user_is_offered(
    browser: Browser, person: str, organizations: list[str]
) -> None:
    browser.sign_in(person)
    assert offered(browser.get("/open/")) == [
        EVERYWHERE,
        *(
            context
            for id in organizations
            for context in (f"organization {id}", f"organization_resource {id} {API_RESOURCE}")
        ),
    ]


def test_every_api_resource_is_offered(fake: FakeLogto, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "API_RESOURCE": [API_RESOURCE, "urn:second"]}
    response = signed_in(fake, organizations=["acme"]).get("/open/")
    assert page(response).count("<small>urn:second</small>") == 2
    assert offered(response) == [
        EVERYWHERE,
        "global urn:second",
        "organization acme",
        f"organization_resource acme {API_RESOURCE}",
        "organization_resource acme urn:second",
    ]


@pytest.mark.parametrize(
    ("context", "opened", "kind"),
    [
        (EVERYWHERE, "/products/", "API resource"),
        ("organization acme", "/acme/invitations/", "Organization token"),
        (
            f"organization_resource acme {API_RESOURCE}",
            "/acme/documents/",
            "Organization-level token",
        ),
    ],
)
def test_each_context_gives_access_to_its_own_kind_of_view(
    browser: Browser, context: str, opened: str, kind: str
) -> None:
    browser.sign_in()
    response = browser.choose(context, "/open/?a=1")
    assert (response.status_code, response["Location"]) == (302, "/open/?a=1")
    paths = ("/products/", "/acme/invitations/", "/acme/documents/")
    statuses = {path: browser.client.get(path).status_code for path in paths}
    assert statuses == {path: 200 if path == opened else 403 for path in paths}
    assert text_of(browser.get("/open/"), "logto-kind") == kind


def test_the_choice_is_marked(browser: Browser) -> None:
    browser.sign_in()
    browser.choose("organization acme")
    marked = re.findall(r'value="([^"]+)" aria-current="true"', page(browser.get("/open/")))
    assert marked == ["organization acme"]


@pytest.mark.parametrize("context", ["", "organization globex", "organization", "global"])
def test_a_context_of_another_user_is_refused(browser: Browser, context: str) -> None:
    browser.sign_in()
    refused(browser.choose(context, "/open/"), 400, "no such token")


def test_a_choice_leads_only_to_a_path_of_this_site(browser: Browser) -> None:
    browser.sign_in()
    assert browser.choose(EVERYWHERE, "//evil.test")["Location"] == "/"


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        ("access_denied", "403 Forbidden", "You may have left it, or Logto does not let you"),
        ("invalid_target", "400 Bad Request", "does not give you the token that you chose"),
        ("invalid_scope", "400 Bad Request", "does not give you the token that you chose"),
        ("insufficient_scope", "403 Forbidden", "does not include your organizations"),
    ],
)
def test_the_page_says_that_logto_does_not_give_the_token(
    fake: FakeLogto, error: str, status: str, sentence: str
) -> None:
    browser = signed_in(fake, organizations=["acme"])
    fake.server.answers["/oidc/token"] = http(f'{{"error": "{error}"}}', status)
    response = browser.choose("organization acme", "/open/")
    refused(response, 403, sentence)
    assert 'href="/open/"' in page(response)
    assert text_of(browser.get("/open/"), "logto-kind") == "API resource"


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    ("status", "body", "sentence", "remedy"),
    [
        ("502 Bad Gateway", "", "unavailable", "This machine must"),
        (
            *("401 Unauthorized", '{"error": "invalid_client"}'),
            *("does not accept this application", "Compare APP_ID and APP_SECRET"),
        ),
        ("400 Bad Request", '{"error": "access_denied"}', "access control does not", ""),
    ],
)
def test_a_failed_choice_does_not_end_the_sign_in(
    fake: FakeLogto, settings: Any, debug: bool, status: str, body: str, sentence: str, remedy: str
) -> None:
    settings.DEBUG = debug
    browser = signed_in(fake, organizations=["acme"])
    fake.server.answers["/oidc/token"] = http(body, status)
    response = browser.choose("organization acme", "/open/")
    refused(response, 503, sentence)
    assert ("logto-remedy" in page(response)) is (debug and bool(remedy))
    assert not debug or remedy in page(response)
    assert browser.client.get("/open/").json() == {"for": "ada"}


def test_a_choice_with_an_invalid_refresh_token_ends_the_sign_in(
    browser: Browser, stand_in: StandIn
) -> None:
    browser.sign_in()
    stand_in.provider.grants.clear()
    response = browser.choose("organization acme", "/open/")
    assert (response.status_code, response["Location"]) == (302, "/open/")
    assert "Your sign-in has ended" in text_of(browser.get("/open/"), "logto-ended")


def test_a_choice_without_a_sign_in_changes_nothing(browser: Browser) -> None:
    assert browser.choose(EVERYWHERE, "/open/")["Location"] == "/open/"
    assert browser.client.get("/open/").json() == {"for": None}


def test_the_first_resource_replaces_one_that_was_removed_from_the_settings(
    fake: FakeLogto, settings: Any
) -> None:
    browser = signed_in(fake)
    settings.LOGTO = {**settings.LOGTO, "API_RESOURCE": ["urn:new"]}
    fake.answer({"access_token": fake.logto.global_token(user="ada", claims={"aud": "urn:new"})})
    assert browser.client.get("/open/").json() == {"for": "ada"}
    assert "resource=urn%3Anew" in [body for body in fake.server.bodies if body][-1]


def test_a_new_token_has_the_scopes_of_roles_that_have_changed(
    browser: Browser, stand_in: StandIn
) -> None:
    browser.sign_in()
    before = text_of(browser.get("/products/"), "logto-scopes")
    ada = stand_in.provider.people["ada"]
    stand_in.provider.update(replace(ada, roles=("catalogue reader",), memberships={}))
    assert text_of(browser.get("/products/"), "logto-scopes") == before
    response = renew(browser, "/products/?a=1")
    assert (response.status_code, response["Location"]) == (302, "/products/?a=1")
    assert text_of(browser.get("/products/"), "logto-scopes") == "read:products"
    stand_in.provider.update(ada)
    renew(browser, "/products/")
    assert text_of(browser.get("/products/"), "logto-scopes") == before


def test_no_new_token_is_fetched_while_the_context_is_lost(
    browser: Browser, stand_in: StandIn
) -> None:
    browser.sign_in()
    browser.choose("organization acme")
    stand_in.provider.update(replace(stand_in.provider.people["ada"], memberships={}))
    stand_in.logto.advance(LIFETIME)
    assert 'id="logto-renew"' not in page(browser.get("/open/"))


def renew(browser: Browser, path: str) -> Any:
    """Press "Fetch a new token" on a page."""
    form = re.search(r'<form id="logto-renew".*?</form>', page(browser.get(path)), re.DOTALL)
    assert form is not None
    (action,) = re.findall(r'action="([^"]+)"', form[0])
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', form[0])
    return browser.post(action, {name: unescape(value) for name, value in fields})


# A page in one tab, and the choice of a context in another


def test_a_form_of_a_page_in_another_context_is_refused(browser: Browser) -> None:
    browser.sign_in()
    form = {"drf_logto_context": hidden(browser.get("/products/"), "drf_logto_context")}
    assert form == {"drf_logto_context": EVERYWHERE}
    assert browser.post("/products/", {**form, "name": "chair"}).status_code == 201
    browser.choose("organization acme")
    response = browser.post("/products/", {**form, "name": "chair"})
    assert response.status_code == 403
    assert '"code": "context_lost"' in unescape(page(response))
    notice = text_of(response, "logto-notice")
    assert notice.startswith("This request comes from a page that was made with a different token")
    assert "<button" not in notice
    browser.choose(EVERYWHERE)
    assert browser.post("/products/", {**form, "name": "chair"}).status_code == 201


def test_a_script_of_a_page_in_another_context_is_refused(browser: Browser) -> None:
    browser.sign_in()
    browser.get("/products/")
    headers = {"x-csrftoken": browser.client.cookies["csrftoken"].value}
    codes = {
        context: browser.client.post(
            "/products/",
            {"name": "chair"},
            "application/json",
            headers={**headers, "x-logto-context": context},
        ).status_code
        for context in (quote(EVERYWHERE, safe=""), "organization%20acme", "", "%FF")
    }
    assert list(codes.values()) == [201, 403, 403, 403]


def test_a_request_that_names_no_context_uses_the_chosen_one(browser: Browser) -> None:
    browser.sign_in()
    browser.get("/products/")
    assert browser.post("/products/", {"name": "chair"}).status_code == 201


def test_a_safe_request_may_name_any_context(browser: Browser) -> None:
    browser.sign_in()
    assert browser.get("/products/", **{"x-logto-context": "organization acme"}).status_code == 200


def test_there_is_no_curl_command_for_a_page_in_another_context(
    browser: Browser,
) -> None:
    browser.sign_in()
    form = {
        name: hidden(browser.get("/open/"), name)
        for name in ("drf_logto_context", "method", "path")
    }
    assert browser.post("/auth/curl/", form).status_code == 200
    browser.choose("organization acme")
    response = browser.post("/auth/curl/", form)
    assert response.status_code == 403
    assert "page that was made with a different token" in response.json()["detail"]


def test_a_malformed_body_without_a_sign_in_is_refused_as_anonymous(
    browser: Browser,
) -> None:
    response = browser.client.post("/products/", "{", "application/json")
    assert response.status_code == 401


@pytest.mark.django_db
def test_choosing_without_a_sign_in_leaves_no_session(browser: Browser, settings: Any) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    browser.client.cookies["csrftoken"] = "a" * 32
    assert browser.post("/auth/context/", {"context": "global x"}).status_code == 302
    assert not Session.objects.exists()


def test_a_form_of_a_page_whose_sign_in_has_ended_is_refused(browser: Browser) -> None:
    """The user logs out in another tab. A view that is open to all would accept the form."""
    browser.sign_in()
    context = hidden(browser.get("/wishes/"), "drf_logto_context")
    assert browser.post("/auth/logout/").status_code == 302
    response = browser.post("/wishes/", {"name": "chair", "drf_logto_context": context})
    assert response.status_code == 403
    assert "The sign-in of the page" in page(response)
    headers = {"x-logto-context": quote(context)}
    assert browser.client.post("/wishes/", {"name": "chair"}, headers=headers).status_code == 403
    assert browser.client.get("/wishes/", headers=headers).status_code == 200
    assert browser.client.post("/wishes/", {"name": "chair"}).status_code == 201
    assert browser.client.post("/wishes/", "{}", "application/json").status_code == 201


def test_so_it_is_if_the_csrf_token_was_in_the_session(browser: Browser, settings: Any) -> None:
    settings.CSRF_USE_SESSIONS = True
    browser.sign_in()
    opened = browser.get("/wishes/")
    names = ("csrfmiddlewaretoken", "drf_logto_context")
    form = {"name": "chair", **{name: hidden(opened, name) for name in names}}
    assert browser.post("/auth/logout/", form).status_code == 302
    browser.client.cookies.clear()
    assert browser.post("/wishes/", form).status_code == 403


def test_an_unsafe_request_that_ends_the_sign_in_is_refused(
    browser: Browser, stand_in: StandIn
) -> None:
    browser.sign_in()
    stand_in.logto.advance(15 * 24 * 3600)
    response = browser.client.post("/wishes/", {"name": "chair"})
    assert (response.status_code, response.json()["code"]) == (403, "context_lost")
    assert response.json()["detail"].startswith("The sign-in of the page")
    assert "Your sign-in has ended" in text_of(browser.get("/open/"), "logto-ended")
