"""Reads who may do what: the permissions of each method of each route, asked of its view."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from inspect import getclosurevars, isfunction
from itertools import chain
from typing import Any

from django.conf import settings
from django.contrib.admindocs.views import simplify_regex
from django.utils.translation import override
from django.views import View as DjangoView

from ..auth_info import TokenKind
from ..authentication import LogtoJWTAuthentication
from ..compositions.alternatives import Alternative, Credential, ways_into, written
from ..conf import get_settings
from ..organization_sources.named import UrlKeyword
from ..routes import Route, actions, all_routes, reads_policies
from ..view_options import (
    accepted_resources,
    chain_of,
    class_of,
    declared_by_class,
    organization_source,
)
from .views import RequestIsNotKnown, guards_of, keywords_of, permissions_of, view_of

ANY_METHOD = "*"
"""In place of a method, where the methods of a view, or its permissions, are not known."""

METHODS_OF_FUNCTIONS = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""Those of a plain function: which ones it answers is not known."""

_LIST = "request_method_list"  # of require_http_methods
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


def operations_of(route: Route) -> Iterator[Operation]:
    """Yield what a route answers.

    HEAD and OPTIONS are left out where they are open to the same tokens as the other methods.
    """
    handlers = filter(_is_let_through(route.callback), _handlers(route.callback))
    read = [replace(_read(route, *one), handler=one[1]) for one in handlers]
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


def _is_let_through(callback: Any) -> Callable[[tuple[str, str | None]], bool]:
    """Whether each ``require_http_methods`` lets a method through; closures alone hold which."""
    functions = filter(isfunction, chain_of(callback))
    lists = [
        getclosurevars(one).nonlocals[_LIST]
        for one in functions
        if _LIST in one.__code__.co_freevars
    ]
    return lambda handler: all(handler[0] in one for one in lists)


def _handlers(callback: Any) -> Iterator[tuple[str, str | None]]:
    """Yield each method that a view answers, and the name of its handler."""
    cls, by_method = class_of(callback), actions(callback)
    if cls is None:
        yield from ((method, None) for method in (*METHODS_OF_FUNCTIONS, "HEAD", "OPTIONS"))
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
    is_guarded = bool(guards_of(route, handler))
    is_api_view = reads_policies(route.callback)
    action = handler if handler in actions(route.callback).values() else None
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
            is_filtered=is_filtered(view),
            resources=_resources(view),
        )
    except (Exception, RequestIsNotKnown) as fault:  # noqa: BLE001 - the project's own
        return _unread(route, method, action, fault)


def _operation(route: Route, method: str, action: str | None, **read: Any) -> Operation:
    plain = _ESCAPED.sub(r"\1", _KEYWORD.sub(r"{\1}", simplify_regex(route.path)))
    path = "".join(one for one in plain if one.isprintable() and not one.isspace())
    return Operation(route=route, path=path, method=method, action=action, **read)


def _unread(route: Route, method: str, action: str | None, fault: BaseException) -> Operation:
    is_known = isinstance(fault, RequestIsNotKnown)
    why = f"it depends on {fault}" if is_known else f"it raises {type(fault).__name__}"
    declared = dict.fromkeys(written(one) for way in route.ways for one in way)
    return _operation(
        route,
        method,
        action,
        unread=f"The view cannot be read without a request: {why}.",
        permissions=tuple(declared),
        resources=get_settings().api_resource,
    )


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
    keywords = {*route.options, *keywords_of(route)}
    if isinstance(source, UrlKeyword) and source.name not in keywords:
        return f"that of the token (the route has no keyword {source.name})"
    return source.words


def is_filtered(view: Any) -> bool | None:
    """Return whether a filter backend leaves the rows of one organization, None without any."""
    backends = getattr(view, "filter_backends", None)
    if backends is None:
        return None
    return any(getattr(one, "is_by_organization", False) is True for one in backends)
