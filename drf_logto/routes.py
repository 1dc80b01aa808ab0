"""The project's routes: which of our permissions guard them, and which scopes those name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from inspect import iscoroutinefunction
from itertools import chain
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from .compositions import coroutine_leaves
from .conf import LogtoSettings, parse
from .declared_permissions import open_by_negation, own_permissions
from .permissions import AccessTokenPermission
from .view_options import (
    ACCESS_TOKEN_PERMISSIONS,
    NOT_DECLARED,
    VIEW_ATTRIBUTES,
    chain_of,
    class_of,
    declared,
    declared_by_class,
)

_POLICIES = ("authentication_classes", "permission_classes")


@dataclass(frozen=True, slots=True)
class Route:
    """One URL pattern whose view declares permissions of ours.

    Attributes:
        patterns: the regular expression of the path, after those of the routes that include it.
        callback: the view as the URL pattern has it.
        view: what the view declares, ``NOT_DECLARED`` where it declares nothing; an attribute that
            is computed at run time is left out.
        permissions: ours, but for those under a NOT.
        ways: the permissions as they are written, for each handler: all of one must grant.
        is_open_by_negation: whether a NOT lets in what all of ours refuse.
        void_policies: what stands on a function or a method where nothing reads it.
        not_awaited: permissions of any origin that are coroutines, on a view that awaits none.
    """

    path: str
    patterns: tuple[str, ...]
    callback: Any
    view: Any
    permissions: tuple[AccessTokenPermission, ...]
    ways: tuple[tuple[Any, ...], ...]
    is_open_by_negation: bool
    void_policies: tuple[str, ...]
    not_awaited: tuple[Any, ...]


def all_routes() -> list[Route]:
    """Return every route that declares permissions of ours, none while the settings are broken."""
    if current_settings() is None:
        return []
    return [one for one in _everything() if one.permissions or one.is_open_by_negation]


def void_policies() -> Iterator[tuple[Route, str]]:
    """Yield each policy or attribute that has no effect where it stands, with its route."""
    return ((route, name) for route in _everything() for name in route.void_policies)


def routes_that_do_not_await() -> list[Route]:
    """Return every route with a coroutine among its permissions that its view does not await."""
    return [route for route in _everything() if route.not_awaited]


def all_permissions() -> Iterator[tuple[Route, AccessTokenPermission]]:
    """Yield each permission of ours with the route that it guards."""
    return ((route, permission) for route in all_routes() for permission in route.permissions)


def all_scopes() -> frozenset[str]:
    """Return every scope that some route names; the routes are read once."""
    return _scopes_named(get_resolver(), current_settings())


@lru_cache(maxsize=1)
def _scopes_named(_resolver: URLResolver, _settings: LogtoSettings | None) -> frozenset[str]:
    named = (scopes_of(permission, route.view) for route, permission in all_permissions())
    return frozenset(chain.from_iterable(named))


def scopes_of(permission: AccessTokenPermission, view: Any) -> frozenset[str]:
    """Return the scopes that a permission names on a view, none where they cannot be read."""
    try:
        required = permission.required_by(view)
    except ValueError:  # E007 tells it
        return frozenset()
    return frozenset() if required is None else required.names()


def current_settings() -> LogtoSettings | None:
    """Return the settings, None while they are broken."""
    return parse(getattr(settings, "LOGTO", None))[0]


def _everything() -> Iterator[Route]:
    has_routes = getattr(settings, "ROOT_URLCONF", None)
    return _walk(get_resolver(), "", ()) if has_routes else iter(())


def _walk(resolver: URLResolver, path: str, patterns: tuple[str, ...]) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        here = path + str(pattern.pattern)
        read = (*patterns, pattern.pattern.regex.pattern)
        if isinstance(pattern, URLPattern):
            yield _route(pattern.callback, here, read)
        else:
            yield from _walk(pattern, here, read)


def _route(callback: Any, path: str, patterns: tuple[str, ...]) -> Route:
    """Read what the view of a route declares; what is computed at run time is left out."""
    options = {name: declared(callback, name) for name in VIEW_ATTRIBUTES}
    view = SimpleNamespace(
        **{name: value for name, value in options.items() if not hasattr(value, "__get__")}
    )
    ways = list(_ways_in(callback))
    once = {id(permission): permission for way in ways for permission in way}
    ours = tuple(chain.from_iterable(map(own_permissions, once.values())))
    return Route(
        path=path,
        patterns=patterns,
        callback=callback,
        view=view,
        permissions=ours,
        ways=tuple(ways),
        is_open_by_negation=any(map(open_by_negation, ways)),
        void_policies=tuple(_void_policies(callback)),
        not_awaited=tuple(chain.from_iterable(map(coroutine_leaves, _not_awaited(callback)))),
    )


def _ways_in(callback: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the permissions, all of which must grant, of each decorated handler and of the rest."""
    everywhere = (*_listed(callback), *_of_decorators(callback))
    yield everywhere
    for handler in _handlers(callback):
        if of_handler := _of_decorators(handler):
            yield (*everywhere, *of_handler)


def _listed(callback: Any) -> tuple[Any, ...]:
    """The ``permission_classes`` of a class-based view."""
    of_class = declared_by_class(callback, "permission_classes")
    return tuple(of_class) if isinstance(of_class, (list, tuple)) else ()


def _handlers(callback: Any) -> Iterator[Any]:
    """Yield the methods of a class-based view that answer requests."""
    cls = class_of(callback)
    actions = getattr(callback, "actions", None)
    methods = getattr(cls, "http_method_names", ())
    names = [*methods] if isinstance(methods, (list, tuple, set)) else []
    names += actions.values() if isinstance(actions, dict) else ()
    return (getattr(cls, name, None) for name in names)


def _not_awaited(callback: Any) -> Iterator[Any]:
    """Yield the permissions that nothing would await."""
    if not _awaits(callback):
        yield from _listed(callback)
    if not any(map(iscoroutinefunction, _handlers(callback))):
        functions = chain.from_iterable(map(chain_of, (callback, *_handlers(callback))))
        yield from _of_functions(one for one in functions if not _awaits_permissions(one))


def _awaits(callback: Any) -> bool:
    """Whether a class-based view awaits what ``permission_classes`` lists, as those of adrf do."""
    names = ("check_async_permissions", "check_permissions")
    of_adrf, check = (declared_by_class(callback, name) for name in names)
    return of_adrf is not NOT_DECLARED or iscoroutinefunction(check)


def _of_decorators(function: Any) -> tuple[Any, ...]:
    """The permissions of every ``require_access_token`` around a function, each of them once."""
    return _of_functions(chain_of(function))


def _of_functions(functions: Iterable[Any]) -> tuple[Any, ...]:
    """What ``require_access_token`` noted on them; a wrapper has a copy of what it wraps."""
    noted = [getattr(one, ACCESS_TOKEN_PERMISSIONS, ()) for one in functions]
    once = {id(each): each for each in noted if isinstance(each, tuple)}
    return tuple(chain.from_iterable(once.values()))


def _awaits_permissions(function: Any) -> bool:
    return bool(getattr(function, "awaits_permissions", False))


def _void_policies(callback: Any) -> Iterator[str]:
    """Yield what stands on a function or a method where nothing reads it."""
    functions = [vars(one) for one in chain_of(callback) if hasattr(one, "__dict__")]
    handlers = [vars(one) for one in _handlers(callback) if hasattr(one, "__dict__")]
    for name in (*_POLICIES, *VIEW_ATTRIBUTES):
        of_class = declared_by_class(callback, name)
        is_read = name in VIEW_ATTRIBUTES and of_class is NOT_DECLARED
        values = [one[name] for one in functions if name in one and not is_read]
        if any(value != of_class for value in values) or any(name in one for one in handlers):
            yield name
