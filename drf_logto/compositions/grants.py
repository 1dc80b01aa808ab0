"""Whether ``permission_classes`` may grant more than this package's permissions in them declare."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .base import LogtoPermission
from .operators import Operator, leaves, read

_FAULTS = (TypeError, ImproperlyConfigured)


def own_permissions(permission: Any) -> Iterator[LogtoPermission]:
    """Yield this package's permissions in a composition; what stands under a NOT opens nothing."""
    for leaf in filter(is_own, leaves(permission, negated=False)):
        with suppress(*_FAULTS):  # E019 reports it
            yield leaf()


def faults(permission: Any) -> Iterator[Exception]:
    """Yield why DRF cannot make an instance of each of this package's permissions, where it is so.

    Such a class stands where an instance with arguments is needed.
    """
    for leaf in filter(is_own, leaves(permission)):
        try:
            leaf()
        except _FAULTS as fault:
            yield fault


def ignoring_required_scopes(permissions: Sequence[Any]) -> Iterator[LogtoPermission]:
    """Yield each permission that may let a request in without the view's ``required_scopes``.

    Args:
        permissions: the operands as ``permission_classes`` has them; all must grant.
    """
    if not any(map(_reads_required_scopes, permissions)):
        for permission in permissions:
            yield from _ignoring(permission)


def _ignoring(permission: Any) -> Iterator[LogtoPermission]:
    operator, operands = read(permission)
    if operator is Operator.OR:
        for operand in operands:
            yield from _ignoring(operand)
    elif operator is Operator.NOT:
        return
    elif operands:
        yield from ignoring_required_scopes(operands)
    else:
        own = own_permissions(permission)
        yield from (one for one in own if one.kind is not None and one.declared is not None)


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


def opens_to_every_kind(permissions: Sequence[Any]) -> bool:
    """Whether a permission about the bearer grants what none about the kind has to grant as well.

    Args:
        permissions: the operands as ``permission_classes`` has them; all must grant.
    """
    return True in _ways_without_kind(Operator.AND, permissions)


def _ways_without_kind(
    operator: Operator | None, operands: Sequence[Any], *, negated: bool = False
) -> set[bool]:
    """For each way to the answer that needs no certain kind: whether it is one about the bearer."""
    each = [_ways_of(one, negated=negated) for one in operands]
    if (operator is Operator.OR) is not negated:
        return set().union(*each)
    if not all(each):
        return set()
    # Of the ways that take one from each, which may be very many.
    found = {True} if any(True in one for one in each) else set()
    return found | ({False} if all(False in one for one in each) else set())


def _ways_of(permission: Any, *, negated: bool) -> set[bool]:
    operator, operands = read(permission)
    if operator is Operator.NOT:
        return _ways_of(*operands, negated=not negated)
    if operands:
        return _ways_without_kind(operator, operands, negated=negated)
    if negated or not is_own(permission):
        return {False}
    return {True} if is_about_bearer(permission) else set()


def is_about_bearer(permission: Any) -> bool:
    """Whether a single permission is one of this package that says nothing of the kind."""
    return is_own(permission) and permission.kind is None


def _has_own(permission: Any) -> bool:
    return any(map(is_own, leaves(permission)))


def is_own(permission: Any) -> bool:
    """Whether a single permission, a class or an instance, is one of this package."""
    made_of = permission if isinstance(permission, type) else type(permission)
    return issubclass(made_of, LogtoPermission)
