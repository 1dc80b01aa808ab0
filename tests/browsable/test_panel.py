"""What the page shows: user, token, the reason of a 403, and tokens that give access."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import include, path
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.browsable import sign_in_store
from drf_logto.browsable.authentication import LogtoSessionAuthentication
from drf_logto.permissions import (
    FromClients,
    HasClaim,
    HasScopes,
    InOrganization,
    IsMachine,
    IsUser,
    OrgResourceScopes,
    OwnedByUser,
)
from drf_logto.runtime import Environment, override
from drf_logto.tenancy import Header, Host
from sandbox.stand_in.server import StandIn
from sandbox.tenant import API_RESOURCE
from tests.browsable import project as views
from tests.browsable.browser import HTML, Browser, hidden, page, text_of
from tests.support.fake_logto import FakeLogto
from tests.support.sign_ins import EVERYWHERE, key_of, signed_in

WITHIN_ACME = f"organization_resource acme {API_RESOURCE}"


class Own(BasePermission):
    """Grants everything."""


class Anybody(BaseAuthentication):
    def authenticate(self, request: Any) -> tuple[str, None]:
        return "anybody", None


def with_options(view: type, options: dict[str, Any]) -> Any:
    """The view with other attributes."""
    changed: Any = type(view.__name__, (view,), options)
    return changed.as_view()


def offers(response: Any, id: str) -> list[str]:
    """The contexts that an element of the page offers."""
    element = re.search(rf'<form id="{id}".*?</form>', page(response), re.DOTALL)
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
    assert 'href="/auth/login/?next=%2Fproducts%2F"' in denial_of(response)


@pytest.mark.parametrize("path", ["/undeclared/", "/acme/documents/"])
def test_a_new_sign_in_is_offered_only_where_a_scope_is_missing(
    browser: Browser, path: str
) -> None:
    browser.sign_in()
    response = browser.get(path)
    assert response.status_code == 403
    assert "/auth/login/" not in denial_of(response)


def denial_of(response: Any) -> str:
    return page(response).partition('id="logto-denial"')[2].partition('id="content"')[0]


def test_a_denial_names_the_required_organization(browser: Browser) -> None:
    browser.sign_in()
    browser.choose("organization acme")
    response = browser.get("/globex/invitations/")
    assert response.status_code == 403
    wanted = text_of(response, "logto-wanted-organization")
    assert wanted == "This address belongs to the organization globex . You are not a member of it."
    assert "No other token of yours opens it" in text_of(response, "logto-no-other")


@pytest.mark.parametrize(
    ("source", "headers"),
    [
        (Host("example.com"), {"Host": "globex.example.com"}),
        (Host("example.com", lookup={"team": "globex"}.get), {"Host": "team.example.com"}),
        (Header("X-Organization-Id"), {"X-Organization-Id": "globex"}),
        (lambda request, view: "globex", {}),
    ],
    ids=["host", "lookup", "header", "function"],
)
def test_the_offers_are_for_the_organization_wherever_it_is_named(
    browser: Browser, route: Any, settings: Any, source: Any, headers: dict[str, str]
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    declared = {"permission_classes": [OrgResourceScopes("a")], "organization_source": source}
    route(
        path("auth/", include("drf_logto.browsable.urls")),
        path("", with_options(views.Open, declared)),
    )
    browser.sign_in("cho")  # of Acme and Globex
    response = browser.get("/", **headers)
    assert text_of(response, "logto-wanted-organization").endswith("organization Globex .")
    assert offers(response, "logto-perhaps") == [f"organization_resource globex {API_RESOURCE}"]


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


def test_the_page_shows_the_user_when_no_token_can_be_verified(fake: FakeLogto) -> None:
    browser = signed_in(fake)
    fake.server.answers.clear()
    with override(Environment(now=fake.logto.now)):  # a process that has no keys yet
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


@pytest.mark.parametrize(
    ("permission", "sentence", "possible"),
    [
        (IsMachine | InOrganization, "a machine-to-machine application", ["organization acme"]),
        (HasClaim("a", "b"), "a certain claim: a", ["organization acme", WITHIN_ACME]),
        (InOrganization & HasClaim("a", "b"), "an organization token", ["organization acme"]),
        (FromClients("another"), "certain applications", []),
    ],
)
def test_a_denial_of_the_bearer_is_explained_with_the_tokens_that_may_be_granted(
    browser: Browser, route: Any, permission: Any, sentence: str, possible: list[str]
) -> None:
    route(
        path("auth/", include("drf_logto.browsable.urls")),
        path(
            "<organization_id>/",
            with_options(views.Documents, {"permission_classes": [permission]}),
        ),
        path("", views.Open.as_view()),
    )
    browser.sign_in()
    response = browser.get("/acme/")
    assert response.status_code == 403
    assert sentence in text_of(response, "logto-denial")
    assert offers(response, "logto-perhaps") == possible
    assert ("logto-no-other" in page(response)) is (not possible)


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


def test_names_are_escaped(fake: FakeLogto) -> None:
    browser = signed_in(fake, name="<b>Ada</b>", organizations=["<i>"])
    response = browser.get("/open/")
    assert "<b>Ada" not in page(response)
    assert "<i>" not in page(response)
    assert "&lt;b&gt;Ada" in page(response)


# What an address asks for


def asked(response: Any) -> list[str]:
    """What the page says that each method asks for."""
    element = re.search(r'<div id="logto-requirements".*?</dl>', page(response), re.DOTALL)
    found = re.findall(r"<div>(.*?)</div>", element[0], re.DOTALL) if element else []
    return [" ".join(unescape(re.sub("<[^>]*>", " ", one)).split()) for one in found]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"permission_classes": [HasScopes("a", "b")]}, "API resource a b"),
        ({"permission_classes": [InOrganization]}, "Organization token (acme)"),
        (
            {"permission_classes": [HasScopes("a") | OrgResourceScopes("b")]},
            "API resource a or Organization-level token (acme) b",
        ),
        ({"permission_classes": [IsUser, HasScopes("a")]}, "API resource a only users"),
        (
            {"permission_classes": [HasScopes("a") & OwnedByUser("owner")]},
            "API resource a only for objects that belong to the user",
        ),
        (
            {"permission_classes": [HasClaim("a", "<b>") | FromClients("c", "d")]},
            "any token with the claim a: <b> or any token only the clients c, d",
        ),
        ({"permission_classes": [HasScopes("a") & Own]}, "API resource a granted by Own"),
        (
            {"permission_classes": [HasScopes("a"), ~HasScopes("<b>")]},
            "API resource a granted by ~HasScopes('<b>')",
        ),
        ({"permission_classes": [Own]}, "granted by Own"),
        ({"permission_classes": [~HasScopes("a")]}, "granted by ~HasScopes('a')"),
        ({"permission_classes": [IsAuthenticated]}, "any token"),
        (
            {"permission_classes": [IsAuthenticated], "api_resource": API_RESOURCE},
            f"any token {API_RESOURCE}",
        ),
        ({"permission_classes": [AllowAny | Own]}, "no token"),
        ({"permission_classes": [HasScopes]}, "closed: no token opens it"),
        (
            {"permission_classes": [HasScopes("a")], "api_resource": {"urn:b", "urn:a"}},
            "API resource a urn:a urn:b",
        ),
    ],
)
def test_the_page_says_what_an_address_asks_for(
    browser: Browser, route: Any, options: dict[str, Any], said: str
) -> None:
    route(
        path("auth/", include("drf_logto.browsable.urls")),
        path("<organization_id>/", with_options(views.Documents, options)),
    )
    assert asked(browser.get("/acme/")) == [f"GET {said}"]


def test_the_page_says_what_each_method_asks_for_also_when_access_is_granted(
    browser: Browser,
) -> None:
    said = ["GET API resource read:products", "POST API resource write:products"]
    assert asked(browser.get("/products/")) == said
    browser.sign_in()
    granted = browser.get("/products/")
    assert (granted.status_code, asked(granted)) == (200, said)
    assert asked(browser.get("/wishes/")) == ["GET, POST no token"]


def test_the_page_calls_an_organization_of_the_user_by_its_name(browser: Browser) -> None:
    browser.sign_in()
    said = "GET Organization-level token (Acme) read:documents"
    assert asked(browser.get("/acme/documents/")) == [said]


def test_the_page_says_nothing_of_views_that_accept_no_token_or_fail_to_say(
    browser: Browser, route: Any
) -> None:
    class Nameless(HasScopes):
        def __repr__(self) -> str:
            raise ZeroDivisionError

    failing = views.Open.as_view(permission_classes=[~Nameless("a")])
    route(
        path("auth/", include("drf_logto.browsable.urls")),
        path("failing/", failing),
        path("open-to-forms/", views.OpenToForms.as_view()),
    )
    for address in ("/failing/", "/open-to-forms/"):
        response = browser.get(address)
        assert response.status_code == 200
        assert "logto-requirements" not in page(response)


# The invitation to sign in


def test_the_page_of_a_401_leads_to_the_sign_in_and_back(browser: Browser) -> None:
    response = browser.get("/products/?a=1&b=2")
    assert response.status_code == 401
    (address,) = re.findall(r'id="logto-log-in-here"[^>]* href="([^"]+)"', page(response))
    assert unescape(address) == "/auth/login/?next=%2Fproducts%2F%3Fa%3D1%26b%3D2"


def test_the_page_of_a_request_from_a_sign_in_that_has_ended_leads_to_the_sign_in(
    browser: Browser,
) -> None:
    browser.get("/auth/login/")
    browser.sign_in()
    form = {"drf_logto_context": hidden(browser.get("/products/"), "drf_logto_context")}
    del browser.client.cookies["sessionid"]
    response = browser.post("/products/", form)
    assert response.status_code == 403
    assert "logto-log-in-here" in page(response)


@pytest.mark.parametrize(
    "options",
    [
        {"permission_classes": [AllowAny], "get": views.Open.get},
        {"authentication_classes": [LogtoJWTAuthentication]},
        {"authentication_classes": [Anybody, LogtoSessionAuthentication]},
    ],
)
def test_the_page_does_not_lead_to_a_sign_in_that_would_not_help(
    browser: Browser, route: Any, options: dict[str, Any]
) -> None:
    route(
        path("auth/", include("drf_logto.browsable.urls")),
        path("products/", with_options(views.Products, options)),
    )
    response = browser.get("/products/")
    assert "logto-log-in" in page(response)
    assert "logto-log-in-here" not in page(response)


def test_who_is_signed_in_is_not_invited(browser: Browser) -> None:
    browser.sign_in()
    response = browser.get("/acme/documents/")
    assert response.status_code == 403
    assert "logto-invitation" not in page(response)


# The claims


def claims(response: Any) -> dict[str, str]:
    """The claims that the page shows, and what it says of them."""
    element = re.search(r'<details id="logto-claims".*?</details>', page(response), re.DOTALL)
    assert element is not None
    found = re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", element[0], re.DOTALL)
    return {
        unescape(name): " ".join(unescape(re.sub("<[^>]*>", "", value)).split())
        for name, value in found
    }


def test_the_page_shows_the_claims_of_the_token_and_times_in_words(
    browser: Browser, stand_in: StandIn
) -> None:
    stand_in.logto.advance(1_800_000_000 - stand_in.logto.now())
    browser.sign_in()
    browser.get("/products/")
    stand_in.logto.advance(600)
    response = browser.get("/products/")
    shown = claims(response)
    assert shown["sub"] == '"ada"'
    assert shown["scope"] == '"read:documents read:products write:products"'
    assert shown["iat"].endswith("Jan. 15, 2027, 8 a.m. UTC, 10 minutes ago")
    assert shown["exp"].endswith("Jan. 15, 2027, 9 a.m. UTC, in 49 minutes")
    assert re.match("1800000000[ .]", shown["iat"])
    assert "eyJ" not in page(response)


def test_claims_are_escaped_and_bounded(fake: FakeLogto) -> None:
    browser = signed_in(fake)
    browser.choose("none")  # for a CSRF token
    extra = {"<b>": "<i>", "long": "가" * 1000, "nbf": 0, "list": [1, {}]}
    many = {f"c{number}": number for number in range(100)}
    token = fake.logto.global_token(claims={**extra, **many}, user="ada")
    fake.answer({"access_token": token, "refresh_token": "another"})
    renewed = browser.post("/auth/context/", {"context": EVERYWHERE, "renew": "1"})
    assert renewed.status_code == 302
    response = browser.get("/open/")
    shown = claims(response)
    assert "<i>" not in page(response)
    assert shown["<b>"] == '"<i>"'
    assert shown["long"] == '"' + "가" * 499 + "…"
    assert shown["nbf"].startswith("0 Jan. 1, 1970, midnight UTC, ")
    assert shown["list"] == "[1, {}]"
    assert len(shown) == 50


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
