"""System checks of what views and permissions declare: that something reads it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from inspect import getmembers_static
from itertools import chain
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.views import View

from ..compositions.base import LogtoPermission
from ..compositions.grants import ignoring_required_scopes, is_about_bearer
from ..compositions.operators import leaves
from ..routes import Route, actions, all_permissions, all_routes
from ..scopes import SAFE, UNSAFE, RequiredScopes
from ..view_options import NOT_DECLARED, declared, declared_by_class, owner
from .attributes import (
    attributes,
    computes_permissions,
    has_reader,
    is_of_libraries,
    names_read,
)

_OF_ROUTERS = ("list", "create", "retrieve", "update", "partial_update", "destroy")
_POSITIONAL = ("scope", "scopes", "required_scopes")
_NOTHING: tuple[Any, ...] = (None, NOT_DECLARED, [], (), set())  # requires nothing
_READERS = {
    "organization_source": "InOrganization or OrgResourceScopes",
    "organization_url_kwarg": "InOrganization or OrgResourceScopes",
    "required_scopes": "HasScopes, InOrganization or OrgResourceScopes, without arguments,",
}


@register(Tags.urls)
def attributes_are_read(**_: Any) -> list[CheckMessage]:
    """E014 and W007: a request gets in without what the view declares for permissions to read.

    The permissions of one action may do so if those of another read it.
    """
    return [message for name in _READERS for message in _unread(name)]


def _unread(name: str) -> Iterator[CheckMessage]:
    routes = [one for one in all_routes() if getattr(one.view, name, NOT_DECLARED) not in _NOTHING]
    readers = [_source(one, name) for one in routes if has_reader(one, name)]
    for route in routes:
        is_excused = _source(route, name) in readers and not has_reader(route, name)
        if is_excused and not _names_an_action_of(route, name):
            continue
        unread = f"{name} of {route.path!r} is not read"
        ignoring = [*chain.from_iterable(map(ignoring_required_scopes, route.ways))]
        if name == "required_scopes" and ignoring:
            kind = type(ignoring[0]).__name__
            hint = f"Write {kind} without arguments, or name every scope in it."
            reason = f"{ignoring[0]!r} names its own scopes"
            yield Error(f"{unread}: {reason}.", hint=hint, id="drf_logto.E014")
        elif _is_unguarded(route, name) and not _is_replaced(route, name):
            hint = f"Add {_READERS[name]} to its permissions, or set {name} = None on the view."
            # Middleware and decorators may read it, which no check can see.
            reason = "no permission of the route does so"
            yield Warning(f"{unread}: {reason}.", hint=hint, id="drf_logto.W007")


@register(Tags.urls)
def names_match_something(**_: Any) -> list[CheckMessage]:
    """E016 and W006: a scope is declared for what no request is called, or for two things."""
    return [message for use in _uses() for message in (*_unmatched(use), *_ambiguous(use))]


@dataclass(slots=True)
class _Use:
    """One declaration of scopes by name, wherever it guards a route.

    Attributes:
        path: of the first route.
        permission: as it is written.
        names: the actions and methods that it names.
        methods: those of all its routes, in lower case.
        actions: likewise.
    """

    path: str
    permission: LogtoPermission
    names: list[str]
    methods: set[str] = field(default_factory=set)
    actions: set[str] = field(default_factory=set)


def _uses() -> list[_Use]:
    uses: dict[Any, _Use] = {}
    for route, permission in all_permissions():
        required = _required(permission, route)
        if required is None or required.by_action is None:
            continue
        names = [name for name, _ in required.by_action]
        use = uses.setdefault((type(permission), required), _Use(route.path, permission, names))
        use.methods |= {*View.http_method_names, *_methods_of_its_own(route)}
        use.actions |= _actions(route)
    return list(uses.values())


def _unmatched(use: _Use) -> Iterator[CheckMessage]:
    known = [*sorted(use.actions), *sorted(use.methods), SAFE, UNSAFE, "metadata"]
    for name in use.names:
        if name in known:
            continue
        kind = type(use.permission).__name__
        near = get_close_matches(name.lower(), known, 1, cutoff=0.5)
        if name.lower() in _POSITIONAL:
            hint = f"Write {kind}('a', 'b') for scopes that every request needs."
        elif near:
            hint = f"Write {near[0]!r}."
        else:
            hint = f"Name one of {', '.join([*sorted(use.actions), SAFE, UNSAFE])}, or a method."
        yield Error(
            f"{kind} on {use.path!r} names scopes for {name!r}, which is neither an action of the "
            "view nor a lower-case HTTP method, 'read', 'write' or 'metadata': no request uses "
            "them.",
            hint=hint,
            id="drf_logto.E016",
        )


def _ambiguous(use: _Use) -> Iterator[CheckMessage]:
    for name in sorted({SAFE, UNSAFE}.intersection(use.names, use.actions)):
        yield Warning(
            f"{type(use.permission).__name__} on {use.path!r} names scopes for {name!r}, which is "
            "an action of the view as well as a name for methods.",
            hint="The scopes guard both. Name the other actions or methods instead, or give the "
            "action another name.",
            id="drf_logto.W006",
        )


def _required(permission: LogtoPermission, route: Route) -> RequiredScopes | None:
    try:
        return permission.required_by(route.view)
    except ValueError:  # E007 reports it
        return None


def _is_unguarded(route: Route, name: str) -> bool:
    """Whether a route has no permission and no code that may read ``name``."""
    classes = declared_by_class(route.callback, "permission_classes")
    members = chain.from_iterable(map(leaves, chain.from_iterable(route.ways)))
    return (
        (classes is NOT_DECLARED or isinstance(classes, Collection))
        and not computes_permissions(route.callback)
        and all(is_of_libraries(one) or is_about_bearer(one) for one in members)
        and name in attributes(route.callback)
        and name not in names_read(route.callback)
    )


def _is_replaced(route: Route, name: str) -> bool:
    """Whether a class replaces the permissions of the base class that has the attribute."""
    own = attributes(owner(route.callback))
    has_both = own.keys() >= {name, "permission_classes"}
    return has_both and own["permission_classes"].rank < own[name].rank


def _source(route: Route, name: str) -> tuple[int, int]:
    """Which value of an attribute a route has, of which view."""
    return id(owner(route.callback)), id(getattr(route.view, name))


def _names_an_action_of(route: Route, name: str) -> bool:
    """Whether an attribute names the very action or method that does not read it."""
    value = getattr(route.view, name)
    mapped = actions(route.callback)
    return isinstance(value, Mapping) and not {*mapped, *mapped.values()}.isdisjoint(value)


def _actions(route: Route) -> set[str]:
    """The actions of a viewset, those of its other routes as well; none of another view."""
    mapped = actions(route.callback)
    if not mapped:
        return set()
    usual = {name for name in _OF_ROUTERS if declared(route.callback, name) is not NOT_DECLARED}
    extra = {
        name for name, value in getmembers_static(owner(route.callback)) if _is_extra_action(value)
    }
    return {*mapped.values()} | usual | extra


def _is_extra_action(value: Any) -> bool:
    return isinstance(getattr(value, "mapping", None), Mapping)


def _methods_of_its_own(route: Route) -> list[str]:
    methods = declared(route.callback, "http_method_names", ())
    return [str(one) for one in methods] if isinstance(methods, (list, tuple, set)) else []
