"""Serializer fields that keep rows in the organization of a request."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy
from rest_framework.fields import HiddenField, SkipField
from rest_framework.relations import PrimaryKeyRelatedField

from .current import current_organization, rows_of_current

if TYPE_CHECKING:
    from rest_framework.relations import RelatedField

    _Related = RelatedField[Any, Any, Any]
    _ByPrimaryKey = PrimaryKeyRelatedField[Any]
else:
    _Related, _ByPrimaryKey = object, PrimaryKeyRelatedField


class CurrentOrganization(HiddenField):
    """The organization of the request, whatever a client sends: new rows are in it.

    Name it as the field of the model: ``organization_id = CurrentOrganization()``. A row that is
    changed stays in its organization.

    Raises:
        ValidationError: a row would be created in no organization.
    """

    default_error_messages = {
        "no_organization": gettext_lazy("The request names no organization."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default=None, **kwargs)

    def get_default(self) -> Any:
        """Return the organization of the request, nothing where a row is changed."""
        if getattr(self.parent, "instance", None) is not None:
            raise SkipField
        organization = current_organization(self.context.get("request"), self.context.get("view"))
        if not organization:
            self.fail("no_organization")
        return organization


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
        return rows_of_current(queryset, self.organization_field, request, view)


class OrganizationRelatedField(OrganizationRelatedMixin, _ByPrimaryKey):
    """A PrimaryKeyRelatedField that finds rows of the organization of the request alone."""
