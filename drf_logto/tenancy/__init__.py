"""Rows of one organization: where a request names it, what is shown of it, and how often."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..organization_sources.named import Header, Host, UrlKeyword

if TYPE_CHECKING:
    from .current import current_organization, organization_rows
    from .fields import CurrentOrganization, OrganizationRelatedField, OrganizationRelatedMixin
    from .filters import OrganizationFilterBackend
    from .slugs import SlugMap
    from .throttling import ClientRateThrottle, OrganizationRateThrottle, SubjectRateThrottle

__all__ = [
    "ClientRateThrottle",
    "CurrentOrganization",
    "Header",
    "Host",
    "OrganizationFilterBackend",
    "OrganizationRateThrottle",
    "OrganizationRelatedField",
    "OrganizationRelatedMixin",
    "SlugMap",
    "SubjectRateThrottle",
    "UrlKeyword",
    "current_organization",
    "organization_rows",
]

# The settings name sources, and REST Framework reads the settings.
_MODULES = {
    "ClientRateThrottle": "throttling",
    "CurrentOrganization": "fields",
    "OrganizationFilterBackend": "filters",
    "OrganizationRateThrottle": "throttling",
    "OrganizationRelatedField": "fields",
    "OrganizationRelatedMixin": "fields",
    "SlugMap": "slugs",
    "SubjectRateThrottle": "throttling",
    "current_organization": "current",
    "organization_rows": "current",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
