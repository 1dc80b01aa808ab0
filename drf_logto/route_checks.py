"""System checks of the routes: what permission classes, views and URLs say together."""

import re
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register

from .permissions import HasScopes, InOrganization, OrgResourceScopes
from .routes import (
    Route,
    all_permissions,
    all_routes,
    current_settings,
    scopes_of,
    void_policies,
)
from .view_options import accepted_resources, organization_keyword

_LOOKS_LIKE_AN_ORGANIZATION = re.compile(
    r"(^|_)(orgs?(_|$|id|pk|slug|uuid)|organi[sz]ation|tenant)", re.IGNORECASE
)


@register(Tags.urls)
def required_scopes_can_be_read(**_: Any) -> list[CheckMessage]:
    """E007: a view's ``required_scopes`` is no scope, list of scopes or dict of them."""
    found: list[CheckMessage] = []
    for route, permission in all_permissions():
        try:
            permission.required_by(route.view)
        except ValueError as error:
            found.append(Error(f"required_scopes of {route.path!r}: {error}", id="drf_logto.E007"))
    return found


@register(Tags.urls)
def organization_keyword_is_compared(**_: Any) -> list[CheckMessage]:
    """E008: a route names an organization in a keyword that no permission compares."""
    found: list[CheckMessage] = []
    for route in all_routes():
        suspects = sorted(filter(_LOOKS_LIKE_AN_ORGANIZATION.search, route.keywords))
        compared = _compared_keyword(route)
        if suspects and compared is not None and compared not in route.keywords:
            found.append(
                Error(
                    f"The route {route.path!r} seems to name an organization in {suspects[0]!r}, "
                    f"and only {compared!r} is compared with the token.",
                    hint="Set organization_url_kwarg on the view, or ORGANIZATION_URL_KWARG in "
                    "LOGTO, to the keyword of the route.",
                    id="drf_logto.E008",
                )
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
        for route in all_routes()
        if not _resources(route) or not set(_all_resources()).issuperset(_resources(route))
    ]


@register(Tags.urls)
def organization_keyword_can_be_read(**_: Any) -> list[CheckMessage]:
    """E010: a view's ``organization_url_kwarg`` is not the name of a URL keyword."""
    found: list[CheckMessage] = []
    for route in all_routes():
        try:
            organization_keyword(route.view)
        except ValueError as error:
            found.append(
                Error(f"organization_url_kwarg of {route.path!r}: {error}", id="drf_logto.E010")
            )
    return found


@register(Tags.urls)
def policies_have_effect(**_: Any) -> list[CheckMessage]:
    """E011: a policy decorator stands where REST Framework does not read what it sets."""
    return [
        Error(
            f"@{name} on the view of {route.path!r} has no effect.",
            hint=f"Write @{name} below @api_view. For a class-based view set {name} on the class, "
            "for a plain Django view use @require_access_token.",
            id="drf_logto.E011",
        )
        for route, name in void_policies()
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
            f"The route {route.path!r} is open, by '~', to what every permission of drf_logto on "
            "it refuses, such as tokens of other kinds.",
            hint="Beside '~', name who may come in: HasScopes('a') & ~HasScopes('b').",
            id="drf_logto.W004",
        )
        for route in all_routes()
        if route.is_open_by_negation
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


def _compared_keyword(route: Route) -> str | None:
    """The keyword whose organization is compared, None where none is, or nobody can tell yet."""
    kinds = (InOrganization, OrgResourceScopes)
    is_protected = any(isinstance(permission, kinds) for permission in route.permissions)
    if not is_protected or "organization_url_kwarg" not in vars(route.view):
        return None
    try:
        return organization_keyword(route.view)
    except ValueError:  # E010 tells it
        return None


def _resources(route: Route) -> list[str]:
    """The resource indicators that a view accepts."""
    narrowed = accepted_resources(route.view)
    return list(map(str, _all_resources() if narrowed is None else narrowed))


def _all_resources() -> tuple[str, ...]:
    parsed = current_settings()
    return () if parsed is None else parsed.api_resource
