"""The organization whose rows a request is about."""

from typing import Any, TypeVar

from django.contrib.admin.utils import lookup_spawns_duplicates
from django.db.models import Model, QuerySet

from ..auth_info import AuthInfo, TokenKind
from ..organization_sources.base import NO_ORGANIZATION
from ..view_options import named_organization, option

_Row = TypeVar("_Row", bound=Model)


def current_organization(request: Any, view: Any = None) -> str | None:
    """Return the organization that a request is about.

    It is that of the token, unless the request names another. A global token has none; on a view
    with ``organization_optional = True`` it is the one that the request names, and None where it
    names none. In every other case it is ``""``, which no organization has.

    Args:
        request: the request, DRF's or that of a view with ``@require_access_token``.
        view: the instance of a class of REST Framework's; other views need none.
    """
    auth = getattr(request, "auth", None)
    if not isinstance(auth, AuthInfo):
        return NO_ORGANIZATION
    if auth.organization_id is not None:
        named = named_organization(view, request)
        return auth.organization_id if named in {None, auth.organization_id} else NO_ORGANIZATION
    # A view that another one calls does not have what the other one, of the route, declares.
    name = "organization_optional"
    is_optional = option(None, name, request) if view is None else getattr(view, name, None)
    if is_optional is not True or auth.kind is not TokenKind.GLOBAL:
        return NO_ORGANIZATION
    named = named_organization(view, request)
    # A client chose it, and not every database takes what text may hold.
    return named if named is None or named.isprintable() else NO_ORGANIZATION


def organization_rows(
    queryset: QuerySet[_Row], request: Any, view: Any = None, *, field: object = "organization_id"
) -> QuerySet[_Row]:
    """Return the rows that a request is about, for queries that no filter backend sees.

    Args:
        queryset: the rows of all organizations.
        request: as for ``current_organization``.
        view: likewise.
        field: holds the id of the organization; it may look up related rows. Where it is no text,
            there are no rows.
    """
    organization = current_organization(request, view)
    if not isinstance(field, str) or organization == NO_ORGANIZATION:
        return queryset.none()
    if organization is None:
        return queryset
    if not lookup_spawns_duplicates(queryset.model._meta, field):
        return queryset.filter(**{field: organization})
    matching = queryset.model._base_manager.using(queryset.db).filter(**{field: organization})
    return queryset.filter(pk__in=matching.values("pk"))
