"""Makes a view as it would be made for a request, and asks it for its permissions."""

import re
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
from ..view_options import class_of, declared_by_class, instance_of

_DECIDING = ("initial", "check_permissions", "permission_denied")
_KEYWORD = re.compile(r"\(\?P<(\w+)>")
_ASKED = (
    *("__getattr__", "__getitem__", "__contains__", "__iter__", "__len__", "__bool__", "__call__"),
    *("__str__", "__format__", "__int__", "__hash__", "__eq__", "__ne__"),
    *("__lt__", "__le__", "__gt__", "__ge__"),
)


class RequestIsNotKnown(BaseException):
    """A view asks something of a request before there is one; the text says what.

    Code of the project that catches every Exception goes on with an answer that nobody gave.
    """


class _NoUser(BaseAuthentication):
    """Keeps a view from being read as if all requests were anonymous."""

    def authenticate(self, request: Request) -> None:
        raise RequestIsNotKnown("who asks")


class _Unknown:
    """A part of a request: a view that compares it is not read as if it were empty."""

    def __init__(self, name: str) -> None:
        self._name = name


def _ask(unknown: Any, *_: object) -> Any:
    raise RequestIsNotKnown(unknown._name)


for _operation in _ASKED:
    setattr(_Unknown, _operation, _ask)

_OF_PATH, _OF_REQUEST = _Unknown("a keyword of the path"), _Unknown("more than route and method")
_PARTS = (
    *("COOKIES", "FILES", "GET", "META", "POST", "_get_scheme", "content_params", "content_type"),
    *("accepted_media_type", "accepted_renderer", "path", "path_info", "session", "version"),
)


def keywords_of(route: Route) -> list[str]:
    """Return the names of the keywords that a path of the route gives to its view."""
    return _KEYWORD.findall("".join(route.patterns))


def permissions_of(route: Route, handler: str | None, view: Any) -> list[Any]:
    """Return what must grant requests to ``view``.

    Args:
        route: its route.
        handler: the name of the method that answers, None for a function.
        view: from ``view_of``.
    """
    permissions = [*view.get_permissions()] if reads_policies(route.callback) else []
    return permissions + [one() for one in chain.from_iterable(guards_of(route, handler))]


def own_methods(route: Route) -> list[str]:
    """Return with which methods the class of a route may decide by itself who gets in."""
    return [
        name
        for name in (_DECIDING if reads_policies(route.callback) else ())
        if getattr(declared_by_class(route.callback, name), "__module__", "").partition(".")[0]
        not in {"adrf", "rest_framework"}
    ]


def guards_of(route: Route, handler: str | None) -> tuple[tuple[Any, ...], ...]:
    """Return the permissions of each ``require_access_token`` around a view and its handler."""
    return guards(route.callback, getattr(class_of(route.callback), handler or "", None))


def view_of(
    route: Route, method: str, action: str | None, keywords: Mapping[str, Any] | None = None
) -> Any:
    """Return the view as it would be made for a request, or what stands for a plain one.

    Its ``request`` has no user: a view that asks for it raises RequestIsNotKnown. So does one that
    asks for headers or the like, or for keywords where they are not given.

    Args:
        route: the route.
        method: the HTTP method.
        action: of a viewset.
        keywords: those of the path; None where there is no path.
    """
    asked = HttpRequest()
    vars(asked).update(dict.fromkeys(_PARTS, _OF_REQUEST))
    if keywords is None:
        keywords = dict.fromkeys(keywords_of(route), _OF_PATH)
    kwargs = {**keywords, **route.options}
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
