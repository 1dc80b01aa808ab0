"""The ways into a view that ``permission_classes`` declare, and with which tokens."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from rest_framework.permissions import (
    SAFE_METHODS,
    AllowAny,
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


class Credential(enum.IntEnum):
    """Who gets access: everyone, every authenticated user, or the bearer of an access token."""

    NONE = 0
    ANY = 1
    ACCESS_TOKEN = 2


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
    narrowed = accepted_resources(view, view.request) is not None
    kinds = frozenset(TokenKind) - ({TokenKind.ORGANIZATION} if narrowed else set())
    each = (_ways(permission, view) for permission in view.get_permissions())
    ways = reduce(_both, each, [Alternative(Credential.NONE, kinds)])
    return tuple(dict.fromkeys(ways))


def _both(left: Iterable[Alternative], right: Iterable[Alternative]) -> list[Alternative]:
    """What both grant; no token is of two kinds."""
    rights = list(right)
    met = (one & other for one in left for other in rights)
    return [one for one in met if one.kinds]


def _ways(permission: Any, view: "APIView") -> list[Alternative]:
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
    """A NOT grants a request without a token if what it negates certainly needs one."""
    asks_for_token = all(
        way.credential is Credential.ACCESS_TOKEN
        or (way.credential is Credential.ANY and not way.others)
        for way in refused
    )
    credential = Credential.NONE if asks_for_token else Credential.ANY
    return Alternative(credential, others=(_written(permission),))


def _way_of_others(permission: Any, method: str | None) -> Alternative:
    """DRF's permissions about who asks are known; of any other there is but its name."""
    kind = type(permission)
    if kind is AllowAny or (kind is IsAuthenticatedOrReadOnly and method in SAFE_METHODS):
        return Alternative(Credential.NONE)
    if kind in {IsAuthenticated, IsAuthenticatedOrReadOnly}:
        return Alternative(Credential.ANY)
    return Alternative(Credential.ANY, others=(_written(permission),))


def _written(permission: Any) -> str:
    operator, operands = read(permission)
    written = [_written(operand) for operand in operands]
    if operator is Operator.NOT:
        return f"~{written[0]}"
    if operator is not None:
        return f"({_SIGNS[operator].join(written)})"
    own = isinstance(permission, LogtoPermission)
    return repr(permission) if own else type(permission).__name__
