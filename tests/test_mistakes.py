"""The mistakes of troubleshooting.md: each is made here, and what the page names is seen."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.urls import path
from rest_framework.authentication import SessionAuthentication

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.revocation.views import webhook
from drf_logto.testing import ABSENT, Logto
from tests.browsable.browser import Browser
from tests.support.documents import text
from tests.support.loopback import document, http, raw_server
from tests.support.management import serve_management_api
from tests.support.mistaken import EVENT, Project
from tests.support.webhooks import WEBHOOK

PAGES = "docs/en/troubleshooting.md", "docs/ko/troubleshooting.md"
CODE = re.compile(r"`([^`]+)`")


Mistake = Callable[[Project], str]
MISTAKES: dict[str, Mistake] = {}


def seen_as(row: str) -> Callable[[Mistake], Mistake]:
    """Register a mistake for the row whose first cell is this."""

    def register(mistake: Mistake) -> Mistake:
        MISTAKES[row] = mistake
        return mistake

    return register


def rows(page: str) -> list[str]:
    """The first cells of the tables of what is seen."""
    seen = text(page).partition("\n## 401\n")[2]
    cells = re.findall(r"^\| (.+?) \| .+ \|$", seen, re.MULTILINE)
    return [cell for cell in cells if "`" in cell]


# 401


@seen_as("`Authentication credentials were not provided.`, `Refused: not_authenticated`")
def a_header_is_lost(project: Project) -> str:
    found = project.get(None)
    assert found.startswith('401 Bearer realm="api" {')
    return found


@seen_as("`opaque_token`")
def a_token_without_resource(project: Project) -> str:
    return project.get(project.logto.opaque_token())


@seen_as("`malformed_token`, `the word 'undefined'`")
def a_token_that_is_not_there_yet(project: Project) -> str:
    return project.get("undefined")


@seen_as("`malformed_token`, `in quotation marks`")
def a_token_in_quotation_marks(project: Project) -> str:
    return project.get(f'"{project.logto.global_token()}"')


@seen_as("`malformed_header`, `the word 'Bearer' twice`")
def bearer_twice(project: Project) -> str:
    return project.get(f"Bearer {project.logto.global_token()}")


@seen_as("`not_an_access_token`")
def an_id_token(project: Project) -> str:
    return project.get(project.logto.id_token())


@seen_as("`invalid_issuer`, `received 'https://other.logto.app/oidc'`")
def a_token_of_another_tenant(project: Project) -> str:
    return project.get(Logto("https://other.logto.app").global_token())


@seen_as("`unsupported_algorithm`, `drf_logto.W008`")
def too_few_algorithms(project: Project) -> str:
    project.configure(ALGORITHMS=["RS256"])
    return project.check() + project.get(project.logto.global_token())


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


# 403


@seen_as('`insufficient_scope`, and `scope="a"` in the challenge')
def a_scope_that_nobody_granted(project: Project) -> str:
    return project.get(project.logto.global_token())


@seen_as("`insufficient_scope`, and no scope in the challenge: `declares no scope`")
def a_view_that_declares_nothing(project: Project) -> str:
    project.put(HasScopes)
    return project.get(project.logto.global_token(["a"]))


@seen_as("`drf_logto.E016`, `'lst'`")
def a_keyword_that_matches_no_action(project: Project) -> str:
    project.put(HasScopes(lst="a"))
    return project.check()


@seen_as("`drf_logto.E015`, `'required_scope'`")
def an_attribute_with_a_wrong_name(project: Project) -> str:
    project.put(HasScopes, required_scope="a")
    return project.check()


@seen_as("`wrong_audience`, `they differ by a trailing slash`")
def a_resource_with_a_slash(project: Project) -> str:
    token = project.logto.global_token()
    project.configure(API_RESOURCE=f"{project.logto.api_resource}/")
    return project.get(token)


@seen_as("`drf_logto.E003`, `must be a list where there are several`")
def resources_in_one_string(project: Project) -> str:
    project.configure(API_RESOURCE="https://api.example.test,https://other.test")
    return project.check()


@seen_as("`wrong_audience`, `received 'https://default.logto.app/api'`")
def a_token_for_the_management_api(project: Project) -> str:
    return project.get(project.logto.global_token(claims={"aud": "https://default.logto.app/api"}))


@seen_as("`wrong_token_kind`")
def a_token_without_organization(project: Project) -> str:
    project.put(OrgResourceScopes("a"))
    return project.get(project.logto.global_token(["a"]))


@seen_as(
    "`wrong_token_kind`, `organization 'team'`, for a token that was requested for no organization"
)
def a_script_that_sets_the_organization(project: Project) -> str:
    token = project.logto.global_token(["a"], claims={"organization_id": "team"})
    return project.get(token)


@seen_as("`wrong_organization`, `organization 'org-1'`")
def a_token_for_another_organization(project: Project) -> str:
    project.put(InOrganization, at="organizations/<organization_id>/")
    return project.get(project.logto.organization_token("org-1"), at="/organizations/org-2/")


@seen_as(
    "`Authentication credentials were not provided.`, also with a valid token; `drf_logto.E013`"
)
def no_authentication_class(project: Project) -> str:
    project.put(HasScopes("a"), authentication_classes=[SessionAuthentication])
    return project.check() + project.get(project.logto.global_token(["a"]))


@seen_as(
    "`Authentication credentials were not provided.` instead of a 401, without a token; "
    "`drf_logto.W002`"
)
def another_authentication_class_first(project: Project) -> str:
    both = [SessionAuthentication, LogtoJWTAuthentication]
    project.put(HasScopes("a"), authentication_classes=both)
    found = project.get(None)
    assert found.startswith("403 no challenge ")
    return project.check() + found


# 503


@seen_as("`drf_logto.E003`, `must be the address alone`")
def the_address_of_the_metadata(project: Project) -> str:
    project.configure(ENDPOINT=Logto().issuer)
    return project.check()


@seen_as("`the metadata is of another issuer`, `received 'http://127.0.0.1`")
def another_name_of_the_machine(project: Project) -> str:
    project.server.serve_logto(Logto(project.server.address))
    return project.get_from(project.server.address.replace("127.0.0.1", "localhost"))


@seen_as("`cannot be resolved`")
def a_wrong_host(project: Project) -> str:
    return project.get_from("https://logto.invalid")


@seen_as("`refuses the connection`")
def a_wrong_port(project: Project) -> str:
    return project.get_from("http://127.0.0.1:9")


@seen_as("`it may be a port for http`")
def https_to_a_port_for_http(project: Project) -> str:
    with raw_server(b"HTTP/1.1 400\r\n") as host:
        return project.get_from(f"https://{host}")


@seen_as("`it may be a port for https`")
def http_to_a_port_for_https(project: Project) -> str:
    tls_server = project.fixtures.getfixturevalue("tls_server")
    return project.get_from(tls_server.address.replace("https", "http"))


@seen_as("`timed out`")
def a_firewall_in_between(project: Project) -> str:
    project.configure(HTTP_TIMEOUT=0.2)
    with raw_server(b"") as host:
        return project.get_from(f"http://{host}")


@seen_as("`HTTP status 404`")
def another_server(project: Project) -> str:
    return project.get_from(project.server.address)


@seen_as("`no JSON (Content-Type 'text/html')`")
def a_page_of_the_network(project: Project) -> str:
    page = http("<html>", Content_Type="text/html")
    project.server.answers["/oidc/.well-known/openid-configuration"] = page
    return project.get_from(project.server.address)


@seen_as("`is not trusted`")
def a_self_signed_certificate(project: Project) -> str:
    return project.get_from(project.fixtures.getfixturevalue("tls_server").address)


@seen_as("`through the proxy`")
def a_proxy_that_does_not_work(project: Project) -> str:
    with raw_server(b"HTTP/1.1 502\r\n\r\n") as proxy:
        project.fixtures.getfixturevalue("monkeypatch").setenv("https_proxy", f"http://{proxy}")
        return project.get_from("https://logto.invalid")


@seen_as("`drf_logto.W009`")
def a_cache_of_one_process(project: Project) -> str:
    project.configure(CACHE="default")
    return project.check()


# Access that is too wide


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


@seen_as("`drf_logto.E026`")
def a_session_cookie_that_stays_here(project: Project) -> str:
    return project.check_sign_in(SESSION_COOKIE_SAMESITE="Strict")


@seen_as("`drf_logto.E022`")
def sessions_in_cookies(project: Project) -> str:
    return project.check_sign_in(SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies")


@seen_as("`drf_logto.E024`, `SessionMiddleware`")
def no_session_middleware(project: Project) -> str:
    return project.check_sign_in(MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"])


@seen_as("`drf_logto.W022`")
def sessions_in_a_cache_of_one_process(project: Project) -> str:
    return project.check_sign_in(SESSION_ENGINE="django.contrib.sessions.backends.cache")


# Webhooks


@seen_as("401, `invalid_signature`; `no key of WEBHOOK_SIGNING_KEYS has signed`")
def a_signature_that_does_not_fit(project: Project) -> str:
    project.receive()
    assert project.deliver().startswith("204 ")
    assert project.deliver(rewritten=EVENT.replace(":", ": ")).startswith("401 ")
    return project.deliver(key="another")


@seen_as("401, `drf_logto.W034`")
def no_signing_key(project: Project) -> str:
    project.receive()
    known = project.settings.LOGTO
    project.settings.LOGTO = {one: known[one] for one in known if "KEYS" not in one}
    assert project.deliver().startswith("401 ")
    return project.check()


@seen_as("403, `CSRF verification failed`")
def a_view_around_the_webhook(project: Project) -> str:
    project.receive(path("webhook/", partial(webhook)))
    return project.deliver()


@seen_as("404, `Not Found`")
def a_webhook_at_another_address(project: Project) -> str:
    project.receive()
    return project.deliver(at="/webhook/")


@seen_as("405, `method_not_allowed`")
def a_url_without_its_slash(project: Project) -> str:
    project.receive()
    project.settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
    return project.deliver(at=WEBHOOK.rstrip("/"))


@seen_as("no response; `is disabled or lacks events`")
def a_webhook_without_the_events(project: Project) -> str:
    project.receive()
    recordings = project.fixtures.getfixturevalue("recordings")["management_api"]
    project.configure(**serve_management_api(project.server, recordings))
    project.server.answers["/api/hooks"] = document([{"id": "a", "enabled": True, "events": []}])
    with pytest.raises(CommandError) as refused:
        call_command("logto", "follow", "--once", "--hook", "a")
    return str(refused.value)


# The page


def test_every_mistake_of_the_page_is_made() -> None:
    assert rows(PAGES[0]) == list(MISTAKES)


def test_both_languages_name_the_same_words() -> None:
    english, korean = ([CODE.findall(row) for row in rows(page)] for page in PAGES)
    assert english == korean


@pytest.mark.parametrize("row", MISTAKES)
def test_what_the_page_names_is_seen(request: pytest.FixtureRequest, row: str) -> None:
    found = MISTAKES[row](Project(request))
    assert [word for word in CODE.findall(row) if word not in found] == []
