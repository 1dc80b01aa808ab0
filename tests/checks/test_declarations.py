"""System checks of what views and permissions declare: that something reads it."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest
from adrf.views import APIView as AsyncAPIView
from django.http import HttpResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import generic
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes, OrgResourceScopes
from drf_logto.testing import Logto
from tests.support.checked import made, of, routed

Check = Callable[..., list[tuple[str, str]]]
Route = Callable[..., None]


class View(APIView):
    def delete(self, request: Any) -> Response:
        return Response("deleted")


class Things(ViewSet):
    def list(self, request: Any) -> None:
        """Is never called."""

    def retrieve(self, request: Any, pk: str) -> None:
        """Is never called."""

    def export(self, request: Any) -> None:
        """Is never called."""

    @action(detail=False, methods=["post"])
    def publish(self, request: Any) -> Response:  # type: ignore[empty-body]
        """Is never called."""


def view(*permissions: Any, **attributes: Any) -> Any:
    return made(View, *permissions, **attributes).as_view()


# E014: required_scopes that is ignored


@pytest.mark.parametrize(
    "permissions",
    [
        [HasScopes("read:x")],
        [HasScopes(get="read:x")],
        [IsAuthenticated & (HasScopes("read:x") | OrgResourceScopes("x"))],
        [HasScopes("read:x") | OrgResourceScopes],
        [IsAuthenticated & HasScopes("read:x")],
        [HasScopes("read:x") & ~HasScopes("b")],
    ],
)
def test_required_scopes_that_every_permission_ignores_is_reported(
    check: Check, logto: Logto, permissions: Any
) -> None:
    found = check(path("x/", view(*permissions, required_scopes={"delete": "delete:x"})))
    assert [id for id, _ in found] == ["drf_logto.E014"]
    assert "'x/'" in found[0][1]
    assert "HasScopes(" in found[0][1]
    assert "Write HasScopes without arguments" in found[0][1]


def test_an_ignored_required_scopes_opens_what_it_names(logto: Logto, route: Route) -> None:
    """Which is why it is reported."""
    route(path("x/", view(HasScopes("read:x"), required_scopes={"delete": "delete:x"})))
    assert logto.client(logto.global_token(["read:x"])).delete("/x/").status_code == 200


@pytest.mark.parametrize(
    ("permissions", "required"),
    [
        ([HasScopes], "read:x"),
        ([HasScopes()], "read:x"),
        ([HasScopes & OrgResourceScopes("x")], {"get": "read:x"}),
        ([IsAdminUser | HasScopes], {"get": "read:x"}),
        ([HasScopes("x")], None),
        ([HasScopes("x")], property(lambda self: "read:x")),
    ],
)
def test_required_scopes_that_some_permission_reads_is_not_reported(
    check: Check, permissions: Any, required: Any
) -> None:
    assert check(path("x/", view(*permissions, required_scopes=required))) == []


class Mixed(Things):
    permission_classes = [HasScopes]
    required_scopes: Any = {"read": "read:x"}

    @action(detail=False, permission_classes=[OrgResourceScopes("y")])
    def mine(self, request: Any) -> Response:  # type: ignore[empty-body]
        """Is never called."""


def test_an_action_with_a_permission_of_its_own_may_ignore_required_scopes(check: Check) -> None:
    assert check(routed(Mixed)) == []


def test_required_scopes_that_names_the_action_which_ignores_it_is_reported(check: Check) -> None:
    found = check(routed(made(Mixed, HasScopes, required_scopes={"list": "x", "mine": "z"})))
    assert [id for id, _ in found] == ["drf_logto.E014"]
    assert "mine" in found[0][1]


def test_required_scopes_of_a_plain_view_is_read_likewise(check: Check) -> None:
    @require_access_token(HasScopes("read:x"))
    def plain(request: Any) -> HttpResponse:  # type: ignore[empty-body]
        """Is never called."""

    cast("Any", plain).required_scopes = "delete:x"
    assert [id for id, _ in check(path("x/", plain))] == ["drf_logto.E014"]


def test_required_scopes_that_names_the_method_which_ignores_it_is_reported(check: Check) -> None:
    class Exported(viewsets.ViewSet):
        permission_classes = [HasScopes("read:x")]
        required_scopes = {"delete": "delete:x", "export": "export:x"}

        def destroy(self, request: Any, pk: str) -> None:
            """Is never called."""

        @action(detail=False, permission_classes=[HasScopes])
        def export(self, request: Any) -> Response:  # type: ignore[empty-body]
            """Is never called."""

    assert [id for id, _ in check(routed(Exported))] == ["drf_logto.E014"]


# W007: attributes that no permission reads


@require_access_token
def bare(request: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("got")


@method_decorator(require_access_token, name="dispatch")
class Bare(generic.View):
    required_scopes: Any = None
    organization_url_kwarg: Any = None

    def get(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("got")


def bare_function(**attributes: Any) -> Any:
    made = partial(bare)
    made.__dict__.update(attributes)
    return made


ATTRIBUTES = [{"required_scopes": "read:x"}, {"organization_url_kwarg": "team"}]
WITHOUT_READERS: dict[str, Callable[..., Any]] = {
    "authenticated": lambda **attributes: view(IsAuthenticated, **attributes),
    "composed": lambda **attributes: view(IsAuthenticated | ~IsAdminUser, **attributes),
    "none": view,
    "default": lambda **attributes: type("Made", (Got,), attributes).as_view(),  # type: ignore[attr-defined]
    "adrf": lambda **attributes: type("Made", (AsyncAPIView,), attributes).as_view(),  # type: ignore[attr-defined]
    "function": bare_function,
    "class": Bare.as_view,
    "plain": lambda **attributes: type("Made", (generic.View,), attributes).as_view(),  # type: ignore[attr-defined]
}


class Got(APIView):
    def get(self, request: Any, **kwargs: Any) -> Response:
        return Response("got")


@pytest.mark.parametrize("attributes", ATTRIBUTES)
@pytest.mark.parametrize("kind", WITHOUT_READERS)
def test_an_attribute_that_no_permission_reads_is_reported(
    check: Check, kind: str, attributes: Any
) -> None:
    [(id, message)] = check(path("teams/<team>/", WITHOUT_READERS[kind](**attributes)))
    assert id == "drf_logto.W007"
    name = next(iter(attributes))
    assert f"{name} of 'teams/<team>/' is not read: no permission of the route" in message
    assert "Add " in message
    assert f"or set {name} = None" in message


@pytest.mark.parametrize("attributes", ATTRIBUTES)
@pytest.mark.parametrize("kind", ["default", "function", "class"])
def test_an_attribute_that_no_permission_reads_guards_nothing(
    logto: Logto, route: Route, kind: str, attributes: Any
) -> None:
    route(path("teams/<team>/", WITHOUT_READERS[kind](**attributes)))
    client = logto.client(logto.organization_token("globex", []))
    assert client.get("/teams/acme/").status_code == 200


class OfAnotherPackage(BasePermission):
    """May read required_scopes, as those of django-oauth-toolkit do."""


class Reading(LogtoJWTAuthentication):
    read = lambda self, view: (view.required_scopes, view.organization_url_kwarg)  # noqa: E731


def computed(self: Any) -> None:
    """Is never called."""


@pytest.mark.parametrize(
    "attributes",
    [
        {"permission_classes": [OfAnotherPackage]},
        {"permission_classes": [IsAuthenticated & OfAnotherPackage]},
        {"permission_classes": [partial(HasScopes)]},
        {"permission_classes": property(computed)},
        {"get_permissions": computed},
        {"check_permissions": computed},
        {"permission_classes": [], "authentication_classes": [Reading]},
        {"initial": lambda self: (self.required_scopes, self.organization_url_kwarg)},
        {"a": property(lambda self: lambda: (self.required_scopes, self.organization_url_kwarg))},
        {"required_scopes": None, "organization_url_kwarg": None},
        {"required_scopes": [], "organization_url_kwarg": None},
        {"required_scopes": property(computed), "organization_url_kwarg": property(computed)},
    ],
)
def test_an_attribute_that_other_code_may_read_is_not_reported(
    check: Check, attributes: Any
) -> None:
    given = {"required_scopes": "x", "organization_url_kwarg": "org", **attributes}
    made: Any = type("Made", (APIView,), given)
    assert check(path("x/", made.as_view())) == []


class Guarded(APIView):
    permission_classes: Any = [OrgResourceScopes]
    required_scopes = "read:x"
    organization_url_kwarg = "org"


@pytest.mark.parametrize("permissions", [[AllowAny], [], [IsAdminUser]])
def test_an_attribute_of_a_base_class_is_not_reported_below_other_permissions(
    check: Check, permissions: Any
) -> None:
    derived = type("Derived", (made(Guarded, *permissions),), {})
    assert check(path("<org>/", derived.as_view())) == []  # type: ignore[attr-defined]


def test_an_attribute_of_a_base_class_is_reported_below_a_permission_with_its_own_scopes(
    check: Check,
) -> None:
    found = check(path("<org>/", made(Guarded, HasScopes("b")).as_view()))
    assert [id for id, _ in found] == ["drf_logto.E014"]


class Published(Things):
    permission_classes = [OrgResourceScopes]
    required_scopes: Any = "read:x"
    organization_url_kwarg = "pk"

    @action(detail=False, permission_classes=[IsAuthenticated])
    def shown(self, request: Any) -> Response:  # type: ignore[empty-body]
        """Is never called."""


def test_an_action_under_a_permission_of_rest_framework_may_ignore_attributes(check: Check) -> None:
    assert check(routed(Published)) == []


def test_required_scopes_that_names_such_an_action_is_reported(check: Check) -> None:
    scopes = {"list": "read:x", "shown": "read:y"}
    found = check(routed(made(Published, OrgResourceScopes, required_scopes=scopes)))
    assert [id for id, _ in found] == ["drf_logto.W007"]
    assert "shown" in found[0][1]


# E016: scopes for what no request is called


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ({"lst": "x"}, "Write 'list'."),
        ({"GET": "x"}, "Write 'get'."),
        ({"publsh": "x"}, "Write 'publish'."),
        ({"Write": "x"}, "Write 'write'."),
        ({"scopes": ["x"]}, "Write HasScopes('a', 'b')"),
        ({"required_scopes": ["x"]}, "Write HasScopes('a', 'b')"),
        ({"qqq": "x"}, "Name one of list, publish, retrieve, read, write, or a method."),
        ({"create": "x", "list": "y"}, "'create'"),
    ],
)
def test_a_name_that_matches_nothing_is_reported(
    check: Check, named: dict[str, Any], hint: str
) -> None:
    for viewset in (
        made(Things, HasScopes(**named)),
        made(Things, HasScopes, required_scopes=named),
        made(Things, IsAuthenticated & (OrgResourceScopes("z") | HasScopes(**named))),
    ):
        found = check(routed(viewset))
        assert [id for id, _ in found] == ["drf_logto.E016"]
        assert repr(next(iter(named))) in found[0][1]
        assert hint in found[0][1]


@pytest.mark.parametrize("base", [View, None])
def test_a_view_without_actions_has_methods_alone(check: Check, base: Any) -> None:
    permission = HasScopes(list="x", get="y")
    plain = require_access_token(permission)(lambda request: HttpResponse())
    found = check(path("x/", plain if base is None else view(permission)))
    assert [id for id, _ in found] == ["drf_logto.E016"]
    assert "'list'" in found[0][1]


@pytest.mark.parametrize(
    "named",
    [
        {"list": "x", "retrieve": "x", "publish": "x"},
        {"get": "x", "head": "x", "options": "x", "post": "x", "put": "x", "patch": "x"},
        {"delete": "x", "trace": "x"},
        {"read": "x", "write": "x", "metadata": "x"},
        {"purge": "x"},
    ],
)
def test_a_name_of_an_action_or_method_is_not_reported(check: Check, named: Any) -> None:
    methods = [*Things.http_method_names, "purge"]
    viewset = made(Things, HasScopes(**named), http_method_names=methods)
    assert check(routed(viewset)) == []


def test_an_action_that_only_another_route_maps_is_not_reported(check: Check) -> None:
    viewset = made(Things, HasScopes(export="x"))
    found = check(path("x/", viewset.as_view({"get": "export"})), routed(viewset))
    assert found == []
    assert len(check(routed(viewset))) == 1


def test_a_permission_that_several_views_share_is_reported_once_if_none_matches(
    check: Check,
) -> None:
    shared = HasScopes(list="x", get="y", publish="z", lst="a")
    found = check(path("x/", view(shared)), routed(made(Things, shared)))
    assert len(found) == 1
    assert "'lst'" in found[0][1]
    assert "'x/'" in found[0][1]


def test_methods_that_are_computed_are_passed_over(check: Check) -> None:
    computed = property(lambda self: ["get"])
    viewset = made(Things, HasScopes(get="x", lst="x"), http_method_names=computed)
    assert len(of(check(path("x/", viewset.as_view({"get": "list"}))), "E016")) == 1


def test_a_name_that_is_not_read_beside_another_error_is_not_reported(check: Check) -> None:
    found = check(path("x/", view(HasScopes, required_scopes={"lst": 7})))
    assert [id for id, _ in found] == ["drf_logto.E007"]


# W006: read or write is an action


class Inbox(Things):
    @action(detail=True, methods=["post"])
    def read(self, request: Any, pk: str) -> Response:
        return Response("marked as read")


def test_read_beside_an_action_of_that_name_is_warned_of(
    check: Check, logto: Logto, route: Route
) -> None:
    viewset = made(Inbox, HasScopes(read="read:x", write="write:x"))
    found = check(routed(viewset))
    assert [id for id, _ in found] == ["drf_logto.W006"]
    assert "'read'" in found[0][1]
    reader = logto.client(logto.global_token(["read:x"]))
    assert reader.post("/things0/1/read/").status_code == 200


def test_an_action_called_read_is_not_warned_of_where_read_is_not_named(check: Check) -> None:
    assert check(routed(made(Inbox, HasScopes(get="x", post="y")))) == []
