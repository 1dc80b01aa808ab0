"""The symptoms of troubleshooting.md: each is made here, and what the page names is seen."""

import re
import sys
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from rest_framework.authentication import SessionAuthentication

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.revocation import revoke
from drf_logto.tenancy import OrganizationFilterBackend
from drf_logto.testing import ABSENT, Logto
from tests.browsable.browser import Browser
from tests.support.documents import text
from tests.support.loopback import http
from tests.support.machines import TokenEndpoint
from tests.support.mistaken import EVENT, Project

# As a mark; pytest-django prepares no database for a fixture that a test asks for while it runs.
pytestmark = pytest.mark.django_db
PAGES = "docs/en/troubleshooting.md", "docs/ko/troubleshooting.md"
CODE = re.compile(r"`([^`]+)`")


Symptom = Callable[[Project], str]
SYMPTOMS: dict[str, Symptom] = {}


def seen_as(heading: str) -> Callable[[Symptom], Symptom]:
    """Register a symptom for this heading."""

    def register(symptom: Symptom) -> Symptom:
        SYMPTOMS[heading] = symptom
        return symptom

    return register


def headings(page: str) -> list[str]:
    """The headings that name what is seen."""
    return re.findall(r"^### (.*`.*)$", text(page), re.MULTILINE)


# 401


@seen_as("`Authentication credentials were not provided.`, `Refused: not_authenticated`")
def a_header_is_lost(project: Project) -> str:
    found = project.get(None)
    assert found.startswith('401 Bearer realm="api" {')
    return found


@seen_as("`opaque_token`")
def a_token_without_resource(project: Project) -> str:
    return project.get(project.logto.opaque_token())


@seen_as("`malformed_token`")
def a_token_that_is_not_there_yet(project: Project) -> str:
    return project.get("undefined")


@seen_as("`malformed_header`")
def bearer_twice(project: Project) -> str:
    return project.get(f"Bearer {project.logto.global_token()}")


@seen_as("`not_an_access_token`")
def an_id_token(project: Project) -> str:
    return project.get(project.logto.id_token())


@seen_as("`invalid_issuer`, `received 'https://other.logto.app/oidc'`")
def a_token_of_another_tenant(project: Project) -> str:
    return project.get(Logto("https://other.logto.app").global_token())


@seen_as("`unsupported_algorithm`")
def too_few_algorithms(project: Project) -> str:
    project.configure(ALGORITHMS=["RS256"])
    return project.get(project.logto.global_token())


@seen_as("`unknown_key`")
def a_key_that_is_not_published(project: Project) -> str:
    assert project.logto
    return project.get(Logto().global_token())


@seen_as("`token_expired`, `before the time of this machine`")
def a_clock_that_is_ahead(project: Project) -> str:
    token = project.logto.global_token()
    project.logto.advance(3600)
    return project.get(token)


@seen_as("`token_not_yet_valid`, `after the time of this machine`")
def a_clock_that_is_behind(project: Project) -> str:
    return project.get(project.logto.global_token(claims={"nbf": project.logto.now() + 60}))


@seen_as("`token_too_long`")
def a_script_with_a_long_claim(project: Project) -> str:
    return project.get(project.logto.global_token(claims={"groups": ["group"] * 5000}))


@seen_as("`token_revoked`")
def access_that_was_taken_away(project: Project) -> str:
    project.fixtures.getfixturevalue("revocation")
    token = project.logto.global_token(user="ada")
    revoke(user="ada")
    return project.get(token)


@seen_as("`unknown_user`")
def a_user_that_nobody_knows(project: Project) -> str:
    return project.get(project.token_of(None))


@seen_as("`inactive_user`")
def a_user_that_is_not_active(project: Project) -> str:
    return project.get(project.token_of(User(is_active=False)))


# 403


@seen_as('`insufficient_scope`, and `scope="a"` in the challenge')
def a_scope_that_nobody_granted(project: Project) -> str:
    return project.get(project.logto.global_token())


@seen_as("`insufficient_scope`, and no scope in the challenge: `declares no scope`")
def a_view_that_declares_nothing(project: Project) -> str:
    project.put(HasScopes)
    return project.get(project.logto.global_token(["a"]))


@seen_as("`wrong_audience`, `they differ by a trailing slash`")
def a_resource_with_a_slash(project: Project) -> str:
    token = project.logto.global_token()
    project.configure(API_RESOURCE=f"{project.logto.api_resource}/")
    return project.get(token)


@seen_as("`wrong_audience`, `received 'https://default.logto.app/api'`")
def a_token_for_the_management_api(project: Project) -> str:
    return project.get(project.logto.global_token(claims={"aud": "https://default.logto.app/api"}))


@seen_as("`wrong_token_kind`")
def a_token_without_organization(project: Project) -> str:
    project.put(OrgResourceScopes("a"))
    return project.get(project.logto.global_token(["a"]))


@seen_as("`wrong_organization`, `organization 'org-1'`")
def a_token_for_another_organization(project: Project) -> str:
    project.put(InOrganization, at="organizations/<organization_id>/")
    return project.get(project.logto.organization_token("org-1"), at="/organizations/org-2/")


@seen_as("`wrong_client`, `received 'another'`")
def an_application_that_is_not_permitted(project: Project) -> str:
    project.configure(CLIENT_IDS=["app-1"])
    return project.get(project.logto.global_token(["a"], claims={"client_id": "another"}))


@seen_as("`Authentication credentials were not provided.` with 403")
def another_authentication_class_first(project: Project) -> str:
    both = [SessionAuthentication, LogtoJWTAuthentication]
    project.put(HasScopes("a"), authentication_classes=both)
    found = project.get(None)
    assert found.startswith("403 no challenge ")
    return found


# 503


@seen_as("`authorization_server_unavailable`, `No keys from Logto at`")
def a_wrong_host(project: Project) -> str:
    return project.get_from("https://logto.invalid")


@seen_as("`drf_logto.W009`")
def a_cache_of_one_process(project: Project) -> str:
    project.configure(CACHE="default")
    return project.check()


@seen_as("`The cache`, `does not work`")
def a_cache_without_its_table(project: Project) -> str:
    project.have_no_cache_table()
    return project.get(Logto().global_token())


# Access that is too wide, and empty lists


@seen_as("`drf_logto.E008`, `'pk'`")
def an_organization_that_is_not_compared(project: Project) -> str:
    project.put(InOrganization, at="organizations/<pk>/")
    found = project.get(project.logto.organization_token("org-1"), at="/organizations/org-2/")
    assert found.startswith("200 ")
    return project.check()


@seen_as("`drf_logto.W003`")
def one_scope_for_two_models(project: Project) -> str:
    project.put(HasScopes("a") | OrgResourceScopes("a"))
    return project.check()


@seen_as("`drf_logto.W061`")
def rows_that_nothing_filters(project: Project) -> str:
    project.put_rows()
    return project.check()


@seen_as("`drf_logto.E061`")
def a_filter_without_a_field(project: Project) -> str:
    project.put_rows(filter_backends=[OrganizationFilterBackend])
    return project.check()


@seen_as("`drf_logto.W004`")
def a_negation_alone(project: Project) -> str:
    project.put(~HasScopes("a"))
    assert project.get(None).startswith("200 ")
    return project.check()


# Sign-in


@seen_as("`The sign-in failed`, `invalid_client`")
def a_wrong_secret(project: Project) -> str:
    refused = http('{"error": "invalid_client"}', "401 Unauthorized")
    project.fake.server.answers["/oidc/token"] = refused
    return project.sign_in()


@seen_as("`The sign-in failed`, `invalid_target`")
def a_resource_that_the_tenant_lacks(project: Project) -> str:
    return project.sign_in(code=ABSENT, error="invalid_target")


@seen_as("`The sign-in failed`, `invalid_scope`")
def a_third_party_application_without_permissions(project: Project) -> str:
    return project.sign_in(code=ABSENT, error="invalid_scope")


@seen_as("Logto shows JSON; `In Logto, register the redirect URI`")
def a_redirect_uri_that_is_not_registered(project: Project) -> str:
    project.fake.begin(Browser())
    return project.log.text


@seen_as("Logto shows JSON; `The redirect URI`, `is http, but`")
def a_proxy_that_django_does_not_know(project: Project) -> str:
    assert project.fake
    Browser().get("/auth/login/", x_forwarded_proto="https")
    return project.log.text


# Commands


@seen_as("`pip install 'drf-logto-auth[browsable]'`")
def an_extra_that_is_not_installed(project: Project) -> str:
    environment = project.fixtures.getfixturevalue("monkeypatch")
    environment.setitem(sys.modules, "authlib", None)
    environment.delitem(sys.modules, "drf_logto.browsable")
    return project.start()


@seen_as("`access_denied` from a command that gets a token")
def a_machine_without_the_organization(project: Project) -> str:
    project.settings.LOGTO = TokenEndpoint(project.server).logto
    project.server.answers["/oidc/token"] = http('{"error": "access_denied"}', "403 Forbidden")
    return project.issue("--organization", "org-1")


@seen_as("`invalid_client` from a command that asks the Management API")
def a_wrong_secret_of_the_management_api(project: Project) -> str:
    assert project.tenant
    project.configure(MANAGEMENT_APP_SECRET="wrong")
    return refusal()


@seen_as("`invalid_target` from a command that asks the Management API")
def another_management_api(project: Project) -> str:
    project.have_cloud()
    return refusal()


def refusal() -> str:
    """Return why ``manage.py logto tenant`` ends."""
    with pytest.raises(CommandError) as refused:
        call_command("logto", "tenant")
    return str(refused.value)


# Webhooks


@seen_as("401, `invalid_signature`, `no key of WEBHOOK_SIGNING_KEYS has signed`")
def a_signature_that_does_not_fit(project: Project) -> str:
    project.receive()
    assert project.deliver().startswith("204 ")
    assert project.deliver(rewritten=EVENT.replace(":", ": ")).startswith("401 ")
    return project.deliver(key="another")


@seen_as("`drf_logto.W031`")
def revocations_in_a_cache_of_one_process(project: Project) -> str:
    project.receive()
    return project.check()


# The page


def test_every_symptom_of_the_page_is_made() -> None:
    assert sorted(headings(PAGES[0])) == sorted(SYMPTOMS)


def test_both_languages_name_the_same_words() -> None:
    english, korean = ([CODE.findall(one) for one in headings(page)] for page in PAGES)
    assert english == korean


@pytest.mark.parametrize("heading", SYMPTOMS)
def test_what_the_page_names_is_seen(request: pytest.FixtureRequest, heading: str) -> None:
    found = SYMPTOMS[heading](Project(request))
    assert [word for word in CODE.findall(heading) if word not in found] == []
