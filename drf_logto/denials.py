"""What a denied request is told: of all refusals in a composition the one nearest to yes."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import AND, OR

from .api_exceptions import as_api_exception
from .exceptions import (
    InsufficientScope,
    LogtoError,
    NoScopeDeclared,
    WrongOrganization,
    WrongTokenKind,
)
from .telemetry import record_refusal

_NEAREST_FIRST = (InsufficientScope, NoScopeDeclared, WrongOrganization, WrongTokenKind)


def explain_denials(view: Any, request: Any) -> None:
    """Let ``view``, if it denies its request, say which refusal of ours was the reason.

    DRF's operators carry no reason, and a permission that raises would defeat ``|``. So the
    ``permission_denied`` of this one view (views are made for one request) is wrapped, and
    whatever PermissionDenied it raises gets challenge and body. A request that is granted shows
    nothing of it.

    Args:
        view: the view of the request; what does not deny as DRF's views do is left alone.
        request: the request that the view is for; the browsable API asks about others as well.
    """
    denies = hasattr(view, "permission_denied") and hasattr(view, "check_object_permissions")
    if denies and not isinstance(view.permission_denied, _ExplainedDenial):
        explained = _ExplainedDenial(view, request)
        view.permission_denied = explained
        view.check_object_permissions = explained.check_object_permissions


def nearest_refusal(
    get_permissions: Callable[[], Iterable[Any]], request: Any, view: Any, *objects: Any
) -> LogtoError | None:
    """Ask again, and return why the first refusing permission refuses.

    None where it is no reason of ours, or where a project's permission bears no second question.

    Args:
        get_permissions: gives the instances, all of which must grant the request.
        request: the request.
        view: the view.
        objects: the object that is asked about, if any.
    """

    def grants(permission: Any) -> bool:
        return bool(
            permission.has_permission(request, view)
            and all(permission.has_object_permission(request, view, obj) for obj in objects)
        )

    try:
        refusing = next((one for one in get_permissions() if not grants(one)), None)
        refusals = [leaf.refusal(request, view) for leaf in _refusing_leaves(refusing, grants)]
        return min((one for one in refusals if one is not None), key=_distance, default=None)
    except Exception:  # noqa: BLE001 - the project's own code; the denial stands without a reason
        return None


class _ExplainedDenial:
    """A view's own ``permission_denied``, and the reason added to what it raises."""

    def __init__(self, view: Any, request: Any) -> None:
        self._view = view
        self._request = request
        self._permission_denied = view.permission_denied
        self._check_object_permissions = view.check_object_permissions
        self._objects: tuple[Any, ...] = ()

    def __call__(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._permission_denied(request, *args, **kwargs)
        except PermissionDenied as denied:
            view = self._view
            refusal = nearest_refusal(view.get_permissions, request, view, *self._objects)
            if refusal is not None:
                if request is self._request:
                    record_refusal(refusal)
                explained = as_api_exception(refusal)
                denied.detail = explained.detail
                cast("Any", denied).auth_header = cast("Any", explained).auth_header
            raise

    def check_object_permissions(self, request: Any, obj: Any) -> None:
        self._objects = (obj,)
        try:
            self._check_object_permissions(request, obj)
        finally:
            self._objects = ()


def _refusing_leaves(permission: Any, grants: Callable[[Any], bool]) -> Iterator[Any]:
    """Yield our permissions that would have to grant, for ``permission`` to grant.

    Nothing is told from under a NOT: what it holds must refuse.
    """
    kind = type(permission)
    if issubclass(kind, OR):
        yield from _refusing_leaves(permission.op1, grants)
        yield from _refusing_leaves(permission.op2, grants)
    elif issubclass(kind, AND):
        refusing = permission.op2 if grants(permission.op1) else permission.op1
        yield from _refusing_leaves(refusing, grants)
    elif hasattr(permission, "refusal"):
        yield permission


def _distance(refusal: LogtoError) -> int:
    """How far a refusal is from yes."""
    return _NEAREST_FIRST.index(type(refusal))
