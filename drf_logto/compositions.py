"""What a composition of permission classes is made of, read before there is a request."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from inspect import iscoroutinefunction
from typing import Any

from rest_framework.permissions import OR, OperandHolder, SingleOperandHolder

from .permissions import AccessTokenPermission


def leaves(permission: Any) -> Iterator[AccessTokenPermission]:
    """Yield the permissions of ours in a composition; what stands under a NOT opens nothing."""
    if isinstance(permission, OperandHolder):
        for operand in _operands(permission):
            yield from leaves(operand)
    elif isinstance(permission, type) and issubclass(permission, AccessTokenPermission):
        with suppress(TypeError):  # DRF cannot make one of it either, and says so
            yield permission()
    elif isinstance(permission, AccessTokenPermission):
        yield permission


def coroutine_leaves(permission: Any) -> Iterator[Any]:
    """Yield the permissions in a composition, under a NOT as well, that have to be awaited."""
    operands = _operands(permission)
    for operand in operands:
        yield from coroutine_leaves(operand)
    methods = ("has_permission", "has_object_permission")
    asked = () if operands else (getattr(permission, name, None) for name in methods)
    if any(map(iscoroutinefunction, asked)):
        yield permission


def ignoring_required_scopes(permissions: Sequence[Any]) -> Iterator[AccessTokenPermission]:
    """Yield each permission that may let a request in without the view's ``required_scopes``.

    Args:
        permissions: the operands as ``permission_classes`` has them; all must grant.
    """
    if not any(map(_reads_required_scopes, permissions)):
        for permission in permissions:
            yield from _ignoring(permission)


def _ignoring(permission: Any) -> Iterator[AccessTokenPermission]:
    operands = _operands(permission)
    if _is_or(permission):
        for operand in operands:
            yield from _ignoring(operand)
    elif operands and not isinstance(permission, SingleOperandHolder):
        yield from ignoring_required_scopes(operands)
    elif not operands:
        yield from (one for one in leaves(permission) if one.declared is not None)


def _reads_required_scopes(permission: Any) -> bool:
    """Whether no permission of this package in it grants without the view's ``required_scopes``."""
    operands = _operands(permission)
    if isinstance(permission, SingleOperandHolder):
        return False
    if _is_or(permission):
        own = [one for one in operands if _holds_ours(one)]
        return bool(own) and all(map(_reads_required_scopes, own))
    if operands:
        return any(map(_reads_required_scopes, operands))
    return any(one.declared is None for one in leaves(permission))


def open_by_negation(permissions: Sequence[Any]) -> bool:
    """Whether a NOT lets in what every permission of ours refuses.

    So do tokens of a kind that no permission names, and requests without a token. What a permission
    that is not ours says is not known beforehand: it may grant, and it may refuse.

    Args:
        permissions: the operands as ``permission_classes`` has them; all must grant.
    """
    may_grant = all(_may_answer(True, permission) for permission in permissions)
    return may_grant and any(map(_opens_by_negation, permissions))


def _opens_by_negation(permission: Any) -> bool:
    operands = _operands(permission)
    if isinstance(permission, SingleOperandHolder):
        return _holds_ours(permission) and _may_answer(False, *operands)
    if _is_or(permission):
        return any(map(_opens_by_negation, operands))
    return bool(operands) and open_by_negation(operands)


def _may_answer(answer: bool, permission: Any) -> bool:
    """Whether ``permission`` may give this answer while every one of ours refuses."""
    operands = _operands(permission)
    if not operands:
        return not (answer and _is_ours(permission))
    if isinstance(permission, SingleOperandHolder):
        return _may_answer(not answer, *operands)
    one_is_enough = _is_or(permission) is answer
    return (any if one_is_enough else all)(_may_answer(answer, one) for one in operands)


def _holds_ours(permission: Any) -> bool:
    operands = _operands(permission)
    return any(map(_holds_ours, operands)) if operands else _is_ours(permission)


def _operands(permission: Any) -> tuple[Any, ...]:
    """What an operator composes; nothing where ``permission`` is no composition."""
    if isinstance(permission, SingleOperandHolder):
        return (permission.op1_class,)
    if isinstance(permission, OperandHolder):
        return (permission.op1_class, permission.op2_class)
    return ()


def _is_or(permission: Any) -> bool:
    return getattr(permission, "operator_class", None) is OR


def _is_ours(permission: Any) -> bool:
    made_of = permission if isinstance(permission, type) else type(permission)
    return issubclass(made_of, AccessTokenPermission)
