"""adrf's async views: their permissions are awaited, and a denial has its reason."""

from collections.abc import Callable
from typing import Any

import pytest
from adrf.decorators import api_view
from adrf.permissions import AsyncBasePermission
from adrf.views import APIView
from adrf.viewsets import ViewSet
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.test import AsyncClient
from django.urls import path
from rest_framework.authentication import BasicAuthentication
from rest_framework.decorators import permission_classes
from rest_framework.permissions import BasePermission
from rest_framework.response import Response

from drf_logto.permissions import HasScopes, InOrganization
from drf_logto.testing import Logto

Route = Callable[..., None]


class Yes(AsyncBasePermission):
    async def has_permission(self, request: Any, view: Any) -> bool:
        await sync_to_async(bool)()
        return True


class No(AsyncBasePermission):
    message = "Not on a Sunday."

    async def has_permission(self, request: Any, view: Any) -> bool:
        return False


class NotThisObject(AsyncBasePermission):
    async def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return False


class Later(BasePermission):
    """No coroutine function, so adrf does not await it."""

    def has_permission(self, request: Any, view: Any) -> Any:
        return No().has_permission(request, view)


class View(APIView):
    async def get(self, request: Any) -> Response:
        await sync_to_async(self.check_object_permissions)(request, "object")
        return Response("got")


class SyncView(APIView):
    def get(self, request: Any) -> Response:
        self.check_object_permissions(request, "object")
        return Response("got")


class Views(ViewSet):
    async def list(self, request: Any) -> Response:
        await sync_to_async(self.check_object_permissions)(request, "object")
        return Response("got")


def function(permissions: list[Any]) -> Any:
    async def view(request: Any) -> Response:
        await sync_to_async(request.parser_context["view"].check_object_permissions)(request, "o")
        return Response("got")

    protected: Any = permission_classes(permissions)
    return api_view(["GET"])(protected(view))


KINDS = {
    "view": lambda permissions: View.as_view(permission_classes=permissions),
    "sync": lambda permissions: SyncView.as_view(permission_classes=permissions),
    "viewset": lambda permissions: Views.as_view({"get": "list"}, permission_classes=permissions),
    "function": function,
}


@pytest.fixture(params=KINDS)
def answer(request: pytest.FixtureRequest, logto: Logto, route: Route) -> Callable[..., Any]:
    """The answer to a token that holds one scope, from a view with these permissions."""

    def get(*permissions: Any) -> Any:
        route(path("", KINDS[request.param](list(permissions))))
        headers = {"Authorization": f"Bearer {logto.global_token(['held'])}"}
        return async_to_sync(AsyncClient().get)("/", headers=headers)

    return get


@pytest.mark.parametrize(
    ("permissions", "code"),
    [
        ([HasScopes("a")], "insufficient_scope"),
        ([HasScopes("a") & Yes], "insufficient_scope"),
        ([Yes & HasScopes("a")], "insufficient_scope"),
        ([HasScopes("a") | No], "insufficient_scope"),
        ([No | HasScopes("a")], "insufficient_scope"),
        ([No | (HasScopes("a") & Yes)], "insufficient_scope"),
        ([InOrganization & Yes], "wrong_token_kind"),
        ([~No & HasScopes("a")], "insufficient_scope"),  # type: ignore[operator]
        ([Yes, HasScopes("a")], "insufficient_scope"),
        ([HasScopes("a") | NotThisObject], "insufficient_scope"),
        ([No], None),
        ([No & HasScopes("a")], None),
        ([HasScopes("held") & No], None),
        ([~Yes], None),  # type: ignore[operator]
        ([~(HasScopes("held") & Yes)], None),
        ([NotThisObject], None),
        ([HasScopes("held") & NotThisObject], None),
    ],
)
def test_a_denial_has_its_reason(answer: Any, permissions: list[Any], code: str | None) -> None:
    response = answer(*permissions)
    assert response.status_code == 403
    assert response.json().get("code") == code
    challenge = response.headers.get("WWW-Authenticate", "")
    assert ("error=" in challenge) is (code is not None)
    assert ('scope="a"' in challenge) is (code == "insufficient_scope")


@pytest.mark.parametrize(
    "permissions",
    [
        [Yes],
        [HasScopes("held") & Yes],
        [HasScopes("a") | Yes],
        [Yes, HasScopes("held")],
        [HasScopes("held") | NotThisObject],
    ],
)
def test_a_permission_that_grants_lets_in(answer: Any, permissions: list[Any]) -> None:
    assert answer(*permissions).status_code == 200


def test_a_refusal_of_the_project_keeps_its_words(answer: Any) -> None:
    assert answer(HasScopes("held"), No).json() == {"detail": "Not on a Sunday."}


def test_a_coroutine_that_adrf_does_not_await_refuses(
    answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert answer(Later).status_code == 403
    assert [one.levelname for one in caplog.records if one.name == "drf_logto"] == ["ERROR"]


@pytest.mark.parametrize("permission", [HasScopes("held") & Later, HasScopes("a") | Later])
def test_a_coroutine_in_a_composition_is_awaited(answer: Any, permission: Any) -> None:
    assert answer(permission).status_code == 403


def test_each_permission_is_asked_once(answer: Any) -> None:
    asked = []

    class Counting(Yes):
        async def has_permission(self, request: Any, view: Any) -> bool:
            asked.append(request)
            return True

    assert answer(Counting & HasScopes("a")).status_code == 403
    assert len(asked) == 1


def test_a_denial_stands_without_a_reason_after_another_authentication(
    route: Route, caplog: pytest.LogCaptureFixture
) -> None:
    class Another(BasicAuthentication):
        def authenticate(self, request: Any) -> Any:
            return AnonymousUser(), None

    permissions = [Yes & HasScopes("a")]
    view = View.as_view(authentication_classes=[Another], permission_classes=permissions)
    route(path("", view))
    response: Any = async_to_sync(AsyncClient().get)("/")
    assert (response.status_code, list(response.json())) == (403, ["detail"])
    assert not [one for one in caplog.records if one.name == "drf_logto"]
