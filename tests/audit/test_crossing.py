"""What is tried across organizations, and what is said where that is not possible."""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection
from django.http import HttpResponse, JsonResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.filters import BaseFilterBackend, OrderingFilter
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

import sandbox.urls
from drf_logto.decorators import require_access_token
from drf_logto.permissions import OrgResourceScopes
from drf_logto.tenancy import OrganizationFilterBackend, SubjectRateThrottle, UrlKeyword
from drf_logto.testing import Logto
from drf_logto.testing.audit import AuditReport, audit
from drf_logto.testing.audit.requests import Asked
from drf_logto.testing.audit.worlds import Worlds
from sandbox.models import Document, Invitation
from tests.audit.leaks import Pages, PageSerializer, Written
from tests.support.teams.models import Folder, Page, Team, organizations

Audited = Callable[..., AuditReport]
pytestmark = pytest.mark.django_db


class Purging(Pages):
    @action(detail=False, methods=["post"])
    def purge(self, request: Any) -> Response:
        Page.objects.filter(pk=request.data["id"]).delete()
        return Response(status=204)


class InHtml(Pages):
    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        if request.headers["Accept"] == "text/html":
            return HttpResponse(f"{Page.objects.count()} pages")
        return super().finalize_response(request, response, *args, **kwargs)


class InOptions(Pages):
    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response({"choices": [*Page.objects.values_list("title", flat=True)]})


class InCookie(Pages):
    def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().list(request)
        response.set_cookie("pages", str(Page.objects.count()))
        return response


class ByParameter(Pages):
    """Believes what a parameter of the query says."""

    parameter, lookup = "id", "pk"

    @action(detail=False, methods=["get", "delete"])
    def chosen(self, request: Any) -> Response:
        chosen = Page.objects.filter(**{self.lookup: request.GET.get(self.parameter)})
        if request.method == "DELETE":
            chosen.delete()
        return Response([*chosen.values_list("title", flat=True)])


class ByOrganization(ByParameter):
    parameter, lookup = "organization_id", "organization_id"


class KeptByKey(Pages):
    """Its own rows alone enter the cache, which is asked first."""

    def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        page = super().retrieve
        return Response(cache.get_or_set(kwargs["pk"], lambda: page(request).data))


class Movable(PageSerializer):
    organization_id = serializers.CharField()  # type: ignore[assignment]


class Giving(Written):
    serializer_class = Movable


class Filterset(BaseFilterBackend):
    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        title = request.GET.get("title")
        return Page.objects.filter(title=title) if title else queryset


class Filtering(Pages):
    filter_backends = [OrganizationFilterBackend, Filterset, OrderingFilter]
    filterset_fields = ["title", "nothing"]


class Rename(serializers.Serializer[Any]):
    page = serializers.PrimaryKeyRelatedField(queryset=Page.objects.all())
    note = serializers.CharField()
    kind = serializers.ChoiceField(["a", "b"])
    shape = serializers.JSONField(required=False)
    file = serializers.FileField(required=False)
    hidden = serializers.HiddenField(default=1)


class Renaming(Pages):
    @action(detail=False, methods=["post"], serializer_class=Rename)
    def rename(self, request: Any) -> Response:
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        Page.objects.filter(pk=asked.validated_data["page"].pk).update(title="renamed")
        return Response(status=204)


class Title(serializers.ModelSerializer[Page]):
    id = serializers.IntegerField()

    class Meta:
        model = Page
        fields = ["id", "title"]


class Nested(PageSerializer):
    linked = Title(many=True)  # type: ignore[assignment]

    def update(self, instance: Any, validated_data: Any) -> Any:
        for one in validated_data["linked"]:
            Page.objects.filter(pk=one["id"]).update(title=one["title"])
        return instance


class Nesting(Written):
    """Writes to whatever page a nested object names."""

    serializer_class = Nested
    http_method_names = ["put"]


class Committing(Pages):
    """Ends the transaction of the audit."""

    @action(detail=False)
    def committed(self, request: Any) -> Response:
        connection.cursor().execute("COMMIT")
        return Response()


class Breaking(Pages):
    """Goes on after a fault of the database, which ends the transaction."""

    @action(detail=False, methods=["post"])
    def broken(self, request: Any) -> Response:
        with suppress(IntegrityError):
            Page.objects.create(title="no folder")
        return Response(status=409)


class Random(Pages):
    @action(detail=False)
    def lot(self, request: Any) -> Response:
        return Response({"lot": random.random()})


class Mixed(Pages):
    @action(detail=False)
    def lot(self, request: Any) -> Response:
        titles = [*Page.objects.order_by("pk").values_list("title", flat=True)]
        return Response({"lot": f"{random.random()} {titles}"})


class Limited(Pages):
    """Limits a user, whichever organization the token is of."""

    class Throttle(SubjectRateThrottle):
        rate = "2/day"

    throttle_classes = [Throttle]


class Shuffled(Pages):
    queryset = Page.objects.order_by("?")


class Unordered(Pages):
    """Its serializer says of what its rows are, and its queryset nothing."""

    queryset = None  # type: ignore[assignment]
    filter_backends = [OrganizationFilterBackend, OrderingFilter]

    def get_queryset(self) -> Any:
        assert self.request.auth
        return Page.objects.order_by("pk")


class Failing(Pages):
    def list(self, request: Any) -> Response:
        raise ZeroDivisionError


class Hidden(Pages):
    """Shows nothing, and names a field that there is not."""

    filter_backends = []
    organization_field = "nothing"

    def get_queryset(self) -> Any:
        return Page.objects.none()


class Refusing(PageSerializer):
    def validate(self, attrs: Any) -> Any:
        raise serializers.ValidationError


class Strict(Written):
    serializer_class = Refusing


class Undecided(Pages):
    """Cannot be made outside of a request, so nothing of it is known before."""

    @property
    def organization_source(self) -> Any:
        raise ZeroDivisionError


@require_access_token(OrgResourceScopes("pages"))
def titles(request: Any) -> JsonResponse:
    return JsonResponse({"titles": [*Page.objects.values_list("title", flat=True)]})


class Bare(GenericAPIView[Page]):
    """Has no serializer, no queryset and no filter."""

    permission_classes = [OrgResourceScopes("pages")]
    organization_source = UrlKeyword("team", lookup=organizations)

    def get(self, request: Any, **kwargs: Any) -> Response:
        return Response()

    post = get


@pytest.fixture
def audited(route: Callable[..., None], objects: dict[str, Any]) -> Audited:
    """Audit a project with one viewset below ``pages``, or with one view."""

    def run(view: Any, at: str = "", **options: Any) -> AuditReport:
        if hasattr(view, "list"):
            router = SimpleRouter()
            router.register("pages", view, basename="page")
            route(path("", include(router.urls)))
        else:
            route(path(at, view))
        return audit(**{"objects": objects, **options})

    return run


FAILURES: dict[str, tuple[Any, str, str]] = {
    "deleted": (Purging, "/pages/purge/", "with the other's id in the body: it deletes teams.Page"),
    "given": (
        Giving,
        "/pages/",
        "with the other's organization_id in the body: it gives org-b a row of teams.Page",
    ),
    "filter": (Filtering, "/pages/", "with title=first page of org-b: the outcome depends on"),
    "serializer": (Renaming, "/pages/rename/", "with the other's page in the body: it changes"),
    "among noise": (Mixed, "/pages/lot/", "the answer holds what org-b has: 'first page of org-b'"),
    "nested": (
        Nesting,
        "/pages/{pk}/",
        "with the other's linked in the body: it changes teams.Page",
    ),
    "HTML": (InHtml, "/pages/", "as HTML: the outcome depends on rows of org-b: line 1"),
    "OPTIONS": (InOptions, "/pages/", "with OPTIONS: the outcome depends on rows of org-b"),
    "cookie": (InCookie, "/pages/", "the outcome depends on rows of org-b: header set-cookie"),
    "parameter": (ByParameter, "/pages/chosen/", "with id="),
    "deleted by parameter": (ByParameter, "/pages/chosen/", ": it deletes teams.Page"),
    "organization": (ByOrganization, "/pages/chosen/", "with organization_id=org-b: the outcome"),
    "kept by key": (
        KeptByKey,
        "/pages/{pk}/",
        "with the other's pk: the answer is another one where org-b has asked first",
    ),
    "plain": (titles, "/", "rows of org-b: length of titles, titles[2], titles[3]"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_what_leads_to_the_other_organization_is_a_failure(
    audited: Audited, objects: dict[str, Any], name: str
) -> None:
    view, at, text = FAILURES[name]
    for page in objects["page"]:
        page.linked.add(Page.objects.exclude(pk=page.pk).get(organization_id=page.organization_id))
    found = [one.text for one in audited(view, path=at).failures]
    assert any(text in one for one in found), found


@pytest.mark.parametrize("view", [Random, Shuffled, Limited, Unordered, Breaking])
def test_what_differs_by_itself_is_none(audited: Audited, view: Any) -> None:
    report = audited(view)
    report.assert_clean()
    assert report.not_audited == []


class Drawing(Pages):
    """Draws another lot once, at the second request."""

    lots = iter("ab")

    @action(detail=False)
    def lot(self, request: Any) -> Response:
        return Response({"lot": next(self.lots, "a")})


def test_what_is_another_one_once_after_the_other_organization_is_none(
    route: Callable[..., None], logto: Logto
) -> None:
    route(path("lot/", Drawing.as_view({"get": "lot"})))
    token = logto.organization_resource_token("org-a", ["pages"])
    worlds = Worlds("org-b", frozenset())
    assert worlds.compare_after((Asked(method="GET", path="/lot/"), token), []) == []
    assert next(Drawing.lots, None) is None


NOT_AUDITED: dict[str, tuple[Any, str, str]] = {
    "raises": (Failing, "/pages/", "the view raises ZeroDivisionError."),
    "not found": (Hidden, "/pages/{pk}/", "the object of the organization itself is not found."),
    "refused": (Strict, "/pages/", "the body of the organization itself is refused with 400."),
    "slug": (
        Bare.as_view(),
        "<slug:team>/<int:pk>/",
        "what organizations see of each other is not known: no token of org-a gets in.",
    ),
    "unknown": (
        Bare.as_view(),
        "<int:code>/",
        (
            "what organizations see of each other is not known: no object is given for the keyword "
            "code of its path."
        ),
    ),
    "unfit": (
        Bare.as_view(),
        "<uuid:page>/",
        (
            "what organizations see of each other is not known: the values of the objects do not "
            "fit into its path."
        ),
    ),
    "no attribute": (
        Bare.as_view(),
        "<int:page_number>/",
        (
            "what organizations see of each other is not known: no object is given for the keyword "
            "page_number of its path."
        ),
    ),
}


@pytest.mark.parametrize("name", NOT_AUDITED)
def test_what_is_not_possible_counts_as_not_audited(audited: Audited, name: str) -> None:
    view, at, text = NOT_AUDITED[name]
    assert text in {one.text for one in audited(view, at).not_audited}


PATHS = ["<int:page>/", "<int:page_id>/", "<int:folder_id>/", "<slug:team>/<int:pk>/"]


@pytest.mark.parametrize("at", PATHS)
def test_keywords_are_filled_from_objects_and_what_they_refer_to(
    audited: Audited, objects: dict[str, Any], at: str
) -> None:
    for page in objects["page"]:
        Team.objects.filter(pk=page.folder.team.pk).update(slug=page.organization_id)
        page.refresh_from_db()
    report = audited(Bare.as_view(), at)
    report.assert_clean()
    assert report.not_audited == []
    own = " of any organization" if "team" not in at else ""
    assert {row.who for row in report.rows} == {f"organization_resource token with pages{own}"}


def test_a_view_of_no_model_is_asked_with_the_keys_of_all_objects(
    audited: Audited, objects: dict[str, Any]
) -> None:
    one, other = objects["page"]
    report = audited(Bare.as_view(), objects={**objects, "folder": (one.folder, other.folder)})
    report.assert_clean()
    assert report.not_audited == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_known_where_a_view_has_committed(audited: Audited) -> None:
    text = "what organizations see of each other is not known: a view has committed"
    found = [one.path for one in audited(Committing).not_audited if text in one.text]
    assert found == ["/pages/committed/", "/pages/{pk}/"]


def test_a_body_may_be_given(audited: Audited, objects: dict[str, Any]) -> None:
    one, other = ({"id": page.pk} for page in objects["page"])
    bodies = {"POST /pages/purge/": (one, other)}
    [failure] = audited(Purging, path="/pages/purge/", bodies=bodies).failures
    assert "with the other's id in the body: it deletes" in failure.text


def test_what_of_a_view_is_not_known_is_tried_all_the_same(audited: Audited) -> None:
    report = audited(Undecided)
    assert any("cannot be read" in one.text for one in report.notices)


def test_objects_are_pairs_of_stored_objects_of_one_model(objects: dict[str, Any]) -> None:
    one, other = objects["page"]
    gone = Page.objects.create(title="gone", organization_id="org-b", folder=other.folder)
    Page.objects.filter(pk=gone.pk).delete()
    never = Page(pk=one.pk + 100)
    pairs: tuple[Any, ...] = ((one, one), (one,), (one, other.folder), (one, Page()), one, (1, 2))
    pairs += ((one, gone), (one, never))
    for pair in pairs:
        with pytest.raises(ValueError, match=r"objects\['page'\] is not two stored objects"):
            audit({"page": pair})


def test_organizations_are_found_by_what_objects_refer_to(objects: dict[str, Any]) -> None:
    one, other = (page.folder for page in objects["page"])
    assert audit({"folder": (one, other)}).requests == 0
    Team.objects.update(organization_id="the same")
    again: Any = tuple(Folder.objects.get(pk=folder.pk) for folder in (one, other))
    with pytest.raises(ValueError, match="No object has an organization"):
        audit({"folder": again})


def test_the_sandbox_is_clean(route: Callable[..., None]) -> None:
    route(*sandbox.urls.urlpatterns)
    documents, invitations = zip(
        *(
            (
                Document.objects.create(organization_id=one, title=f"document of {one}"),
                Invitation.objects.create(
                    organization_id=one, email=f"{one}@example.com", invited_by="ada"
                ),
            )
            for one in ("acme", "globex")
        ),
        strict=True,
    )
    report = audit({"document": documents, "invitation": invitations}, path="/organizations/")
    report.assert_clean()
    assert report.not_audited == []
