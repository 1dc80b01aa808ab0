"""System checks of the names of a view's attributes: whether they are what was meant."""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from itertools import chain
from operator import itemgetter
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from rest_framework.permissions import BasePermission, OperandHolder, SingleOperandHolder

from ..compositions.grants import is_own
from ..compositions.operators import leaves
from ..routes import Route, all_routes
from ..view_options import ACCESS_TOKEN_PERMISSIONS, VIEW_ATTRIBUTES, owner
from .attributes import Attribute, attributes, computes_permissions, has_reader, names_read

_NEAR = 0.85
_VERY_NEAR = 0.9
_USUAL_ELSEWHERE = ("scope", "scopes")
_LISTS = (list, tuple, set, frozenset)
_WRITTEN = (type, BasePermission, OperandHolder, SingleOperandHolder)
# Where permissions stand rightly, and where as_view notes what it was given.
_HOLDING_PERMISSIONS = frozenset({"permission_classes", "initkwargs", "view_initkwargs"})


@register(Tags.urls)
def attributes_are_spelt_right(**_: Any) -> list[CheckMessage]:
    """E015: a view has an attribute whose name is not quite one that is read."""
    routes = [*all_routes()]
    used = _permissions_beside(routes)
    misspelt = {
        (id(owner(route.callback)), name): (route.path, meant)
        for route in reversed(routes)
        for name, meant in _misspelt(route, used)
        if name not in names_read(route.callback)
    }
    return [
        Error(
            f"The view of {path!r} has the attribute {name!r}, which nothing reads.",
            hint=f"Write {meant}.",
            id="drf_logto.E015",
        )
        for (_owner_id, name), (path, meant) in sorted(misspelt.items(), key=itemgetter(1))
    ]


def _permissions_beside(routes: list[Route]) -> dict[tuple[int, str], set[int]]:
    """The ids of the permissions that guard some view with an attribute that holds permissions."""
    used: dict[tuple[int, str], set[int]] = {}
    for route in routes:
        guarding = {id(one) for way in route.ways for held in way for one in leaves(held)}
        for name, one in attributes(route.callback).items():
            if _held_permissions(one.value):
                used.setdefault((one.holder, name), set()).update(guarding)
    return used


def _misspelt(route: Route, used: dict[tuple[int, str], set[int]]) -> Iterator[tuple[str, str]]:
    """Yield the name of each attribute that nothing reads, and the name that was meant."""
    own = attributes(route.callback)
    is_computed = computes_permissions(route.callback)
    for name, one in own.items():
        held = {id(permission) for permission in _held_permissions(one.value)}
        if name in _HOLDING_PERMISSIONS or name.startswith(ACCESS_TOKEN_PERMISSIONS):
            continue
        if held:
            is_near = _likeness(name, "permission_classes") > _VERY_NEAR
            if not is_computed and (is_near or not held <= used[one.holder, name]):
                yield name, "permission_classes"
        elif (meant := _meant(name, one, route)) and (
            # A base class with the right name does not make up for a subclass with the wrong one.
            meant not in own or own[meant].rank > one.rank
        ):
            yield name, meant


def _held_permissions(value: Any) -> list[Any]:
    """The permissions of this package in a value, in a list or in a dict, as they are written."""
    # isinstance would evaluate what is lazy.
    several = value.values() if issubclass(type(value), Mapping) else (value,)
    each = chain.from_iterable(one if issubclass(type(one), _LISTS) else (one,) for one in several)
    written = chain.from_iterable(leaves(one) for one in each if issubclass(type(one), _WRITTEN))
    return [one for one in written if is_own(one)]


def _meant(name: str, attribute: Attribute, route: Route) -> str | None:
    """The attribute that a name was probably meant for, None where it is none or quite right."""
    if name in VIEW_ATTRIBUTES or not (route.permissions or route.is_open_by_negation):
        return None
    is_method = callable(attribute.value)
    if is_method and not name.startswith("get_"):
        return None
    plain = name.removeprefix("get_") if is_method else name
    nearest = max(VIEW_ATTRIBUTES, key=lambda one: _likeness(plain, one))
    if plain in _USUAL_ELSEWHERE:
        nearest = "required_scopes"
    elif _likeness(plain, nearest) < _NEAR:
        return None
    # These names are usual elsewhere: they count where a permission could read what is meant.
    is_usual = is_method or plain in _USUAL_ELSEWHERE
    return nearest if not is_usual or has_reader(route, nearest) else None


def _likeness(name: str, other: str) -> float:
    return SequenceMatcher(None, _in_order(name), _in_order(other)).ratio()


def _in_order(name: str) -> str:
    """A name with its words sorted, so that their order does not count."""
    words = name.lower().split("_")
    return "_".join(sorted("organization" if one == "org" else one for one in words))
