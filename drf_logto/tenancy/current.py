"""The organization whose rows a request is about."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from ..auth_info import AuthInfo, TokenKind
from ..organization_sources.base import NO_ORGANIZATION
from ..view_options import named_organization

_Row = TypeVar("_Row", bound=Model)


def current_organization(request: Any, view: Any) -> str | None:
    """Return the organization that a request is about.

    It is that of the token, unless the request names another. A global token has none; on a view
    with ``organization_optional = True`` it is the one that the request names, and None where it
    names none. In every other case it is ``""``, which no organization has.
    """
    auth = getattr(request, "auth", None)
    if not isinstance(auth, AuthInfo):
        return NO_ORGANIZATION
    if auth.organization_id is not None:
        named = named_organization(view, request)
        return auth.organization_id if named in {None, auth.organization_id} else NO_ORGANIZATION
    is_optional = getattr(view, "organization_optional", False) is True
    if not is_optional or auth.kind is not TokenKind.GLOBAL:
        return NO_ORGANIZATION
    return named_organization(view, request)


def rows_of_current(
    queryset: QuerySet[_Row], field: object, request: Any, view: Any
) -> QuerySet[_Row]:
    """Return the rows that a request is about, none where ``field`` does not name a field."""
    organization = current_organization(request, view)
    if not isinstance(field, str) or organization == NO_ORGANIZATION:
        return queryset.none()
    return queryset if organization is None else queryset.filter(**{field: organization})
