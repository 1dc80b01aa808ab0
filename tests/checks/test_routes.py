"""System checks of the routes: what permission classes, views and URLs say together."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import pytest
from adrf.views import APIView as AsyncAPIView
from django.core.checks import run_checks
from django.http import HttpResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.http import require_GET, require_safe
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.decorators import action, api_view, authentication_classes, permission_classes
from rest_framework.permissions import BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.permissions import (
    FromClients,
    HasClaim,
    HasScopes,
    InOrganization,
    IsDelegated,
    IsMachine,
    IsUser,
    OrgResourceScopes,
    OwnedByUser,
)
from drf_logto.testing import Logto

Check = Callable[..., list[tuple[str, str]]]


def view(*permissions: Any, **attributes: Any) -> Any:
    attributes["permission_classes"] = permissions
    return type("View", (APIView,), attributes).as_view()  # type: ignore[attr-defined]


def test_routes_that_are_right_hear_nothing(check: Check) -> None:
    routes = (
        path("products/", view(HasScopes("read:products"))),
        path("<str:organization_id>/documents/", view(OrgResourceScopes("read:documents"))),
        path("<str:organization_id>/members/", view(InOrganization("read:products"))),
        path("bare/", view(HasScopes, required_scopes={"get": "read:bare"})),
        path("closed/", view(HasScopes)),
        path("other/", view(IsAuthenticated)),
        path("plain/", lambda request: HttpResponse()),
    )
    assert check(*routes) == []


def test_a_project_without_routes_hears_nothing(settings: Any) -> None:
    settings.ROOT_URLCONF = None
    found = [one for one in run_checks(tags=["urls"]) if "drf_logto" in str(one.id)]
    assert [one for one in found if not one.is_silenced()] == []


def test_one_scope_for_both_models_is_reported(check: Check) -> None:
    messages = check(
        path("all/", view(HasScopes("read:data", "x"))),
        path("more/", view(HasScopes("read:data"))),
        path("<str:organization_id>/", view(OrgResourceScopes("read:data"))),
    )
    assert [id for id, _ in messages] == ["drf_logto.W003"]
    assert "'read:data'" in messages[0][1]
    assert "'all/'" in messages[0][1]


def test_one_scope_in_a_composition_is_reported(check: Check) -> None:
    both = HasScopes("read:data") | (OrgResourceScopes("read:data") & IsAuthenticated)
    assert [id for id, _ in check(path("data/", view(both)))] == ["drf_logto.W003"]


def test_one_scope_of_two_resources_is_fine(check: Check, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "API_RESOURCE": ["urn:a", "urn:b"]}
    assert (
        check(
            path("all/", view(HasScopes("read:data"), api_resource="urn:a")),
            path("one/", view(OrgResourceScopes("read:data"), api_resource=["urn:b"])),
        )
        == []
    )


class Products(ViewSet):
    permission_classes = [HasScopes(list="read:products")]

    def list(self, request: Any) -> None:
        """Is never called."""

    @action(detail=False, permission_classes=[OrgResourceScopes("read:products")])
    def mine(self, request: Any) -> Response:  # type: ignore[empty-body]
        """Is never called."""


def test_actions_with_permissions_of_their_own_are_seen(check: Check) -> None:
    router = SimpleRouter()
    router.register("products", Products, basename="product")
    assert [id for id, _ in check(*router.urls)] == ["drf_logto.W003"]


def test_function_views_and_plain_django_views_are_seen(check: Check) -> None:
    @api_view()
    @permission_classes([HasScopes("read:data")])
    def of_drf(request: Any, /) -> Response:  # type: ignore[empty-body]
        """Is never called."""

    @require_access_token(OrgResourceScopes("read:data"))
    def of_django(request: Any) -> HttpResponse:  # type: ignore[empty-body]
        """Is never called."""

    messages = check(path("drf/", of_drf), path("django/", of_django))
    assert [id for id, _ in messages] == ["drf_logto.W003"]


@pytest.mark.parametrize("declared", [7, "two scopes", {"get": 7}])
def test_required_scopes_that_cannot_be_read_are_reported(check: Check, declared: object) -> None:
    messages = check(path("bare/", view(HasScopes, required_scopes=declared)))
    assert [id for id, _ in messages] == ["drf_logto.E007"]
    assert "Write 'a' or ['a', 'b']." in messages[0][1]


@pytest.mark.parametrize(
    ("name", "check_id"), [("required_scopes", "E007"), ("organization_url_kwarg", "E010")]
)
def test_a_method_where_a_property_is_meant_is_reported(
    check: Check, logto: Logto, name: str, check_id: str
) -> None:
    def method(self: Any) -> None:
        """Is never called."""

    found = check(path("x/", view(InOrganization, **{name: method})))
    assert [id for id, _ in found] == [f"drf_logto.{check_id}"]
    assert "@property above" in found[0][1]
    assert logto.client(logto.organization_token("globex", [])).get("/x/").status_code == 403


@pytest.mark.parametrize("resource", ["https://other.test", ["https://api.example.test", "x"]])
def test_an_unknown_resource_is_reported(check: Check, resource: object) -> None:
    messages = check(path("x/", view(HasScopes("x"), api_resource=resource)))
    assert [id for id, _ in messages] == ["drf_logto.E009"]


def test_routes_are_not_looked_at_while_the_settings_are_broken(
    check: Check, settings: Any
) -> None:
    settings.LOGTO = {}
    messages = check(path("<str:org_id>/", view(InOrganization, api_resource="x")))
    assert {id for id, _ in messages} == {"drf_logto.E001"}


@pytest.mark.parametrize("resource", [7, [["x"]], ()])
def test_a_resource_that_cannot_be_read_is_reported(check: Check, resource: object) -> None:
    messages = check(path("x/", view(HasScopes("x"), api_resource=resource)))
    assert [id for id, _ in messages] == ["drf_logto.E009"]


def test_what_is_computed_at_run_time_is_not_judged(check: Check) -> None:
    computed = property(lambda self: [HasScopes("x")])
    by_class = type("View", (APIView,), {"permission_classes": computed})
    by_instance = type("View", (APIView,), {"permission_classes": HasScopes("x")})
    names = ("required_scopes", "api_resource", "organization_url_kwarg")
    assert (
        check(
            path("class/", by_class.as_view()),  # type: ignore[attr-defined]
            path("instance/", by_instance.as_view()),  # type: ignore[attr-defined]
            path("<str:org>/", view(InOrganization, **dict.fromkeys(names, computed))),
        )
        == []
    )


def test_a_scope_under_not_opens_nothing(check: Check) -> None:
    messages = check(
        path("all/", view(HasScopes("read:all") & ~HasScopes("read:data"))),
        path("one/", view(OrgResourceScopes("read:data"))),
    )
    assert messages == []


ADMIN_OR_OURS = IsAdminUser | HasScopes("a")


@pytest.mark.parametrize(
    "permissions",
    [
        [~HasScopes],
        [~HasScopes("b")],
        [IsAuthenticated & ~HasScopes("b")],
        [IsAuthenticated, ~HasScopes("b")],
        [~HasScopes("b") | InOrganization],
        [~HasScopes("b") | IsAdminUser],
        [~HasScopes("b"), ~InOrganization, ~OrgResourceScopes("b")],
        [ADMIN_OR_OURS & ~HasScopes("b")],
        [~(HasScopes("b") & IsAdminUser)],
        [~(HasScopes("b") | IsAdminUser)],
        [~(~(~HasScopes("b")))],
    ],
)
def test_a_negation_that_lets_in_what_all_refuse_is_reported(
    check: Check, permissions: Any
) -> None:
    messages = check(path("open/", view(*permissions)))
    assert [id for id, _ in messages] == ["drf_logto.W004"]
    assert "'open/'" in messages[0][1]


@pytest.mark.parametrize(
    "permissions",
    [
        [HasScopes("a") & ~HasScopes("b")],
        [HasScopes("a"), ~HasScopes("b")],
        [(InOrganization | HasScopes("a")) & ~HasScopes("b")],
        [~(~HasScopes("b"))],
        [IsAdminUser | ~(~HasScopes("b"))],
        [~(~HasScopes("b") | ~InOrganization)],
        [HasScopes("a") & ~IsAdminUser],
        [HasScopes("a") | ~IsAdminUser],
        [ADMIN_OR_OURS],
        [~IsAuthenticated],
        [],
    ],
)
def test_a_negation_beside_a_kind_hears_nothing(check: Check, permissions: Any) -> None:
    assert check(path("closed/", view(*permissions))) == []


@pytest.mark.parametrize(
    ("permissions", "messages"),
    [
        ([IsUser], ["W010"]),
        ([IsUser()], ["W010"]),
        ([OwnedByUser("owner")], ["W010"]),
        ([HasScopes("a") & OwnedByUser("owner")], []),
        ([IsUser, FromClients("a"), HasClaim("b", "c")], ["W010"]),
        ([IsMachine | HasScopes("a")], ["W010"]),
        ([IsAuthenticated & IsDelegated], ["W010"]),
        ([IsUser & ~HasScopes("a")], ["W010"]),
        ([IsUser & ~IsDelegated], ["W010"]),
        ([~(~IsUser)], ["W010"]),
        ([~(~IsUser | ~HasScopes("a"))], []),
        ([~(~IsUser & ~HasScopes("a"))], ["W010"]),
        ([HasScopes("a") | (InOrganization & IsUser)], []),
        ([(HasScopes("a") | InOrganization) & IsUser], []),
        ([(HasScopes("a") | IsAdminUser) & IsUser], ["W010"]),
        ([HasScopes("a"), IsUser & ~IsDelegated], []),
        ([IsUser, HasScopes("a")], []),
        ([IsUser | IsAdminUser, OrgResourceScopes("a")], []),
        ([IsUser | IsAdminUser] * 64, ["W010"]),
        ([~IsUser], ["W004"]),
        ([IsAuthenticated & ~IsDelegated], ["W004"]),
        ([IsUser | ~IsDelegated], ["W004", "W010"]),
    ],
)
def test_a_permission_about_the_bearer_without_a_kind_is_reported(
    check: Check, permissions: Any, messages: list[str]
) -> None:
    found = check(path("open/", view(*permissions)))
    assert sorted(id for id, _ in found) == [f"drf_logto.{one}" for one in messages]
    assert all("'open/'" in message for _, message in found)


@pytest.mark.parametrize(
    ("permissions", "reasons"),
    [
        ([HasScopes("a"), FromClients], ["FromClients needs the ids of the applications"]),
        ([HasScopes("a") & ~HasClaim], ["missing 1 required positional argument: 'name'"]),
        ([FromClients & HasScopes("a"), HasClaim], ["FromClients needs", "missing 1 required"]),
    ],
)
def test_a_permission_that_lacks_its_arguments_is_reported(
    check: Check, permissions: Any, reasons: list[str]
) -> None:
    found = check(path("bare/", view(*permissions)))
    assert [id for id, _ in found] == ["drf_logto.E019"] * len(reasons)
    for (_id, message), reason in zip(found, reasons, strict=True):
        assert "'bare/'" in message
        assert reason in message


def test_a_permission_about_the_bearer_before_a_plain_django_view_is_reported(
    check: Check,
) -> None:
    @require_access_token(IsUser)
    def of_django(request: Any) -> HttpResponse:  # type: ignore[empty-body]
        """Is never called."""

    assert [id for id, _ in check(path("", of_django))] == ["drf_logto.W010"]


def test_a_permission_about_the_bearer_needs_the_authentication_and_reads_nothing_of_the_view(
    check: Check,
) -> None:
    attributes = {"required_scopes": "a", "authentication_classes": [BasicAuthentication]}
    found = check(path("", view(IsUser, **attributes)))
    assert sorted(id for id, _ in found) == ["drf_logto.E013", "drf_logto.W007", "drf_logto.W010"]
    found = check(path("<organization_id>/", view(IsUser, organization_url_kwarg="org")))
    assert sorted(id for id, _ in found) == ["drf_logto.W007", "drf_logto.W010"]


def test_a_negation_before_a_plain_django_view_is_reported(check: Check) -> None:
    @require_access_token(~HasScopes("b"))
    def of_django(request: Any) -> HttpResponse:  # type: ignore[empty-body]
        """Is never called."""

    assert [id for id, _ in check(path("", of_django))] == ["drf_logto.W004"]


def test_class_based_views_of_django_are_seen(check: Check) -> None:
    @method_decorator(require_access_token(InOrganization), name="dispatch")
    class Members(View):
        organization_url_kwarg = "member"

    assert [id for id, _ in check(path("<str:org>/", Members.as_view()))] == ["drf_logto.E008"]
    Members.organization_url_kwarg = "org"
    assert check(path("<str:org>/", Members.as_view())) == []


class Odd:
    """A view that is called, and has whatever is asked for."""

    initkwargs = None
    view_initkwargs = 7
    cls = "text"

    def __getattr__(self, name: str) -> Any:
        return Odd()

    def __call__(self, request: Any) -> Any:
        """Is never called."""


class Demanding(HasScopes):
    def __init__(self, needed: str) -> None:
        """Is never called, as the argument is missing."""


def test_odd_views_are_passed_over(check: Check) -> None:
    assert check(path("odd/", Odd())) == []
    assert [id for id, _ in check(path("demanding/", view(Demanding)))] == ["drf_logto.E019"]


@pytest.mark.parametrize("name", ["permission_classes", "authentication_classes"])
@pytest.mark.parametrize("has_api_view", [True, False])
def test_a_policy_that_rest_framework_does_not_read_is_reported(
    check: Check, name: str, has_api_view: bool
) -> None:
    def of_function(request: Any) -> None:
        """Is never called."""

    made: Any = api_view()(of_function) if has_api_view else of_function
    value = HasScopes("a") if name == "permission_classes" else SessionAuthentication
    setattr(made, name, [value])  # as its decorator does in REST Framework 3.16
    messages = check(path("void/", require_GET(made)))
    assert [id for id, _ in messages] == ["drf_logto.E011"]
    assert f"{name} of the view of 'void/' has no effect on a function or method" in messages[0][1]


of_one_method: Any = permission_classes([HasScopes("admin:x")])


class Methods(ViewSet):
    permission_classes = [HasScopes("read:x")]

    @action(detail=False)
    @of_one_method  # type: ignore[untyped-decorator]  # REST Framework's is for functions
    def purge(self, request: Any) -> None:
        """Is never called."""

    def list(self, request: Any) -> None:
        """Is never called."""

    list.api_resource = "https://other.example.test"  # type: ignore[attr-defined]


def test_what_stands_on_a_method_is_reported(check: Check) -> None:
    router = SimpleRouter()
    router.register("things", Methods, basename="thing")
    found = check(*router.urls)
    assert [id for id, _ in found] == ["drf_logto.E011"] * 2
    assert "api_resource of the view of '^things/$' has no effect on a function" in found[0][1]
    assert "permission_classes of the view" in found[1][1]


def scoped(function: Any) -> Any:
    """Requires scopes of its own, and notes them on what it returns."""

    @wraps(function)
    def wrapper(self: Any, request: Any) -> Any:
        """Is never called."""

    wrapper.required_scopes = "read:x"  # type: ignore[attr-defined]
    return wrapper


@pytest.mark.parametrize("base", [View, APIView])
def test_what_a_decorator_notes_on_the_method_that_it_wraps_is_not_reported(
    check: Check, base: Any
) -> None:
    made = type("Made", (base,), {"get": scoped(lambda self, request: None)})
    assert check(path("x/", made.as_view())) == []  # type: ignore[attr-defined]


def test_a_policy_of_a_method_is_reported_though_the_view_reads_that_of_the_class(
    check: Check,
) -> None:
    reading = {"get_permissions": lambda self: [one() for one in self.permission_classes]}
    made: Any = type("Made", (Methods,), reading)
    found = check(path("x/", made.as_view({"get": "purge"})))
    assert [id for id, _ in found] == ["drf_logto.E011"]


def test_an_attribute_of_a_function_that_the_class_overrides_is_reported(check: Check) -> None:
    made = require_GET(view(HasScopes("a"), api_resource=None))
    made.api_resource = "https://api.example.test"
    assert [id for id, _ in check(path("x/", made))] == ["drf_logto.E011"]


class Plain(View):
    permission_classes: Any = [HasScopes("read:x")]

    def get(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("got")


def test_permission_classes_of_a_plain_view_are_reported_and_guard_nothing(
    check: Check, logto: Logto
) -> None:
    found = check(
        path("x/", Plain.as_view()), path("<organization_id>/", view(OrgResourceScopes("read:x")))
    )
    assert [id for id, _ in found] == ["drf_logto.E011"]
    assert "permission_classes of the view of 'x/' has no effect on a class" in found[0][1]
    assert "require_access_token(...)" in found[0][1]
    assert logto.client().get("/x/").status_code == 200


@pytest.mark.parametrize(
    "attributes",
    [
        {"permission_classes": [IsAuthenticated & InOrganization]},
        {"permission_classes": HasScopes("a")},
        {"authentication_classes": [LogtoJWTAuthentication], "permission_classes": None},
    ],
)
def test_a_policy_of_a_plain_view_below_require_access_token_is_reported(
    check: Check, attributes: Any
) -> None:
    made: Any = type("Made", (Plain,), attributes)
    protected = method_decorator(require_access_token, name="dispatch")(made)
    found = check(path("o/<organization_id>/", protected.as_view()))
    assert [id for id, _ in found] == ["drf_logto.E011"]
    assert next(iter(attributes)) in found[0][1]


class AsksItself(View):
    authentication_classes = [LogtoJWTAuthentication]
    permission_classes = [IsAuthenticated]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        given = next(
            filter(None, (one().authenticate(request) for one in self.authentication_classes))
        )
        request.user = given[0]
        granted = all(
            one().has_permission(request, self)  # type: ignore[arg-type]
            for one in self.permission_classes
        )
        return HttpResponse(status=200 if granted else 403)


def test_policies_that_a_plain_view_asks_itself_are_not_reported(
    check: Check, logto: Logto
) -> None:
    assert check(path("x/", AsksItself.as_view())) == []
    assert logto.client(logto.global_token([])).get("/x/").status_code == 200


@pytest.mark.parametrize("value", [None, [], ["staff"], [object], "staff"])
def test_another_librarys_attribute_of_a_plain_view_is_not_reported(
    check: Check, value: Any
) -> None:
    made: Any = type("Made", (Plain,), {"permission_classes": value})
    assert check(path("x/", made.as_view())) == []


def test_a_policy_below_api_view_hears_nothing(check: Check) -> None:
    @api_view()
    @authentication_classes([LogtoJWTAuthentication])
    @permission_classes([HasScopes("a")])
    def of_drf(request: Any, /) -> Response:  # type: ignore[empty-body]
        """Is never called."""

    assert check(path("", require_GET(of_drf))) == []


def test_decorated_handlers_of_a_class_are_seen(check: Check) -> None:
    class Members(View):
        @method_decorator(require_access_token(InOrganization))
        def get(self, request: Any, org: str) -> None:
            """Is never called."""

        @method_decorator(require_access_token(~HasScopes("b")))
        def post(self, request: Any, org: str) -> None:
            """Is never called."""

    messages = sorted(id for id, _ in check(path("<str:org>/", Members.as_view())))
    assert messages == ["drf_logto.E008", "drf_logto.W004"]


def test_decorated_actions_of_a_viewset_are_seen(check: Check) -> None:
    class Members(ViewSet):
        permission_classes = [HasScopes("a")]

        @method_decorator(require_access_token(OrgResourceScopes("a")))
        def list(self, request: Any) -> None:
            """Is never called."""

    router = SimpleRouter()
    router.register("members", Members, basename="member")
    assert [id for id, _ in check(*router.urls)] == ["drf_logto.W003"]


def test_decorated_actions_of_a_viewset_are_seen_through_a_partial(
    check: Check, logto: Logto
) -> None:
    @method_decorator(require_access_token(InOrganization), name="list")
    class Members(ViewSet):
        actions = ("not", "those", "of", "the", "route")

        def list(self, request: Any, **kwargs: Any) -> Response:
            return Response("listed")

    routed: Any = Members.as_view({"get": "list"})
    found = check(path("companies/<company_id>/", partial(routed)))
    assert [id for id, _ in found] == ["drf_logto.E008"]
    client = logto.client(logto.organization_token("globex", []))
    assert client.get("/companies/acme/").status_code == 200


@pytest.mark.parametrize("made", [set, frozenset, tuple, dict.fromkeys])
def test_permission_classes_of_any_collection_are_seen(check: Check, made: Any) -> None:
    routed = view()
    routed.cls.permission_classes = made([InOrganization])
    assert [id for id, _ in check(path("companies/<pk>/", routed))] == ["drf_logto.E008"]


def test_every_permission_around_a_view_is_seen(check: Check) -> None:
    @require_access_token(HasScopes("a"))
    @require_GET
    @require_access_token(OrgResourceScopes("a"))
    def of_django(request: Any) -> HttpResponse:  # type: ignore[empty-body]
        """Is never called."""

    assert [id for id, _ in check(path("", of_django))] == ["drf_logto.W003"]


class Never(BasePermission):
    async def has_permission(self, request: Any, view: Any) -> None: ...  # type: ignore[override]


class NeverThisObject(BasePermission):
    async def has_object_permission(  # type: ignore[override]
        self, request: Any, view: Any, obj: Any
    ) -> None: ...


class Awaited(APIView):
    async def check_permissions(self, request: Any) -> None:  # type: ignore[override]
        """Awaits its permissions."""


def sync_view(request: Any) -> Any: ...


@api_view(["GET"])
@permission_classes([Never])
def function_view(request: Any, /) -> Any: ...


async def async_view(request: Any) -> Any: ...


def plain(get: Any) -> Any:
    made: Any = type("Plain", (View,), {"get": get})
    return method_decorator(require_access_token(Never), name="dispatch")(made).as_view()


NOT_AWAITED = {
    "alone": view(Never),
    "objects": view(NeverThisObject),
    "negated": view(~Never),
    "composed": view(IsAuthenticated, HasScopes("a") | ~(IsAdminUser & Never)),
    "viewset": Products.as_view({"get": "list"}, permission_classes=[Never]),
    "function": function_view,
    "plain": require_access_token(HasScopes("a") & Never)(sync_view),
    "wrapped": require_safe(require_access_token(Never)(sync_view)),
    "class": plain(sync_view),
}
AWAITED = {
    "plain": require_access_token(HasScopes("a") & Never)(async_view),
    "wrapped": require_safe(require_access_token(Never)(async_view)),
    "class": plain(async_view),
    "own": Awaited.as_view(permission_classes=[Never]),
    "adrf": AsyncAPIView.as_view(permission_classes=[Never]),
}


@pytest.mark.parametrize("name", NOT_AWAITED)
def test_a_coroutine_that_no_view_awaits_is_reported(check: Check, name: str) -> None:
    [(id, message)] = check(path("a/", NOT_AWAITED[name]))
    assert id == "drf_logto.E012"
    assert "The permission Never" in message
    assert "'a/'" in message


@pytest.mark.parametrize("name", AWAITED)
def test_a_coroutine_that_a_view_awaits_is_fine(check: Check, name: str) -> None:
    assert check(path("a/", AWAITED[name])) == []
