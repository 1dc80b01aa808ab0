"""The ways into a view that ``permission_classes`` declare, and with which tokens."""

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
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

_MOST = 100  # ways that are listed; an AND of ORs multiplies them
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
        scopes_of_some: what else some of the ways need that this one stands for, where they are too
            many to list. ``others`` then has what was not listed.
    """

    credential: Credential
    kinds: frozenset[TokenKind] = frozenset(TokenKind)
    scopes: tuple[str, ...] = ()
    about_bearer: tuple[LogtoPermission, ...] = ()
    others: tuple[str, ...] = ()
    scopes_of_some: frozenset[str] = frozenset()

    def to_dict(self) -> dict[str, list[str]]:
        """Return the alternative as a value for JSON."""
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
            self.scopes_of_some | other.scopes_of_some,
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
    return tuple(_all_of(permissions, view, Alternative(least, kinds)))


def _all_of(permissions: Iterable[Any], view: Any, least: Alternative) -> list[Alternative]:
    """The ways that all of them grant, without those that are told twice."""
    operands = [*permissions]
    ways, are_all_listed = [least], True
    for operand in operands:
        ways = _both(ways, _ways(operand, view))
        if len(ways) > _MOST or not are_all_listed:
            ways, are_all_listed = _summary(ways, tuple(map(written, operands))), False
    return ways


def _operands_of_and(permission: Any) -> Iterator[Any]:
    """Return the operands of ``a & b & c``, which is an AND of an AND."""
    operator, operands = read(permission)
    if operator is Operator.AND:
        yield from chain.from_iterable(map(_operands_of_and, operands))
    else:
        yield permission


def _both(left: Iterable[Alternative], right: list[Alternative]) -> list[Alternative]:
    """What both grant; no token is of two kinds."""
    met = (one & other for one in left for other in right)
    return [*dict.fromkeys(one for one in met if one.kinds)]


def _summary(ways: list[Alternative], unlisted: tuple[str, ...]) -> list[Alternative]:
    """One way for those of the same credential and kinds."""
    alike: dict[Any, list[Alternative]] = {}
    for one in ways:
        alike.setdefault((one.credential, one.kinds), []).append(one)
    return [_common(group, unlisted) if group[1:] else group[0] for group in alike.values()]


def _common(ways: list[Alternative], unlisted: tuple[str, ...]) -> Alternative:
    """What all of them need, and as another permission what is not listed."""
    first, *rest = ways
    scopes, about_bearer, others = (
        tuple(one for one in getattr(first, name) if all(one in getattr(way, name) for way in rest))
        for name in ("scopes", "about_bearer", "others")
    )
    named = chain.from_iterable((*one.scopes, *one.scopes_of_some) for one in ways)
    return replace(
        first,
        scopes=scopes,
        about_bearer=about_bearer,
        others=tuple(dict.fromkeys(others + unlisted)),
        scopes_of_some=frozenset(named).difference(scopes),
    )


def _ways(permission: Any, view: Any) -> list[Alternative]:
    operator, operands = read(permission)
    match operator:
        case Operator.OR:
            return [way for operand in operands for way in _ways(operand, view)]
        case Operator.AND:
            return _all_of(_operands_of_and(permission), view, Alternative(Credential.NONE))
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
