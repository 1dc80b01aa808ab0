"""What ``permission_classes`` declare: which requests they may grant, and with which tokens."""

import enum
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from rest_framework.permissions import (
    SAFE_METHODS,
    AllowAny,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)

from .auth_info import TokenKind
from .compositions import Operator, leaves, read
from .permissions import AccessTokenPermission
from .view_options import accepted_resources

if TYPE_CHECKING:  # DRF's views import these very permissions
    from rest_framework.views import APIView

_SIGNS = {Operator.AND: " & ", Operator.OR: " | "}


def own_permissions(permission: Any) -> Iterator[AccessTokenPermission]:
    """Yield this package's permissions in a composition; what stands under a NOT opens nothing."""
    for leaf in filter(is_own, leaves(permission, negated=False)):
        with suppress(TypeError):  # DRF cannot make one of it either, and says so
            yield leaf()


def ignoring_required_scopes(permissions: Sequence[Any]) -> Iterator[AccessTokenPermission]:
    """Yield each permission that may let a request in without the view's ``required_scopes``.

    Args:
        permissions: the operands as ``permission_classes`` has them; all must grant.
    """
    if not any(map(_reads_required_scopes, permissions)):
        for permission in permissions:
            yield from _ignoring(permission)


def _ignoring(permission: Any) -> Iterator[AccessTokenPermission]:
    operator, operands = read(permission)
    if operator is Operator.OR:
        for operand in operands:
            yield from _ignoring(operand)
    elif operator is Operator.NOT:
        return
    elif operands:
        yield from ignoring_required_scopes(operands)
    else:
        yield from (one for one in own_permissions(permission) if one.declared is not None)


def _reads_required_scopes(permission: Any) -> bool:
    """Whether no permission of this package in it grants without the view's ``required_scopes``."""
    operator, operands = read(permission)
    if operator is Operator.NOT:
        return False
    if operator is Operator.OR:
        own = [one for one in operands if _has_own(one)]
        return bool(own) and all(map(_reads_required_scopes, own))
    if operands:
        return any(map(_reads_required_scopes, operands))
    return any(one.declared is None for one in own_permissions(permission))


def open_by_negation(permissions: Sequence[Any]) -> bool:
    """Whether a NOT grants what every permission of this package refuses.

    So do tokens of a kind that no permission names, and requests without a token. What any other
    permission says is not known before a request: it may grant, and it may refuse.

    Args:
        permissions: the operands as ``permission_classes`` has them; all must grant.
    """
    may_grant = all(_may_answer(True, permission) for permission in permissions)
    return may_grant and any(map(_opens_by_negation, permissions))


def _opens_by_negation(permission: Any) -> bool:
    operator, operands = read(permission)
    if operator is Operator.NOT:
        return _has_own(permission) and _may_answer(False, *operands)
    if operator is Operator.OR:
        return any(map(_opens_by_negation, operands))
    return bool(operands) and open_by_negation(operands)


def _may_answer(answer: bool, permission: Any) -> bool:
    """Whether ``permission`` may give this answer while every one of this package refuses."""
    operator, operands = read(permission)
    if not operands:
        return not (answer and is_own(permission))
    if operator is Operator.NOT:
        return _may_answer(not answer, *operands)
    one_is_enough = (operator is Operator.OR) is answer
    return (any if one_is_enough else all)(_may_answer(answer, one) for one in operands)


def _has_own(permission: Any) -> bool:
    return any(map(is_own, leaves(permission)))


def is_own(permission: Any) -> bool:
    """Whether a single permission, a class or an instance, is one of this package."""
    made_of = permission if isinstance(permission, type) else type(permission)
    return issubclass(made_of, AccessTokenPermission)


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
        others: permissions, as they are written, that nothing here can express.
    """

    credential: Credential
    kinds: frozenset[TokenKind] = frozenset(TokenKind)
    scopes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def __and__(self, other: "Alternative") -> "Alternative":
        return Alternative(
            max(self.credential, other.credential),
            self.kinds & other.kinds,
            tuple(dict.fromkeys(self.scopes + other.scopes)),
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
    if isinstance(permission, AccessTokenPermission):
        scopes = permission.scopes_for(view.request, view)
        kinds = frozenset({permission.kind})
        return [] if scopes is None else [Alternative(Credential.ACCESS_TOKEN, kinds, scopes)]
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
    own = isinstance(permission, AccessTokenPermission)
    return repr(permission) if own else type(permission).__name__
