"""Who may do what: the permissions of each method of each route, asked of its view."""

from .needs import needed_organization_scopes, needed_scopes, scopes_of_routes
from .reading import (
    ANY_METHOD,
    METHODS_OF_FUNCTIONS,
    Operation,
    all_operations,
    is_filtered,
    operations_of,
)
from .views import RequestIsNotKnown, own_methods, permissions_of, view_of

__all__ = [
    "ANY_METHOD",
    "METHODS_OF_FUNCTIONS",
    "Operation",
    "RequestIsNotKnown",
    "all_operations",
    "is_filtered",
    "needed_organization_scopes",
    "needed_scopes",
    "operations_of",
    "own_methods",
    "permissions_of",
    "scopes_of_routes",
    "view_of",
]
