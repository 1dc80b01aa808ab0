"""System checks of tenancy."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import QuerySet
from django.urls import path
from rest_framework.filters import SearchFilter
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.permissions import BasePermission
from rest_framework.views import APIView

from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.tenancy import OrganizationFilterBackend
from tests.support.teams.models import Page

Check = Callable[..., list[tuple[str, str]]]

FILTERED = [SearchFilter, OrganizationFilterBackend]


@pytest.fixture
def found(check: Check, settings: Any) -> Callable[..., list[tuple[str, str]]]:
    """The findings about a view with these attributes, of pages of organizations unless given."""
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "drf_logto.tenancy"]

    def run(base: type[APIView] = ListAPIView, **attributes: Any) -> list[tuple[str, str]]:
        given = {"queryset": Page.objects.all(), "permission_classes": [OrgResourceScopes("a")]}
        view: Any = type("Pages", (base,), {**given, **attributes})
        return check(path("pages/", view.as_view()), path("pages/again/", view.as_view()))

    return run


@pytest.mark.parametrize(
    ("field", "fault"),
    [
        (None, "the view has no organization_field"),
        (7, "organization_field is 7, which is not a name"),
        ("organisation_id", "teams.Page has no field 'organisation_id'"),
        ("folder__organization_id", "teams.Page has no field 'folder__organization_id'"),
        ("folder__pk", "cannot be compared with the id of an organization"),
    ],
)
def test_a_field_that_cannot_be_compared_is_reported(found: Any, field: object, fault: str) -> None:
    [(id, message)] = found(filter_backends=FILTERED, organization_field=field)
    assert id == "drf_logto.E061"
    assert "shows nothing at 'pages/'" in message
    assert fault in message


def test_a_view_without_a_field_is_reported(found: Any) -> None:
    [(id, message)] = found(filter_backends=FILTERED)
    assert id == "drf_logto.E061"
    assert "the view has no organization_field" in message


class Own(ListAPIView[Page]):
    """Filters by itself."""

    def get_queryset(self) -> QuerySet[Page]:  # type: ignore[empty-body]
        """Is never called."""


class OwnFilter(ListAPIView[Page]):
    """Likewise, later."""

    def filter_queryset(self, queryset: Any) -> Any:
        """Is never called."""


class Computed(ListAPIView[Page]):
    filter_backends = FILTERED

    @property
    def organization_field(self) -> str:  # type: ignore[empty-body]
        """Is never called."""


@pytest.mark.parametrize(
    ("base", "attributes"),
    [
        (ListAPIView, {"organization_field": "organization_id"}),
        (ListAPIView, {"organization_field": "folder__team__organization_id"}),
        (ListAPIView, {"organization_field": "organization_id__iexact"}),
        (ListAPIView, {"organization_field": "organization_id", "queryset": Page.objects}),
        (ListAPIView, {"organization_field": "anything", "queryset": None}),
        (Computed, {}),
    ],
)
def test_a_view_that_is_filtered_is_not_reported(
    found: Any, base: type[APIView], attributes: dict[str, Any]
) -> None:
    assert found(base, filter_backends=FILTERED, **attributes) == []


@pytest.mark.parametrize(
    "permission",
    [InOrganization, OrgResourceScopes("a"), HasScopes("a") | OrgResourceScopes("a")],
    ids=["organization", "resource", "either"],
)
def test_rows_that_nothing_filters_are_warned_of(found: Any, permission: Any) -> None:
    every = dict(found(permission_classes=[permission], filter_backends=[SearchFilter]))
    assert "shows every row of teams.Page" in every["drf_logto.W061"]


@pytest.mark.parametrize(
    ("base", "attributes"),
    [
        (Own, {"filter_backends": [SearchFilter]}),
        (Own, {"permission_classes": [BasePermission]}),
        (ListAPIView, {"permission_classes": [HasScopes("a")]}),
    ],
)
def test_a_field_that_no_filter_reads_is_warned_of(
    found: Any, base: type[APIView], attributes: dict[str, Any]
) -> None:
    every = dict(found(base, organization_field="organization_id", **attributes))
    assert "names an organization_field that no filter backend reads" in every["drf_logto.W061"]


@pytest.mark.parametrize(
    ("base", "attributes"),
    [
        (Own, {}),
        (Own, {"organization_field": None}),
        (OwnFilter, {"organization_field": "organization_id"}),
        (APIView, {"organization_field": "organization_id"}),
        (OwnFilter, {}),
        (ListAPIView, {"queryset": None}),
        (ListAPIView, {"permission_classes": [HasScopes("a")]}),
        (ListAPIView, {"permission_classes": [BasePermission]}),
        (GenericAPIView, {"queryset": None}),
        (APIView, {}),
    ],
)
def test_a_view_that_may_filter_by_itself_is_not_warned_of(
    found: Any, base: type[APIView], attributes: dict[str, Any]
) -> None:
    assert found(base, **attributes) == []


def test_a_project_without_the_application_is_not_checked(check: Check) -> None:
    pages: Any = type("Pages", (ListAPIView,), {"queryset": Page.objects.all()})
    pages.permission_classes = [OrgResourceScopes("a")]
    pages.filter_backends = FILTERED
    assert check(path("pages/", pages.as_view())) == []
