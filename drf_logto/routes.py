"""The project's routes: which of our permissions guard them, and which scopes those name."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from .compositions import leaves, open_by_negation
from .conf import LogtoSettings, parse
from .declarations import VIEW_ATTRIBUTES, declared
from .permissions import AccessTokenPermission


@dataclass(frozen=True, slots=True)
class Route:
    """One URL pattern whose view declares permissions of ours.

    Attributes:
        view: what the view declares; an attribute that is computed at run time is left out.
        permissions: ours, but for those under a NOT.
        is_open_by_negation: whether a NOT lets in what all of ours refuse.
    """

    path: str
    keywords: frozenset[str]
    view: Any
    permissions: tuple[AccessTokenPermission, ...]
    is_open_by_negation: bool


def all_routes() -> list[Route]:
    """Return every route that declares permissions of ours, none while the settings are broken."""
    if current_settings() is None or not getattr(settings, "ROOT_URLCONF", None):
        return []
    everything = _walk(get_resolver(), "", frozenset())
    return [route for route in everything if route.permissions or route.is_open_by_negation]


def all_permissions() -> Iterator[tuple[Route, AccessTokenPermission]]:
    """Yield each permission of ours with the route that it guards."""
    return ((route, permission) for route in all_routes() for permission in route.permissions)


def all_scopes() -> frozenset[str]:
    """Return every scope that some route names."""
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


def _walk(resolver: URLResolver, path: str, keywords: frozenset[str]) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        here = path + str(pattern.pattern)
        named = keywords | set(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLPattern):
            yield _route(pattern.callback, here, named)
        else:
            yield from _walk(pattern, here, named)


def _route(callback: Any, path: str, keywords: frozenset[str]) -> Route:
    """Read what the view of a route declares; what is computed at run time is left out."""
    said = {name: declared(callback, name) for name in VIEW_ATTRIBUTES}
    view = SimpleNamespace(
        **{name: value for name, value in said.items() if not hasattr(value, "__get__")}
    )
    classes = declared(callback, "permission_classes", ())
    permissions = classes if isinstance(classes, (list, tuple)) else ()
    ours = tuple(chain.from_iterable(map(leaves, permissions)))
    return Route(path, keywords, view, ours, open_by_negation(permissions))
