"""What the declarations of an operation say about a bearer."""

import enum
from contextlib import suppress

from ...auth_info import AuthInfo, TokenKind
from ...compositions.alternatives import Alternative, Credential
from ...operations import Operation, RequestIsNotKnown, view_of
from ...organization_sources.base import OrganizationSource
from ...organization_sources.computed import Computed, each
from ...organization_sources.named import UrlKeyword
from ...permissions.base import BearerPermission
from ...view_options import organization_source
from .paths import keywords_of

OF_ORGANIZATIONS = frozenset({TokenKind.ORGANIZATION, TokenKind.ORGANIZATION_RESOURCE})


class Expected(enum.IntEnum):
    """Whether a request is granted."""

    OUT = 0
    MAY = 1
    IN = 2


def source_of(operation: Operation) -> OrganizationSource | None:
    """Return where requests for an operation name their organization, None where none is known."""
    with suppress(Exception, RequestIsNotKnown):  # the project's own code, outside of a request
        view = view_of(operation.route, operation.method, operation.action)
        return organization_source(view, view.request)
    return None


def expected(
    operation: Operation,
    auth: AuthInfo | None,
    *,
    organization: str,
    source: OrganizationSource | None,
) -> Expected:
    """Return what the ways into an operation say of a request.

    Args:
        operation: the operation.
        auth: the facts of the token, None without one that is valid.
        organization: what the request names.
        source: where it names it.
    """
    if operation.unread:
        return Expected.MAY
    each = (_by_way(way, auth) for way in operation.ways)
    others = _by_organization(operation, auth, organization, source)
    limits = (others if way.kinds <= OF_ORGANIZATIONS else Expected.IN for way in operation.ways)
    return max(map(min, each, limits), default=Expected.OUT)


def _by_way(way: Alternative, auth: AuthInfo | None) -> Expected:
    granted = Expected.MAY if way.others or way.credential is Credential.UNKNOWN else Expected.IN
    if auth is None:
        return granted if way.credential <= Credential.UNKNOWN else Expected.OUT
    if auth.kind not in way.kinds or not set(way.scopes) <= set(auth.scopes):
        return Expected.OUT
    for one in way.about_bearer:
        if not isinstance(one, BearerPermission) or one.is_about_objects:
            granted = Expected.MAY
        elif one.refusal_of(auth) is not None:
            return Expected.OUT
    return granted


def _by_organization(
    operation: Operation,
    auth: AuthInfo | None,
    organization: str,
    source: OrganizationSource | None,
) -> Expected:
    """What the comparison of the token's organization with that of the request says."""
    keywords = keywords_of(operation)
    asked = [one for one in each(source) if not isinstance(one, UrlKeyword) or one.name in keywords]
    if auth is None or not asked:
        return Expected.IN
    if auth.organization_id == organization:
        return Expected.MAY if any(one.runs_project_code for one in asked) else Expected.IN
    return Expected.MAY if any(isinstance(one, Computed) for one in asked) else Expected.OUT
