"""The permissions about the bearer: whom they let in, what they say, what they cannot be."""

import operator
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db.models import TextChoices
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto.decorators import require_access_token
from drf_logto.permissions import (
    FromClients,
    HasClaim,
    HasScopes,
    InOrganization,
    IsDelegated,
    IsMachine,
    IsUser,
)
from drf_logto.testing import Logto

Route = Callable[..., None]

BEARER, CLIENT, CLAIM = "wrong_bearer", "wrong_client", "missing_claim"
ACT = {"act": {"sub": "support-1"}}


class Plan(TextChoices):
    PRO = "pro"


class View(APIView):
    """Checks an object, too."""

    def get(self, request: Any, **kwargs: Any) -> Response:
        self.check_object_permissions(request, object())
        return Response("got")


def view(*permissions: Any) -> Any:
    return type("Made", (View,), {"permission_classes": permissions}).as_view()  # type: ignore[attr-defined]


def plain_view(*permissions: Any) -> Any:
    def made(request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("got")

    return require_access_token(*permissions)(made)


def async_view(*permissions: Any) -> Any:
    async def made(request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("got")

    return async_to_sync(require_access_token(*permissions)(made))


def code_of(response: Any) -> str | None:
    """The code of a 403, None of a grant."""
    if response.status_code == 200:
        return None
    assert response.status_code == 403
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
    return str(response.json()["code"])


def has(name: str, held: Any) -> dict[str, Any]:
    return {"claims": {name: held}}


WHOM: list[tuple[Any, dict[str, Any], str | None]] = [
    (IsUser, {}, None),
    (IsUser(), {"claims": ACT}, None),
    (IsUser, {"machine": "backend"}, BEARER),
    (IsMachine, {"machine": "backend"}, None),
    (IsMachine(), {}, BEARER),
    (IsMachine, {"machine": "backend", "claims": {"client_id": "another"}}, BEARER),
    (IsDelegated, {"claims": ACT}, None),
    (IsDelegated, {}, BEARER),
    # Whatever it is, the token does not speak for its subject alone.
    (IsDelegated(), has("act", {}), None),
    (~IsDelegated, has("act", "somebody"), "permission_denied"),
    (~IsDelegated, has("act", None), None),
    (FromClients("application-1"), {}, None),
    (FromClients("another", "backend"), {"machine": "backend"}, None),
    (FromClients("application"), {}, CLIENT),
    (FromClients("Application-1"), {}, CLIENT),
    (FromClients("user-1"), {}, CLIENT),
    (HasClaim("roles", "admin"), has("roles", ["editor", "admin"]), None),
    (HasClaim("roles", "admin"), has("roles", "admin"), None),
    (HasClaim("roles", "admin"), has("roles", "administrator"), CLAIM),
    (HasClaim("roles", "admin"), has("roles", "admin editor"), CLAIM),
    (HasClaim("roles", "admin"), has("roles", ["Admin", ["admin"], {"admin": True}]), CLAIM),
    (HasClaim("roles", "admin"), has("roles", {"admin": "admin"}), CLAIM),
    (HasClaim("roles", "admin"), has("roles", []), CLAIM),
    (HasClaim("roles", "admin"), has("roles", None), CLAIM),
    (HasClaim("roles", "admin"), {}, CLAIM),
    (HasClaim("level", 1), has("level", 1), None),
    (HasClaim("level", 1), has("level", True), CLAIM),
    (HasClaim("level", 1), has("level", 1.0), CLAIM),
    (HasClaim("level", 1), has("level", "1"), CLAIM),
    (HasClaim("level", 0), has("level", [0]), None),
    (HasClaim("staff", True), has("staff", True), None),
    (HasClaim("staff", True), has("staff", 1), CLAIM),
    (HasClaim("staff", False), has("staff", False), None),
    (HasClaim("staff", False), {}, CLAIM),
    (HasClaim("plan", one_of=["pro", "team"]), has("plan", "team"), None),
    (HasClaim("plan", one_of=("pro", "team")), has("plan", ["free", "pro"]), None),
    (HasClaim("plan", one_of=["pro", "team"]), has("plan", "free"), CLAIM),
    (HasClaim("plan", Plan.PRO), has("plan", "pro"), None),
    (HasClaim("plan", ""), has("plan", ""), None),
    (HasClaim("a.b", "c"), has("a.b", "c"), None),
    (HasClaim("a.b", "c"), has("a", {"b": "c"}), CLAIM),
]


@pytest.mark.parametrize(("permission", "options", "expected"), WHOM)
def test_each_lets_in_the_bearers_that_it_names(
    logto: Logto, route: Route, permission: Any, options: Any, expected: str | None
) -> None:
    route(path("", view(permission)), path("plain/", plain_view(permission)))
    client = logto.client(logto.global_token(**options))
    for url in ("/", "/plain/"):
        response = client.get(url)
        if expected == "permission_denied":  # a negation gives no reason
            assert response.status_code == 403
        else:
            assert code_of(response) == expected


@pytest.mark.parametrize("make_view", [view, plain_view])
def test_they_are_for_tokens_of_every_kind(logto: Logto, route: Route, make_view: Any) -> None:
    permissions = IsUser, FromClients("application-1"), HasClaim("plan", "pro")
    route(path("<str:organization_id>/", make_view(*permissions)))
    claims = {"plan": "pro"}
    for token in (
        logto.global_token(claims=claims),
        logto.organization_token("org-a", claims=claims),
        logto.organization_resource_token("org-a", claims=claims),
    ):
        assert logto.client(token).get("/org-a/").status_code == 200


@pytest.mark.parametrize(
    ("permission", "sentence"),
    [
        (IsUser, "This endpoint needs an access token of a user."),
        (IsMachine, "This endpoint needs an access token of a machine-to-machine application."),
        (
            IsDelegated,
            "This endpoint needs an access token with which an actor acts on behalf of a user.",
        ),
        (FromClients("a"), "Only access tokens of certain applications are accepted here."),
        (
            HasClaim("plan", "pro"),
            "This endpoint needs an access token with a certain claim: plan.",
        ),
    ],
)
@pytest.mark.parametrize("signed_in_otherwise", [True, False])
def test_a_refusal_says_what_is_needed_and_no_value_of_a_claim(
    logto: Logto, route: Route, permission: Any, sentence: str, signed_in_otherwise: bool
) -> None:
    route(path("", view(permission)))
    machine = "backend" if permission is IsUser else None
    client = logto.client(logto.global_token(machine=machine, claims={"plan": "held"}))
    if signed_in_otherwise:
        client = logto.client()
        client.force_authenticate(user=User(username="admin"))
    response = client.get("/")
    assert response.json()["detail"] == sentence
    assert code_of(response) in {BEARER, CLIENT, CLAIM}
    assert sentence in response.headers["WWW-Authenticate"]


def test_the_log_names_the_clients_and_no_value_of_a_claim(
    logto: Logto, route: Route, caplog: Any
) -> None:
    caplog.set_level("INFO", "drf_logto")
    route(path("client/", view(FromClients("app-1"))), path("", view(HasClaim("plan", "pro"))))
    client, absent = logto.client(logto.global_token(claims={"plan": "held"})), logto.global_token()
    for url, client_of in (("/client/", client), ("/", client), ("/", logto.client(absent))):
        client_of.get(url)
    refused = [message for message in caplog.messages if message.startswith("Refused")]
    assert [message.partition("): ")[2] for message in refused] == [
        "received 'application-1', expected 'app-1'.",
        "it has another value.",
        "the token lacks it.",
    ]


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ([IsMachine | HasScopes("a")], "insufficient_scope"),
        ([HasClaim("x", "y") | HasScopes("a")], "insufficient_scope"),
        ([IsMachine | HasClaim("x", "y")], CLAIM),
        ([FromClients("x") | HasClaim("x", "y")], CLAIM),
        ([IsMachine | HasScopes(create="a")], BEARER),
        ([FromClients("x") | HasScopes(create="a")], CLIENT),
        ([IsMachine | InOrganization], BEARER),
        ([FromClients("x") | InOrganization], CLIENT),
        ([HasScopes("a"), IsMachine], "insufficient_scope"),
        ([IsMachine, HasScopes("a")], BEARER),
        ([HasScopes("b") & IsUser & ~IsDelegated], None),
        ([HasScopes("b") & (IsMachine | HasClaim("plan", "pro"))], CLAIM),
    ],
)
def test_of_several_refusals_the_most_actionable_is_reported(
    logto: Logto, route: Route, permissions: list[Any], expected: str | None
) -> None:
    route(path("", view(*permissions)), path("plain/", plain_view(*permissions)))
    client = logto.client(logto.global_token(["b"]))
    for response in (client.get("/"), client.get("/plain/")):
        code = response.json()["code"] if response.status_code == 403 else None
        assert code == expected


class ReadOnly(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return request.method in SAFE_METHODS


@pytest.mark.parametrize("permission", [IsUser, IsUser(), FromClients("application-1")])
@pytest.mark.parametrize("other", [AllowAny, IsAuthenticated, ReadOnly, HasScopes("a"), IsUser])
@pytest.mark.parametrize("operate", [operator.and_, operator.or_])
def test_they_compose_with_every_permission_on_either_side(
    logto: Logto, route: Route, permission: Any, other: Any, operate: Any
) -> None:
    route(
        path("0/", view(operate(permission, other))),
        path("1/", view(operate(other, permission))),
        path("2/", view(operate(~permission, ~other))),
    )
    client = logto.client(logto.global_token(["a"]))
    statuses = [client.get(f"/{number}/").status_code for number in range(3)]
    assert statuses == [200, 200, 403]


def test_an_anonymous_request_is_asked_to_authenticate(logto: Logto, route: Route) -> None:
    route(path("", view(IsUser)), path("not/", view(HasScopes("a") & ~IsDelegated)))
    assert logto.client().get("/").status_code == 401
    assert logto.client().get("/not/").status_code == 401


@pytest.mark.parametrize(
    "permission", [IsUser, ~IsDelegated, HasScopes("a") & FromClients("application-1")]
)
def test_an_async_view_is_guarded(logto: Logto, permission: Any) -> None:
    answer = async_view(permission)
    for options, status in (({}, 200), ({"machine": "backend", "claims": ACT}, 403)):
        header = f"Bearer {logto.global_token(['a'], **options)}"  # type: ignore[arg-type]
        request = RequestFactory().get("/", headers={"Authorization": header})
        assert answer(request).status_code == status


SEVERAL = [
    IsUser(),
    IsMachine(),
    IsDelegated(),
    FromClients("a"),
    FromClients("a", "b"),
    HasClaim("x", "a"),
    HasClaim("y", "a"),
    HasClaim("x", 1),
    HasClaim("x", True),
    HasClaim("x", "1"),
    HasClaim("x", one_of=["a", "b"]),
]


@pytest.mark.parametrize("permission", SEVERAL, ids=repr)
def test_permissions_are_compared_by_what_they_name(permission: Any) -> None:
    names = {one.__name__: one for one in (IsUser, IsMachine, IsDelegated, FromClients, HasClaim)}
    same = eval(repr(permission), names)
    assert (same, hash(same)) == (permission, hash(permission))
    assert [one for one in SEVERAL if one == permission] == [permission]
    assert permission != "something else"


def test_one_value_of_a_list_is_one_value() -> None:
    assert HasClaim("x", one_of=["a"]) == HasClaim("x", "a")
    assert repr(HasClaim("x", Plan.PRO)) == "HasClaim('x', 'pro')"


FORM = "write HasClaim('x', 'a') or HasClaim('x', one_of=['a', 'b'])."
ONE_OR_LIST = f"HasClaim needs one value or a list of them: {FORM}"
COMPARED = f"HasClaim compares strings, whole numbers, True and False: {FORM}"
NO_LIST = (
    "FromClients takes each id as an argument of its own, not ['a']: write FromClients('a', 'b')."
)
SCOPES = "HasScopes, InOrganization or OrgResourceScopes"


@pytest.mark.parametrize(
    ("made", "arguments", "named", "message"),
    [
        (FromClients, (), {}, "FromClients needs the ids of the applications: write FromClients('"),
        (FromClients, (["a"],), {}, NO_LIST),
        (FromClients, ("a", 7), {}, "FromClients: 7 is no id of an application."),
        (FromClients, ("a ",), {}, "FromClients: 'a ' is no id of an application."),
        (FromClients, ("",), {}, "FromClients: '' is no id of an application."),
        (HasClaim, ("", "a"), {}, "HasClaim: '' is no name of a claim."),
        (HasClaim, (7, "a"), {}, "HasClaim: 7 is no name of a claim."),
        (HasClaim, ("x",), {}, ONE_OR_LIST),
        (HasClaim, ("x",), {"one_of": []}, ONE_OR_LIST),
        (HasClaim, ("x",), {"one_of": "ab"}, ONE_OR_LIST),
        (HasClaim, ("x", "a"), {"one_of": ["b"]}, ONE_OR_LIST),
        (HasClaim, ("x", ["a"]), {}, COMPARED),
        (HasClaim, ("x", 1.5), {}, COMPARED),
        (HasClaim, ("x",), {"one_of": ["a", None]}, COMPARED),
        (HasClaim, ("scope", "a"), {}, f"HasClaim is for custom claims. For 'scope' use {SCOPES}."),
        (HasClaim, ("client_id", "a"), {}, "For 'client_id' use FromClients."),
        (HasClaim, ("act",), {}, "For 'act' use IsDelegated."),
        (HasClaim, ("sub", "a"), {}, "For 'sub' use IsUser or IsMachine."),
        (HasClaim, ("organization_id", "a"), {}, "use InOrganization or OrgResourceScopes."),
        (HasClaim, ("aud", "a"), {}, "use API_RESOURCE in the setting LOGTO, or api_resource"),
        (HasClaim, ("iss", "a"), {}, "use ENDPOINT in the setting LOGTO."),
        (HasClaim, ("exp", 1), {}, "'exp' use LogtoJWTAuthentication, which validates it."),
        (HasClaim, ("nbf", 1), {}, "'nbf' use LogtoJWTAuthentication, which validates it."),
        (HasClaim, ("iat", 1), {}, "use request.auth.issued_at in a permission of the project."),
        (HasClaim, ("jti", "a"), {}, "use request.auth.token_id in a permission of the project."),
    ],
)
def test_what_cannot_be_meant_is_an_error_that_says_the_right_form(
    made: Any, arguments: Any, named: Any, message: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as raised:
        made(*arguments, **named)
    assert message in str(raised.value)
