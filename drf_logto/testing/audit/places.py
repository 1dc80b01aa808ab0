"""Names the line of the project's code that a difference comes from."""

from collections.abc import Iterator
from inspect import getsourcefile, getsourcelines, unwrap
from itertools import chain
from pathlib import Path
from typing import Any

from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from ...compositions.alternatives import written
from ...compositions.operators import Operator, read
from ...operations import Operation
from ...view_options import NOT_DECLARED, class_of, declared_by_class

_DECIDES = ("get_permissions", "check_permissions", "initial", "permission_denied")
_LIBRARIES = frozenset({"adrf", "drf_logto", "rest_framework"})


def fault_of(operation: Operation) -> str:
    """Return the code that may let in more than is declared, and where it is."""
    return next(chain(_overrides(operation), _permissions(operation)), view_at(operation))


def override_of(operation: Operation) -> str:
    """Return which method decides in place of ``permission_classes``, "" where none does."""
    return next(_overrides(operation), "")


def view_at(operation: Operation) -> str:
    """Return the dotted name of the view, and where it stands."""
    where = _at(class_of(operation.route.callback) or operation.route.callback)
    return f"{operation.name}{where}"


def handler_at(operation: Operation) -> str:
    """Return the method of the project that answers and where it stands, or else the view."""
    handler = getattr(class_of(operation.route.callback), operation.handler or "", None)
    if handler is None or _is_of_library(handler):
        return view_at(operation)
    return f"{handler.__module__}.{handler.__qualname__}(){_at(handler)}"


def is_declared_open(operation: Operation) -> bool:
    """Whether ``permission_classes`` of the view itself say plainly that it is open."""
    listed = declared_by_class(operation.route.callback, "permission_classes")
    if listed is NOT_DECLARED or listed is APIView.permission_classes or override_of(operation):
        return False
    kinds = {getattr(one, "__name__", "") for one in listed}
    return bool(kinds) and kinds <= {"AllowAny", "IsAuthenticatedOrReadOnly"}


def _overrides(operation: Operation) -> Iterator[str]:
    kind = class_of(operation.route.callback)
    for name in _DECIDES:
        method = getattr(kind, name, None)
        if method is not None and not _is_of_library(method):
            yield f"{method.__qualname__}() decides by itself{_at(method)}"


def _permissions(operation: Operation) -> Iterator[str]:
    listed = declared_by_class(operation.route.callback, "permission_classes")
    at = view_at(operation)
    if listed is NOT_DECLARED:
        return
    if not listed:
        yield f"there is no permission on {at}"
    of = f"the permission_classes of {at}"
    if listed is APIView.permission_classes:
        of = f"DEFAULT_PERMISSION_CLASSES, as {at} declares none"
    for permission in listed:
        yield from _of_permission(permission, of)


def _of_permission(permission: Any, of: str) -> Iterator[str]:
    for part in _parts(permission):
        kind = part if isinstance(part, type) else type(part)
        if kind is AllowAny:
            yield f"AllowAny in {of}"
        elif read(part)[0] is Operator.NOT:
            yield f"the negation {written(part)} in {of}"
        elif not _is_of_library(method := getattr(kind, "has_permission", read)):
            yield f"{method.__qualname__}() grants it{_at(method)}"


def _parts(permission: Any) -> Iterator[Any]:
    yield permission
    for operand in read(permission)[1]:
        yield from _parts(operand)


def _is_of_library(method: Any) -> bool:
    return getattr(method, "__module__", "").partition(".")[0] in _LIBRARIES


def _at(of: Any) -> str:
    """File and line of a class or function in brackets, "" where they are not known."""
    try:
        function = unwrap(of)
        file, (_, line) = Path(getsourcefile(function) or ""), getsourcelines(function)
    except (OSError, TypeError):
        return ""
    here = Path.cwd()
    name = file.relative_to(here) if file.is_relative_to(here) else Path(*file.parts[-2:])
    return f" ({name.as_posix()}:{line})"
