"""System checks of the names of a view's attributes: whether they are what was meant."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject
from django.views import generic
from rest_framework import filters, generics, serializers, throttling, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes, InOrganization
from drf_logto.testing import Logto
from tests.support.checked import made, of, routed

Check = Callable[..., list[tuple[str, str]]]


class View(APIView):
    def get(self, request: Any) -> Response:
        return Response("got")


class Things(ViewSet):
    def list(self, request: Any) -> None:
        """Is never called."""


def view(*permissions: Any, **attributes: Any) -> Any:
    return made(View, *permissions, **attributes).as_view()


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
        {"required_scopes": "x", "scopes": ["x"], "get_required_scopes": lambda self: []},
        {
            "get_scopes": lambda self: [],
            "required_scopes": property(lambda self: self.get_scopes()),
        },
        {"scopes": ["x"], "initial": lambda self, request: self.scopes},
        {"api_resources": lambda self: [], "get_api_resource": lambda self: ""},
        {"required_alternate_scopes": {}, "required_roles": [], "organization_field": "x"},
    ],
)
def test_another_attribute_is_not_reported(check: Check, attributes: Any) -> None:
    assert of(check(path("x/", view(InOrganization, **attributes))), "E015") == []


class ScopeThrottle(throttling.ScopedRateThrottle):
    scope_attr = "scope"


def policy(base: type) -> Any:
    read = lambda self, view: (view.scope, view.organization_kwarg, view.by_method)  # noqa: E731
    reading: Any = type("Reading", (base,), {"__module__": __name__, "read": read})
    return type("Policy", (reading,), {})


@pytest.mark.parametrize(
    "policies",
    [
        {"permission_classes": [InOrganization & policy(BasePermission)]},
        {"permission_classes": [InOrganization, policy(BasePermission)()]},
        {"throttle_classes": (policy(throttling.BaseThrottle),)},
        {"filter_backends": [policy(filters.BaseFilterBackend)]},
        {"authentication_classes": [policy(LogtoJWTAuthentication)]},
        {"renderer_classes": [policy(JSONRenderer)]},
        {"parser_classes": [policy(JSONParser)]},
        {"serializer_class": policy(serializers.Serializer)},
    ],
)
def test_an_attribute_that_a_policy_of_the_view_reads_is_not_reported(
    check: Check, policies: Any
) -> None:
    attributes = {"scope": "x", "organization_kwarg": "x", "by_method": {"post": HasScopes("w")}}
    given = {"permission_classes": [InOrganization], **policies, **attributes}
    made: Any = type("Made", (View,), given)
    assert check(path("x/", made.as_view())) == []
    assert len(check(path("x/", view(InOrganization, **attributes)))) == 3


def test_an_attribute_whose_name_a_throttle_holds_is_not_reported(check: Check) -> None:
    throttles = [ScopeThrottle]
    assert check(path("x/", view(InOrganization, scope="x", throttle_classes=throttles))) == []


def test_policies_that_are_computed_read_nothing(check: Check) -> None:
    throttles = property(lambda self: [ScopeThrottle])
    found = check(path("x/", view(InOrganization, scope="x", throttle_classes=throttles)))
    assert [id for id, _ in found] == ["drf_logto.E015"]


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


@pytest.mark.parametrize(
    "attributes",
    [
        {"scopes": ["invite:x"]},
        {"scope": "invite:x"},
        {"get_required_scopes": lambda self: []},
        {"get_scopes": lambda self: []},
    ],
)
def test_a_usual_name_is_reported_beside_a_permission_that_reads_required_scopes(
    check: Check, logto: Logto, attributes: Any
) -> None:
    found = check(path("x/", view(InOrganization, **attributes)))
    assert [id for id, _ in found] == ["drf_logto.E015"]
    assert repr(next(iter(attributes))) in found[0][1]
    assert "Write required_scopes." in found[0][1]
    assert logto.client(logto.organization_token("globex", [])).get("/x/").status_code == 200
    for other in (view(HasScopes("a"), **attributes), view(IsAuthenticated, **attributes)):
        assert check(path("x/", other)) == []


def test_a_method_for_the_keyword_is_reported(check: Check) -> None:
    [(id, message)] = check(
        path("x/", view(InOrganization, get_organization_url_kwarg=lambda self: "org"))
    )
    assert id == "drf_logto.E015"
    assert "Write organization_url_kwarg." in message


# Permissions under another name

READ = HasScopes("read:x")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("permission_class", [READ]),
        ("permission_class", READ),
        ("permission_class", HasScopes),
        ("permissions", (IsAuthenticated & READ,)),
        ("permissions_classes", {READ}),
        ("guards", frozenset({InOrganization})),
        ("permission_classes_by_action", {"list": [READ], "get": READ}),
    ],
)
def test_permissions_under_another_name_are_reported(
    check: Check, logto: Logto, name: str, value: Any
) -> None:
    plain = require_access_token(lambda request: HttpResponse())
    setattr(plain, name, value)
    found = check(
        path("x/", view(IsAuthenticated, **{name: value})),
        path("y/", plain),
        path("z/", view(READ)),
    )
    assert [id for id, _ in found] == ["drf_logto.E015"] * 2
    assert f"The view of 'x/' has the attribute {name!r}, which nothing reads." in found[0][1]
    assert "Write permission_classes." in found[0][1]
    assert logto.client(logto.global_token([])).get("/x/").status_code == 200


def test_a_nearly_right_name_is_reported_though_an_action_uses_its_permissions(
    check: Check,
) -> None:
    class Misspelt(Things):
        permission_class = [READ]

        @action(detail=False, permission_classes=permission_class)
        def mine(self, request: Any) -> Response:  # type: ignore[empty-body]
            """Is never called."""

    assert [id for id, _ in check(routed(Misspelt))] == ["drf_logto.E015"]


class Named(Things):
    members = [InOrganization]
    reading = HasScopes("read:x")
    permission_classes: Any = [IsAuthenticated & reading]

    class Staff(HasScopes):
        """A permission of this view alone."""

    @action(detail=False, permission_classes=members)
    def mine(self, request: Any) -> Response:  # type: ignore[empty-body]
        """Is never called."""

    @action(detail=False, permission_classes=[Staff])
    def staff(self, request: Any) -> Response:  # type: ignore[empty-body]
        """Is never called."""


class ByAction(View):
    by_action = {"get": [READ]}

    def get_permissions(self) -> Any:
        return [one() for one in self.by_action[self.request.method.lower()]]  # type: ignore[union-attr]


def test_permissions_that_the_view_uses_under_another_name_are_not_reported(
    check: Check, logto: Logto
) -> None:
    inheriting = type("Inheriting", (Named,), {"permission_classes": [HasScopes("b")]})
    lazy = SimpleLazyObject(lambda: pytest.fail("It is evaluated."))
    found = check(
        path("x/", ByAction.as_view()),
        path("y/", view(READ, several=[lazy], serializer_class=HttpResponse)),
        routed(Named, inheriting),
    )
    assert found == []
    assert logto.client(logto.global_token([])).get("/x/").status_code == 403


class ByMethod(View):
    permission_classes = [READ]
    permission_classes_post = [HasScopes("write:x")]

    def get_permissions(self) -> Any:
        name = f"permission_classes_{self.request.method.lower()}"  # type: ignore[union-attr]
        return [one() for one in getattr(self, name, self.permission_classes)]

    def post(self, request: Any) -> Response:
        return Response("posted")


def test_permissions_beside_get_permissions_of_the_project_are_not_reported(
    check: Check, logto: Logto
) -> None:
    checking = {"check_permissions": lambda self, request: None, "writing": [HasScopes("write:x")]}
    assert check(path("x/", ByMethod.as_view()), path("y/", view(READ, **checking))) == []
    reader = logto.client(logto.global_token(["read:x"]))
    assert [reader.get("/x/").status_code, reader.post("/x/").status_code] == [200, 403]
    assert logto.client(logto.global_token(["write:x"])).post("/x/").status_code == 200
