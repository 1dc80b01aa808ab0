"""Rows of one organization: what is shown, what may be written, and where nothing is."""

from collections.abc import Callable
from typing import Any

import pytest
from adrf.viewsets import ModelViewSet as AsyncModelViewSet
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import AsyncClient
from django.urls import include, path
from django.views.decorators.cache import cache_page
from django.views.decorators.vary import vary_on_headers
from django_filters import FilterSet, ModelChoiceFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.permissions import IsAuthenticated
from rest_framework.relations import SlugRelatedField
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import ListSerializer, ModelSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import ModelViewSet

from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes, OrgResourceScopes
from drf_logto.tenancy import (
    CurrentOrganization,
    Header,
    OrganizationFilterBackend,
    OrganizationRelatedField,
    OrganizationRelatedMixin,
    UrlKeyword,
    current_organization,
    organization_rows,
)
from drf_logto.testing import Logto
from tests.support.teams.models import Folder, Page, Team

Route = Callable[..., None]
pytestmark = pytest.mark.django_db
A, B = "org-a", "org-b"


class OfTeam(OrganizationRelatedMixin, SlugRelatedField[Any]):
    """Finds a folder by its name."""


def id_of_team(slug: str) -> str:
    return Team.objects.get(slug=slug).organization_id


class PageSerializer(ModelSerializer[Page]):
    organization_id = CurrentOrganization()
    folder = OrganizationRelatedField(
        queryset=Folder.objects.all(), organization_field="team__organization_id"
    )
    linked = OrganizationRelatedField(queryset=Page.objects.all(), many=True, required=False)

    class Meta:
        model = Page
        fields = ["id", "title", "organization_id", "folder", "linked"]


class Pages(ModelViewSet[Page]):
    queryset = Page.objects.order_by("pk")
    serializer_class = PageSerializer
    permission_classes = [OrgResourceScopes("pages")]
    filter_backends = [OrganizationFilterBackend, SearchFilter]
    search_fields = ["title"]
    organization_field = "organization_id"

    @action(detail=True)
    def title(self, request: Any, **kwargs: Any) -> Response:
        return Response(self.get_object().title)


@pytest.fixture
def api(logto: Logto, route: Route, pages: dict[str, Page]) -> Callable[..., Any]:
    """Route a viewset with these attributes; return a client of an organization, or global."""

    def make(organization: str | None = A, prefix: str = "", **attributes: Any) -> Any:
        router = SimpleRouter()
        router.register("pages", type("Others", (Pages,), attributes), basename="page")
        route(path(prefix, include(router.urls)))
        if organization is None:
            return logto.client(logto.global_token(["pages"]))
        return logto.client(logto.organization_resource_token(organization, ["pages"]))

    return make


def titles(response: Any) -> list[str]:
    assert response.status_code == 200, response.json()
    return [one["title"] for one in response.json()]


@pytest.mark.parametrize("field", ["organization_id", "folder__team__organization_id"])
def test_only_rows_of_the_organization_are_shown(api: Any, field: str) -> None:
    client = api(organization_field=field)
    assert titles(client.get("/pages/")) == ["page of org-a"]
    assert titles(client.get("/pages/?search=page")) == ["page of org-a"]
    assert titles(client.get("/pages/?search=org-b")) == []


@pytest.mark.parametrize("field", [None, 7, ["organization_id"]])
def test_nothing_is_shown_where_no_field_is_named(api: Any, field: object) -> None:
    assert titles(api(organization_field=field).get("/pages/")) == []


def test_a_view_with_a_queryset_of_its_own_is_filtered(api: Any) -> None:
    client = api(queryset=None, get_queryset=lambda self: Page.objects.all())
    assert titles(client.get("/pages/")) == ["page of org-a"]


def test_a_row_of_another_organization_is_not_found(api: Any, pages: dict[str, Page]) -> None:
    client = api()
    own, other = (f"/pages/{pages[one].pk}/" for one in (A, B))
    assert client.get(own).status_code == 200
    missing = client.get("/pages/0/").json()
    for ask in (client.get, client.put, client.patch, client.delete):
        response = ask(other)
        assert (response.status_code, response.json()) == (404, missing)
    assert client.get(f"{own}title/").json() == "page of org-a"
    assert client.get(f"{other}title/").status_code == 404
    assert Page.objects.count() == 2


@pytest.mark.parametrize("is_optional", [True, False, "yes", None])
def test_a_global_token_is_shown_rows_where_the_view_says_so(api: Any, is_optional: object) -> None:
    client = api(None, organization_optional=is_optional, permission_classes=[HasScopes("pages")])
    shown = ["page of org-a", "page of org-b"] if is_optional is True else []
    assert titles(client.get("/pages/")) == shown


def test_a_global_token_is_shown_the_organization_that_it_asks_for(api: Any) -> None:
    client = api(
        None,
        organization_optional=True,
        organization_source=Header("X-Organization-Id"),
        permission_classes=[HasScopes("pages")],
    )
    for named, shown in ((A, ["page of org-a"]), (B, ["page of org-b"]), ("org-c", []), ("", [])):
        assert titles(client.get("/pages/", headers={"X-Organization-Id": named})) == shown


def test_an_organization_token_is_shown_its_own_rows_where_tokens_are_optional(api: Any) -> None:
    client = api(organization_optional=True)
    assert titles(client.get("/pages/")) == ["page of org-a"]


def test_a_request_that_names_another_organization_is_shown_nothing(api: Any) -> None:
    # The permission does not compare it.
    client = api(prefix="<organization_id>/", permission_classes=[IsAuthenticated])
    assert titles(client.get("/org-a/pages/")) == ["page of org-a"]
    assert titles(client.get("/org-b/pages/")) == []


def test_a_request_without_a_token_is_shown_nothing(api: Any) -> None:
    client = api(permission_classes=[])
    client.logout()
    client.credentials()
    assert titles(client.get("/pages/")) == []


def test_a_row_that_is_of_an_organization_twice_is_shown_once(
    api: Any, pages: dict[str, Page]
) -> None:
    others = [Page(title=one, organization_id=A, folder=pages[A].folder) for one in "xy"]
    pages[B].linked.add(*Page.objects.bulk_create(others))
    client = api(organization_field="linked__organization_id")
    assert titles(client.get("/pages/")) == ["page of org-b"]
    assert client.get(f"/pages/{pages[B].pk}/").status_code == 200


@pytest.mark.parametrize("method", ["head", "options"])
def test_no_method_tells_a_row_of_another_organization(
    api: Any, pages: dict[str, Page], method: str
) -> None:
    ask = getattr(api(), method)
    own, other, missing = (ask(f"/pages/{pk}/") for pk in (pages[A].pk, pages[B].pk, 0))
    assert other.status_code == missing.status_code
    assert other.content == missing.content
    assert own.status_code == 200
    assert b"org-b" not in own.content


def test_a_response_in_the_cache_is_that_of_the_organization(
    logto: Logto, route: Route, pages: dict[str, Page]
) -> None:
    class Cached(Pages):
        organization_source = Header("X-Organization-Id")
        organization_optional = True
        permission_classes = [HasScopes("pages")]

    view = vary_on_headers("X-Organization-Id")(Cached.as_view({"get": "list"}))
    route(path("", cache_page(60)(view)))
    client = logto.client(logto.global_token(["pages"]))
    for organization in (A, B):
        for _ in "12":
            response = client.get("/", headers={"X-Organization-Id": organization})
            assert titles(response) == [f"page of {organization}"]


class OfFolder(FilterSet):
    folder = ModelChoiceFilter(
        queryset=lambda request: organization_rows(
            Folder.objects.all(), request, field="team__organization_id"
        )
    )

    class Meta:
        model = Page
        fields = ["folder"]


def test_a_filter_by_a_related_row_tells_nothing_of_rows_of_others(
    api: Any, pages: dict[str, Page]
) -> None:
    ask = api(
        prefix="<team>/",
        filter_backends=[DjangoFilterBackend, OrganizationFilterBackend],
        filterset_class=OfFolder,
        organization_source=UrlKeyword("team", lookup=id_of_team),
    ).get
    own, other, missing = (
        ask(f"/team-org-a/pages/?folder={pk}")
        for pk in (pages[A].folder_id, pages[B].folder_id, 987654)
    )
    assert titles(own) == ["page of org-a"]
    assert (other.status_code, other.content) == (missing.status_code, missing.content)


@pytest.mark.parametrize("permission", [IsAuthenticated, OrgResourceScopes("pages")])
def test_an_asynchronous_view_shows_rows_of_the_organization_alone(
    logto: Logto, route: Route, pages: dict[str, Page], permission: Any
) -> None:
    class Asynchronous(AsyncModelViewSet):
        queryset = Page.objects.all()
        serializer_class = PageSerializer
        permission_classes = [permission]
        filter_backends = [OrganizationFilterBackend]
        organization_field = "organization_id"
        organization_source = Header("X-Team", lookup=id_of_team)

    route(
        path("pages/", Asynchronous.as_view({"get": "alist"})),
        path("pages/<pk>/", Asynchronous.as_view({"get": "aretrieve", "delete": "adestroy"})),
    )
    token = logto.organization_resource_token(A, ["pages"])
    headers = {"Authorization": f"Bearer {token}", "X-Team": f"team-{A}"}
    client = AsyncClient()
    get, delete = async_to_sync(client.get), async_to_sync(client.delete)
    assert titles(get("/pages/", headers=headers)) == ["page of org-a"]
    assert get(f"/pages/{pages[A].pk}/", headers=headers).status_code == 200
    for ask in (get, delete):
        assert ask(f"/pages/{pages[B].pk}/", headers=headers).status_code == 404


def test_a_view_that_another_calls_shows_a_global_token_nothing_unless_it_says_so_itself(
    logto: Logto, route: Route, pages: dict[str, Page]
) -> None:
    class Called(Pages):
        permission_classes = [HasScopes("pages")]

    class Calling(APIView):
        organization_optional = True

        def get(self, request: Any) -> Any:
            return Called.as_view({"get": "list"})(request._request)

    route(path("", Calling.as_view()))
    assert titles(logto.client(logto.global_token(["pages"])).get("/")) == []


@pytest.mark.parametrize("named", ["a\0b", "\ud800"])
def test_what_no_database_takes_names_no_organization(api: Any, named: str) -> None:
    client = api(
        None,
        organization_optional=True,
        organization_source=lambda request, view: named,
        permission_classes=[HasScopes("pages")],
    )
    assert titles(client.get("/pages/")) == []


@pytest.mark.parametrize("is_optional", [True, False])
def test_a_plain_view_can_ask_for_the_rows_of_the_request(
    logto: Logto, route: Route, pages: dict[str, Page], is_optional: bool
) -> None:
    @require_access_token
    def export(request: HttpRequest) -> HttpResponse:
        rows = organization_rows(Page.objects.order_by("pk"), request)
        return JsonResponse([current_organization(request), *rows.values_list("title")], safe=False)

    view: Any = export
    view.organization_source = Header("X-Organization-Id")
    view.organization_optional = is_optional
    route(path("", view))
    own = logto.client(logto.organization_resource_token(A))
    of_both = logto.client(logto.global_token())
    every = [None, ["page of org-a"], ["page of org-b"]] if is_optional else [""]
    other = [B, ["page of org-b"]] if is_optional else [""]
    for client, named, shown in (
        (own, {}, [A, ["page of org-a"]]),
        (own, {"X-Organization-Id": B}, [""]),
        (of_both, {}, every),
        (of_both, {"X-Organization-Id": B}, other),
    ):
        assert client.get("/", headers=named).json() == shown


# Writing


def test_a_row_is_created_in_the_organization_of_the_token(
    api: Any, pages: dict[str, Page]
) -> None:
    sent = {"title": "new", "organization_id": B, "folder": pages[A].folder_id}
    created = api().post("/pages/", sent, format="json")
    assert created.status_code == 201, created.json()
    assert Page.objects.get(pk=created.json()["id"]).organization_id == A


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_row_that_is_changed_stays_in_its_organization(
    api: Any, pages: dict[str, Page], method: str
) -> None:
    page = pages[A]
    sent = {"title": "changed", "organization_id": B, "folder": page.folder_id}
    changed = getattr(api(), method)(f"/pages/{page.pk}/", sent, format="json")
    assert changed.status_code == 200, changed.json()
    page.refresh_from_db()
    assert (page.title, page.organization_id) == ("changed", A)


def test_a_row_is_not_created_in_no_organization(api: Any, pages: dict[str, Page]) -> None:
    attributes = {"organization_optional": True, "permission_classes": [HasScopes("pages")]}
    client = api(None, **attributes)
    sent = {"title": "new", "folder": pages[A].folder_id}
    refused = client.post("/pages/", sent, format="json")
    assert refused.status_code == 400
    assert refused.json() == {"organization_id": ["The request names no organization."]}
    page = pages[B]
    changed = client.patch(f"/pages/{page.pk}/", {"title": "changed"}, format="json")
    assert changed.status_code == 200
    page.refresh_from_db()
    assert page.organization_id == B


def test_a_row_may_refer_to_that_of_its_organization(api: Any, pages: dict[str, Page]) -> None:
    class OfTeam(ModelSerializer[Folder]):
        team = CurrentOrganization(queryset=Team.objects)

        class Meta:
            model = Folder
            fields = ["name", "team"]

    declared = {
        "queryset": Folder.objects.all(),
        "serializer_class": OfTeam,
        "organization_field": "team__organization_id",
    }
    sent = {"name": "new", "team": pages[B].folder.team_id}
    assert api(**declared).post("/pages/", sent).status_code == 201
    assert Folder.objects.get(name="new").team == pages[A].folder.team
    refused = api("org-c", **declared).post("/pages/", sent)  # which has no team
    assert refused.json() == {"team": ["The request names no organization."]}


class Replacing(ListSerializer[Any]):
    """Creates what it gets."""

    def update(self, instance: Any, validated_data: Any) -> Any:
        return self.create(validated_data)


class Each(PageSerializer):
    class Meta(PageSerializer.Meta):
        list_serializer_class = Replacing
        validators: list[Any] = []


@pytest.mark.parametrize("instances", [None, [], Page.objects])
def test_each_of_several_rows_is_created_in_the_organization(
    api: Any, pages: dict[str, Page], instances: Any
) -> None:
    def get_serializer(self: Any, **kwargs: Any) -> Any:
        context = self.get_serializer_context()
        return Each(instances, data=kwargs["data"], many=True, context=context)

    sent = [
        {"title": one, "organization_id": B, "folder": pages[A].folder_id} for one in ("x", "y")
    ]
    created = api(get_serializer=get_serializer).post("/pages/", sent, format="json")
    assert created.status_code == 201, created.json()
    assert Page.objects.filter(organization_id=A).count() == 3


class WithinFolder(ModelSerializer[Page]):
    organization_id = CurrentOrganization()

    class Meta:
        model = Page
        fields = ["title", "organization_id"]


class FolderSerializer(ModelSerializer[Folder]):
    pages = WithinFolder(many=True, source="page_set")
    team = OrganizationRelatedField(queryset=Team.objects.all())

    class Meta:
        model = Folder
        fields = ["name", "pages", "team"]

    def create(self, validated_data: Any) -> Folder:
        return self.update(Folder(name="", team=validated_data["team"]), validated_data)

    def update(self, instance: Folder, validated_data: Any) -> Folder:
        instance.save()
        for one in validated_data["page_set"]:
            Page.objects.create(folder=instance, **one)
        return instance


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_rows_within_another_are_created_in_the_organization(
    api: Any, pages: dict[str, Page], method: str
) -> None:
    folders = {
        "queryset": Folder.objects.all(),
        "serializer_class": FolderSerializer,
        "organization_field": "team__organization_id",
    }
    url = "/pages/" if method == "post" else f"/pages/{pages[A].folder_id}/"
    for team, status in ((A, {200, 201}), (B, {400})):
        within = [{"title": "within", "organization_id": B}]
        sent = {"name": "n", "team": pages[team].folder.team_id, "pages": within}
        assert getattr(api(**folders), method)(url, sent, format="json").status_code in status
    assert Page.objects.get(title="within").organization_id == A
    form = api(**folders).get("/pages/", headers={"Accept": "text/html"}).content.decode()
    assert ("team-org-a" in form, "team-org-b" in form) == (True, False)


def test_what_is_unique_within_an_organization_tells_nothing_of_others(
    api: Any, pages: dict[str, Page]
) -> None:
    sent = {"folder": pages[A].folder_id}
    statuses = [
        api().post("/pages/", {**sent, "title": f"page of {one}"}, format="json").status_code
        for one in (A, B)
    ]
    assert statuses == [400, 201]
    changed = api().patch(f"/pages/{pages[A].pk}/", {"title": "page of org-b"}, format="json")
    assert changed.status_code == 400  # as the one above is there


@pytest.mark.parametrize("name", ["folder", "linked"])
def test_a_related_row_of_another_organization_does_not_exist(
    api: Any, pages: dict[str, Page], name: str
) -> None:
    def refusal(pk: int) -> Any:
        related = {"folder": pk} if name == "folder" else {"linked": [pk]}
        sent = {"title": "new", "folder": pages[A].folder_id, **related}
        response = api().post("/pages/", sent, format="json")
        assert response.status_code == 400
        return [one.replace(str(pk), "?") for one in response.json()[name]]

    foreign = pages[B].folder_id if name == "folder" else pages[B].pk
    assert refusal(foreign) == refusal(987654) == ['Invalid pk "?" - object does not exist.']


def test_a_related_row_of_the_organization_may_be_named(api: Any, pages: dict[str, Page]) -> None:
    sent = {"title": "new", "folder": pages[A].folder_id, "linked": [pages[A].pk]}
    assert api().post("/pages/", sent, format="json").status_code == 201


def test_any_related_field_can_be_kept_within_the_organization(
    api: Any, pages: dict[str, Page]
) -> None:
    class ByName(PageSerializer):
        folder = OfTeam(  # type: ignore[assignment]
            slug_field="name",
            queryset=Folder.objects.all(),
            organization_field="team__organization_id",
        )

    client = api(serializer_class=ByName)
    statuses = [
        client.post("/pages/", {"title": "a", "folder": f"folder of {one}"}).status_code
        for one in (A, B)
    ]
    assert statuses == [201, 400]


def test_a_related_field_that_is_only_read_needs_no_rows(api: Any) -> None:
    class Read(PageSerializer):
        folder = OrganizationRelatedField(read_only=True)

    assert "folder" in api(serializer_class=Read).get("/pages/").json()[0]
    read: Any = Read(context={}).fields["folder"]
    assert read.get_queryset() is None


def test_forms_offer_no_rows_of_another_organization(api: Any) -> None:
    page = api().get("/pages/", headers={"Accept": "text/html"}).content.decode()
    assert "page of org-a" in page
    assert "org-b" not in page
    offered: Any = PageSerializer(context={}).fields["folder"]
    assert list(offered.get_queryset()) == []  # there is no request to ask
