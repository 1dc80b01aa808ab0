"""The routes of a project: which scopes they name."""

from collections.abc import Callable
from typing import Any

from django.urls import include, path
from rest_framework.views import APIView

from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.routes import all_scopes

Route = Callable[..., None]


def view(*permissions: Any, **attributes: Any) -> Any:
    attributes["permission_classes"] = permissions
    return type("View", (APIView,), attributes).as_view()  # type: ignore[attr-defined]


def test_every_scope_that_a_route_names_is_found(route: Route) -> None:
    route(
        path("a/", view(HasScopes(get="read:a", post=["write:a", "read:a"]))),
        path("b/", include([path("c/", view(InOrganization("invite") | OrgResourceScopes("d")))])),
        path("e/", view(HasScopes, required_scopes={"list": "read:e"})),
    )
    assert all_scopes() == {"read:a", "write:a", "invite", "d", "read:e"}


def test_scopes_that_cannot_be_read_are_none(route: Route) -> None:
    route(path("a/", view(HasScopes, required_scopes=7)), path("b/", view(HasScopes)))
    assert all_scopes() == frozenset()


def test_a_project_without_working_settings_names_none(route: Route, settings: Any) -> None:
    route(path("a/", view(HasScopes("read:a"))))
    settings.LOGTO = {}
    assert all_scopes() == frozenset()


def test_the_scopes_are_read_once_until_the_routes_change(route: Route, settings: Any) -> None:
    read = 0

    class Counted(HasScopes):
        def required_by(self, view: Any, request: Any = None) -> Any:
            nonlocal read
            read += 1
            return super().required_by(view)

    route(path("a/", view(Counted("read:a"))))
    assert all_scopes() == all_scopes() == {"read:a"}
    assert read == 1
    route(path("b/", view(HasScopes("read:b"))))
    assert all_scopes() == {"read:b"}
    settings.LOGTO = {}
    assert all_scopes() == frozenset()
