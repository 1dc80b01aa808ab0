"""The operator and the operands of what ``&``, ``|`` and ``~`` make of permissions."""

import enum
from collections.abc import Iterator
from inspect import iscoroutinefunction
from typing import Any

from rest_framework.permissions import AND, NOT, OR, OperandHolder, SingleOperandHolder


class Operator(enum.Enum):
    """What a composition means."""

    AND = enum.auto()
    OR = enum.auto()
    NOT = enum.auto()


_OPERATORS: dict[Any, Operator] = {AND: Operator.AND, OR: Operator.OR, NOT: Operator.NOT}
_INSTANCES = (AND, OR, NOT)
_HOLDERS = (OperandHolder, SingleOperandHolder)
# The operators of adrf are subclasses of DRF's. Any other subclass may mean something else.
_MODULES = frozenset({"rest_framework.permissions", "adrf.permissions"})


def read(permission: Any) -> tuple[Operator | None, tuple[Any, ...]]:
    """Return the operator and the operands of a composition.

    A single permission has no operands. An operator of the project's own has operands and None for
    the operator: what it means is not known.

    Args:
        permission: an instance, or what stands in ``permission_classes``.
    """
    operator: Any
    if isinstance(permission, _INSTANCES):
        operator, names = type(permission), ("op1", "op2")
    elif isinstance(permission, _HOLDERS):
        operator, names = permission.operator_class, ("op1_class", "op2_class")
    else:
        return None, ()
    operands = tuple(getattr(permission, name) for name in names if hasattr(permission, name))
    if operator.__module__ not in _MODULES:
        return None, operands
    return next(_OPERATORS[one] for one in operator.__mro__ if one in _OPERATORS), operands


def leaves(permission: Any, *, negated: bool = True) -> Iterator[Any]:
    """Yield the single permissions of a composition; those under a NOT only where ``negated``."""
    operator, operands = read(permission)
    if not operands:
        yield permission
    elif negated or operator is not Operator.NOT:
        for operand in operands:
            yield from leaves(operand, negated=negated)


def coroutine_leaves(permission: Any) -> Iterator[Any]:
    """Yield the single permissions of a composition that have to be awaited."""
    names = ("has_permission", "has_object_permission")
    for leaf in leaves(permission):
        if any(iscoroutinefunction(getattr(leaf, name, None)) for name in names):
            yield leaf
