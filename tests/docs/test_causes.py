"""The causes in troubleshooting.md: each is made on purpose, and one command names it."""

import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import path
from rest_framework.authentication import SessionAuthentication
from rest_framework.viewsets import ViewSet

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.revocation import revoke
from drf_logto.revocation.views import webhook
from drf_logto.tenancy import OrganizationFilterBackend
from drf_logto.testing import Logto
from tests.support.checked import made
from tests.support.documents import text
from tests.support.loopback import document, http
from tests.support.machines import TokenEndpoint
from tests.support.mistaken import REGISTERED, RESOURCE, Project
from tests.support.webhooks import WEBHOOK

# As a mark; pytest-django prepares no database for a fixture that a test asks for while it runs.
pytestmark = pytest.mark.django_db
HERE = "http://127.0.0.1:8000"
PAGES = "docs/en/troubleshooting.md", "docs/ko/troubleshooting.md"
CODE = re.compile(r"`([^`]+)`")

Mistake = Callable[..., Any]
MISTAKES: dict[str, list[Callable[[Project], Any]]] = {}


@dataclass(frozen=True)
class Row:
    """A row of a table: the mistake, the command, and words of its output."""

    mistake: str
    command: str
    words: tuple[str, ...]


def rows(page: str) -> list[Row]:
    cells = re.findall(r"^\| (.+?) \| (`.+?) \| (`.+) \|$", text(page), re.MULTILINE)
    return [
        Row(one.partition(". ")[0].removesuffix("."), CODE.findall(two)[0], (*CODE.findall(three),))
        for one, two, three in cells
    ]


def named(title: str, *variants: str) -> Callable[[Mistake], Mistake]:
    """Register a mistake, or some variants of it, for the row whose first cell this is."""

    def register(mistake: Mistake) -> Mistake:
        MISTAKES[title] = [partial(mistake, variant=one) for one in variants] or [mistake]
        return mistake

    return register


# Settings


METADATA = "/.well-known/openid-configuration"


@named("`ENDPOINT` is the issuer, or the address of the metadata", "", METADATA)
def the_address_of_the_metadata(project: Project, variant: str) -> None:
    project.configure(ENDPOINT=f"{Logto().issuer}{variant}")


@named("`ENDPOINT` is the name of a container")
def the_name_of_a_container(project: Project) -> None:
    project.configure(ENDPOINT="http://logto:3001")


@named("`API_RESOURCE` is one string with several resource indicators", ",", " ")
def resources_in_one_string(project: Project, variant: str) -> None:
    project.configure(API_RESOURCE=f"https://api.example.test{variant}https://other.test")


@named("`API_RESOURCE` has no scheme")
def a_resource_without_a_scheme(project: Project) -> None:
    project.configure(API_RESOURCE="api.example.test")


@named("`CACHE` is a cache that processes do not share")
def a_cache_of_one_process(project: Project) -> None:
    project.configure(CACHE="default")


# The way to Logto


@named("`ENDPOINT` is another name of the machine than Logto's own")
def another_name_of_the_machine(project: Project) -> None:
    project.server.serve_logto(Logto(project.server.address))
    project.configure(ENDPOINT=project.server.address.replace("127.0.0.1", "localhost"))


@named("`ENDPOINT` has `https`, and the port speaks `http`")
def https_to_a_port_for_http(project: Project) -> None:
    project.configure(ENDPOINT=project.server.address.replace("http", "https"))


@named("`ENDPOINT` has `http`, and the port speaks `https`")
def http_to_a_port_for_https(project: Project) -> None:
    tls_server = project.fixtures.getfixturevalue("tls_server")
    project.configure(ENDPOINT=tls_server.address.replace("https", "http"))


@named("The certificate of Logto is self-signed, or of a private authority")
def a_self_signed_certificate(project: Project) -> None:
    project.configure(ENDPOINT=project.fixtures.getfixturevalue("tls_server").address)


@named("The host in `ENDPOINT` does not exist")
def a_wrong_host(project: Project) -> None:
    project.configure(ENDPOINT="https://logto.invalid")


@named("Nothing listens on the port in `ENDPOINT`")
def a_closed_port(project: Project) -> None:
    project.configure(ENDPOINT="http://127.0.0.1:9")


@named("A firewall drops the packets, or Logto is slow")
def a_firewall_in_between(project: Project) -> None:
    project.server.others = project.server.hang
    project.configure(ENDPOINT=project.server.address, HTTP_TIMEOUT=0.2)


@named("Another server than Logto answers")
def another_server(project: Project) -> None:
    project.configure(ENDPOINT=project.server.address)


@named("A page of the network answers instead of Logto")
def a_page_of_the_network(project: Project) -> None:
    project.server.others = http("<html>", Content_Type="text/html")
    project.configure(ENDPOINT=project.server.address)


@named("The cache that `CACHE` names does not answer")
def a_cache_without_its_table(project: Project) -> None:
    project.have_no_cache_table()


@named("A proxy is in the way")
def a_proxy_in_the_way(project: Project) -> None:
    environment = project.fixtures.getfixturevalue("monkeypatch")
    environment.setenv("https_proxy", "http://127.0.0.1:9")
    project.configure(ENDPOINT="https://logto.invalid")


@named("The clock of the machine is not that of Logto", "-300", "300")
def a_wrong_clock(project: Project, variant: str) -> None:
    logto = Logto(project.server.address)
    project.server.serve_logto(logto)
    date = formatdate(time.time() + int(variant), usegmt=True)
    project.server.answers[f"/oidc{METADATA}"] = http(json.dumps(logto.metadata), Date=date)
    project.configure(ENDPOINT=project.server.address)


@named("`ALGORITHMS` lacks the algorithm of the tenant's key")
def too_few_algorithms(project: Project) -> None:
    project.server.serve_logto(Logto(project.server.address))
    project.configure(ENDPOINT=project.server.address, ALGORITHMS=["RS256"])


# Views


@named("`LogtoJWTAuthentication` is missing")
def no_authentication_class(project: Project) -> None:
    project.put(HasScopes("a"), authentication_classes=[SessionAuthentication])


@named("`LogtoJWTAuthentication` comes after `SessionAuthentication`")
def another_authentication_class_first(project: Project) -> None:
    both = [SessionAuthentication, LogtoJWTAuthentication]
    project.put(HasScopes("a"), authentication_classes=both)


@named('A keyword of a permission matches no action: `HasScopes(lst="a")`', "lst", "List")
def a_keyword_that_matches_no_action(project: Project, variant: str) -> None:
    view = made(ViewSet, HasScopes(**{variant: "a"}), list=None).as_view({"get": "list"})
    project.fixtures.getfixturevalue("route")(path("products/", view))


@named("`required_scope` instead of `required_scopes`")
def an_attribute_with_a_wrong_name(project: Project) -> None:
    project.put(HasScopes, required_scope="a")


@named("The organization in the URL is called `pk`, `slug` or `team`", "pk", "slug", "team")
def an_organization_that_is_not_compared(project: Project, variant: str) -> None:
    project.put(InOrganization, at=f"organizations/<{variant}>/")


@named("The same scope protects a global view and a view of organizations")
def one_scope_for_two_models(project: Project) -> None:
    project.put(HasScopes("a") | OrgResourceScopes("a"))


@named("A permission with `~` is alone")
def a_negation_alone(project: Project) -> None:
    project.put(~HasScopes("a"))


@named("Nothing filters the rows of a view for organizations")
def rows_that_nothing_filters(project: Project) -> None:
    project.put_rows()


@named("The view filters by organization, and names no field")
def a_filter_without_a_field(project: Project) -> None:
    project.put_rows(filter_backends=[OrganizationFilterBackend])


# Sign-in and webhooks


@named("Sessions are stored in cookies")
def sessions_in_cookies(project: Project) -> None:
    project.include_sign_in(SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies")


@named('`SESSION_COOKIE_SAMESITE` is `"Strict"`')
def a_session_cookie_that_stays_here(project: Project) -> None:
    project.include_sign_in(SESSION_COOKIE_SAMESITE="Strict")


@named("Sessions are in a cache that processes do not share")
def sessions_in_a_cache_of_one_process(project: Project) -> None:
    project.include_sign_in(SESSION_ENGINE="django.contrib.sessions.backends.cache")


@named("`SessionMiddleware` is missing")
def no_session_middleware(project: Project) -> None:
    project.include_sign_in(MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"])


@named("Revocations are in a cache that processes do not share")
def revocations_in_a_cache_of_one_process(project: Project) -> None:
    project.receive()


@named("`WEBHOOK_SIGNING_KEYS` is missing")
def no_signing_key(project: Project) -> None:
    project.receive()
    known = project.settings.LOGTO
    project.settings.LOGTO = {one: known[one] for one in known if "KEYS" not in one}


@named("The extra `openapi` is not installed")
def an_extra_that_is_not_installed(project: Project) -> None:
    environment = project.fixtures.getfixturevalue("monkeypatch")
    environment.setitem(sys.modules, "drf_spectacular", None)
    project.configure(ENDPOINT="http://127.0.0.1:9")


@named("The extra `browsable` is not installed")
def a_sign_in_that_is_not_installed(project: Project) -> None:
    environment = project.fixtures.getfixturevalue("monkeypatch")
    environment.setitem(sys.modules, "authlib", None)
    environment.delitem(sys.modules, "drf_logto.browsable")


# The tenant


@named("The API resource of the sign-in does not exist in the tenant", "-of-others")
@named("The tenant lacks the API resource, or has it with or without a slash", "/", "-of-others")
def a_resource_that_the_tenant_lacks(project: Project, variant: str) -> None:
    assert project.tenant
    project.configure(API_RESOURCE=f"{RESOURCE}{variant}")


@named("The API resource lacks a scope that a view requires")
def a_scope_that_the_tenant_lacks(project: Project) -> None:
    assert project.tenant
    project.put(HasScopes("b"))


@named("No role has the scope")
def a_scope_without_a_role(project: Project) -> None:
    project.tenant.tenant.assigned.clear()


@named("`APP_SECRET` is wrong, missing or was deleted in Logto", "wrong", "")
def a_wrong_secret(project: Project, variant: str) -> None:
    project.have_application()
    project.configure(APP_SECRET=variant or None)
    refused = http('{"error": "invalid_client"}', "401 Unauthorized")
    project.server.answers["/oidc/token"] = refused


@named("The application of the sign-in is a single-page application")
def an_application_of_another_type(project: Project) -> None:
    project.have_application(type="SPA")


@named("The application is a third-party application without consent scopes")
def a_third_party_application(project: Project) -> None:
    project.have_application(isThirdParty=True)


@named("The redirect URI or the post sign-out redirect URI is not registered in Logto")
def addresses_that_are_not_registered(project: Project) -> None:
    project.have_application(oidcClientMetadata={"redirectUris": [], "postLogoutRedirectUris": []})


@named("The webhook has another signing key")
def a_webhook_with_another_key(project: Project) -> None:
    project.have_webhook()
    project.configure(WEBHOOK_SIGNING_KEYS="another")


@named("The webhook lacks events")
def a_webhook_without_the_events(project: Project) -> None:
    project.have_webhook(events=["User.Deleted"])


@named("Logto cannot reach the URL of the webhook")
def a_webhook_that_does_not_arrive(project: Project) -> None:
    hook = project.have_webhook()
    payload = {"result": "Error", "error": "fetch failed"}
    log = [{"id": "1", "createdAt": 0, "payload": payload}]
    project.server.answers[f"/api/hooks/{hook}/recent-logs"] = document(log)


@named("The custom claims script sets `organization_id`")
def a_script_that_sets_the_organization(project: Project) -> None:
    assert project.tenant
    script = {"script": "return { organization_id: 'team' };"}
    row = {"key": "jwt.accessToken", "value": script}
    project.server.answers["/api/configs/jwt-customizer"] = document([row])


@named("The Management API has another resource indicator than `ENDPOINT` suggests")
def another_management_api(project: Project) -> None:
    project.have_cloud()


@named("`MANAGEMENT_APP_ID` or `MANAGEMENT_APP_SECRET` is wrong")
def a_wrong_secret_of_the_management_api(project: Project) -> None:
    assert project.tenant
    project.configure(MANAGEMENT_APP_SECRET="wrong")


@named("Logto sends no logout tokens to private addresses")
def a_private_address(project: Project) -> tuple[str, str]:
    project.receive()
    logout = {"backchannelLogoutUri": f"{HERE}/logto/backchannel-logout/"}
    whole = {"name": "Web", "type": "Traditional", "oidcClientMetadata": {**REGISTERED, **logout}}
    found = project.tenant.create("/applications", **whole)
    project.configure(BACKCHANNEL_LOGOUT_CLIENT_IDS=[found["id"]])
    return "--base-url", HERE


# The running API


@named("Apache without `WSGIPassAuthorization`, or a proxy, removes the header `Authorization`")
def a_header_that_is_removed(project: Project) -> tuple[str, str]:
    project.server.answers["/x/"] = http('{"code": "not_authenticated"}', "401 Unauthorized")
    return "--base-url", project.server.address


@named("A proxy terminates TLS, and Django does not know it")
def a_proxy_that_terminates_tls(project: Project) -> tuple[str, str]:
    proxy, certificate = map(project.fixtures.getfixturevalue, ("tls_server", "certificate"))
    project.fixtures.getfixturevalue("monkeypatch").setenv("SSL_CERT_FILE", str(certificate))
    project.include_sign_in()
    callback = f"{proxy.address.replace('https', 'http')}/auth/callback/"
    to_logto = http("", "302 Found", Location=f"https://logto.test/auth?redirect_uri={callback}")
    proxy.answers["/auth/login/"] = to_logto
    return "--base-url", proxy.address


# Tokens


@named("The token was requested without `resource`")
def a_token_without_resource(project: Project) -> str:
    return project.logto.opaque_token()


@named("The client sends `Bearer undefined` or `Bearer null`", "undefined", "null")
def a_token_that_is_not_there_yet(_project: Project, variant: str) -> str:
    return f"Bearer {variant}"


@named("The token is in quotation marks")
def a_token_in_quotation_marks(project: Project) -> str:
    return f'"{project.logto.global_token()}"'


@named("The header has `Bearer` twice")
def bearer_twice(project: Project) -> str:
    return f"Authorization: Bearer Bearer {project.logto.global_token()}"


@named("There is nothing after `Bearer`")
def no_token(project: Project) -> str:
    return " "


@named("The client sends the ID token")
def an_id_token(project: Project) -> str:
    return project.logto.id_token()


@named("The token is for Logto's Management API")
def a_token_for_the_management_api(project: Project) -> str:
    return project.logto.global_token(claims={"aud": "https://default.logto.app/api"})


@named("The token is from another tenant")
def a_token_of_another_tenant(_project: Project) -> str:
    return Logto("https://other.logto.app").global_token()


@named(
    "`ENDPOINT` names the same Logto with another host, port or scheme",
    *("http://127.0.0.1:3001", "http://localhost:3002", "https://localhost:3001"),
)
def another_address_of_logto(project: Project, variant: str) -> str:
    project.configure(ENDPOINT=variant)
    return Logto("http://localhost:3001").global_token()


OTHERS = f"{RESOURCE}/", "https://API.example.test", "http://api.example.test"


@named("`API_RESOURCE` differs from Logto by a slash, the case or the scheme", *OTHERS)
def another_resource(project: Project, variant: str) -> str:
    project.configure(API_RESOURCE=variant)
    return project.logto.global_token(claims={"aud": RESOURCE})


@named("The custom claims script sets `nbf`, and the clock of the machine is behind", "nbf")
@named("The token is old, or the clock of the machine is ahead", "exp")
def a_token_of_another_time(project: Project, variant: str) -> str:
    seconds = {"exp": -60, "nbf": 60}[variant]
    return project.logto.global_token(claims={variant: project.logto.now() + seconds})


@named("The custom claims script makes the token too long")
def a_script_with_a_long_claim(project: Project) -> str:
    return project.logto.global_token(claims={"groups": ["group"] * 5000})


@named("The tenant does not publish the key of the token")
def a_key_that_is_not_published(project: Project) -> str:
    assert project.logto
    return Logto().global_token()


@named("What the token stands for was taken away after it was issued")
def access_that_was_taken_away(project: Project) -> str:
    project.fixtures.getfixturevalue("revocation")
    token = project.logto.global_token(user="ada")
    revoke(user="ada")
    return token


@named("The application of the token is not in `CLIENT_IDS`")
def an_application_that_is_not_permitted(project: Project) -> str:
    project.configure(CLIENT_IDS=["app-1"])
    return project.logto.global_token(["a"], claims={"client_id": "another"})


Explained = tuple[str, str, str]


@named("Your `get_user` does not find the user of the token")
def a_user_that_nobody_knows(project: Project) -> Explained:
    return project.token_of(None), "--path", "/x/"


@named("The user in your database is not active")
def a_user_that_is_not_active(project: Project) -> Explained:
    return project.token_of(User(is_active=False)), "--path", "/x/"


@named("The view declares nothing, or nothing for this action")
def a_view_that_declares_nothing(project: Project) -> Explained:
    project.put(HasScopes)
    return project.logto.global_token(["a"]), "--path", "/x/"


@named("The token lacks a scope")
def a_scope_that_nobody_granted(project: Project) -> Explained:
    return project.logto.global_token(), "--path", "/x/"


@named("The token was requested without `organization_id`")
def a_token_without_organization(project: Project) -> Explained:
    project.put(OrgResourceScopes("a"))
    return project.logto.global_token(["a"]), "--path", "/x/"


@named("The token is for another organization than the URL")
def a_token_for_another_organization(project: Project) -> Explained:
    project.put(InOrganization, at="organizations/<organization_id>/")
    return project.logto.organization_token("org-1"), "--path", "/organizations/org-2/"


@named("The token was requested for no organization, and the script sets `organization_id`")
def a_token_with_an_organization_of_the_script(project: Project) -> Explained:
    token = project.logto.global_token(["a"], claims={"organization_id": "team"})
    return token, "--path", "/x/"


# Machines


@named("The machine has no role with the scope")
def a_machine_without_a_role(project: Project) -> tuple[str, str]:
    endpoint = TokenEndpoint(project.server)
    endpoint.denied = {"a"}
    project.settings.LOGTO = endpoint.logto
    return "--scope", "a"


@named("The machine is not in the organization")
def a_machine_without_the_organization(project: Project) -> tuple[str, str]:
    project.settings.LOGTO = TokenEndpoint(project.server).logto
    project.server.answers["/oidc/token"] = http('{"error": "access_denied"}', "403 Forbidden")
    return "--organization", "org-1"


# The address of the webhook


@named("A view or decorator of your own wraps the view of the webhook")
def a_view_around_the_webhook(project: Project) -> str:
    project.receive(path("webhook/", partial(webhook)))
    return WEBHOOK


@named("`drf_logto.revocation.urls` is not included, or has another prefix")
def a_webhook_at_another_address(project: Project) -> str:
    project.receive()
    return "/webhook/"


@named("The URL lacks the slash at its end, or has `http` where Django redirects to `https`")
def a_url_without_its_slash(project: Project) -> str:
    project.receive()
    project.settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
    return WEBHOOK.rstrip("/")


# The page

ROWS = rows(PAGES[0])

COMMANDS: dict[str, Callable[..., str]] = {
    "manage.py": Project.start,
    "check": Project.check,
    "logto doctor": Project.doctor,
    "logto explain": Project.explain,
    "logto token": Project.issue,
    "curl -i -X POST": Project.post,
}


def test_every_mistake_of_the_page_is_made() -> None:
    assert sorted(one.mistake for one in ROWS) == sorted(MISTAKES)


def test_both_languages_have_the_same_rows() -> None:
    assert [(one.command, one.words) for one in ROWS] == [
        (one.command, one.words) for one in rows(PAGES[1])
    ]


@pytest.mark.parametrize(
    ("row", "mistake"),
    [(row, mistake) for row in ROWS for mistake in MISTAKES[row.mistake]],
    ids=lambda one: getattr(one, "mistake", None),
)
def test_one_command_names_the_mistake_and_the_remedy(
    request: pytest.FixtureRequest, row: Row, mistake: Mistake
) -> None:
    project = Project(request)
    given = mistake(project) or ()
    run = COMMANDS[row.command.partition(" --")[0]]
    found = run(project, *([given] if isinstance(given, str) else given))
    assert [word for word in row.words if word not in found] == []


@pytest.mark.parametrize(
    ("row", "mistake"),
    [(row, MISTAKES[row.mistake][0]) for row in ROWS if row.command == "check"],
    ids=lambda one: getattr(one, "mistake", None),
)
def test_doctor_says_what_check_says(
    request: pytest.FixtureRequest, row: Row, mistake: Mistake
) -> None:
    project = Project(request)
    mistake(project)
    sentences = [word for word in row.words if not word.startswith("drf_logto.")]
    found = project.doctor()
    assert [word for word in sentences if word not in found] == []


@pytest.mark.parametrize(
    ("row", "mistake"),
    [(row, MISTAKES[row.mistake][0]) for row in ROWS if row.command == "logto explain"],
    ids=lambda one: getattr(one, "mistake", None),
)
def test_doctor_says_what_explain_says(
    request: pytest.FixtureRequest, row: Row, mistake: Mistake
) -> None:
    project = Project(request)
    given = mistake(project)
    found = project.doctor_of(*([given] if isinstance(given, str) else given))
    assert [word for word in row.words if word not in found] == []


UNREACHABLE = text(PAGES[0]).partition("\n## 503\n")[2].partition("\n### `drf_logto.W009`")[0]


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.command == "logto doctor" and row.mistake in UNREACHABLE],
    ids=lambda row: row.mistake,
)
def test_the_log_of_a_503_says_the_cause_in_the_same_words(
    request: pytest.FixtureRequest, row: Row
) -> None:
    project = Project(request)
    MISTAKES[row.mistake][0](project)
    refused = project.get(Logto().global_token(["a"]))
    assert refused.startswith("503 ")
    assert row.words[0].rstrip(".").lower() in refused.lower()


def test_a_project_without_a_mistake_is_told_nothing_of_them(
    request: pytest.FixtureRequest,
) -> None:
    project = Project(request)
    assert project.tenant
    said = {"check": project.check(), "logto doctor": project.doctor()}
    said["logto explain"] = project.explain(project.logto.global_token(["a"]), "--path", "/x/")
    told = [row for row in ROWS if all(one in said.get(row.command, "") for one in row.words)]
    assert [row.mistake for row in told] == []
    assert "0 error" in said["logto doctor"]
    assert said["logto explain"].endswith("ok GET /x/")
