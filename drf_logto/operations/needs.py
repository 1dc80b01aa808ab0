"""The scopes that routes and settings need."""

from itertools import chain

from django.apps import apps

from ..auth_info import TokenKind
from ..conf import get_settings
from ..routes import scopes_of
from .reading import Operation, all_operations


def needed_scopes() -> dict[str, set[str]]:
    """Return for each API resource the scopes that routes and settings name.

    Raises:
        ImproperlyConfigured: the setting ``LOGTO`` cannot work.
    """
    logto, needed = get_settings(), scopes_of_routes()
    if apps.is_installed("drf_logto.users") and logto.groups_claim is None:
        needed[logto.api_resource[0]].update(logto.values_for_rights)
    return needed


def scopes_of_routes() -> dict[str, set[str]]:
    """Return for each API resource the scopes that routes name.

    Raises:
        ImproperlyConfigured: the setting ``LOGTO`` cannot work.
    """
    needed: dict[str, set[str]] = {resource: set() for resource in get_settings().api_resource}
    for operation in all_operations():
        scopes = _scopes(operation, TokenKind.GLOBAL, TokenKind.ORGANIZATION_RESOURCE)
        for resource in operation.resources if scopes else ():
            needed.setdefault(resource, set()).update(scopes)
    return needed


def needed_organization_scopes() -> set[str]:
    """Return the permissions of organizations that routes name.

    Raises:
        ImproperlyConfigured: the setting ``LOGTO`` cannot work.
    """
    each = (_scopes(one, TokenKind.ORGANIZATION) for one in all_operations())
    return set(chain.from_iterable(each))


def _scopes(operation: Operation, *kinds: TokenKind) -> set[str]:
    """The scopes that tokens of these kinds need; all that the class names where it is unread."""
    if operation.unread:
        own = [one for one in operation.route.permissions if one.kind in kinds]
        return set(chain.from_iterable(scopes_of(one, operation.route.view) for one in own))
    ways = [one for one in operation.ways if operation.accepts_tokens]
    fitting = [one for one in ways if one.kinds.intersection(kinds)]
    return set(chain.from_iterable((*one.scopes, *one.scopes_of_some) for one in fitting))
