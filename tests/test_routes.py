"""The routes of a project: which scopes they name."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import clear_url_caches, include, path, set_urlconf
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


@pytest.fixture
def counted(route: Route) -> Iterator[list[str]]:
    """A project that notes each reading of the scope that its route names."""
    read: list[str] = []

    class Counted(HasScopes):
        def required_by(self, view: Any, request: Any = None) -> Any:
            read.append("read")
            return super().required_by(view)

    route(path("a/", view(Counted("read:a"))))
    yield read
    set_urlconf(None)


def test_the_scopes_are_read_once_until_the_routes_change(
    counted: list[str], route: Route, settings: Any
) -> None:
    assert all_scopes() == all_scopes() == {"read:a"}
    assert counted == ["read"]
    clear_url_caches()
    assert all_scopes() == {"read:a"}
    assert counted == ["read"] * 2
    route(path("b/", view(HasScopes("read:b"))))
    assert all_scopes() == {"read:b"}
    settings.LOGTO = {}
    assert all_scopes() == frozenset()


def test_the_scopes_are_those_of_the_urlconf_of_the_request(counted: list[str]) -> None:
    other: Any = (path("b/", view(HasScopes("read:b"))),)
    for _ in range(2):
        set_urlconf(other)
        assert all_scopes() == {"read:b"}
        set_urlconf(None)
        assert all_scopes() == {"read:a"}
    assert counted == ["read"]
