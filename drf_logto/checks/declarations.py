"""System checks of what views and permissions declare: that something reads it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from inspect import getmembers_static
from itertools import chain
from operator import itemgetter
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.views import View

from ..declared_permissions import ignoring_required_scopes
from ..permissions import AccessTokenPermission
from ..routes import Route, all_permissions, guarded_routes
from ..scopes import SAFE, UNSAFE, RequiredScopes
from ..view_options import NOT_DECLARED, VIEW_ATTRIBUTES, declared, owner, sources

_OF_ROUTERS = ("list", "create", "retrieve", "update", "partial_update", "destroy")
_POSITIONAL = ("scope", "scopes", "required_scopes")
_LIBRARIES = frozenset({"builtins", "django", "rest_framework"})
_NEAR = 0.85


@register(Tags.urls)
def required_scopes_are_read(**_: Any) -> list[CheckMessage]:
    """E014: a permission with scopes of its own lets requests in without ``required_scopes``.

    The permissions of one action may do so if those of another read it.
    """
    routes = [
        one
        for one in guarded_routes()
        if getattr(one.view, "required_scopes", NOT_DECLARED) not in (None, NOT_DECLARED)
    ]
    readers = [_source(one) for one in routes if _has_reader(one)]
    return [
        Error(
            f"required_scopes of {route.path!r} is not read: {ignoring[0]!r} names its own scopes.",
            hint=f"Write {type(ignoring[0]).__name__} without arguments, or name every scope in "
            "it.",
            id="drf_logto.E014",
        )
        for route in routes
        if (ignoring := [*chain.from_iterable(map(ignoring_required_scopes, route.ways))])
        and (_source(route) not in readers or _has_reader(route) or _names_an_action_of(route))
    ]


@register(Tags.urls)
def attributes_are_spelt_right(**_: Any) -> list[CheckMessage]:
    """E015: a view has an attribute whose name is nearly one that permissions read."""
    misspelt = {
        (id(owner(route.callback)), name): (route.path, meant)
        for route in reversed(guarded_routes())
        for own in [_attributes(route.callback)]
        for name, rank in own.items()
        # A base class with the right name does not make up for a subclass with the wrong one.
        if (meant := _meant(name)) and own.get(meant, math.inf) > rank
    }
    return [
        Error(
            f"The view of {path!r} has the attribute {name!r}, which nothing reads.",
            hint=f"Write {meant}.",
            id="drf_logto.E015",
        )
        for (_owner_id, name), (path, meant) in sorted(misspelt.items(), key=itemgetter(1))
    ]


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
    permission: AccessTokenPermission
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


def _required(permission: AccessTokenPermission, route: Route) -> RequiredScopes | None:
    try:
        return permission.required_by(route.view)
    except ValueError:  # E007 reports it
        return None


def _has_reader(route: Route) -> bool:
    """Whether a permission of a route reads ``required_scopes``."""
    return any(permission.declared is None for permission in route.permissions)


def _source(route: Route) -> tuple[int, int]:
    """Which ``required_scopes`` a route has, of which view."""
    return id(owner(route.callback)), id(route.view.required_scopes)


def _names_an_action_of(route: Route) -> bool:
    """Whether ``required_scopes`` names the very action or method that does not read it."""
    value = route.view.required_scopes
    actions = declared(route.callback, "actions")
    both = isinstance(value, Mapping) and isinstance(actions, Mapping)
    return both and not {*actions, *actions.values()}.isdisjoint(value)


def _actions(route: Route) -> set[str]:
    """The actions of a viewset, those of its other routes as well; none of another view."""
    mapped = declared(route.callback, "actions")
    if not isinstance(mapped, Mapping):
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


def _attributes(callback: Any) -> dict[str, int]:
    """The names of values that the project itself sets on a view; the first goes before others."""
    own: dict[str, int] = {}
    for source in sources(callback):
        for one in source.__mro__ if isinstance(source, type) else [source]:
            if getattr(one, "__module__", "").partition(".")[0] not in _LIBRARIES:
                held = one if isinstance(one, Mapping) else getattr(one, "__dict__", {})
                names = [name for name, value in held.items() if not callable(value)]
                own = {**dict.fromkeys(names, len(own)), **own}
    return {name: rank for name, rank in own.items() if not name.startswith("_")}


def _meant(name: str) -> str | None:
    """The attribute that a name was probably meant for, None where it is none or quite right."""
    if name in VIEW_ATTRIBUTES:
        return None
    alike = {
        one: SequenceMatcher(None, _in_order(name), _in_order(one)).ratio()
        for one in VIEW_ATTRIBUTES
    }
    nearest = max(VIEW_ATTRIBUTES, key=lambda one: alike[one])
    return nearest if alike[nearest] >= _NEAR else None


def _in_order(name: str) -> str:
    """A name with its words sorted, so that their order does not count."""
    words = name.lower().split("_")
    return "_".join(sorted("organization" if one == "org" else one for one in words))
