"""Makes a view as it would be made for a request, and asks it for its permissions."""

from collections.abc import Mapping
from itertools import chain
from types import SimpleNamespace
from typing import Any, cast

from django.http import HttpRequest
from django.urls import ResolverMatch
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from ..plain_views import as_view
from ..routes import Route, actions, guards, reads_policies
from ..view_options import class_of, instance_of


class UserIsNotKnown(Exception):
    """A view asks who sends a request before there is one."""


class _NoUser(BaseAuthentication):
    """Keeps a view from being read as if all requests were anonymous."""

    def authenticate(self, request: Request) -> None:
        raise UserIsNotKnown


def permissions_of(route: Route, handler: str | None, view: Any) -> list[Any]:
    """Return what must grant requests to ``view``.

    Args:
        route: its route.
        handler: the name of the method that answers, None for a function.
        view: from ``view_of``.
    """
    permissions = [*view.get_permissions()] if reads_policies(route.callback) else []
    return permissions + [one() for one in chain.from_iterable(guards_of(route, handler))]


def guards_of(route: Route, handler: str | None) -> tuple[tuple[Any, ...], ...]:
    """Return the permissions of each ``require_access_token`` around a view and its handler."""
    return guards(route.callback, getattr(class_of(route.callback), handler or "", None))


def view_of(
    route: Route, method: str, action: str | None, keywords: Mapping[str, Any] | None = None
) -> Any:
    """Return the view as it would be made for a request, or what stands for a plain one.

    Its ``request`` has no user: a view that asks for it raises an exception.

    Args:
        route: the route.
        method: the HTTP method.
        action: of a viewset.
        keywords: those of the path.
    """
    asked, kwargs = HttpRequest(), {**route.options, **(keywords or {})}
    asked.method = method
    match = SimpleNamespace(func=route.callback, route=route.path, kwargs=kwargs)
    asked.resolver_match = cast("ResolverMatch", match)
    view = instance_of(route.callback)
    if not reads_policies(route.callback):
        plain = as_view(route.callback if view is None else view, asked, kwargs)
        plain.request = asked
        return plain
    if by_method := actions(route.callback):
        view.action_map, view.action = by_method, "metadata" if method == "OPTIONS" else action
        for name, handler in by_method.items():
            setattr(view, name, getattr(view, handler))
    view.args, view.kwargs, view.format_kwarg, view.headers = (), kwargs, None, {}
    context = {"view": view, "args": (), "kwargs": kwargs}
    view.request = Request(asked, authenticators=[_NoUser()], parser_context=context)
    return view
