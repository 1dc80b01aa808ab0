"""The three permission models, on every kind of view, in every composition."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.urls import include, path
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import ModelSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import ModelViewSet, ViewSet

from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.runtime import get_verifier
from drf_logto.scopes import RequiredScopes
from drf_logto.testing import Logto

Route = Callable[..., None]
OTHER = {"aud": "https://other.test"}


class View(APIView):
    def get(self, request: Any, **kwargs: Any) -> Response:
        return Response("got")


def view(*permissions: Any, **attributes: Any) -> Any:
    attributes["permission_classes"] = permissions
    return type("Made", (View,), attributes).as_view()  # type: ignore[attr-defined]


def function_view(*permissions: Any) -> Any:
    @api_view(["GET", "POST"])
    @permission_classes(permissions)
    def made(request: Any, /, **kwargs: Any) -> Response:
        return Response("got")

    return made


def view_set(*permissions: Any) -> Any:
    class Made(ViewSet):
        permission_classes = permissions

        def list(self, request: Any, **kwargs: Any) -> Response:
            return Response("got")

    return Made.as_view({"get": "list"})


def action_view(*permissions: Any) -> Any:
    class Made(ViewSet):
        permission_classes = [AllowAny]

        @action(detail=False, permission_classes=permissions)
        def list(self, request: Any, **kwargs: Any) -> Response:
            return Response("got")

    return Made.as_view({"get": "list"}, **Made.list.kwargs)


def outcome(response: Any) -> tuple[int, str | None]:
    body = response.json()
    return response.status_code, body.get("code") if isinstance(body, dict) else None


# Three models, six outcomes, on every kind of view

OUTCOMES = {
    "valid token": (200, None),
    "missing scope": (403, "insufficient_scope"),
    "wrong organization": (403, "wrong_organization"),
    "wrong audience": (403, "wrong_audience"),
    "wrong kind": (403, "wrong_token_kind"),
    "no token": (401, None),
}


def global_tokens(logto: Logto) -> dict[str, str | None]:
    return {
        "valid token": logto.global_token(["read:a", "other"]),
        "missing scope": logto.global_token(["read", "read:ab", "READ:A"]),
        "wrong audience": logto.global_token(["read:a"], claims=OTHER),
        "wrong kind": logto.organization_resource_token("org-a", ["read:a"]),
        "no token": None,
    }


def organization_tokens(logto: Logto) -> dict[str, str | None]:
    return {
        "valid token": logto.organization_token("org-a", ["read:a"]),
        "missing scope": logto.organization_token("org-a", ["write:a"]),
        "wrong organization": logto.organization_token("org-b", ["read:a"]),
        "wrong audience": logto.organization_token("org-a", ["read:a"], claims=OTHER),
        "wrong kind": logto.global_token(["read:a"]),
        "no token": None,
    }


def organization_resource_tokens(logto: Logto) -> dict[str, str | None]:
    return {
        "valid token": logto.organization_resource_token("org-a", ["read:a"], machine="backend"),
        "missing scope": logto.organization_resource_token("org-a"),
        "wrong organization": logto.organization_resource_token("org-b", ["read:a"]),
        "wrong audience": logto.organization_resource_token("org-a", ["read:a"], claims=OTHER),
        "wrong kind": logto.organization_token("org-a", ["read:a"]),
        "no token": None,
    }


@pytest.mark.parametrize("make_view", [view, function_view, view_set, action_view])
@pytest.mark.parametrize(
    ("permission", "tokens"),
    [
        (HasScopes("read:a"), global_tokens),
        (InOrganization("read:a"), organization_tokens),
        (OrgResourceScopes("read:a"), organization_resource_tokens),
    ],
    ids=["global", "organization", "organization_resource"],
)
def test_each_model_answers_each_token(
    logto: Logto, route: Route, make_view: Any, permission: Any, tokens: Any
) -> None:
    route(path("<str:organization_id>/", make_view(permission)))
    for name, token in tokens(logto).items():
        response = logto.client(token).get("/org-a/")
        assert outcome(response) == OUTCOMES[name], name
        assert ("WWW-Authenticate" in response.headers) is (response.status_code != 200)


def test_a_missing_scope_names_every_required_one(logto: Logto, route: Route) -> None:
    route(path("", view(HasScopes("read:a", "write:a"))))
    response = logto.client(logto.global_token(["read:a"])).get("/")
    challenge = response.headers["WWW-Authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="read:a write:a"' in challenge
    assert response.json()["detail"] == "The access token needs the scope: read:a write:a."


def test_a_token_that_is_no_token_of_logto_is_of_the_wrong_kind(route: Route, logto: Logto) -> None:
    route(path("", view(HasScopes("read:a"))))
    client = logto.client()
    client.force_authenticate(user=SimpleNamespace(is_authenticated=True), token="not ours")  # type: ignore[arg-type]
    assert outcome(client.get("/")) == (403, "wrong_token_kind")


def test_a_session_needs_a_token(route: Route, logto: Logto) -> None:
    route(path("", view(HasScopes("read:a"))))
    client = logto.client()
    client.force_authenticate(user=User(username="alice"))
    response = client.get("/")
    assert outcome(response) == (403, "wrong_token_kind")
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


def test_a_view_without_authentication_is_closed(route: Route, logto: Logto) -> None:
    route(path("", view(HasScopes("read:a"), authentication_classes=[])))
    assert outcome(logto.client().get("/")) == (403, "wrong_token_kind")


# The organization of the request


def test_without_an_organization_in_the_route_the_tokens_own_is_the_context(
    logto: Logto, route: Route
) -> None:
    route(path("", view(InOrganization)))
    assert logto.client(logto.organization_token("anything")).get("/").status_code == 200


@pytest.mark.parametrize("keyword", [7, b"organization_id", ["organization_id"], "", "a b", True])
def test_a_keyword_that_cannot_be_read_fits_no_organization(
    logto: Logto, route: Route, keyword: object
) -> None:
    route(path("<str:organization_id>/", view(InOrganization, organization_url_kwarg=keyword)))
    response = logto.client(logto.organization_token("org-a")).get("/org-a/")
    assert outcome(response) == (403, "wrong_organization")


@pytest.mark.parametrize("organization", ["org-", "org-aa", "ORG-A", "org%2da ", "*"])
def test_organizations_are_compared_exactly(logto: Logto, route: Route, organization: str) -> None:
    route(path("<str:organization_id>/", view(InOrganization)))
    response = logto.client(logto.organization_token("org-a")).get(f"/{organization}/")
    assert outcome(response) == (403, "wrong_organization")


def test_a_view_names_the_keyword_that_is_compared(logto: Logto, route: Route) -> None:
    route(path("<str:tenant>/", view(InOrganization, organization_url_kwarg="tenant")))
    client = logto.client(logto.organization_token("org-a"))
    assert client.get("/org-a/").status_code == 200
    assert client.get("/org-b/").status_code == 403


# Scopes per action and method


class Products(ViewSet):
    permission_classes = [
        HasScopes(list="read:a", create=["read:a", "write:a"], sale="sell:a", delete=[])
    ]

    def list(self, request: Any) -> Response:
        return Response("listed")

    def create(self, request: Any) -> Response:
        return Response("created")

    def retrieve(self, request: Any, pk: str) -> None:
        """Is never called: the action is closed."""

    def destroy(self, request: Any, pk: str) -> Response:
        return Response("destroyed")

    @action(detail=False)
    def sale(self, request: Any) -> Response:
        return Response("for sale")


@pytest.fixture
def products(route: Route) -> None:
    router = SimpleRouter()
    router.register("products", Products, basename="product")
    route(path("", include(router.urls)))


@pytest.mark.usefixtures("products")
def test_scopes_per_action(logto: Logto) -> None:
    reader = logto.client(logto.global_token(["read:a"]))
    writer = logto.client(logto.global_token(["read:a", "write:a"]))
    seller = logto.client(logto.global_token(["sell:a"]))
    assert reader.get("/products/").status_code == 200
    assert outcome(reader.post("/products/")) == (403, "insufficient_scope")
    assert writer.post("/products/").status_code == 200
    assert seller.get("/products/sale/").status_code == 200
    assert seller.get("/products/").status_code == 403


@pytest.mark.usefixtures("products")
def test_a_method_is_named_for_the_actions_that_are_not(logto: Logto) -> None:
    assert logto.client(logto.global_token()).delete("/products/1/").status_code == 200


@pytest.mark.usefixtures("products")
def test_an_action_that_is_not_named_is_closed(logto: Logto) -> None:
    client = logto.client(logto.global_token(["read:a", "write:a", "sell:a"]))
    for response in (client.get("/products/1/"), client.put("/products/1/")):
        assert outcome(response) == (403, "insufficient_scope")
        challenge = response.headers["WWW-Authenticate"]
        assert 'error="insufficient_scope"' in challenge
        assert "scope=" not in challenge.replace("insufficient_scope", "")


@pytest.mark.usefixtures("products")
def test_head_follows_get_of_an_action(logto: Logto) -> None:
    assert logto.client(logto.global_token(["read:a"])).head("/products/").status_code == 200
    assert logto.client(logto.global_token(["sell:a"])).head("/products/").status_code == 403


@pytest.mark.usefixtures("products")
def test_the_refusal_of_an_undeclared_action_names_it_and_the_permission(logto: Logto) -> None:
    client = logto.client(logto.global_token())
    for response in (client.get("/products/1/"), client.head("/products/1/")):
        sentence = "HasScopes declares no scope for 'retrieve', so no access token opens it."
        assert f'error_description="{sentence}"' in response.headers["WWW-Authenticate"]
    korean = client.get("/products/1/", headers={"Accept-Language": "ko"}).json()["detail"]
    assert "HasScopes" in korean
    assert "'retrieve'" in korean
    assert "스코프" in korean


def test_the_refusal_of_an_undeclared_method_names_it_if_it_is_a_known_one(
    logto: Logto, route: Route
) -> None:
    route(path("", view(OrgResourceScopes(put="a"))))
    client = logto.client(logto.organization_resource_token("org-a"))
    for method, named in (("GET", "'get'"), ("PURGE", "this request"), ("É", "this request")):
        assert client.generic(method, "/").json()["detail"] == (
            f"OrgResourceScopes declares no scope for {named}, so no access token opens it."
        )


class Notes(ViewSet):
    def list(self, request: Any) -> Response:
        return Response("listed")

    def create(self, request: Any) -> Response:
        return Response("created")


class OwnOptions(Notes):
    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response("own")


@pytest.mark.parametrize("declares", ["keywords", "required_scopes"])
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_read_and_write_open_the_safe_methods_and_the_others(
    logto: Logto, route: Route, method: str, declares: str
) -> None:
    named: Any = {"read": "read:a", "write": "write:a"}
    by_keywords = {"permission_classes": [HasScopes(**named)]}
    by_attribute = {"permission_classes": [HasScopes], "required_scopes": named}
    declared: Any = by_keywords if declares == "keywords" else by_attribute
    made: Any = type("Made", (Notes,), declared)
    route(path("", made.as_view({"get": "list", "post": "create"})))
    scopes = ["write:a", "read:a"]
    needed, other = scopes if method == "post" else reversed(scopes)
    assert getattr(logto.client(logto.global_token([needed])), method)("/").status_code == 200
    assert getattr(logto.client(logto.global_token([other])), method)("/").status_code == 403


@pytest.mark.parametrize("kind", [Notes, OwnOptions])
def test_a_scope_that_is_named_for_metadata_is_asked_for_options(
    logto: Logto, route: Route, kind: Any
) -> None:
    permission = HasScopes(metadata="describe:a", read="read:a")
    made: Any = type("Made", (kind,), {"permission_classes": [permission]})
    route(path("", made.as_view({"get": "list"})), path("plain/", view(permission)))
    for address in ("/", "/plain/"):
        describing = logto.client(logto.global_token(["describe:a"])).options(address)
        assert describing.status_code == 200
        reading = logto.client(logto.global_token(["read:a"])).options(address)
        assert 'scope="describe:a"' in reading.headers["WWW-Authenticate"]


def test_head_follows_get_of_a_method(logto: Logto, route: Route) -> None:
    route(path("", view(HasScopes(get="read:a"))))
    assert logto.client(logto.global_token(["read:a"])).head("/").status_code == 200
    assert logto.client(logto.global_token()).head("/").status_code == 403


def test_positional_scopes_are_required_as_well(logto: Logto, route: Route) -> None:
    route(path("", view(HasScopes("use:api", get="read:a"))))
    assert logto.client(logto.global_token(["use:api", "read:a"])).get("/").status_code == 200
    for scope in ("use:api", "read:a"):
        refused = logto.client(logto.global_token([scope])).get("/")
        assert 'scope="use:api read:a"' in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize("permission", [HasScopes("read:a"), HasScopes(get="read:a")])
def test_options_needs_the_right_kind_and_no_scope(
    logto: Logto, route: Route, permission: Any
) -> None:
    route(path("", view(permission)))
    assert logto.client(logto.global_token()).options("/").status_code == 200
    refused = logto.client(logto.organization_token("org-a")).options("/")
    assert outcome(refused) == (403, "wrong_token_kind")
    assert logto.client().options("/").status_code == 401


def test_options_that_a_view_answers_itself_needs_its_scopes(logto: Logto, route: Route) -> None:
    @api_view(["OPTIONS"])
    @permission_classes([HasScopes("read:a")])
    def own(request: Any) -> Response:
        return Response("data")

    route(path("", own))
    assert logto.client(logto.global_token()).options("/").status_code == 403
    assert logto.client(logto.global_token(["read:a"])).options("/").status_code == 200


def test_options_that_a_route_gives_to_an_action_needs_its_scopes(
    logto: Logto, route: Route
) -> None:
    class Secrets(ViewSet):
        permission_classes = [HasScopes("read:a")]

        def list(self, request: Any) -> Response:
            return Response("data")

    route(path("", Secrets.as_view({"get": "list", "options": "list"})))
    assert logto.client(logto.global_token()).options("/").status_code == 403
    assert logto.client(logto.global_token(["read:a"])).options("/").status_code == 200


class UserSerializer(ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["username"]


class Users(ModelViewSet[User]):
    queryset = User.objects.order_by("pk")
    serializer_class = UserSerializer
    permission_classes = [
        HasScopes(list="read:users", retrieve="read:users", create="write:users", put="write:users")
    ]


@pytest.fixture
def users(db: None, route: Route) -> None:
    router = SimpleRouter()
    router.register("users", Users)
    route(path("", include(router.urls)))
    User.objects.create(username="alice")


@pytest.mark.usefixtures("users")
def test_a_model_view_set_answers_by_action(logto: Logto) -> None:
    reader = logto.client(logto.global_token(["read:users"]))
    writer = logto.client(logto.global_token(["write:users"]))
    pk = User.objects.get().pk
    assert reader.get("/users/").json() == [{"username": "alice"}]
    assert reader.get(f"/users/{pk}/").status_code == 200
    assert outcome(reader.post("/users/", {"username": "bob"})) == (403, "insufficient_scope")
    assert writer.post("/users/", {"username": "bob"}).status_code == 201
    assert writer.put(f"/users/{pk}/", {"username": "carol"}).status_code == 200
    assert outcome(writer.delete(f"/users/{pk}/")) == (403, "insufficient_scope")
    assert outcome(logto.client(logto.organization_token("a")).get("/users/")) == (
        403,
        "wrong_token_kind",
    )
    assert logto.client().get("/users/").status_code == 401
    assert set(User.objects.values_list("username", flat=True)) == {"carol", "bob"}


@pytest.mark.usefixtures("users")
def test_options_describes_what_the_token_may_do(logto: Logto) -> None:
    described = {
        scope: logto.client(logto.global_token([scope])).options("/users/").json().get("actions")
        for scope in ("read:users", "write:users")
    }
    assert described["read:users"] is None
    assert list(described["write:users"]) == ["POST"]


# Bare classes and required_scopes


def test_bare_classes_read_the_views_required_scopes(logto: Logto, route: Route) -> None:
    for declared in ("read:a", ["read:a"], ("read:a",), {"get": "read:a"}):
        for permission in (HasScopes, HasScopes()):
            route(path("", view(permission, required_scopes=declared)))
            assert logto.client(logto.global_token(["read:a"])).get("/").status_code == 200
            assert logto.client(logto.global_token(["read:b"])).get("/").status_code == 403


def test_nothing_declared_is_closed_but_for_membership(logto: Logto, route: Route) -> None:
    tokens = {
        HasScopes: logto.global_token(["read:a"]),
        OrgResourceScopes: logto.organization_resource_token("org-a", ["read:a"]),
        InOrganization: logto.organization_token("org-a"),
    }
    for permission, token in tokens.items():
        route(path("", view(permission)))
        expected = 200 if permission is InOrganization else 403
        assert logto.client(token).get("/").status_code == expected


def test_an_empty_list_means_any_token_of_this_kind(logto: Logto, route: Route) -> None:
    route(path("", view(HasScopes, required_scopes=[])))
    assert logto.client(logto.global_token()).get("/").status_code == 200
    assert outcome(logto.client(logto.organization_token("a")).get("/")) == (
        403,
        "wrong_token_kind",
    )


def test_membership_reads_required_scopes_too(logto: Logto, route: Route) -> None:
    route(path("", view(InOrganization, required_scopes=["invite:member"])))
    assert (
        logto.client(logto.organization_token("a", ["invite:member"])).get("/").status_code == 200
    )
    assert logto.client(logto.organization_token("a")).get("/").status_code == 403


def test_an_instance_with_scopes_does_not_read_required_scopes(logto: Logto, route: Route) -> None:
    route(path("", view(HasScopes("read:a"), required_scopes=[])))
    assert logto.client(logto.global_token()).get("/").status_code == 403


def test_required_scopes_that_cannot_be_read_are_closed(logto: Logto, route: Route) -> None:
    route(path("", view(HasScopes, required_scopes=7)))
    assert outcome(logto.client(logto.global_token()).get("/")) == (403, "insufficient_scope")


def test_a_dotted_path_works_in_the_default_permission_classes(
    logto: Logto, route: Route, settings: Any
) -> None:
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_PERMISSION_CLASSES": ["drf_logto.permissions.HasScopes"],
    }
    from rest_framework.settings import api_settings

    route(path("", view(*api_settings.DEFAULT_PERMISSION_CLASSES, required_scopes="read:a")))
    assert logto.client(logto.global_token(["read:a"])).get("/").status_code == 200
    assert logto.client(logto.global_token()).get("/").status_code == 403


@pytest.mark.parametrize("scope", ["", "read:a write:a", "é", 7, ["read:a"], None])
def test_what_is_no_scope_is_refused_where_it_is_declared(scope: Any) -> None:
    for permission in (HasScopes, InOrganization, OrgResourceScopes):
        with pytest.raises(ImproperlyConfigured, match=permission.__name__):
            permission(scope)
    with pytest.raises(ImproperlyConfigured):
        HasScopes(list=[scope])


@pytest.mark.parametrize("listed", [["a"], ("a", "b"), {"a"}, frozenset("a")])
def test_a_list_of_scopes_is_refused_with_what_to_write(listed: Any) -> None:
    for permission in (HasScopes, InOrganization, OrgResourceScopes):
        what_to_write = re.escape(f"write {permission.__name__}('a', 'b')")
        with pytest.raises(ImproperlyConfigured, match=what_to_write):
            permission(listed)


# Compositions


class Yes(BasePermission):
    pass


class No(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return False


@pytest.mark.parametrize(
    ("composition", "global_expected", "organization_expected"),
    [
        (HasScopes("read:a") | InOrganization("read:a"), 200, 200),
        (HasScopes("read:a") | OrgResourceScopes("read:a"), 200, 403),
        (HasScopes("read:a") & InOrganization("read:a"), 403, 403),
        (HasScopes("read:a") & IsAuthenticated, 200, 403),
        (IsAuthenticated & HasScopes("read:a"), 200, 403),
        (IsAdminUser | HasScopes("read:a"), 200, 403),
        (HasScopes("read:a") | Yes, 200, 200),
        (No | HasScopes("read:a"), 200, 403),
        (No & HasScopes("read:a"), 403, 403),
        (HasScopes("read:a") & No, 403, 403),
        (~HasScopes("read:a"), 403, 200),
        (~HasScopes("read:a") & InOrganization, 403, 200),
        (~(HasScopes("read:a") | No), 403, 200),
        ((Yes & HasScopes("read:a")) | (No | InOrganization("read:a")), 200, 200),
        (HasScopes | InOrganization, 403, 200),
        (IsAuthenticated & InOrganization, 403, 200),
    ],
)
def test_permissions_compose(
    logto: Logto, route: Route, composition: Any, global_expected: int, organization_expected: int
) -> None:
    route(path("", view(composition)))
    for token, expected in (
        (logto.global_token(["read:a"]), global_expected),
        (logto.organization_token("org-a", ["read:a"]), organization_expected),
    ):
        response = logto.client(token).get("/")
        assert response.status_code == expected
        if expected == 200:
            assert "WWW-Authenticate" not in response.headers


def test_instances_are_comparable_and_hashable() -> None:
    assert HasScopes("a") == HasScopes("a")
    assert len({HasScopes("a", get="b"), HasScopes("a", get=["b"]), HasScopes("a")}) == 2
    assert HasScopes("a") != OrgResourceScopes("a")
    assert HasScopes("a") != "a"
    assert (HasScopes("a") | No) == (HasScopes("a") | No)


def test_an_instance_reads_as_it_is_written() -> None:
    assert repr(HasScopes("a", list="b")) == "HasScopes('a', list=['b'])"
    assert repr(HasScopes("a")) == "HasScopes('a')"
    assert repr(InOrganization()) == "InOrganization()"


def test_has_permission_never_raises(logto: Logto) -> None:
    auth = get_verifier().verify(logto.global_token())
    for facts in ({"method": "GET"}, {"method": "GET", "auth": "text"}, {"auth": auth}):
        request: Any = SimpleNamespace(**facts)
        asked: Any
        for asked in (None, object(), SimpleNamespace(kwargs={}, action=[])):
            assert HasScopes("a").has_permission(request, asked) is False
            assert HasScopes("a").has_object_permission(request, asked, object()) is False


def test_a_view_with_an_odd_action_is_asked_by_its_method(logto: Logto, route: Route) -> None:
    route(path("", view(HasScopes(get="read:a"), action=["list"])))
    assert logto.client(logto.global_token(["read:a"])).get("/").status_code == 200


def test_required_scopes_of_none_declares_nothing() -> None:
    declaring: Any = SimpleNamespace(required_scopes=None, kwargs={})
    assert InOrganization().required_by(declaring) == RequiredScopes()
    assert HasScopes().required_by(declaring) is None
