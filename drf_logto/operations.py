"""Reads who may do what: the permissions of each method of each route, asked of its view."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from types import SimpleNamespace
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.contrib.admindocs.views import simplify_regex
from django.http import HttpRequest
from django.urls import ResolverMatch
from django.utils.translation import override
from django.views import View as DjangoView
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from .auth_info import TokenKind
from .authentication import LogtoJWTAuthentication
from .compositions.alternatives import Alternative, Credential, ways_into, written
from .conf import get_settings
from .organization_sources.named import UrlKeyword
from .plain_views import as_view
from .routes import Route, actions, all_routes, guards, reads_policies, scopes_of
from .view_options import (
    accepted_resources,
    chain_of,
    class_of,
    declared_by_class,
    instance_of,
    organization_source,
)

ANY_METHOD = "*"
"""In place of a method, where it is not known which ones a view answers, or what it asks."""

METHODS_OF_FUNCTIONS = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""Those of a plain function: which ones it answers is not known."""

_METHODS = [one.upper() for one in DjangoView.http_method_names]
_KEYWORD = re.compile(r"<(?:[^>:]+:)?(\w+)>")
_ESCAPED = re.compile(r"\\(\W)")
_OF_ORGANIZATIONS = frozenset({TokenKind.ORGANIZATION, TokenKind.ORGANIZATION_RESOURCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one route, and what it asks for.

    Attributes:
        route: what the URLconf and the class say.
        path: of the route, with its keywords in braces, as OpenAPI has it.
        method: the HTTP method, or ``ANY_METHOD``.
        action: the action of a viewset, None where there is none.
        handler: the name of the method that answers, None for a function.
        view: as it would be made for the request; None for a plain Django view, and where the view
            could not be made.
        ways: every way in; none where it is closed, and where ``unread`` says that it is not known.
        unread: why the ways are not known, a sentence; "" where they are.
        permissions: what must grant, as it is written; what the class declares where ``unread``.
        is_protected: whether REST Framework asks permissions, or ``require_access_token`` does.
        accepts_tokens: whether access tokens of Logto are read.
        organization: with which organization a token's is compared, in words; "" where no way is
            about one.
        is_filtered: whether a filter backend leaves the rows of one organization; None where the
            view has no filter backends.
        resources: the API resources whose tokens it accepts.
    """

    route: Route
    path: str
    method: str
    action: str | None = None
    handler: str | None = None
    view: Any = None
    ways: tuple[Alternative, ...] = ()
    unread: str = ""
    permissions: tuple[str, ...] = ()
    is_protected: bool = True
    accepts_tokens: bool = True
    organization: str = ""
    is_filtered: bool | None = None
    resources: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether some way needs no token, whatever other permissions say."""
        return any(one.credential is Credential.NONE for one in self.ways)

    @property
    def name(self) -> str:
        """The dotted name of the function or the class."""
        kind = class_of(self.route.callback)
        functions = (one for one in chain_of(self.route.callback) if hasattr(one, "__name__"))
        named: Any = kind or next(functions, type(self.route.callback))
        return f"{named.__module__}.{named.__name__}"


def all_operations() -> Iterator[Operation]:
    """Return what each route answers, in the order of the URLconf.

    HEAD and OPTIONS are left out where they are open to the same tokens as the other methods.

    Raises:
        ImproperlyConfigured: the setting ``LOGTO`` cannot work.
    """
    get_settings()
    with override(settings.LANGUAGE_CODE):  # a path may be translated
        routes = list(all_routes())
    return chain.from_iterable(map(operations_of, routes))


def needed_scopes() -> dict[str, set[str]]:
    """Return for each API resource the scopes that routes and settings name.

    Raises:
        ImproperlyConfigured: the setting ``LOGTO`` cannot work.
    """
    logto, needed = get_settings(), scopes_of_routes()
    if apps.is_installed("drf_logto.users") and logto.groups_claim is None:
        needed[logto.api_resource[0]].update(logto.values_for_rights)
    return needed


def scopes_of_routes() -> dict[str, set[str]]:
    """Return for each API resource the scopes that routes name.

    Raises:
        ImproperlyConfigured: the setting ``LOGTO`` cannot work.
    """
    needed: dict[str, set[str]] = {resource: set() for resource in get_settings().api_resource}
    for operation in all_operations():
        scopes = _scopes(operation, TokenKind.GLOBAL, TokenKind.ORGANIZATION_RESOURCE)
        for resource in operation.resources if scopes else ():
            needed.setdefault(resource, set()).update(scopes)
    return needed


def needed_organization_scopes() -> set[str]:
    """Return the permissions of organizations that routes name.

    Raises:
        ImproperlyConfigured: the setting ``LOGTO`` cannot work.
    """
    each = (_scopes(one, TokenKind.ORGANIZATION) for one in all_operations())
    return set(chain.from_iterable(each))


def _scopes(operation: Operation, *kinds: TokenKind) -> set[str]:
    """The scopes that tokens of these kinds need; all that the class names where it is unread."""
    if operation.unread:
        own = [one for one in operation.route.permissions if one.kind in kinds]
        return set(chain.from_iterable(scopes_of(one, operation.route.view) for one in own))
    ways = [one for one in operation.ways if operation.accepts_tokens]
    return {scope for way in ways if way.kinds.intersection(kinds) for scope in way.scopes}


def operations_of(route: Route) -> Iterator[Operation]:
    """Yield what a route answers.

    HEAD and OPTIONS are left out where they are open to the same tokens as the other methods.
    """
    read = [replace(_read(route, *one), handler=one[1]) for one in _handlers(route.callback)]
    found = [one for one in read if one.is_protected]
    if not found:
        yield _operation(route, ANY_METHOD, None, is_protected=False)
        return
    said: set[Alternative] = set()
    for one in read:
        if one.method not in {"HEAD", "OPTIONS"} or not said.issuperset(one.ways):
            yield one
        # DRF describes a view to whoever may use it, and needs no scope for that.
        said.update(one.ways, (replace(way, scopes=()) for way in one.ways))


def _handlers(callback: Any) -> Iterator[tuple[str, str | None]]:
    """Yield each method that a view answers, and the name of its handler."""
    cls, by_method = class_of(callback), actions(callback)
    if cls is None:
        yield from ((method, None) for method in METHODS_OF_FUNCTIONS)
        return
    names = declared_by_class(callback, "http_method_names")
    allowed = names if isinstance(names, Collection) else ()
    for method in _METHODS:
        name = method.lower()
        handler = by_method.get(name, name)
        # A viewset learns with its first request that HEAD is answered as GET is.
        if method == "HEAD" and not hasattr(cls, handler):
            handler = by_method.get("get", "get")
        if name in allowed and hasattr(cls, handler):
            yield method, handler


def _read(route: Route, method: str, handler: str | None) -> Operation:
    is_guarded = bool(_noted(route, handler))
    is_api_view = reads_policies(route.callback)
    action = actions(route.callback).get(method.lower() if method != "HEAD" else "get")
    if not is_api_view and not is_guarded:
        return _operation(route, method, action, is_protected=False)
    try:
        view = view_of(route, method, action)
        permissions = permissions_of(route, handler, view)
        least = Credential.ACCESS_TOKEN if is_guarded else Credential.NONE
        ways = ways_into(view, permissions, least)
        return _operation(
            route,
            method,
            action,
            view=view if is_api_view else None,
            ways=ways,
            permissions=tuple(map(written, permissions)),
            accepts_tokens=is_guarded or _accepts_tokens(view),
            organization=_organization(route, view, ways),
            is_filtered=_is_filtered(view),
            resources=_resources(view),
        )
    except Exception as fault:  # noqa: BLE001 - the project's own code, made for real requests
        return _unread(route, method, action, fault)


def _operation(route: Route, method: str, action: str | None, **read: Any) -> Operation:
    plain = _ESCAPED.sub(r"\1", _KEYWORD.sub(r"{\1}", simplify_regex(route.path)))
    path = "".join(one for one in plain if one.isprintable() and not one.isspace())
    return Operation(route=route, path=path, method=method, action=action, **read)


def _unread(route: Route, method: str, action: str | None, fault: Exception) -> Operation:
    needs_user = isinstance(fault, _UserIsNotKnown)
    why = "it depends on who asks" if needs_user else f"it raises {type(fault).__name__}"
    declared = dict.fromkeys(written(one) for way in route.ways for one in way)
    return _operation(
        route,
        method,
        action,
        unread=f"The view cannot be read without a request: {why}.",
        permissions=tuple(declared),
        resources=get_settings().api_resource,
    )


class _UserIsNotKnown(Exception):
    """A view asks who sends a request before there is one."""


class _NoUser(BaseAuthentication):
    """Keeps a view from being read as if all requests were anonymous."""

    def authenticate(self, request: Request) -> None:
        raise _UserIsNotKnown


def permissions_of(route: Route, handler: str | None, view: Any) -> list[Any]:
    """Return what must grant requests to ``view``.

    Args:
        route: its route.
        handler: the name of the method that answers, None for a function.
        view: from ``view_of``.
    """
    permissions = [*view.get_permissions()] if reads_policies(route.callback) else []
    return permissions + [one() for one in chain.from_iterable(_noted(route, handler))]


def _noted(route: Route, handler: str | None) -> tuple[tuple[Any, ...], ...]:
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
        keywords: those of the route.
    """
    asked, kwargs = HttpRequest(), dict(keywords or {})
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


def _accepts_tokens(view: Any) -> bool:
    return any(isinstance(one, LogtoJWTAuthentication) for one in view.get_authenticators())


def _resources(view: Any) -> tuple[str, ...]:
    narrowed = accepted_resources(view, view.request)
    return get_settings().api_resource if narrowed is None else tuple(sorted(map(str, narrowed)))


def _organization(route: Route, view: Any, ways: tuple[Alternative, ...]) -> str:
    if not any(way.kinds <= _OF_ORGANIZATIONS for way in ways):
        return ""
    source = organization_source(view, view.request)
    if source is None:
        return "that of the token"
    path = "".join(route.patterns)
    if isinstance(source, UrlKeyword) and f"(?P<{source.name}>" not in path:
        return f"that of the token (the route has no keyword {source.name})"
    return source.words


def _is_filtered(view: Any) -> bool | None:
    backends = getattr(view, "filter_backends", None)
    if backends is None:
        return None
    return any(getattr(one, "is_by_organization", False) is True for one in backends)
