"""The metadata of protected resources: where they are, what they say, and to whom."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path, re_path

from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.testing import Logto
from tests.support.checked import made
from tests.support.views import Route, Seen

URLS = path("", include("drf_logto.discovery.urls"))
WELL_KNOWN = "/.well-known/oauth-protected-resource"
API = "https://api.example.test"


def get(address: str, **options: Any) -> Any:
    return Client(**options).get(address)


def test_the_document_has_the_members_of_the_rfc(route: Route, logto_options: Any) -> None:
    route(URLS, path("a", made(Seen, HasScopes("write:a", "read:a")).as_view()))
    logto_options(ENDPOINT=["https://tenant.logto.test", "https://auth.example.test"])
    response = get(WELL_KNOWN)
    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == {
        "resource": API,
        "authorization_servers": [
            "https://tenant.logto.test/oidc",
            "https://auth.example.test/oidc",
        ],
        "scopes_supported": ["read:a", "write:a"],
        "bearer_methods_supported": ["header"],
    }


@pytest.mark.parametrize(
    ("resources", "found"),
    [
        ([API], {"": API}),
        ([f"{API}/"], {"": f"{API}/"}),
        ([f"{API}/v1"], {"/v1": f"{API}/v1"}),
        ([f"{API}/v1/"], {"/v1/": f"{API}/v1/"}),
        ([f"{API}/v1", f"{API}/v1/", API], {"/v1": f"{API}/v1", "/v1/": f"{API}/v1/", "": API}),
        ([f"{API}/a%20b/%C3%BC"], {"/a%20b/%C3%BC": f"{API}/a%20b/%C3%BC"}),
        ([f"{API}?tenant=a"], {"?tenant=a": f"{API}?tenant=a"}),
        ([f"{API}?tenant=%C3%BC%20"], {"?tenant=%C3%BC%20": f"{API}?tenant=%C3%BC%20"}),
        ([f"{API}/v1", "https://api.example.org/v1"], {"/v1": f"{API}/v1"}),
        (["http://127.0.0.1:8000/api"], {"/api": "http://127.0.0.1:8000/api"}),
        (["urn:api", "http://api.example.test", "https://[", "https:///a", "ftp://localhost"], {}),
    ],
    ids=str,
)
def test_each_resource_has_its_document_where_its_path_says(
    route: Route, logto_options: Any, resources: list[str], found: dict[str, str]
) -> None:
    route(URLS)
    logto_options(API_RESOURCE=resources)
    tried = {
        "",
        "/",
        "/v1",
        "/v1/",
        "/a",
        "/api",
        "/a%20b/%C3%BC",
        "?tenant=a",
        "?tenant=%C3%BC%20",
    }
    answers = {one: get(WELL_KNOWN + one) for one in tried}
    assert {
        one: answer.json()["resource"]
        for one, answer in answers.items()
        if answer.status_code == 200
    } == found


def test_identifiers_are_compared_without_unicode_normalization(
    route: Route, logto_options: Any
) -> None:
    route(URLS)
    resources = [f"{API}/%C3%BC", f"{API}/u%CC%88"]  # one letter, in two forms of Unicode
    logto_options(API_RESOURCE=resources)
    answers = [get(WELL_KNOWN + one.removeprefix(API)) for one in resources]
    assert [one.json()["resource"] for one in answers] == resources


def test_another_path_is_answered_briefly(route: Route, settings: Any) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.common.CommonMiddleware"]
    route(URLS)
    for rest in ("/other", f"/{'x' * 5000}", "/", "?a=b"):
        response = get(WELL_KNOWN + rest)
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
        assert len(response.content) < 100
        assert "Cache-Control" not in response.headers


def test_only_scopes_of_tokens_for_the_resource_are_listed(
    route: Route, logto_options: Any
) -> None:
    logto_options(API_RESOURCE=[f"{API}/a", f"{API}/b"])
    route(
        URLS,
        path("1", made(Seen, HasScopes("use:both")).as_view()),
        path("2", made(Seen, OrgResourceScopes("use:a"), api_resource=f"{API}/a").as_view()),
        path("3", made(Seen, InOrganization("invite:member")).as_view()),
    )
    assert get(f"{WELL_KNOWN}/a").json()["scopes_supported"] == ["use:a", "use:both"]
    assert get(f"{WELL_KNOWN}/b").json()["scopes_supported"] == ["use:both"]


def test_scopes_that_a_view_computes_are_listed_and_those_of_staff_are_not(
    route: Route, logto_options: Any
) -> None:
    class Computing(Seen):
        def get_permissions(self) -> Any:
            return [HasScopes("write:a" if self.request.method == "POST" else "read:a")]

        post = Seen.get

    logto_options(STAFF_SCOPE="admin:site")
    route(URLS, path("a", Computing.as_view()))
    assert get(WELL_KNOWN).json()["scopes_supported"] == ["read:a", "write:a"]


def test_members_without_a_value_are_left_out(route: Route) -> None:
    route(URLS)
    assert sorted(get(WELL_KNOWN).json()) == [
        "authorization_servers",
        "bearer_methods_supported",
        "resource",
    ]


def test_what_people_read_comes_from_the_settings(route: Route, logto_options: Any) -> None:
    route(URLS)
    logto_options(
        API_RESOURCE=[f"{API}/a", f"{API}/b"],
        RESOURCE_METADATA={
            f"{API}/b": {"resource_name": "Orders"},
            "resource_name": "Shop",
            "resource_name#ko": "상점",
            "resource_documentation": "https://example.test/docs",
            "resource_policy_uri": "https://example.test/policy",
            "resource_tos_uri": "https://example.test/terms",
        },
    )
    of_a, of_b = get(f"{WELL_KNOWN}/a").json(), get(f"{WELL_KNOWN}/b").json()
    assert (of_a["resource_name"], of_b["resource_name"]) == ("Shop", "Orders")
    assert (of_b["resource_name#ko"], of_b["resource_tos_uri"]) == (
        "상점",
        "https://example.test/terms",
    )
    assert (of_a["resource_documentation"], of_a["resource_policy_uri"]) == (
        "https://example.test/docs",
        "https://example.test/policy",
    )


def test_every_script_may_read_it(route: Route) -> None:
    route(URLS)
    for address in (WELL_KNOWN, f"{WELL_KNOWN}/other"):
        assert get(address).headers["Access-Control-Allow-Origin"] == "*"
    asked = {
        "Origin": "https://app.example.test",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "mcp-protocol-version",
    }
    preflight: Any = Client().options(WELL_KNOWN, headers=asked)
    assert (preflight.status_code, preflight.content) == (204, b"")
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]
    assert "MCP-Protocol-Version" in preflight.headers["Access-Control-Allow-Headers"]


def test_it_is_only_read(route: Route) -> None:
    route(URLS)
    response: Any = Client(enforce_csrf_checks=True).post(WELL_KNOWN)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    head: Any = Client().head(WELL_KNOWN)
    assert (head.status_code, head.content) == (200, b"")


def test_it_may_be_cached_by_all(route: Route) -> None:
    route(URLS)
    response = get(WELL_KNOWN)
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    assert "Cookie" not in response.headers.get("Vary", "")
    again = get(WELL_KNOWN, headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Access-Control-Allow-Origin"] == "*"


def test_no_header_of_a_request_changes_it(route: Route, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.USE_X_FORWARDED_HOST = True
    route(URLS)
    named = {"Host": "evil.test", "X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "http"}
    plain, tried = get(WELL_KNOWN), get(WELL_KNOWN, headers={**named, "Accept-Language": "ko"})
    assert (tried.status_code, tried.content) == (200, plain.content)


def test_it_asks_neither_logto_nor_the_session(route: Route, logto: Logto) -> None:
    route(URLS)  # and no database: pytest-django would refuse it
    with logto.outage():
        response = get(WELL_KNOWN, headers={"Authorization": f"Bearer {logto.opaque_token()}"})
    assert (response.status_code, logto.fetched, response.cookies) == (200, [], {})


def test_middleware_that_asks_for_a_login_lets_it_pass(route: Route, settings: Any) -> None:
    of_django = "django.contrib.auth.middleware"
    names = ("AuthenticationMiddleware", "LoginRequiredMiddleware")
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, *(f"{of_django}.{name}" for name in names)]
    route(URLS)
    assert get(WELL_KNOWN).status_code == 200


def test_it_is_served_below_a_mount_point(route: Route, logto_options: Any) -> None:
    logto_options(API_RESOURCE=f"{API}/mounted/v1")
    route(URLS, re_path(".*", lambda _request: HttpResponse("a page for every path")))
    response: Any = Client().get(f"{WELL_KNOWN}/mounted/v1", SCRIPT_NAME="/mounted")
    assert json.loads(response.content)["resource"] == f"{API}/mounted/v1"
