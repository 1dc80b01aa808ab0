"""System checks of the routes: whether the organization that a route names is compared."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpResponse
from django.urls import include, path, re_path
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter, SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_logto.decorators import require_access_token
from drf_logto.organization_sources.named import Header, Host, UrlKeyword
from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.testing import Logto

Check = Callable[..., list[tuple[str, str]]]
Route = Callable[..., None]


class View(APIView):
    permission_classes = [OrgResourceScopes("a")]

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response("got")


class Things(ViewSet):
    permission_classes = [OrgResourceScopes("a")]

    def list(self, request: Any, **kwargs: Any) -> Response:
        return Response("listed")

    def retrieve(self, request: Any, **kwargs: Any) -> Response:
        return Response("retrieved")

    @action(detail=True)
    def approve(self, request: Any, **kwargs: Any) -> Response:
        return Response("approved")


class BySlug(Things):
    lookup_field = "slug"


class ByUrlKeyword(Things):
    lookup_field = "slug"
    lookup_url_kwarg = "thing"


VIEW = View.as_view()
COMPOSED = IsAuthenticated & (InOrganization | OrgResourceScopes("a"))


def view(*permissions: Any, **attributes: Any) -> Any:
    attributes["permission_classes"] = permissions or View.permission_classes
    return type("Made", (View,), attributes).as_view()  # type: ignore[attr-defined]


def routed(prefix: str, viewset: Any = Things, router: Any = SimpleRouter, **options: Any) -> Any:
    made = router(**options)
    made.register(prefix, viewset, basename="thing")
    return path("", include(made.urls))


def ids(messages: list[tuple[str, str]]) -> set[str]:
    return {id for id, _ in messages}


# Of each shape: the keyword that is reported, the route, and an address of Acme's.
NAMES_AN_ORGANIZATION = [
    ("pk", routed("organizations"), "organizations/acme/"),
    ("pk", routed("organizations", use_regex_path=False), "organizations/acme/"),
    ("pk", routed("my-teams", router=DefaultRouter), "my-teams/acme/"),
    ("slug", routed("tenants", BySlug), "tenants/acme/"),
    ("thing", routed("firms", ByUrlKeyword), "firms/acme/approve/"),
    ("pk", path("organizations/<pk>/documents/", VIEW), "organizations/acme/documents/"),
    ("slug", path("tenants/<slug:slug>/", VIEW), "tenants/acme/"),
    ("company_id", path("companies/<company_id>/", VIEW), "companies/acme/"),
    ("workspace_id", path("workspaces/<workspace_id>/x/", VIEW), "workspaces/acme/x/"),
    ("team", path("teams/<team>/members/", VIEW), "teams/acme/members/"),
    ("pk", path("orgs/<pk>/", VIEW), "orgs/acme/"),
    ("pk", path("organisations/<pk>/", VIEW), "organisations/acme/"),
    ("pk", path("customers/<pk>/", VIEW), "customers/acme/"),
    ("pk", path("spaces/<pk>/", VIEW), "spaces/acme/"),
    ("pk", path("our_accounts/<pk>/", VIEW), "our_accounts/acme/"),
    ("pk", path("agency/<pk>/", VIEW), "agency/acme/"),
    ("pk", path("businesses/<pk>/", VIEW), "businesses/acme/"),
    ("pk", path("org-<pk>/documents/", VIEW), "org-acme/documents/"),
    ("a", path("x/Organizations/<a>/<b>/", VIEW), "x/Organizations/acme/1/"),
    ("org", path("<org>/documents/", VIEW), "acme/documents/"),
    ("org_id", path("<org_id>/", VIEW), "acme/"),
    ("orgpk", path("<orgpk>/", VIEW), "acme/"),
    ("orguuid", path("<orguuid>/", VIEW), "acme/"),
    ("orgs_pk", path("<orgs_pk>/", VIEW), "acme/"),
    ("organisation_pk", path("<organisation_pk>/", VIEW), "acme/"),
    ("tenantId", path("<tenantId>/", VIEW), "acme/"),
    ("tenant_slug", path("<tenant_slug>/", VIEW), "acme/"),
    ("target_organization_id", path("x/<target_organization_id>/", VIEW), "x/acme/"),
    (
        "target_organization_id",
        path("<organization_id>/to/<target_organization_id>/", VIEW),
        "globex/to/acme/",
    ),
    ("pk", path("<organization_id>/tenants/<pk>/", VIEW), "globex/tenants/acme/"),
    ("pk", re_path(r"^organizations/(?P<pk>[^/.]+)/$", VIEW), "organizations/acme/"),
    ("pk", re_path(r"^(?:orgs|teams)/(?P<pk>\w+)/", VIEW), "teams/acme/"),
    ("a group without a name", re_path(r"^orgs/([^/]+)/$", VIEW), "orgs/acme/"),
    ("pk", path("tenants/", include([path("<pk>/", VIEW)])), "tenants/acme/"),
    ("tenant_id", path("<tenant_id>/", include([path("documents/", VIEW)])), "acme/documents/"),
    (
        "pk",
        re_path(r"^tenants/", include([re_path(r"^(?P<pk>\w+)/", include([path("x/", VIEW)]))])),
        "tenants/acme/x/",
    ),
    ("team", path("teams/<team>/", view(organization_url_kwarg="other")), "teams/acme/"),
    ("a", path("x/<a>/invoices/", view(organization_url_kwarg="b")), "x/acme/invoices/"),
    ("slug", path("b/<slug>/", view(organization_url_kwarg="slgu")), "b/acme/"),
    ("slug", path("organizations/@<slug>/", VIEW), "organizations/@acme/"),
    ("slug", path("organizations/by-slug/<slug>/", VIEW), "organizations/by-slug/acme/"),
    ("pk", path("organizations/id/<pk>/", VIEW), "organizations/id/acme/"),
    ("org_uid", path("r/<org_uid>/", VIEW), "r/acme/"),
    ("organization_public_id", path("<organization_public_id>/", VIEW), "acme/"),
    ("organization_logto_id", path("x/<organization_logto_id>/", VIEW), "x/acme/"),
    ("organization_id_or_slug", path("<organization_id_or_slug>/", VIEW), "acme/"),
    ("organization_hash", path("x/<organization_hash>/", VIEW), "x/acme/"),
    ("organization_id2", path("x/<organization_id2>/", VIEW), "x/acme/"),
    ("pk", path("organizations/detail/<pk>/", VIEW), "organizations/detail/acme/"),
    ("pk", path("teams/edit/<pk>/", VIEW), "teams/edit/acme/"),
    ("x", path("organization/by/<x>/", VIEW), "organization/by/acme/"),
    ("pk", path("organization-details/<pk>/", VIEW), "organization-details/acme/"),
    ("pk", path("organizations-list/<pk>/", VIEW), "organizations-list/acme/"),
    ("version", path("organizations/<version>/", VIEW), "organizations/acme/"),
    ("year", path("organizations/<int:year>/", VIEW), "organizations/2020/"),
    ("tenant_domain", path("r/<tenant_domain>/", VIEW), "r/acme/"),
    ("pk", path("schools/<pk>/", VIEW), "schools/acme/"),
    (
        "pk",
        path("teams/<pk>/", view(COMPOSED)),
        "teams/acme/",
    ),
]
MAY_NAME_AN_ORGANIZATION = [
    ("a", path("x/<a>/invoices/", VIEW), "x/acme/invoices/"),
    ("a", path("<a>/<b>/invoices/", VIEW), "acme/1/invoices/"),
    ("pk", path("documents/<pk>/approve/", VIEW), "documents/acme/approve/"),
    ("document_pk", routed("documents/(?P<document_pk>[^/.]+)/pages"), "documents/acme/pages/1/"),
    ("pk", path("x/<pk>/", include([routed("pages")])), "x/acme/pages/"),
    ("a group without a name", re_path(r"^b/([^/]+)/c/$", VIEW), "b/acme/c/"),
    ("pk", path("clients/<pk>/", VIEW), "clients/acme/"),
    ("pk", routed("groups"), "groups/acme/"),
    ("a group without a name", re_path(r"^b/([^/]+)/$", VIEW), "b/acme/"),
    ("owner", path("<owner>/<repository>/", VIEW), "acme/1/"),
    ("slug", path("b/<slug>/<int:pk>/", VIEW), "b/acme/1/"),
    ("organization_short", path("x/<organization_short>/", VIEW), "x/acme/"),
    ("tenantAcronym", path("x/<tenantAcronym>/", VIEW), "x/acme/"),
]
NAMES_NONE = [
    path("documents/", VIEW),
    path("documents/<pk>/", VIEW),
    path("organizations/", VIEW),
    path("reports/<int:year>/", VIEW),
    path("reports/<int:year>/<int:month>/summary/", VIEW),
    path("archives/<slug>/<int:year>/", VIEW),
    path("accounts/<int:year>/", VIEW),
    path("<version>/documents/", VIEW),
    path("team-members/<pk>/", VIEW),
    path("namespaces/<pk>/", VIEW),
    path("organization-documents/<pk>/", VIEW),
    path("x/<organism>/", VIEW),
    path("x/<origin>/", VIEW),
    path("x/<member_id>/", VIEW),
    path("x/<organization_member_id>/", VIEW),
    path("units/<organizationUnit>/", VIEW),
    path("x/<organization_role>/", VIEW),
    path("x/<team_member_id>/", VIEW),
    path("x/<account_plan>/", VIEW),
    path("x/<account_token>/", VIEW),
    path("accounts/profile/<pk>/", VIEW),
    path("<organization_id>/x/<organization_short>/", VIEW),
    path("organizations/<organization_id>/<version>/<int:year>/", VIEW),
    path("<version>/organizations/", VIEW),
    re_path(r"^organizations\.(?P<format>[a-z0-9]+)/?$", VIEW),
    re_path(r"^documents/(?P<pk>[^/.]+)/$", VIEW),
    re_path(r"^documents/(?P<pk>\d+)\.(?P<format>json)$", VIEW),
    routed("documents"),
    routed("documents", BySlug, use_regex_path=False),
    routed("documents", ByUrlKeyword, router=DefaultRouter),
    path("organizations/<organization_id>/", VIEW),
    path("tenants/<organization_id>/", VIEW),
    path("<organization_id>/x/<a>/pages/<pk>/", VIEW),
    path("<organization_id>/teams/<team_id>/members/<pk>/", VIEW),
    path("organizations/<organization_id>/", include([routed("documents")])),
    path("teams/<team>/", view(organization_url_kwarg="team")),
    path("teams/<pk>/x/<target_organization_id>/", view(organization_url_kwarg="pk")),
    path("organizations/<pk>/", view(organization_url_kwarg=None)),
    path("x/<a>/invoices/", view(organization_url_kwarg=None)),
    re_path(r"^orgs/([^/]+)/$", view(organization_url_kwarg=None)),
    path("<org>/x/", view(organization_url_kwarg=property(lambda self: "org"))),
    path("<org>/x/", view(HasScopes("read:all"))),
    path("<org>/x/", view(HasScopes("read:all") & ~InOrganization)),
    path("<org>/x/", view(IsAuthenticated)),
]


@pytest.mark.parametrize(("keyword", "pattern", "address"), NAMES_AN_ORGANIZATION)
def test_a_route_whose_organization_is_not_compared_is_reported(
    check: Check, keyword: str, pattern: Any, address: str
) -> None:
    found = check(pattern)
    assert ids(found) == {"drf_logto.E008"}
    assert all(keyword in message for _, message in found)
    assert all("organization_url_kwarg = None" in message for _, message in found)


@pytest.mark.parametrize(("keyword", "pattern", "address"), MAY_NAME_AN_ORGANIZATION)
def test_a_route_whose_keyword_may_be_an_organization_is_warned_of(
    check: Check, keyword: str, pattern: Any, address: str
) -> None:
    found = check(pattern)
    assert ids(found) == {"drf_logto.W005"}
    assert all(keyword in message for _, message in found)
    assert all("organization_url_kwarg = None" in message for _, message in found)


@pytest.mark.parametrize("pattern", NAMES_NONE)
def test_a_route_without_another_organization_is_not_reported(check: Check, pattern: Any) -> None:
    assert check(pattern) == []


@pytest.mark.parametrize(
    ("keyword", "pattern", "address"), NAMES_AN_ORGANIZATION + MAY_NAME_AN_ORGANIZATION
)
def test_a_reported_route_opens_to_the_token_of_another_organization(
    logto: Logto, route: Route, keyword: str, pattern: Any, address: str
) -> None:
    route(pattern)
    client = logto.client(logto.organization_resource_token("globex", ["a"]))
    assert client.get(f"/{address}").status_code == 200


def test_a_report_names_the_route_the_keyword_and_what_to_write(check: Check) -> None:
    [(_, message)] = check(path("organizations/<pk>/documents/", VIEW))
    assert "'organizations/<pk>/documents/'" in message
    assert "'pk'" in message
    assert "compared with another: URL keyword organization_id." in message
    assert 'organization_url_kwarg = "pk"' in message


def test_the_routes_of_one_view_are_reported_once(check: Check) -> None:
    viewset = type("Others", (Things,), {})
    found = check(
        routed("organizations", router=DefaultRouter),
        path("teams/<pk>/x/", VIEW),
        routed("tenants", viewset),
    )
    assert [id for id, _ in found] == ["drf_logto.E008"] * 3
    assert "'^organizations/(?P<pk>[^/.]+)/$'" in found[0][1]


def test_a_report_about_a_group_without_a_name_says_to_name_it(check: Check) -> None:
    [(_, message)] = check(re_path(r"^orgs/([^/]+)/$", VIEW))
    assert 'Name the group and write organization_url_kwarg = "organization"' in message


def test_a_keyword_that_the_setting_names_is_compared(check: Check, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "ORGANIZATION_URL_KWARG": "tenant"}
    assert check(re_path(r"x/(?P<tenant>\w+)/y/", VIEW)) == []
    assert ids(check(path("<organization_id>/", VIEW))) == {"drf_logto.E008"}


def test_a_group_without_a_name_counts_without_format_suffixes(check: Check, settings: Any) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "FORMAT_SUFFIX_KWARG": None}
    assert ids(check(re_path(r"^orgs/([^/]+)/$", VIEW))) == {"drf_logto.E008"}


def test_a_route_under_a_language_prefix_is_read(check: Check) -> None:
    found = check(*i18n_patterns(path("tenants/<slug>/", VIEW), path("documents/<pk>/", VIEW)))
    assert [id for id, _ in found] == ["drf_logto.E008"]


def test_a_plain_view_is_read(check: Check) -> None:
    @require_access_token(InOrganization)
    def members(request: Any, pk: str) -> HttpResponse:  # type: ignore[empty-body]
        """Is never called."""

    assert ids(check(path("teams/<pk>/", members))) == {"drf_logto.E008"}
    cast("Any", members).organization_url_kwarg = None
    assert check(path("teams/<pk>/", members)) == []


@pytest.mark.parametrize("keyword", [7, "", ["org"]])
def test_a_keyword_that_cannot_be_read_is_reported(check: Check, keyword: object) -> None:
    found = check(path("<str:org>/", view(InOrganization, organization_url_kwarg=keyword)))
    assert [id for id, _ in found] == ["drf_logto.E010"]


@pytest.mark.parametrize("source", [7, "team", [], UrlKeyword, [None]])
def test_a_source_that_cannot_be_read_is_reported(check: Check, source: object) -> None:
    [(id, message)] = check(path("<str:org>/", view(InOrganization, organization_source=source)))
    assert id == "drf_logto.E010"
    assert "organization_source of '<str:org>/'" in message
    assert "does not say where organizations are named" in message


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (UrlKeyword("team"), set()),
        (UrlKeyword("team", lookup=str), set()),
        ([UrlKeyword("team"), Header("X-Team")], set()),
        (lambda request, view: view.kwargs["team"], set()),
        ([Header("X-Team"), f"{__name__}.view"], set()),
        (None, set()),
        (Header("X-Team"), {"drf_logto.E008"}),
        (Host(), {"drf_logto.E008"}),
        (UrlKeyword("pk"), {"drf_logto.E008"}),
    ],
)
def test_a_keyword_is_compared_if_the_source_reads_it(
    check: Check, source: object, found: set[str]
) -> None:
    assert ids(check(path("teams/<team>/", view(organization_source=source)))) == found


def test_a_header_in_the_settings_leaves_routes_without_organization_alone(
    check: Check, settings: Any
) -> None:
    settings.LOGTO = {**settings.LOGTO, "ORGANIZATION_SOURCE": Header("X-Organization-Id")}
    assert check(path("documents/<pk>/", VIEW), path("documents/<pk>/pages/", VIEW)) != []
    [(id, message)] = check(path("<organization_id>/", VIEW))
    assert id == "drf_logto.E008"
    assert "compared with another: header X-Organization-Id." in message
    assert "organization_source = [UrlKeyword('organization_id'), ...]" in message


@pytest.mark.parametrize(
    ("source", "path_of_it"),
    [
        ("nowhere.of_request", "nowhere.of_request"),
        (UrlKeyword("org", lookup="tests.no_such_function"), "tests.no_such_function"),
        ([Host(), Header("X-Team", lookup="tests.__name__")], "tests.__name__"),
    ],
)
def test_a_dotted_path_that_leads_to_no_function_is_reported_once(
    check: Check, source: object, path_of_it: str
) -> None:
    guarded = view(InOrganization, organization_source=[UrlKeyword("org"), source])
    [(id, message)] = check(path("<str:org>/", guarded), path("again/<str:org>/", guarded))
    assert id == "drf_logto.E010"
    assert f"names no function: {path_of_it!r}" in message


def test_a_dotted_path_of_a_function_is_not_reported(check: Check) -> None:
    source = UrlKeyword("org", lookup="os.path.basename")
    assert check(path("<str:org>/", view(InOrganization, organization_source=source))) == []
