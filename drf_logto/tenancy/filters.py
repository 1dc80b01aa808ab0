"""OrganizationFilterBackend: shows the rows of one organization."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from .current import organization_rows

_Row = TypeVar("_Row", bound=Model)


class OrganizationFilterBackend(BaseFilterBackend):
    """Shows the rows of the token's organization, and nothing where the request names another.

    The view's ``organization_field`` names the field, and may look up related rows as in
    ``"owner__organization_id"``. Where it names none, or the token has no organization, nothing is
    shown. On a view with ``organization_optional = True`` a global token is shown the rows of the
    organization that the request names, and all rows where it names none.
    """

    is_by_organization = True

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        """Return the rows of one organization."""
        field = getattr(view, "organization_field", None)
        return organization_rows(queryset, request, view, field=field)
