"""Reads the project's routes: the permissions that guard them and the scopes that these name."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from inspect import iscoroutinefunction
from itertools import chain
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, get_urlconf
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission

from .compositions.base import LogtoPermission
from .compositions.grants import open_by_negation, own_permissions
from .compositions.operators import coroutine_leaves, leaves
from .conf import LogtoSettings, parse
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
    """One URL pattern, and what its view declares.

    Attributes:
        patterns: the regular expression of the path, after those of the routes that include it.
        options: the keywords that the URLconf itself gives to the view.
        callback: the view as the URL pattern has it.
        view: what the view declares, ``NOT_DECLARED`` where it declares nothing; an attribute that
            is computed at run time is left out.
        permissions: those of this package, except under a NOT.
        ways: the permissions as they are written, for each handler: all of one must grant.
        is_open_by_negation: whether a NOT grants what all of them refuse.
    """

    path: str
    patterns: tuple[str, ...]
    options: Mapping[str, Any]
    callback: Any
    view: Any
    permissions: tuple[LogtoPermission, ...]
    ways: tuple[tuple[Any, ...], ...]
    is_open_by_negation: bool


def all_routes() -> Iterator[Route]:
    """Yield every route of the URLconf of the request, of ROOT_URLCONF where there is none."""
    has_routes = get_urlconf() or getattr(settings, "ROOT_URLCONF", None)
    return _walk(get_resolver(get_urlconf()), "", (), {}) if has_routes else iter(())


def guarded_routes() -> list[Route]:
    """Return the routes with permissions of this package, none if the settings are invalid."""
    if current_settings() is None:
        return []
    return [one for one in all_routes() if one.permissions or one.is_open_by_negation]


def all_permissions() -> Iterator[tuple[Route, LogtoPermission]]:
    """Yield each permission of this package with the route that it guards."""
    return ((route, permission) for route in guarded_routes() for permission in route.permissions)


def all_scopes() -> frozenset[str]:
    """Return every scope that some route names; the routes of each URLconf are read once."""
    return _scopes_named(get_resolver(get_urlconf()), current_settings())


@lru_cache(maxsize=8)  # URLconfs
def _scopes_named(_resolver: URLResolver, _settings: LogtoSettings | None) -> frozenset[str]:
    named = (scopes_of(permission, route.view) for route, permission in all_permissions())
    return frozenset(chain.from_iterable(named))


def scopes_of(permission: LogtoPermission, view: Any) -> frozenset[str]:
    """Return the scopes that a permission names on a view, none where they cannot be read."""
    try:
        required = permission.required_by(view)
    except ValueError:  # E007 reports it
        return frozenset()
    return frozenset() if required is None else required.names()


def current_settings() -> LogtoSettings | None:
    """Return the settings, None if they are invalid."""
    return parse(getattr(settings, "LOGTO", None))[0]


def actions(callback: Any) -> Mapping[str, str]:
    """Return the actions of a viewset by method; other views have none."""
    mapped = (getattr(function, "actions", None) for function in chain_of(callback))
    return next((one for one in mapped if isinstance(one, Mapping)), {})


def _walk(
    resolver: URLResolver, path: str, patterns: tuple[str, ...], options: Mapping[str, Any]
) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        here = path + str(pattern.pattern)
        read = (*patterns, pattern.pattern.regex.pattern)
        if isinstance(pattern, URLPattern):
            yield _route(pattern.callback, here, read, {**options, **pattern.default_args})
        else:
            yield from _walk(pattern, here, read, {**options, **pattern.default_kwargs})


def _route(callback: Any, path: str, patterns: tuple[str, ...], given: Mapping[str, Any]) -> Route:
    """Read what the view of a route declares; what is computed at run time is left out."""
    options = {name: declared(callback, name) for name in VIEW_ATTRIBUTES}
    view = SimpleNamespace(
        # A method is not computed: permissions read the method itself.
        **{
            name: value
            for name, value in options.items()
            if callable(value) or not hasattr(value, "__get__")
        }
    )
    ways = list(_ways_in(callback))
    once = {id(permission): permission for way in ways for permission in way}
    own = tuple(chain.from_iterable(map(own_permissions, once.values())))
    return Route(
        path=path,
        patterns=patterns,
        options=given,
        callback=callback,
        view=view,
        permissions=own,
        ways=tuple(ways),
        is_open_by_negation=any(map(open_by_negation, ways)),
    )


def _ways_in(callback: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the permissions, all of which must grant, of each decorated handler and of the rest."""
    everywhere = (*_listed(callback), *_of_decorators(callback))
    yield everywhere
    for handler in _handlers(callback):
        if of_handler := _of_decorators(handler):
            yield (*everywhere, *of_handler)


def _listed(callback: Any) -> tuple[Any, ...]:
    """The ``permission_classes`` of a class-based view of REST Framework."""
    of_class = declared_by_class(callback, "permission_classes")
    is_read = reads_policies(callback) and isinstance(of_class, Collection)
    return tuple(of_class) if is_read else ()


def reads_policies(callback: Any) -> bool:
    """Return whether a class-based view asks its ``permission_classes``; Django's do not."""
    names = ("get_permissions", "check_permissions")
    return all(declared_by_class(callback, name) is not NOT_DECLARED for name in names)


def _handlers(callback: Any) -> Iterator[Any]:
    """Yield the methods of a class-based view that answer requests."""
    cls = class_of(callback)
    methods = getattr(cls, "http_method_names", ())
    names = [*methods] if isinstance(methods, (list, tuple, set)) else []
    return (getattr(cls, name, None) for name in (*names, *actions(callback).values()))


def not_awaited(callback: Any) -> Iterator[Any]:
    """Yield coroutine permissions, of any package, on a view that does not await them."""
    return chain.from_iterable(map(coroutine_leaves, _called_without_await(callback)))


def _called_without_await(callback: Any) -> Iterator[Any]:
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
    return tuple(chain.from_iterable(_noted(functions)))


def guards(*functions: Any) -> tuple[tuple[Any, ...], ...]:
    """Return the permissions of each ``require_access_token`` around functions.

    It has none where it lets in every valid token.
    """
    return _noted(chain.from_iterable(map(chain_of, functions)))


def _noted(functions: Iterable[Any]) -> tuple[tuple[Any, ...], ...]:
    """What ``require_access_token`` noted on them; a wrapper has a copy of what it wraps."""
    noted = chain.from_iterable(getattr(one, "__dict__", {}).items() for one in functions)
    own = (each for name, each in noted if name.startswith(ACCESS_TOKEN_PERMISSIONS))
    return tuple({id(each): each for each in own}.values())


def _awaits_permissions(function: Any) -> bool:
    return bool(getattr(function, "awaits_permissions", False))


def void_policies(callback: Any) -> Iterator[tuple[str, str]]:
    """Yield the name and the place of each declaration that nothing reads."""
    functions = [vars(one) for one in chain_of(callback) if hasattr(one, "__dict__")]
    chains = [[*chain_of(one)] for one in _handlers(callback) if one is not None]
    for name in (*_POLICIES, *VIEW_ATTRIBUTES):
        of_class = declared_by_class(callback, name)
        is_read = name in VIEW_ATTRIBUTES and of_class is NOT_DECLARED
        values = [one[name] for one in functions if name in one and not is_read]
        # A decorator that wraps a method may read the attribute that it notes on it.
        place = -1 if name in VIEW_ATTRIBUTES else 0
        handlers = [getattr(one[place], "__dict__", {}) for one in chains]
        if any(value != of_class for value in values) or any(name in one for one in handlers):
            yield name, "a function or method"
        if name in _POLICIES and not reads_policies(callback) and _is_policy(of_class):
            yield name, "a class that is not derived from APIView"


def _is_policy(value: Any) -> bool:
    """Whether a value holds what REST Framework asks; another library's may have the same name."""
    members = chain.from_iterable(map(leaves, value if isinstance(value, Collection) else (value,)))
    kinds = (one if isinstance(one, type) else type(one) for one in members)
    return any(issubclass(one, (BasePermission, BaseAuthentication)) for one in kinds)
