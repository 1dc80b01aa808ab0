"""What the OpenAPI description says of the organization of a request, and of rows."""

from typing import Any

import pytest
from django.urls import path
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.tenancy import Header, Host, OrganizationFilterBackend, UrlKeyword
from drf_logto.testing import Logto
from tests.support.described import described
from tests.support.teams.models import Page
from tests.tenancy.test_rows import Pages

HEADER = Header("X-Organization-Id")
OF_THE_TOKEN = "It must be that of the token. Without it, the organization of the token is meant."


def operation(view: type[APIView] = Pages, method: str = "get", **declared: Any) -> dict[str, Any]:
    """The list of pages, described; the description is valid, and nothing is warned of."""
    others: Any = type("Others", (view,), declared)
    made = others.as_view({"get": "list", "post": "create"}) if view is Pages else others.as_view()
    found: dict[str, Any] = described(made)["paths"]["/0/"][method]
    return found


def headers(described: dict[str, Any]) -> dict[str, str]:
    found = [one for one in described.get("parameters", []) if one["in"] == "header"]
    assert not any(one.get("required") for one in found)
    return {one["name"]: one["description"] for one in found}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("source", "words"),
    [
        (HEADER, "The ID of the organization in Logto."),
        (Header("X-Organization-Id", lookup=str), "The organization."),
        ([UrlKeyword("team"), HEADER], "The ID of the organization in Logto."),
        ([UrlKeyword("team"), [HEADER]], "The ID of the organization in Logto."),
    ],
)
def test_a_header_that_names_the_organization_is_a_parameter(
    method: str, source: Any, words: str
) -> None:
    found = operation(method=method, organization_source=source)
    assert headers(found) == {"X-Organization-Id": f"{words} {OF_THE_TOKEN}"}


def test_a_header_of_the_settings_is_a_parameter(logto_options: Any) -> None:
    logto_options(ORGANIZATION_SOURCE=HEADER)
    assert [*headers(operation())] == ["X-Organization-Id"]


@pytest.mark.parametrize(
    ("source", "declared"),
    [
        (HEADER, {"permission_classes": [HasScopes("a")], "filter_backends": []}),
        (HEADER, {"permission_classes": [IsAuthenticated], "filter_backends": []}),
        (None, {}),
        (7, {}),
        (UrlKeyword("team"), {}),
    ],
)
def test_no_header_is_described_where_none_is_compared(source: object, declared: Any) -> None:
    assert headers(operation(organization_source=source, **declared)) == {}


@pytest.mark.parametrize(
    ("permission", "words"),
    [
        (HasScopes("a"), ""),
        (HasScopes("a") | InOrganization, f" {OF_THE_TOKEN}"),
        (IsAuthenticated, f" {OF_THE_TOKEN}"),
    ],
)
def test_a_header_says_what_a_global_token_is_shown(permission: Any, words: str) -> None:
    found = operation(
        organization_source=HEADER, organization_optional=True, permission_classes=[permission]
    )
    assert headers(found)["X-Organization-Id"] == (
        f"The ID of the organization in Logto.{words} "
        "With a token of no organization: whose rows are shown; without it, those of all."
    )


def test_a_header_that_the_view_describes_stays_as_it_is() -> None:
    class Own(APIView):
        permission_classes = [OrgResourceScopes("a")]
        organization_source = HEADER

        @extend_schema(
            responses=OpenApiTypes.STR,
            parameters=[
                OpenApiParameter("x-organization-id", location="header", description="Whose.")
            ],
        )
        def get(self, request: Any) -> Response: ...  # type: ignore[empty-body]

    assert headers(operation(Own)) == {"x-organization-id": "Whose."}


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (Host(), "The subdomain of the host names the organization"),
        ([Host("example.com"), HEADER], "The subdomain of example.com names the organization"),
    ],
)
def test_a_host_that_names_the_organization_is_in_the_description(
    source: object, sentence: str
) -> None:
    found = operation(organization_source=source)["description"]
    assert found.endswith(f"\n\n{sentence}, which must be that of the token.")


def test_the_organization_of_a_row_is_not_described_and_filters_are() -> None:
    backends = [OrganizationFilterBackend, DjangoFilterBackend]
    found: Any = {"filter_backends": backends, "filterset_fields": ["title"]}
    others: Any = type("Others", (Pages,), found)
    view = others.as_view({"get": "list", "post": "create"})
    schema = described(view)
    [parameter] = schema["paths"]["/0/"]["get"]["parameters"]
    assert parameter["name"] == "title"
    for name in ("Page", "PageRequest"):
        component = schema["components"]["schemas"].get(name, {"properties": {}})
        assert "organization_id" not in component["properties"]


@pytest.mark.django_db
def test_a_filter_of_others_beside_it_filters_as_well(
    logto: Logto, route: Any, pages: dict[str, Page]
) -> None:
    class Both(Pages):
        filter_backends = [DjangoFilterBackend, OrganizationFilterBackend]
        filterset_fields = ["title"]

    route(path("", Both.as_view({"get": "list"})))
    client = logto.client(logto.organization_resource_token("org-a", ["pages"]))
    found = [len(client.get(f"/?title=page of org-{one}").json()) for one in "ab"]
    assert found == [1, 0]
