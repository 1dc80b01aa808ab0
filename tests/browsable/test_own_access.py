"""The page about the access of the signed-in person's own token."""

import re
from typing import Any

import pytest
from django.utils.encoding import iri_to_uri

from drf_logto.browsable import sign_in_store
from sandbox.stand_in.server import StandIn
from sandbox.tenant import API_RESOURCE
from tests.browsable.browser import Browser, page, query, text_of
from tests.support.fake_logto import FakeLogto
from tests.support.loopback import http
from tests.support.sign_ins import LIFETIME, key_of
from tests.support.sign_ins import signed_in as signed_in_at
from tests.support.users import answering

PAGE = "/auth/explain/"


@pytest.fixture
def signed_in(browser: Browser) -> Browser:
    browser.sign_in()
    return browser


def test_the_panel_leads_to_the_page(signed_in: Browser) -> None:
    html = page(signed_in.get("/acme/documents/"))
    assert f'id="logto-explain" class="btn btn-default btn-sm" href="{PAGE}?path=%2F' in html


@pytest.mark.parametrize("organization", ["a%20b", "%EA%B0%80", "50%25", "a%3Fb"])
def test_the_page_is_about_the_address_that_leads_to_it(
    signed_in: Browser, organization: str
) -> None:
    html = page(signed_in.get(f"/{organization}/documents/"))
    (link,) = re.findall(r'id="logto-explain" [^>]* href="([^"]+)"', html)
    response = signed_in.get(link)
    assert "GET refused wrong_token_kind" in text_of(response, "logto-access")
    (back,) = re.findall(r'id="logto-back" [^>]* href="([^"]+)"', page(response))
    assert iri_to_uri(back) == f"/{organization}/documents/"


@pytest.mark.parametrize(
    ("path", "access"),
    [
        ("/products/", "GET, POST open"),
        ("/acme/documents/?page=2", "GET refused wrong_token_kind"),
        ("/open-to-forms/", "GET, POST open The view does not read access tokens of Logto."),
        ("/never/", "refused"),
        ("/nowhere/", "No route leads to this address."),
        ("https://evil.test/", "No route leads to this address."),
    ],
)
def test_an_address_is_explained(signed_in: Browser, path: str, access: str) -> None:
    response = signed_in.client.get(PAGE, {"path": path})
    assert response.status_code == 200
    assert access in text_of(response, "logto-access")
    assert text_of(response, "logto-who") == "Ada · API resource"
    assert 'id="logto-all-addresses" href="/auth/explain/"' in page(response)


def test_every_address_that_reads_tokens_is_explained(signed_in: Browser) -> None:
    response = signed_in.get(PAGE)
    access = text_of(response, "logto-access")
    assert "GET, POST /products/ open" in access
    assert "GET /{organization_id}/invitations/ refused wrong_token_kind" in access
    assert "/open-to-forms/" not in access
    assert "/auth/" not in access
    assert "logto-all-addresses" not in page(response)
    facts = text_of(response, "logto-facts")
    assert facts.startswith("Kind API resource Scopes read:documents read:products")
    assert "request.user is a LogtoPrincipal" in facts
    assert "Signature kept" in text_of(response, "logto-rules")


def test_the_organization_of_the_chosen_token_is_taken(signed_in: Browser) -> None:
    signed_in.choose("organization acme")
    response = signed_in.get(PAGE)
    assert text_of(response, "logto-who").startswith("Ada · Acme · Organization token")
    assert "GET /{organization_id}/invitations/ open" in text_of(response, "logto-access")
    assert "Organization acme" in text_of(response, "logto-facts")


def test_whoever_is_not_signed_in_is_sent_to_the_sign_in(browser: Browser) -> None:
    response = browser.client.get(PAGE, {"path": "/products/"})
    assert response.status_code == 302
    assert response["Location"].startswith("/auth/login/?")
    assert query(response["Location"]) == {"next": f"{PAGE}?path=%2Fproducts%2F"}


def test_nobody_else_sees_the_page_of_a_person(signed_in: Browser) -> None:
    assert Browser().get(PAGE).status_code == 302


def test_the_page_has_no_token_and_is_not_stored(
    signed_in: Browser,
) -> None:
    response = signed_in.get(PAGE)
    assert "no-store" in response["Cache-Control"]
    for token in sign_in_store.load(key_of(signed_in)).tokens.values():
        assert not any(part in page(response) for part in token.split("."))
    for inline in ("<script>", " style=", " onclick="):
        assert inline not in page(response).partition("<body>")[2]


def test_a_sign_in_that_has_ended_leads_to_the_next(signed_in: Browser, stand_in: StandIn) -> None:
    stand_in.logto.advance(LIFETIME)
    stand_in.provider.grants.clear()
    assert signed_in.get(PAGE).status_code == 302


def test_a_token_that_has_expired_is_explained_where_logto_does_not_answer(
    fake: FakeLogto,
) -> None:
    browser = signed_in_at(fake)
    fake.logto.advance(LIFETIME)
    fake.server.answers["/oidc/token"] = http("", "500 Oops")
    response = browser.client.get(PAGE, {"path": "/products/"})
    assert text_of(response, "logto-refusal").startswith("The access token has expired. Get a new")
    assert "GET, POST refused token_expired" in text_of(response, "logto-access")
    assert "Expiration time broken" in text_of(response, "logto-rules")


def test_an_application_that_may_not_use_the_api_is_told_so(
    signed_in: Browser, project: Any
) -> None:
    assert signed_in.get(PAGE).status_code == 200
    project.LOGTO = {**project.LOGTO, "CLIENT_IDS": ["another"]}
    response = signed_in.get(PAGE)
    assert "Permitted client broken" in text_of(response, "logto-rules")
    assert "another" not in page(response)


def test_what_logto_never_gave_leads_to_the_sign_in(signed_in: Browser, project: Any) -> None:
    resources = ["https://new.example.test", API_RESOURCE]
    project.LOGTO = {**project.LOGTO, "API_RESOURCE": resources, "CLIENT_IDS": ["another"]}
    assert signed_in.get(PAGE).status_code == 302


Unknown = answering(None)


@pytest.mark.django_db
def test_a_person_whom_the_project_does_not_know_is_told_so(
    signed_in: Browser, project: Any
) -> None:
    project.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [f"{__name__}.Unknown"]}
    response = signed_in.get(PAGE)
    assert "that this API does not know" in text_of(response, "logto-refusal")


def test_the_page_is_korean_where_the_browser_is(signed_in: Browser) -> None:
    response = signed_in.get(f"{PAGE}?path=/acme/documents/", **{"accept-language": "ko"})
    assert "거부됨 wrong_token_kind" in text_of(response, "logto-access")
    assert "서명 지킴" in text_of(response, "logto-rules")
    assert "종류 API 리소스" in text_of(response, "logto-facts")
