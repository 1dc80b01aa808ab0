"""System checks of what views and permissions declare: that something reads it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import generic
from rest_framework import generics, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.testing import Logto

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


def made(base: Any, *permissions: Any, **attributes: Any) -> Any:
    attributes["permission_classes"] = permissions
    return type("Made", (base,), attributes)


def view(*permissions: Any, **attributes: Any) -> Any:
    return made(View, *permissions, **attributes).as_view()


def routed(*viewsets: Any) -> Any:
    router = SimpleRouter()
    for number, viewset in enumerate(viewsets):
        router.register(f"things{number}", viewset, basename=f"thing{number}")
    return path("", include(router.urls))


def of(found: list[tuple[str, str]], check_id: str) -> list[str]:
    return [message for id, message in found if id == f"drf_logto.{check_id}"]


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
        ([IsAuthenticated], {"get": "read:x"}),
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

    plain.required_scopes = "delete:x"
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


# E015: names that are nearly right


def test_a_misspelt_attribute_that_a_base_class_spells_right_is_reported(check: Check) -> None:
    base = made(View, HasScopes, required_scopes="read:x")
    derived = type("Derived", (base,), {"required_scope": {"get": "read:x"}})
    assert [id for id, _ in check(path("x/", derived.as_view()))] == ["drf_logto.E015"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("required_scope", "required_scopes"),
        ("scopes_required", "required_scopes"),
        ("scope_required", "required_scopes"),
        ("requires_scopes", "required_scopes"),
        ("REQUIRED_SCOPES", "required_scopes"),
        ("requiredScopes", "required_scopes"),
        ("organisation_url_kwarg", "organization_url_kwarg"),
        ("organization_kwarg", "organization_url_kwarg"),
        ("organization_url_kwargs", "organization_url_kwarg"),
        ("org_url_kwarg", "organization_url_kwarg"),
        ("api_resources", "api_resource"),
    ],
)
def test_an_attribute_that_is_nearly_right_is_reported(check: Check, name: str, meant: str) -> None:
    found = check(path("x/", view(InOrganization, **{name: "x"})))
    assert [id for id, _ in found] == ["drf_logto.E015"]
    assert repr(name) in found[0][1]
    assert f"Write {meant}." in found[0][1]


@pytest.mark.parametrize(
    "attributes",
    [
        {"lookup_url_kwarg": "pk", "throttle_scope": "x", "required_permissions": []},
        {"required_scopes": "x", "required_scope": "x"},
        {"_required_scope": "x"},
        {"get_required_scopes": lambda self: []},
        {"required_alternate_scopes": {}, "required_roles": [], "organization_field": "x"},
    ],
)
def test_another_attribute_is_not_reported(check: Check, attributes: Any) -> None:
    assert of(check(path("x/", view(InOrganization, **attributes))), "E015") == []


def test_no_attribute_of_django_or_rest_framework_is_nearly_right(check: Check) -> None:
    @require_access_token(InOrganization)
    def plain(request: Any) -> HttpResponse:  # type: ignore[empty-body]
        """Is never called."""

    views = [
        value
        for module in (generics, viewsets, generic)
        for value in vars(module).values()
        if isinstance(value, type)
    ]
    known = {name for one in views for name in dir(one) if not name.startswith("_")}
    assert {"lookup_url_kwarg", "pk_url_kwarg", "throttle_classes"} < known
    for name in known - {"authentication_classes", "permission_classes"}:
        setattr(plain, name, None)
    assert check(path("x/", plain)) == []


def test_an_inherited_attribute_is_reported_once_for_each_view(check: Check) -> None:
    class Base(Things):
        required_scope = "x"

    first, second = made(Base, InOrganization), made(Base, InOrganization)
    found = of(check(routed(first, second)), "E015")
    assert len(found) == 2
    assert "things0/" in found[0]
    assert "things1/" in found[1]


def test_an_attribute_of_a_function_or_of_as_view_is_reported(check: Check) -> None:
    @api_view()
    @permission_classes([InOrganization])
    def of_drf(request: Any, /) -> Response:  # type: ignore[empty-body]
        """Is never called."""

    @require_access_token(InOrganization)
    def plain(request: Any) -> HttpResponse:  # type: ignore[empty-body]
        """Is never called."""

    @method_decorator(require_access_token(InOrganization), name="dispatch")
    class Plain(generic.View):
        required_scope = "x"

    class Lenient(View):
        permission_classes = [InOrganization]
        api_resources: Any = None

    of_drf.required_scope = plain.required_scope = "x"  # type: ignore[attr-defined]
    found = check(
        path("a/", of_drf),
        path("b/", plain),
        path("c/", Plain.as_view()),
        path("d/", Lenient.as_view(api_resources="x")),
    )
    assert [id for id, _ in found] == ["drf_logto.E015"] * 4


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
