"""Serializer fields that keep rows in the organization of a request."""

from typing import TYPE_CHECKING, Any

from django.db.models import Manager, QuerySet
from django.utils.translation import gettext_lazy
from rest_framework.fields import HiddenField, SkipField
from rest_framework.relations import PrimaryKeyRelatedField

from .current import current_organization, organization_rows

if TYPE_CHECKING:
    from rest_framework.relations import RelatedField

    _Related = RelatedField[Any, Any, Any]
    _ByPrimaryKey = PrimaryKeyRelatedField[Any]
else:
    _Related, _ByPrimaryKey = object, PrimaryKeyRelatedField


_SEVERAL = (list, tuple, Manager, QuerySet)
"""What a serializer with ``many=True`` changes; some of its rows may be new."""


class CurrentOrganization(HiddenField):
    """The organization of the request, whatever a client sends: new rows are in it.

    Name it as the field of the model: ``organization_id = CurrentOrganization()``. A row that is
    changed stays in its organization. Where the model refers to a row of the organization instead,
    give the rows: ``team = CurrentOrganization(queryset=Team.objects.all())``.

    Args:
        queryset: the rows that organizations have, one each.
        organization_field: of their model, with Logto's id.

    Raises:
        ValidationError: a row would be created in no organization.
    """

    default_error_messages = {
        "no_organization": gettext_lazy("The request names no organization."),
    }

    def __init__(
        self,
        *,
        queryset: QuerySet[Any] | Manager[Any] | None = None,
        organization_field: str = "organization_id",
        **kwargs: Any,
    ) -> None:
        self.queryset, self.organization_field = queryset, organization_field
        super().__init__(default=None, **kwargs)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """Return the organization of the request; a partial change may create rows within it."""
        return True, self.get_default()

    def get_default(self) -> Any:
        """Return the organization of the request, nothing where one row is changed."""
        changed = getattr(self.parent, "instance", None)
        if changed is not None and not isinstance(changed, _SEVERAL):
            raise SkipField
        organization = current_organization(self.context.get("request"), self.context.get("view"))
        found: Any = organization
        if organization and self.queryset is not None:
            found = self.queryset.filter(**{self.organization_field: organization}).first()
        if not found:
            self.fail("no_organization")
        return found


class OrganizationRelatedMixin(_Related):
    """Lets a related field of REST Framework find rows of one organization alone.

    A row of another organization is refused with the same words as one that does not exist, and is
    no choice of a form.

    Args:
        organization_field: of the related model; it may look up rows related to that in turn.
    """

    def __init__(self, *, organization_field: str = "organization_id", **kwargs: Any) -> None:
        self.organization_field = organization_field
        super().__init__(**kwargs)

    def get_queryset(self) -> Any:
        """Return the rows that may be named."""
        queryset = super().get_queryset()
        if queryset is None:  # the field is only read
            return None
        request, view = self.context.get("request"), self.context.get("view")
        return organization_rows(queryset, request, view, field=self.organization_field)


class OrganizationRelatedField(OrganizationRelatedMixin, _ByPrimaryKey):
    """A PrimaryKeyRelatedField that finds rows of the organization of the request alone."""
