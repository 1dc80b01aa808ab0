"""System checks of the routes: what permission classes, views and URLs say together."""

from itertools import chain
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from rest_framework.views import APIView

from ..compositions.grants import faults, opens_to_every_kind
from ..permissions import HasScopes, OrgResourceScopes
from ..routes import (
    Route,
    all_permissions,
    all_routes,
    current_settings,
    guarded_routes,
    not_awaited,
    scopes_of,
    void_policies,
)
from ..view_options import accepted_resources, class_of
from .attributes import names_read


# Tagged, as all checks that read routes are: a command that runs the checks of other tags, such as
# collectstatic, does not import the URLconf of the project.
@register(Tags.urls)
def required_scopes_can_be_read(**_: Any) -> list[CheckMessage]:
    """E007: a view's ``required_scopes`` is no scope, list of scopes or dict of them."""
    found: list[CheckMessage] = []
    for route, permission in all_permissions():
        try:
            permission.required_by(route.view)
        except ValueError as error:
            is_method = callable(getattr(route.view, "required_scopes", None))
            hint = "Write @property above the method." if is_method else "Write 'a' or ['a', 'b']."
            found.append(
                Error(f"required_scopes of {route.path!r}: {error}", hint=hint, id="drf_logto.E007")
            )
    return found


@register(Tags.urls)
def api_resource_is_configured(**_: Any) -> list[CheckMessage]:
    """E009: a view narrows its audience to a resource that the API does not answer to."""
    return [
        Error(
            f"api_resource of {route.path!r} is {route.view.api_resource!r}, which is not in "
            "LOGTO['API_RESOURCE']: no token can open it.",
            id="drf_logto.E009",
        )
        for route in guarded_routes()
        if not _resources(route) or not set(_all_resources()).issuperset(_resources(route))
    ]


@register(Tags.urls)
def policies_have_effect(**_: Any) -> list[CheckMessage]:
    """E011: a policy or an attribute stands where nothing reads it."""
    return [
        Error(
            f"{name} of the view of {route.path!r} has no effect on {place}.",
            hint="For a view of REST Framework set it on the class, or write its decorator below "
            "@api_view. Protect a plain Django view, or the dispatch of its class, by "
            "require_access_token(...), with the permissions as arguments.",
            id="drf_logto.E011",
        )
        for route in all_routes()
        for name, place in void_policies(route.callback)
        if not _is_read(route, name)
    ]


def _is_read(route: Route, name: str) -> bool:
    """Whether a view that is not one of REST Framework reads its policies itself."""
    is_api_view = issubclass(class_of(route.callback) or object, APIView)
    return not is_api_view and name in names_read(route.callback)


@register(Tags.urls)
def coroutine_permissions_are_awaited(**_: Any) -> list[CheckMessage]:
    """E012: a permission is a coroutine, and the view does not await it."""
    return [
        Error(
            f"The permission {getattr(permission, '__qualname__', permission)} of the route "
            f"{route.path!r} is a coroutine, and the view does not await it. Django REST Framework "
            "treats a coroutine as granted.",
            hint="Make has_permission and has_object_permission synchronous, or use a view that "
            "awaits them: one of adrf, or an async view with require_access_token.",
            id="drf_logto.E012",
        )
        for route in all_routes()
        for permission in not_awaited(route.callback)
    ]


@register(Tags.urls)
def scopes_do_not_leak(**_: Any) -> list[CheckMessage]:
    """W003: one scope of one resource guards a global and an organization's endpoint.

    A user's global token holds the permissions of all the user's organization roles, so a scope
    granted through an organization's role opens the global endpoint as well.
    """
    guarded = _guarded()
    return [
        Warning(
            f"The scope {scope!r} guards both {everywhere!r} for the whole API resource and "
            f"{guarded[OrgResourceScopes][resource, scope]!r} for one organization.",
            hint="A user's global token holds the scopes of all organization roles of that user. "
            "Guard the two with different scopes.",
            id="drf_logto.W003",
        )
        for (resource, scope), everywhere in guarded[HasScopes].items()
        if (resource, scope) in guarded[OrgResourceScopes]
    ]


@register(Tags.urls)
def negation_stands_beside_a_kind(**_: Any) -> list[CheckMessage]:
    """W004: a NOT lets in requests that every permission of ours refuses."""
    return [
        Warning(
            f"'~' opens the route {route.path!r} to requests that every permission of drf_logto "
            "on it refuses, such as those with tokens of other kinds.",
            hint="Beside '~', name who may come in: HasScopes('a') & ~HasScopes('b').",
            id="drf_logto.W004",
        )
        for route in guarded_routes()
        if route.is_open_by_negation
    ]


@register(Tags.urls)
def permissions_can_be_made(**_: Any) -> list[CheckMessage]:
    """E019: a permission that needs arguments stands without them."""
    return [
        Error(
            f"A permission of the route {route.path!r} cannot be made: {fault}",
            hint="Write an instance with its arguments, such as FromClients('a').",
            id="drf_logto.E019",
        )
        for route in all_routes()
        for permission in {id(one): one for one in chain.from_iterable(route.ways)}.values()
        for fault in faults(permission)
    ]


@register(Tags.urls)
def permission_about_bearer_stands_beside_a_kind(**_: Any) -> list[CheckMessage]:
    """W010: who the bearer is says nothing of what a token is for."""
    return [
        Warning(
            f"The route {route.path!r} is open to tokens of every kind: IsUser, IsMachine, "
            "IsDelegated, FromClients, HasClaim and OwnedByUser say nothing about the kind.",
            hint="Beside them, name the tokens that may come in: HasScopes('a') & IsUser.",
            id="drf_logto.W010",
        )
        for route in all_routes()
        if any(map(opens_to_every_kind, route.ways))
    ]


def _guarded() -> dict[type, dict[tuple[str, str], str]]:
    """The first path that each scope of each resource guards, by kind of permission."""
    guarded: dict[type, dict[tuple[str, str], str]] = {HasScopes: {}, OrgResourceScopes: {}}
    for route, permission in all_permissions():
        paths = next((guarded[kind] for kind in guarded if isinstance(permission, kind)), {})
        for scope in scopes_of(permission, route.view):
            for resource in _resources(route):
                paths.setdefault((resource, scope), route.path)
    return guarded


def _resources(route: Route) -> list[str]:
    """The resource indicators that a view accepts."""
    narrowed = accepted_resources(route.view)
    return list(map(str, _all_resources() if narrowed is None else narrowed))


def _all_resources() -> tuple[str, ...]:
    parsed = current_settings()
    return () if parsed is None else parsed.api_resource
