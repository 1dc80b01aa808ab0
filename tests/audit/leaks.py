"""Ten views that show one organization what another one has, each with its repaired twin."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.serializers import ModelSerializer, PrimaryKeyRelatedField
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet

from drf_logto import get_auth
from drf_logto.permissions import OrgResourceScopes
from drf_logto.tenancy import (
    CurrentOrganization,
    OrganizationFilterBackend,
    OrganizationRelatedField,
)
from tests.support.teams.models import Folder, Page

_TEAM = "team__organization_id"


class PageSerializer(ModelSerializer[Page]):
    organization_id = CurrentOrganization()
    folder = OrganizationRelatedField(queryset=Folder.objects.all(), organization_field=_TEAM)
    linked = OrganizationRelatedField(queryset=Page.objects.all(), many=True, required=False)

    class Meta:
        model = Page
        fields = ["id", "title", "organization_id", "folder", "linked"]


class Pages(ReadOnlyModelViewSet[Page]):
    """Is right."""

    queryset = Page.objects.order_by("pk")
    serializer_class = PageSerializer
    permission_classes = [OrgResourceScopes("pages")]
    filter_backends = [OrganizationFilterBackend]
    organization_field = "organization_id"


def own(view: Any, queryset: Any) -> Any:
    return OrganizationFilterBackend().filter_queryset(view.request, queryset, view)


class Unfiltered(Pages):
    filter_backends = []


class Written(ModelViewSet[Page]):
    queryset = Pages.queryset
    serializer_class = PageSerializer
    permission_classes = Pages.permission_classes
    filter_backends = Pages.filter_backends
    organization_field = "organization_id"


class RelatedSerializer(PageSerializer):
    folder = PrimaryKeyRelatedField(queryset=Folder.objects.all())  # type: ignore[assignment]


class Related(Written):
    serializer_class = RelatedSerializer


class ActionLeak(Pages):
    @action(detail=True)
    def neighbours(self, request: Any, **kwargs: Any) -> Response:
        page = self.get_object()
        return Response([*Page.objects.exclude(pk=page.pk).values_list("title", flat=True)])


class ActionRepaired(Pages):
    @action(detail=True)
    def neighbours(self, request: Any, **kwargs: Any) -> Response:
        page = self.get_object()
        others = own(self, Page.objects.exclude(pk=page.pk))
        return Response([*others.values_list("title", flat=True)])


class Nested(Pages):
    """The pages of the folder in the path, whosever it is."""

    filter_backends = []

    def get_queryset(self) -> Any:
        return Page.objects.filter(folder=self.kwargs["folder_pk"]).order_by("pk")


class NestedRepaired(Nested):
    filter_backends = [OrganizationFilterBackend]


class Export(Pages):
    @action(detail=False)
    def export(self, request: Any, **kwargs: Any) -> HttpResponse:
        lines = Page.objects.order_by("pk").values_list("title", flat=True)
        return HttpResponse("\n".join(lines), content_type="text/csv")


class ExportRepaired(Pages):
    @action(detail=False)
    def export(self, request: Any, **kwargs: Any) -> HttpResponse:
        lines = self.filter_queryset(self.get_queryset()).values_list("title", flat=True)
        return HttpResponse("\n".join(lines), content_type="text/csv")


class CountAll(PageNumberPagination):
    page_size = 10

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"count": Page.objects.count(), "results": data})


class CountOwn(PageNumberPagination):
    page_size = 10


class Counted(Pages):
    pagination_class = CountAll


class CountedRepaired(Pages):
    pagination_class = CountOwn


class Ordered(Pages):
    """Pages stand as the titles of all pages in their folders, whosever those are."""

    filter_backends = [OrganizationFilterBackend, OrderingFilter]
    ordering_fields = ["folder__page__title"]


class OrderedRepaired(Ordered):
    ordering_fields = ["folder__name"]


class SearchAcross(SearchFilter):
    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        found = super().filter_queryset(request, Page.objects.order_by("pk"), view)
        return found if self.get_search_terms(request) else queryset


class Searched(Pages):
    filter_backends = [OrganizationFilterBackend, SearchAcross]
    search_fields = ["title"]


class SearchedRepaired(Searched):
    filter_backends = [OrganizationFilterBackend, SearchFilter]


class Moved(Pages):
    @action(detail=False, methods=["post"])
    def rename(self, request: Any, **kwargs: Any) -> Response:
        Page.objects.filter(pk=request.data["page"]).update(title="renamed")
        return Response(status=204)


class MovedRepaired(Pages):
    @action(detail=False, methods=["post"])
    def rename(self, request: Any, **kwargs: Any) -> Response:
        own(self, Page.objects.filter(pk=request.data["page"])).update(title="renamed")
        return Response(status=204)


class Cached(Pages):
    def key(self) -> str:
        return "pages"

    def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        data = cache.get_or_set(self.key(), lambda: super(Cached, self).list(request).data)
        return Response(data)


class CachedRepaired(Cached):
    def key(self) -> str:
        return f"pages-{get_auth(self.request).organization_id}"


@dataclass(frozen=True)
class Leak:
    """A view, its repaired twin, and what the audit says of the first.

    Attributes:
        path: of the operation that is found.
        says: part of the text.
    """

    view: type[Any]
    repaired: type[Any]
    method: str
    path: str
    says: str
    prefix: str = "pages"


_FOLDERS = "folders/(?P<folder_pk>[0-9]+)/pages"
_LINKS = "with the other's folder in the body: it links teams.Page.folder to a row of org-b"
_ORDER = "with ordering=folder__page__title: the outcome depends on rows of org-b: length"
_NESTED = "with the other's folder_pk: the outcome depends on rows of org-b: length of the list"

LEAKS: dict[str, Leak] = {
    "missing filter": Leak(Unfiltered, Pages, "GET", "/pages/", "rows of org-b: length of the"),
    "related field": Leak(Related, Written, "POST", "/pages/", _LINKS),
    "action": Leak(ActionLeak, ActionRepaired, "GET", "/pages/{pk}/neighbours/", "length of the"),
    "nested router": Leak(
        Nested, NestedRepaired, "GET", "/folders/{folder_pk}/pages/", _NESTED, _FOLDERS
    ),
    "export": Leak(Export, ExportRepaired, "GET", "/pages/export/", "rows of org-b: line"),
    "count": Leak(Counted, CountedRepaired, "GET", "/pages/", "rows of org-b: count."),
    "ordering": Leak(Ordered, OrderedRepaired, "GET", "/pages/", _ORDER),
    "search": Leak(Searched, SearchedRepaired, "GET", "/pages/", "with search="),
    "write by body id": Leak(Moved, MovedRepaired, "POST", "/pages/rename/", "it changes teams."),
    "cache key": Leak(Cached, CachedRepaired, "GET", "/pages/", "where org-b has asked first"),
}
