"""require_access_token: protects plain Django views, sync and async."""

from collections.abc import Awaitable, Callable
from functools import wraps
from itertools import chain
from typing import Any, TypeAlias, TypeVar, Union, overload

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase
from django.views import View as ClassBasedView
from rest_framework.permissions import BasePermission, OperandHolder, SingleOperandHolder

from .compositions.base import LogtoPermission
from .compositions.operators import leaves
from .plain_views import AuthenticationClass, Guard, reads_header
from .view_options import ACCESS_TOKEN_PERMISSIONS, chain_of

__all__ = ["require_access_token"]

View = TypeVar("View", bound=Callable[..., HttpResponseBase | Awaitable[HttpResponseBase]])
# Not with |, which is an operator of REST Framework's on permission classes.
OwnPermission: TypeAlias = Union[LogtoPermission, type[LogtoPermission]]  # noqa: UP007
Permission: TypeAlias = type[BasePermission] | OperandHolder | SingleOperandHolder


# In this order, a project without the stubs of REST Framework has no false errors: to its type
# checker a class of REST Framework may be anything, a view as well.
@overload
def require_access_token(
    *permissions: OwnPermission,
    authentication_class: AuthenticationClass | None = None,
) -> Callable[[View], View]: ...
@overload
def require_access_token(
    view: View, /, *, authentication_class: AuthenticationClass | None = None
) -> View: ...
@overload
def require_access_token(
    *permissions: Permission, authentication_class: AuthenticationClass | None = None
) -> Callable[[View], View]: ...
def require_access_token(
    *arguments: Any, authentication_class: AuthenticationClass | None = None
) -> Any:
    """Protect a plain Django view by an access token of Logto.

    Write ``@require_access_token`` for any valid token, or name permissions, all of which must
    grant the request: ``@require_access_token(HasScopes("read:reports"))``. The view finds
    ``request.auth`` and ``request.user``; a refusal is answered with
    ``{"error": "<sentence>", "code": "<code>"}``, with the statuses and challenges of the API.
    CSRF tokens are not asked for: no browser sends an access token by itself.

    Args:
        arguments: the view, or permissions.
        authentication_class: what authenticates the request, a LogtoJWTAuthentication that reads
            the Authorization header; the first such of DEFAULT_AUTHENTICATION_CLASSES unless given,
            and LogtoJWTAuthentication itself where there is none.

    Raises:
        ImproperlyConfigured: an argument is something else.
    """
    if authentication_class is not None and not reads_header(authentication_class):
        raise ImproperlyConfigured(
            "authentication_class of require_access_token must be LogtoJWTAuthentication or a "
            "subclass that reads the Authorization header."
        )
    if len(arguments) == 1 and _is_view(arguments[0]):
        return _protect(arguments[0], (), authentication_class)
    if not all(map(_is_permission, arguments)):
        raise ImproperlyConfigured(
            "require_access_token takes permissions, such as HasScopes('read:reports')."
        )
    for one in chain.from_iterable(map(leaves, arguments)):
        if getattr(one, "is_about_objects", False):
            raise ImproperlyConfigured(
                "require_access_token asks nothing about objects, so OwnedByUser would open the "
                "view to every token. Compare the owner in the view."
            )
    return lambda view: _protect(view, arguments, authentication_class)


def _is_view(argument: Any) -> bool:
    return callable(argument) and not isinstance(argument, type) and not _is_permission(argument)


def _is_permission(argument: Any) -> bool:
    if isinstance(argument, type):
        return issubclass(argument, BasePermission)
    return isinstance(argument, (BasePermission, OperandHolder, SingleOperandHolder))


def _protect(
    view: Callable[..., Any],
    permissions: tuple[Any, ...],
    authentication_class: AuthenticationClass | None,
) -> Any:
    class_based = _instance_of(view)
    runs_project_code = class_based is not None
    guard = Guard(permissions, authentication_class, runs_project_code=runs_project_code)
    protected: Any

    def declared_by() -> Any:
        return protected if class_based is None else class_based

    if _is_async(view) or getattr(class_based, "view_is_async", False):

        @wraps(view)
        async def protected(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            refused = await guard.arefuse(declared_by(), request, kwargs)
            return await view(request, *args, **kwargs) if refused is None else refused

    else:

        @wraps(view)
        def protected(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            refused = guard.refuse(declared_by(), request, kwargs)
            return view(request, *args, **kwargs) if refused is None else refused

    protected.csrf_exempt = True
    protected.login_required = False  # as API views: LoginRequiredMiddleware knows sessions alone
    setattr(protected, f"{ACCESS_TOKEN_PERMISSIONS}_{id(permissions)}", permissions)
    protected.awaits_permissions = iscoroutinefunction(protected)
    return protected


def _instance_of(view: Any) -> Any:
    """The class-based view whose method it is: method_decorator hands over a bound method."""
    bound = (getattr(getattr(one, "func", None), "__self__", None) for one in chain_of(view))
    return next((one for one in bound if isinstance(one, ClassBasedView)), None)


def _is_async(view: Any) -> bool:
    return iscoroutinefunction(view) or iscoroutinefunction(type(view).__call__)
