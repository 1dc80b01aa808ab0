"""System checks of tenancy: whether the rows of routes are filtered by organization."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import FieldError, ValidationError
from django.db.models import Manager, Model, QuerySet
from rest_framework.generics import GenericAPIView

from ..permissions import InOrganization, OrgResourceScopes
from ..routes import Route, all_routes, current_settings
from ..view_options import NOT_DECLARED, declared_by_class, owner

APP = "drf_logto.tenancy"
_OF_ORGANIZATIONS = (InOrganization, OrgResourceScopes)


@register(Tags.urls)
def organization_fields_exist(**_: Any) -> list[CheckMessage]:
    """E061: a view filters by organization, and names no field of its model to filter by."""
    found: dict[int, CheckMessage] = {}
    for route in all_routes() if apps.is_installed(APP) else ():
        field = declared_by_class(route.callback, "organization_field")
        if not _filters(route) or _is_computed(field):
            continue
        fault = _fault(field, _model(route))
        if fault:
            message = Error(
                f"OrganizationFilterBackend shows nothing at {route.path!r}: {fault}.",
                hint='Write the field that holds the id of Logto, such as organization_field = "'
                'organization_id", or "team__organization_id" for one of a related row.',
                id="drf_logto.E061",
            )
            found.setdefault(id(owner(route.callback)), message)
    return list(found.values())


@register(Tags.urls)
def rows_of_organizations_are_filtered(**_: Any) -> list[CheckMessage]:
    """W061: a view is for organizations, and may show the rows of all of them."""
    found: dict[int, CheckMessage] = {}
    for route in all_routes() if apps.is_installed(APP) and current_settings() else ():
        if reason := _unfiltered(route):
            message = Warning(
                f"The route {route.path!r} {reason}.",
                hint="Add OrganizationFilterBackend to filter_backends, and name the "
                "organization_field. A get_queryset() that filters by itself needs neither.",
                id="drf_logto.W061",
            )
            found.setdefault(id(owner(route.callback)), message)
    return list(found.values())


def _unfiltered(route: Route) -> str:
    """Why a route may show the rows of all, "" where a backend or the project's code filters."""
    own_filter = declared_by_class(route.callback, "filter_queryset")
    if _filters(route) or own_filter is not GenericAPIView.filter_queryset:
        return ""
    if declared_by_class(route.callback, "organization_field") not in (NOT_DECLARED, None):
        return "names an organization_field that no filter backend reads"
    model = _model(route)
    get_queryset = declared_by_class(route.callback, "get_queryset")
    if model is None or get_queryset is not GenericAPIView.get_queryset:
        return ""
    if not any(isinstance(one, _OF_ORGANIZATIONS) for one in route.permissions):
        return ""
    return f"is for tokens of organizations, and shows every row of {_name(model)}"


def _filters(route: Route) -> bool:
    backends = declared_by_class(route.callback, "filter_backends")
    listed = backends if isinstance(backends, (list, tuple)) else ()
    return any(getattr(one, "is_by_organization", False) is True for one in listed)


def _model(route: Route) -> type[Model] | None:
    """The model of the class's ``queryset``, None where there is none, or code computes it."""
    queryset = declared_by_class(route.callback, "queryset")
    return queryset.model if isinstance(queryset, (QuerySet, Manager)) else None


def _is_computed(value: Any) -> bool:
    return hasattr(type(value), "__get__")


def _fault(field: Any, model: type[Model] | None) -> str:
    """Why a view cannot be filtered by ``field``, "" where it can, as far as it is known."""
    if field is NOT_DECLARED or field is None:
        return "the view has no organization_field"
    if not isinstance(field, str):
        return f"organization_field is {field!r}, which is not a name"
    if model is None:
        return ""
    try:
        model._base_manager.filter(**{field: "organization"})
    except FieldError:
        return f"{_name(model)} has no field {field!r}"
    except (TypeError, ValueError, ValidationError):
        return f"{field!r} of {_name(model)} cannot be compared with the id of an organization"
    return ""


def _name(model: type[Model] | None) -> str:
    return model._meta.label if model is not None else "its model"
