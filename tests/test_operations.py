"""What each method of each route asks for, read from views of every sort."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial, reduce, wraps
from itertools import count
from operator import and_, or_
from types import ModuleType
from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory, override_settings
from django.urls import include, path
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import cache_page
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_safe
from hypothesis import strategies as st
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.filters import SearchFilter
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import (
    AllowAny,
    BasePermission,
    IsAdminUser,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)
from rest_framework.routers import DefaultRouter, SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_logto.auth_info import TokenKind
from drf_logto.compositions.alternatives import Alternative, Credential
from drf_logto.decorators import require_access_token
from drf_logto.operations import (
    Operation,
    all_operations,
    needed_organization_scopes,
    needed_scopes,
)
from drf_logto.organization_sources.named import Header
from drf_logto.permissions import (
    HasScopes,
    InOrganization,
    IsMachine,
    IsUser,
    OrgResourceScopes,
)
from drf_logto.testing import Logto
from tests.support.algebra import ANYTHING, ASKED, Answer, Asked, Permission, answers, generated
from tests.support.algebra import view as composed_view

Route = Callable[..., None]

API = "https://api.example.test"


class AtTheDoor(BasePermission):
    """A permission of the project."""


class Data(APIView):
    """Answers GET and POST."""

    def get(self, request: Any) -> Any: ...

    def post(self, request: Any) -> Any: ...


def view(*permissions: Any, **attributes: Any) -> Any:
    made: Any = type("Made", (Data,), {**attributes, "permission_classes": permissions})
    return made.as_view()


def unprotected(request: Any, **kwargs: Any) -> Any: ...


def described(operations: Iterable[Operation]) -> str:
    """Operations as these tests write them: ``GET /a/: global a or organization b; ...``."""
    return "; ".join(
        f"{one.method} {one.path}: {' or '.join(map(in_words, one.ways)) or one.unread or 'closed'}"
        if one.is_protected
        else f"{one.method} {one.path}: unprotected"
        for one in operations
    )


def in_words(way: Alternative) -> str:
    """A way: ``global a b`` for a token with two scopes, or who else gets in."""
    kinds = ["token"] if len(way.kinds) == 3 else sorted(kind.value for kind in way.kinds)
    words = {Credential.NONE: ["open"], Credential.UNKNOWN: ["unknown"], Credential.ANY: ["user"]}
    named = (*way.scopes, *map(repr, way.about_bearer), *way.others)
    return " ".join([*words.get(way.credential, kinds), *named])


@pytest.fixture
def read(route: Route) -> Callable[..., str]:
    def of(*patterns: Any) -> str:
        route(*patterns)
        return described(all_operations())

    return of


@pytest.fixture
def first(route: Route) -> Callable[..., Operation]:
    """The first operation of a view."""

    def of(callback: Any, at: str = "a/") -> Operation:
        route(path(at, callback))
        return next(all_operations())

    return of


@api_view(["GET"])
@permission_classes([HasScopes("a")])
def function(request: Any) -> Any: ...


@require_access_token(HasScopes(read="a", write="b"))
def plain(request: Any) -> Any: ...


@require_access_token
def any_token(request: Any) -> Any: ...


@method_decorator(require_access_token(InOrganization("a")), name="dispatch")
class ProtectedDispatch(View):
    def get(self, request: Any) -> Any: ...


@method_decorator(require_access_token(IsUser), name="dispatch")
class ProtectedAgain(ProtectedDispatch):
    @method_decorator([require_access_token, require_access_token(InOrganization("b"))])
    @method_decorator(require_access_token(InOrganization("c")))
    def post(self, request: Any) -> Any: ...


class ProtectedHandlers(View):
    @method_decorator(require_access_token(HasScopes("a")))
    def get(self, request: Any) -> Any: ...

    @method_decorator(require_access_token(HasScopes("b"), IsUser))
    def post(self, request: Any) -> Any: ...

    def put(self, request: Any) -> Any: ...


def wrapped(callback: Any) -> Any:
    @wraps(callback)
    def inner(*arguments: Any, **kwargs: Any) -> Any: ...

    return inner


@pytest.mark.parametrize(
    ("callback", "expected"),
    [
        # Views of REST Framework
        (view(HasScopes("a")), "GET, POST: global a"),
        (view(HasScopes(read="a", write="b")), "GET: global a; POST: global b"),
        (
            view(HasScopes("a") | OrgResourceScopes("b")),
            "GET, POST: global a or organization_resource b",
        ),
        (view(HasScopes, required_scopes={"get": "a"}), "GET: global a; POST: closed"),
        (view(HasScopes), "GET, POST: closed"),
        (view(IsAuthenticated), "GET, POST: user"),
        (view(IsAdminUser), "GET, POST: user IsAdminUser"),
        (view(AllowAny), "GET, POST: open"),
        (view(), "GET, POST: open"),
        (view(IsAuthenticatedOrReadOnly), "GET: open; POST: user"),
        (view(AtTheDoor), "GET, POST: unknown AtTheDoor"),
        (view(AtTheDoor, IsAuthenticated), "GET, POST: user AtTheDoor"),
        (view(~HasScopes("a")), "GET, POST: open ~HasScopes('a')"),
        (view(~IsAdminUser), "GET, POST: open ~IsAdminUser"),
        (view(~AtTheDoor), "GET, POST: unknown ~AtTheDoor"),
        (
            view(~(HasScopes("a") | AtTheDoor)),
            "GET, POST: unknown ~(HasScopes('a') | AtTheDoor)",
        ),
        (view(HasScopes("a") & InOrganization("b")), "GET, POST: closed"),
        (view(HasScopes("a") & IsUser & AtTheDoor), "GET, POST: global a IsUser() AtTheDoor"),
        (view(IsUser, api_resource=API), "GET, POST: global organization_resource IsUser()"),
        (function, "GET: global a"),
        # Wrapped ones
        (csrf_exempt(view(HasScopes("a"))), "GET, POST: global a"),
        (cache_page(60)(function), "GET: global a"),
        (partial(function), "GET: global a"),
        (wrapped(function), "GET: global a"),
        (Data.as_view(permission_classes=[HasScopes("a")]), "GET, POST: global a"),
        (require_access_token(IsUser)(function), "GET: global a IsUser()"),
        # HEAD and OPTIONS where they say more
        (
            view(HasScopes(get="a", head="b", post="a", options="c")),
            "GET, POST: global a; HEAD: global b; OPTIONS: global c",
        ),
        (view(HasScopes("a"), http_method_names=["post", "options"]), "POST: global a"),
        # Plain Django views
        (plain, "GET: global a; POST, PUT, PATCH, DELETE: global b"),
        (any_token, "GET, POST, PUT, PATCH, DELETE: token"),
        (
            require_access_token(HasScopes("a", read=[], write=[], head="b"))(unprotected),
            "GET, POST, PUT, PATCH, DELETE: global a; HEAD: global a b",
        ),
        (require_GET(plain), "GET: global a"),
        (
            require_access_token(HasScopes(head="a"))(require_safe(unprotected)),
            "GET: closed; HEAD: global a",
        ),
        (
            require_access_token(HasScopes(get="a"))(unprotected),
            "GET: global a; POST, PUT, PATCH, DELETE: closed",
        ),
        (ProtectedDispatch.as_view(), "GET: organization a"),
        (
            ProtectedAgain.as_view(),
            "GET: organization a IsUser(); POST: organization a b c IsUser()",
        ),
        (
            ProtectedHandlers.as_view(),
            "GET: global a; POST: global b IsUser(); PUT: unprotected",
        ),
        (unprotected, "*: unprotected"),
        (View.as_view(), "*: unprotected"),
    ],
    ids=map(str, count()),
)
def test_what_a_view_asks_for_is_read(
    read: Callable[..., str], callback: Any, expected: str
) -> None:
    each = [one.split(": ") for one in expected.split("; ")]
    assert read(path("a/", callback)) == "; ".join(
        f"{method} /a/: {ways}" for methods, ways in each for method in methods.split(", ")
    )


# Compositions with very many ways


def one_of(kind: Any, letter: str, count: int = 7, *others: Any) -> Any:
    """One of several permissions, which ask for scopes of their own."""
    return reduce(or_, (*others, *(kind(f"{letter}{number}") for number in range(count))))


def all_of(kind: Any, *others: Any) -> Any:
    """What multiplies to at least 7 ** 8 ways."""
    return reduce(and_, (one_of(kind, letter, 7, *others) for letter in "bcdefghi"))


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ([HasScopes("a") & all_of(HasScopes)], "global a"),
        ([one_of(HasScopes, one) for one in "bcdefghi"], "global"),
        ([all_of(HasScopes) | IsUser], "global or token IsUser()"),
        ([all_of(HasScopes) & IsUser], "global IsUser()"),
        ([all_of(HasScopes), InOrganization("b")], "closed"),
        ([all_of(HasScopes, AllowAny)], "open or global"),
        ([one_of(HasScopes, "b", 20), one_of(InOrganization, "c", 20)], "closed"),
    ],
    ids=map(str, count()),
)
def test_ways_that_are_too_many_to_list_are_summed_up(
    first: Callable[..., Operation], permissions: list[Any], expected: str
) -> None:
    operation = first(view(*permissions))
    listed = [replace(one, others=()) for one in operation.ways]
    assert (" or ".join(map(in_words, listed)) or "closed") == expected
    for one in operation.ways:
        assert one.scopes_of_some <= set(" ".join(one.others).split("'"))


def test_scopes_of_ways_that_are_not_listed_are_needed(route: Route) -> None:
    route(path("a/", view(all_of(HasScopes), HasScopes("y"))))
    scopes = {f"{letter}{number}" for letter in "bcdefghi" for number in range(7)}
    assert needed_scopes() == {API: scopes | {"y"}}


# Views that compute what they ask for


class Computing(Data):
    """Declares one permission, and asks others."""

    permission_classes = [HasScopes("declared"), InOrganization | IsAdminUser]


class ByMethod(Computing):
    def get_permissions(self) -> list[Any]:
        return [HasScopes("a") if self.request.method == "GET" else InOrganization("b")]


class ByUser(Computing):
    def get_permissions(self) -> list[Any]:
        return [AllowAny() if self.request.user.is_staff else HasScopes("a")]


class ByToken(Computing):
    def get_permissions(self) -> list[Any]:
        return [AllowAny() if getattr(self.request, "auth", None) else HasScopes("a")]


def by(part: Callable[[Any], object]) -> Any:
    """A view that is open where a part of the request says so."""

    class ByPart(Computing):
        def get_permissions(self) -> list[Any]:
            return [AllowAny() if part(self) else HasScopes("a")]

    return ByPart


class Catching(Computing):
    def get_permissions(self) -> Any:
        with suppress(Exception):
            return [HasScopes("a")] * (not self.request.user.is_staff)


class ByKeyword(Computing):
    def get_permissions(self) -> list[Any]:
        return [HasScopes(self.kwargs["scope"])]


class Endless(Computing):
    def get_permissions(self) -> list[Any]:
        return self.get_permissions()


class NotMade(Computing):
    def __init__(self, **_: Any) -> None:
        raise LookupError


class Unfiltered(Computing):
    @property
    def filter_backends(self) -> None:
        raise OSError


@pytest.mark.parametrize(
    ("cls", "expected"),
    [
        (ByUser, "it depends on who asks"),
        (ByToken, "it depends on who asks"),
        (Catching, "it depends on who asks"),
        *(
            (by(part), "it depends on a keyword of the path")
            for part in (
                lambda view: view.kwargs.get("pk") == "public",
                lambda view: view.kwargs["pk"].startswith("public"),
                lambda view: f"{view.kwargs['pk']}" == "public",
                lambda view: view.kwargs["pk"] in {"public"},
                lambda view: view.kwargs["pk"] < 7,
                lambda view: not view.request.parser_context["kwargs"]["pk"],
            )
        ),
        *(
            (by(part), "it depends on more than route and method")
            for part in (
                lambda view: "key" in view.request.headers,
                lambda view: view.request.META.get("REMOTE_ADDR"),
                lambda view: view.request.query_params.get("public"),
                lambda view: view.request.COOKIES,
                lambda view: view.request.data,
                lambda view: view.request.POST,
                lambda view: view.request.FILES,
                lambda view: view.request.is_secure(),
                lambda view: view.request.get_host() == "internal",
                lambda view: view.request.path.startswith("/public"),
                lambda view: "public" in view.request.path_info,
                lambda view: view.request.content_type == "text/plain",
                lambda view: getattr(view.request, "version", None) == "1",
                lambda view: view.request.session.get("public"),
            )
        ),
        (Endless, "it raises RecursionError"),
        (NotMade, "it raises LookupError"),
        (Unfiltered, "it raises OSError"),
    ],
    ids=map(str, count()),
)
def test_what_cannot_be_asked_of_a_view_is_said_beside_what_it_declares(
    first: Callable[..., Operation], cls: Any, expected: str
) -> None:
    operation = first(cls.as_view(), "a/<pk>/")
    assert operation.unread == f"The view cannot be read without a request: {expected}."
    assert (operation.ways, operation.view) == ((), None)
    assert operation.permissions == ("HasScopes('declared')", "(InOrganization | IsAdminUser)")
    assert needed_scopes() == {API: {"declared"}}


def test_keywords_that_the_route_does_not_have_are_known(first: Callable[..., Operation]) -> None:
    cls = by(lambda view: "pk" in view.kwargs or view.kwargs.get("slug"))
    assert described([first(cls.as_view())]) == "GET /a/: global a"
    assert described([first(cls.as_view(), "a/<pk>/")]) == "GET /a/{pk}/: open"


def test_what_get_permissions_returns_is_asked_for_each_method(read: Callable[..., str]) -> None:
    assert read(path("a/", ByMethod.as_view())) == "GET /a/: global a; POST /a/: organization b"


class Things(ViewSet):
    permission_classes = [HasScopes(list="list", done="done", write="write")]

    def get_permissions(self) -> Any:
        retrieving = [AllowAny()] if self.action == "retrieve" else []
        return retrieving or super().get_permissions()

    def list(self, request: Any) -> Any: ...

    def create(self, request: Any) -> Any: ...

    def retrieve(self, request: Any, pk: str) -> Any: ...

    @action(detail=True, methods=["put"])
    def done(self, request: Any, pk: str) -> Any: ...

    @action(detail=False, permission_classes=[InOrganization("mine")])
    def mine(self, request: Any) -> Any: ...


def test_each_action_of_a_viewset_is_read(route: Route) -> None:
    router = SimpleRouter(use_regex_path=False)
    router.register("things", Things, basename="thing")
    route(*router.urls)
    once, again = [*all_operations()], [*all_operations()]
    assert [one.action for one in once] == ["list", "create", "mine", "retrieve", None, "done"]
    assert described(once) == (
        "GET /things/: global list; POST /things/: global write; "
        "GET /things/mine/: organization mine; "
        "GET /things/{pk}/: open; OPTIONS /things/{pk}/: global; "
        "PUT /things/{pk}/done/: global done"
    )
    assert described(again) == described(once)


def test_head_may_have_an_action_of_its_own(read: Callable[..., str]) -> None:
    callback = Things.as_view({"get": "list", "head": "done"})
    assert read(path("a/", callback)) == "GET /a/: global list; HEAD /a/: global done"


def test_a_viewset_that_has_answered_reads_as_before(route: Route) -> None:
    """DRF notes with the first request that HEAD is answered as GET is."""
    callback = Things.as_view({"get": "list"})
    route(path("a/", callback))
    before = described(all_operations())
    callback(RequestFactory().get("/a/"))
    assert described(all_operations()) == before == "GET /a/: global list"


# Routes


def test_the_routes_of_included_urlconfs_are_read(read: Callable[..., str]) -> None:
    router = DefaultRouter()
    router.register("things", Things, basename="thing")
    paths = {
        one.split(": ")[0].split()[1]
        for one in read(path("v1/<slug:organization_id>/", include(router.urls))).split("; ")
    }
    start = "/v1/{organization_id}/"
    assert {f"{start}things/", f"{start}things.{{format}}/", f"{start}things/{{pk}}/done/"} <= paths


@pytest.mark.parametrize("language", ["en", "ko", None])
def test_a_path_does_not_depend_on_the_language(read: Callable[..., str], language: Any) -> None:
    with translation.override(language):
        paths = read(
            *i18n_patterns(path("a/", function)),
            *i18n_patterns(path("b/", function), prefix_default_language=False),
        )
    assert paths == "GET /en-us/a/: global a; GET /b/: global a"


def test_a_path_has_no_characters_that_nobody_sees(first: Callable[..., Operation]) -> None:
    assert first(function, "a\n\x1b[0m \u202eb/").path == "/a[0mb/"


def test_a_project_without_routes_has_no_operations(settings: Any) -> None:
    del settings.ROOT_URLCONF
    assert [*all_operations()] == []


def test_settings_that_cannot_work_are_reported(route: Route, settings: Any) -> None:
    settings.LOGTO = {}
    with pytest.raises(ImproperlyConfigured, match="ENDPOINT"):
        all_operations()


# What else is known


@pytest.mark.parametrize(
    ("callback", "expected"),
    [
        (function, "tests.test_operations.function"),
        (plain, "tests.test_operations.plain"),
        (partial(partial(unprotected)), "tests.test_operations.unprotected"),
        (Data.as_view(), "tests.test_operations.Data"),
        (View.as_view(), "django.views.generic.base.View"),
        (HasScopes("a"), "drf_logto.permissions.token_kinds.HasScopes"),
    ],
    ids=map(str, count()),
)
def test_a_view_has_a_name(first: Callable[..., Operation], callback: Any, expected: str) -> None:
    assert first(callback).name == expected


@pytest.mark.parametrize(
    ("callback", "at", "expected"),
    [
        (view(InOrganization), "<organization_id>/", "URL keyword organization_id"),
        (
            view(HasScopes("a") | OrgResourceScopes("b"), organization_url_kwarg="team"),
            "<uuid:team>/",
            "URL keyword team",
        ),
        (
            view(InOrganization),
            "a/",
            "that of the token (the route has no keyword organization_id)",
        ),
        (view(InOrganization, organization_url_kwarg=None), "a/", "that of the token"),
        (view(InOrganization, organization_source=Header("X-Team")), "a/", "header X-Team"),
        (view(HasScopes("a")), "<organization_id>/", ""),
        (view(IsUser), "<organization_id>/", ""),
        (
            require_access_token(InOrganization)(unprotected),
            "<organization_id>/",
            "URL keyword organization_id",
        ),
        (unprotected, "<organization_id>/", ""),
    ],
    ids=map(str, count()),
)
def test_the_source_of_the_organization_is_named(
    first: Callable[..., Operation], callback: Any, at: str, expected: str
) -> None:
    assert first(callback, at).organization == expected


def test_keywords_that_the_urlconf_gives_are_known(read: Callable[..., str]) -> None:
    deeper = include([path("b/", ByKeyword.as_view(), {"scope": "b"})])
    paths = (path("a/", ByKeyword.as_view(), {"scope": "a"}), path("", deeper, {"scope": "c"}))
    assert (
        read(*paths)
        == "GET /a/: global a; POST /a/: global a; GET /b/: global b; POST /b/: global b"
    )


def test_an_organization_may_be_among_the_keywords_of_the_urlconf(route: Route) -> None:
    route(path("a/", view(InOrganization), {"organization_id": "org-a"}))
    assert next(all_operations()).organization == "URL keyword organization_id"


class OfOrganization(SearchFilter):
    is_by_organization = True


@pytest.mark.parametrize(
    ("callback", "expected"),
    [
        (view(HasScopes("a")), None),
        (plain, None),
        (GenericAPIView.as_view(filter_backends=[SearchFilter]), False),
        (GenericAPIView.as_view(filter_backends=[SearchFilter, OfOrganization]), True),
    ],
    ids=map(str, count()),
)
def test_it_is_known_whether_rows_are_filtered_by_organization(
    first: Callable[..., Operation], callback: Any, expected: bool | None
) -> None:
    assert first(callback).is_filtered is expected


@pytest.mark.parametrize(
    ("callback", "expected"),
    [
        (view(HasScopes("a")), True),
        (view(HasScopes("a"), authentication_classes=[SessionAuthentication]), False),
        (plain, True),
    ],
    ids=map(str, count()),
)
def test_it_is_known_whether_access_tokens_are_read(
    first: Callable[..., Operation], callback: Any, expected: bool
) -> None:
    assert first(callback).accepts_tokens is expected


def test_the_view_is_that_of_the_request(first: Callable[..., Operation]) -> None:
    assert isinstance(first(Data.as_view()).view, Data)
    assert first(plain).view is None


@pytest.mark.parametrize(
    ("callback", "expected"),
    [(view(AllowAny), True), (view(), True), (view(AtTheDoor), False), (plain, False)],
    ids=map(str, count()),
)
def test_a_view_is_open_where_some_way_needs_no_token(
    first: Callable[..., Operation], callback: Any, expected: bool
) -> None:
    assert first(callback).is_open is expected


# What is needed


OTHER = "https://other.example.test"


@pytest.fixture
def needing(route: Route, logto_options: Any) -> None:
    logto_options(API_RESOURCE=[API, OTHER], GROUPS={"g": ["group"]}, STAFF_SCOPE="staff")
    route(
        path("a/", view(HasScopes("both") | InOrganization("invite"))),
        path("b/", view(OrgResourceScopes("other"), api_resource=OTHER)),
        path("c/", view(HasScopes("none"), authentication_classes=[SessionAuthentication])),
        path("d/", view(HasScopes("closed") & InOrganization("closed"))),
        path("e/", require_access_token(InOrganization(get="read", post="write"))(unprotected)),
    )


def test_the_scopes_of_each_api_resource_are_known(needing: None) -> None:
    assert needed_scopes() == {API: {"both", "group", "staff"}, OTHER: {"both", "other"}}


def test_the_permissions_of_organizations_are_known(needing: None) -> None:
    assert needed_organization_scopes() == {"invite", "read", "write"}


def test_values_of_a_claim_are_no_scopes(needing: None, logto_options: Any) -> None:
    logto_options(GROUPS_CLAIM="groups")
    assert needed_scopes()[API] == {"both"}


def test_scopes_for_groups_are_needed_by_the_part_that_reads_them(
    needing: None, settings: Any
) -> None:
    settings.INSTALLED_APPS = [one for one in settings.INSTALLED_APPS if one != "drf_logto.users"]
    assert needed_scopes()[API] == {"both"}


# What it says is what requests meet


def is_fulfilled(way: Alternative, asked: Asked) -> bool | None:
    """Whether a request satisfies a way; None where only another permission knows."""
    held = asked.held
    if way.credential >= Credential.ANY and held is None:
        return False
    if way.credential is Credential.ACCESS_TOKEN and held is not None:
        is_compared = not way.kinds & {TokenKind.GLOBAL} and asked.organization is not None
        bearers: dict[Any, bool] = {
            IsUser: held.machine is None,
            IsMachine: held.machine is not None,
        }
        if (
            held.kind not in way.kinds
            or not held.scopes.issuperset(way.scopes)
            or not all(bearers[type(one)] for one in way.about_bearer)
            or (is_compared and held.organization != asked.organization)
        ):
            return False
    return None if way.others else True


@pytest.fixture(scope="module")
def answer() -> Iterator[Answer]:
    with Logto() as logto:
        yield answers(logto)


@generated(st.lists(ANYTHING, max_size=2), ASKED, st.sampled_from(["GET", "POST"]), times=2)
def test_whoever_fulfils_a_way_gets_in_and_nobody_else_does(
    answer: Answer, permissions: list[Permission], asked: Asked, method: str
) -> None:
    asked = replace(asked, method=method, is_public=None)
    urls: Any = ModuleType("tests.routes")
    urls.urlpatterns = [path("<organization_id>/", composed_view(permissions, asked))]
    with override_settings(ROOT_URLCONF=urls):
        (operation,) = [one for one in all_operations() if one.method == method]
    fulfilled = [is_fulfilled(way, asked) for way in operation.ways]
    is_granted = answer(permissions, asked).status_code == 200
    expected = {True} if True in fulfilled else {True, False} if None in fulfilled else {False}
    assert is_granted in expected
