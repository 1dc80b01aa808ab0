"""The ways into a view that ``permission_classes`` declare, and with which tokens."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from rest_framework.permissions import (
    SAFE_METHODS,
    AllowAny,
    DjangoModelPermissions,
    DjangoObjectPermissions,
    IsAdminUser,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)

from ..auth_info import TokenKind
from ..view_options import accepted_resources
from .base import LogtoPermission
from .operators import Operator, read

if TYPE_CHECKING:  # DRF's views import these very permissions
    from rest_framework.views import APIView

_SIGNS = {Operator.AND: " & ", Operator.OR: " | "}
_ABOUT_USERS = frozenset({DjangoModelPermissions, DjangoObjectPermissions, IsAdminUser})
"""Those of REST Framework that let in authenticated users alone, and not all of them."""


class Credential(enum.IntEnum):
    """Who gets access: everyone, every authenticated user, or the bearer of an access token.

    ``UNKNOWN`` is whoever a permission of another package or the project lets in: perhaps everyone.
    """

    NONE = 0
    UNKNOWN = 1
    ANY = 2
    ACCESS_TOKEN = 3


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to get access.

    Attributes:
        credential: who gets access.
        kinds: which tokens will do.
        scopes: what the token must hold, all of it.
        about_bearer: permissions of this package, all of which the bearer must satisfy.
        others: permissions, as they are written, that nothing here can express.
    """

    credential: Credential
    kinds: frozenset[TokenKind] = frozenset(TokenKind)
    scopes: tuple[str, ...] = ()
    about_bearer: tuple[LogtoPermission, ...] = ()
    others: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, list[str]]:
        """Return what will do, as JSON has it."""
        optional = {
            "bearer": [one.describe() for one in self.about_bearer],
            "other_permissions": list(self.others),
        }
        return {
            "kinds": [kind.value for kind in TokenKind if kind in self.kinds],
            "scopes": list(self.scopes),
            **{name: values for name, values in optional.items() if values},
        }

    def __and__(self, other: "Alternative") -> "Alternative":
        return Alternative(
            max(self.credential, other.credential),
            self.kinds & other.kinds,
            tuple(dict.fromkeys(self.scopes + other.scopes)),
            tuple(dict.fromkeys(self.about_bearer + other.about_bearer)),
            tuple(dict.fromkeys(self.others + other.others)),
        )


def alternatives(view: "APIView") -> tuple[Alternative, ...]:
    """Return every way into ``view`` for its ``request``, none where it is closed."""
    return ways_into(view, view.get_permissions())


def ways_into(
    view: Any, permissions: Iterable[Any], least: Credential = Credential.NONE
) -> tuple[Alternative, ...]:
    """Return every way that permissions grant, none where there is none.

    Args:
        view: the view, or what stands for a plain one; with its ``request``.
        permissions: instances, all of which must grant.
        least: what is needed whatever they say.
    """
    narrowed = accepted_resources(view, view.request) is not None
    kinds = frozenset(TokenKind) - ({TokenKind.ORGANIZATION} if narrowed else set())
    each = (_ways(permission, view) for permission in permissions)
    ways = reduce(_both, each, [Alternative(least, kinds)])
    return tuple(dict.fromkeys(ways))


def _both(left: Iterable[Alternative], right: Iterable[Alternative]) -> list[Alternative]:
    """What both grant; no token is of two kinds."""
    rights = list(right)
    met = (one & other for one in left for other in rights)
    return [one for one in met if one.kinds]


def _ways(permission: Any, view: Any) -> list[Alternative]:
    operator, operands = read(permission)
    match operator:
        case Operator.OR:
            return [way for operand in operands for way in _ways(operand, view)]
        case Operator.AND:
            return reduce(_both, (_ways(operand, view) for operand in operands))
        case Operator.NOT:
            return [_way_of_not(permission, _ways(operands[0], view))]
    if isinstance(permission, LogtoPermission):
        scopes = permission.scopes_for(view.request, view)
        kinds = frozenset({permission.kind} if permission.kind else TokenKind)
        if scopes is None:
            return []
        about_bearer = (permission,) if permission.words else ()
        return [Alternative(Credential.ACCESS_TOKEN, kinds, scopes, about_bearer)]
    return [_way_of_others(permission, view.request.method)]


def _way_of_not(permission: Any, refused: list[Alternative]) -> Alternative:
    """A NOT grants a request without a user if what it negates certainly needs one."""
    asks_for_user = all(way.credential >= Credential.ANY for way in refused)
    credential = Credential.NONE if asks_for_user else Credential.UNKNOWN
    return Alternative(credential, others=(written(permission),))


def _way_of_others(permission: Any, method: str | None) -> Alternative:
    """DRF's permissions about who asks are known; of any other there is but its name."""
    kind = type(permission)
    if kind is AllowAny or (kind is IsAuthenticatedOrReadOnly and method in SAFE_METHODS):
        return Alternative(Credential.NONE)
    if kind in {IsAuthenticated, IsAuthenticatedOrReadOnly}:
        return Alternative(Credential.ANY)
    credential = Credential.ANY if kind in _ABOUT_USERS else Credential.UNKNOWN
    return Alternative(credential, others=(written(permission),))


def written(permission: Any) -> str:
    """Return a composition as it is written, other packages' permissions by their names."""
    operator, operands = read(permission)
    each = [written(operand) for operand in operands]
    if operator is Operator.NOT:
        return f"~{each[0]}"
    if operator is not None:
        return f"({_SIGNS[operator].join(each)})"
    if isinstance(permission, type):
        return permission.__name__
    return (
        repr(permission) if isinstance(permission, LogtoPermission) else type(permission).__name__
    )
