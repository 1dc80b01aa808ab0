"""require_access_token: protects plain Django views, sync and async."""

import math
from collections.abc import Callable
from contextlib import suppress
from functools import partial, wraps
from types import SimpleNamespace
from typing import Any, cast, overload

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views import View as ClassBasedView
from rest_framework.exceptions import APIException, NotAuthenticated, PermissionDenied
from rest_framework.permissions import (
    AND,
    NOT,
    OR,
    BasePermission,
    OperandHolder,
    SingleOperandHolder,
)
from rest_framework.request import Request
from rest_framework.settings import api_settings

from .auth_info import AuthInfo
from .authentication import LogtoJWTAuthentication, authenticate_with
from .denials import most_actionable
from .evaluation import Evaluation, Pending
from .permissions import HasScopes, InOrganization, OrgResourceScopes
from .responses import as_api_exception, challenge
from .runtime import get_verifier
from .telemetry import record_refusal
from .verification.verifier import Verifier
from .view_options import (
    ACCESS_TOKEN_PERMISSIONS,
    NOT_DECLARED,
    VIEW_ATTRIBUTES,
    chain_of,
    django_request,
    option,
)

__all__ = ["require_access_token"]

View = Callable[..., Any]
AuthenticationClass = type[LogtoJWTAuthentication]


@overload
def require_access_token(
    view: View, /, *, authentication_class: AuthenticationClass | None = None
) -> View: ...
@overload
def require_access_token(
    *permissions: Any, authentication_class: AuthenticationClass | None = None
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
    if authentication_class is not None and not _reads_header(authentication_class):
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
    return lambda view: _protect(view, arguments, authentication_class)


def _is_view(argument: Any) -> bool:
    return callable(argument) and not isinstance(argument, type) and not _is_permission(argument)


def _is_permission(argument: Any) -> bool:
    if isinstance(argument, type):
        return issubclass(argument, BasePermission)
    return isinstance(argument, (BasePermission, OperandHolder, SingleOperandHolder))


def _reads_header(one: Any) -> bool:
    """Whether no browser sends the token by itself, so that no CSRF token is needed."""
    of_package = isinstance(one, type) and issubclass(one, LogtoJWTAuthentication)
    return of_package and one.get_token is LogtoJWTAuthentication.get_token


def _protect(
    view: View, permissions: tuple[Any, ...], authentication_class: AuthenticationClass | None
) -> View:
    class_based = _instance_of(view)
    protected: Any

    def admit(request: Any, kwargs: dict[str, Any], *, waits: bool = True) -> "_Outcome":
        declared_by = protected if class_based is None else class_based
        as_view = _as_view(declared_by, request, kwargs)
        one = authentication_class or _default_class()
        refused = _authenticate(request, as_view, one, waits=waits)
        return _admit(request, as_view, permissions) if refused is None else refused

    if _is_async(view) or getattr(class_based, "view_is_async", False):
        # What a class declares may be computed by code of the project.
        may_wait = class_based is not None or not all(map(_reads_auth_alone, permissions))

        @wraps(view)
        async def protected(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            refused = await _aadmit(admit, request, kwargs, may_wait=may_wait)
            return await view(request, *args, **kwargs) if refused is None else refused

    else:

        @wraps(view)
        def protected(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            outcome = admit(request, kwargs)
            refused = outcome.finish() if isinstance(outcome, _Permissions) else outcome
            return view(request, *args, **kwargs) if refused is None else refused

    protected.csrf_exempt = True
    setattr(protected, ACCESS_TOKEN_PERMISSIONS, permissions)
    protected.awaits_permissions = iscoroutinefunction(protected)
    return cast("View", protected)


async def _aadmit(
    admit: Callable[..., "_Outcome"], request: Any, kwargs: dict[str, Any], *, may_wait: bool
) -> HttpResponseBase | None:
    """Return the refusal, None where the request is granted.

    A token that was verified before is answered on the event loop: it takes microseconds, while a
    thread takes hundreds. Everything else has a thread: a fetch of keys and code of the project,
    which may wait, and a signature, which takes up to a third of a millisecond.
    """
    if not may_wait:
        with suppress(_NeedsThread):
            return cast("HttpResponseBase | None", admit(request, kwargs, waits=False))
    outcome = await sync_to_async(admit)(request, kwargs)
    return await outcome.afinish() if isinstance(outcome, _Permissions) else outcome


def _reads_auth_alone(permission: Any) -> bool:
    """Whether it is made of this package's permissions alone, so that it waits for nothing."""
    operator: Any = getattr(permission, "operator_class", None)
    if operator is not None:
        operands = (permission.op1_class, getattr(permission, "op2_class", None))
        return operator in (AND, OR, NOT) and all(map(_reads_auth_alone, filter(None, operands)))
    made_of = permission if isinstance(permission, type) else type(permission)
    return made_of in (HasScopes, InOrganization, OrgResourceScopes)


def _instance_of(view: View) -> Any:
    """The class-based view whose method it is: method_decorator hands over a bound method."""
    bound = (getattr(getattr(one, "func", None), "__self__", None) for one in chain_of(view))
    return next((one for one in bound if isinstance(one, ClassBasedView)), None)


def _is_async(view: View) -> bool:
    return iscoroutinefunction(view) or iscoroutinefunction(type(view).__call__)


def _as_view(declared_by: Any, request: Any, kwargs: dict[str, Any]) -> Any:
    """What permissions read of a view, from a plain function or class-based view."""
    options = {name: option(declared_by, name, request) for name in VIEW_ATTRIBUTES}
    given = {name: value for name, value in options.items() if value is not NOT_DECLARED}
    return SimpleNamespace(kwargs=kwargs, **given)


def _default_class() -> AuthenticationClass:
    """The first of the project's authentication classes that will do for a plain view."""
    configured: list[Any] = [*api_settings.DEFAULT_AUTHENTICATION_CLASSES, LogtoJWTAuthentication]
    return cast("AuthenticationClass", next(filter(_reads_header, configured)))


class _NeedsThread(Exception):
    """A request cannot be answered on the event loop."""


def _find_cached(verifier: Verifier, token: str) -> AuthInfo:
    auth = verifier.find_cached(token)
    if auth is None:
        raise _NeedsThread
    return auth


def _authenticate(
    request: Any, view: Any, authentication_class: AuthenticationClass, *, waits: bool
) -> HttpResponseBase | None:
    """Set ``auth`` and ``user`` of a request with a valid token; else return the refusal.

    Raises:
        _NeedsThread: ``waits`` is false, and it would wait or run code of the project.
    """
    if not waits and authentication_class is not LogtoJWTAuthentication:
        raise _NeedsThread
    authentication = authentication_class()
    # Below @api_view it is one of REST Framework already.
    asked = Request(django_request(request), parser_context={"view": view})
    try:
        if waits:
            authenticated = authentication.authenticate(asked)
        else:
            # The verifier first: the report of a broken setting has no token then.
            verify = partial(_find_cached, get_verifier())
            authenticated = authenticate_with(verify, authentication, asked, view)
    except APIException as exception:
        return _as_response(exception, authentication.authenticate_header(asked))
    if authenticated is None:
        return _as_response(NotAuthenticated())
    user, auth = authenticated

    async def auser() -> Any:
        return user

    request.auth, request.user, request.auser = auth, user, auser
    return None


def _admit(request: Any, view: Any, permissions: tuple[Any, ...]) -> "_Outcome":
    """Ask the permissions of an authenticated request; return as ``_Permissions.advance``."""
    return _Permissions(permissions, request, view).advance()


class _Permissions:
    """The permissions of a request, asked in turn."""

    def __init__(self, permissions: tuple[Any, ...], request: Any, view: Any) -> None:
        self._request, self._view = request, view
        asked = [permission() for permission in permissions]
        self._evaluation = Evaluation(asked, request, view)
        self._pending: Pending

    def advance(self, answer: Any = None) -> "_Outcome":
        """Return the refusal, None where all grant, itself where an answer must be awaited."""
        try:
            outcome = self._evaluation.advance(answer)
        except APIException as exception:  # a project's permission may say no in this way
            return _as_response(exception)
        if isinstance(outcome, Pending):
            self._pending = outcome
            return self
        if outcome.granted:
            return None
        reason = most_actionable(outcome.refusing, self._request, self._view)
        if reason is None:
            return _as_response(PermissionDenied())
        record_refusal(reason)
        return _as_response(as_api_exception(reason))

    def finish(self) -> HttpResponseBase:
        """Refuse, where nothing can be awaited."""
        return _as_response(self._pending.refuse())

    async def afinish(self) -> HttpResponseBase | None:
        """Await and go on; synchronous permissions may use the database, so they get a thread."""
        outcome: _Outcome = self
        while outcome is self:
            try:
                answer = await self._pending.answer
            except APIException as exception:
                return _as_response(exception)
            outcome = await sync_to_async(self.advance)(answer)
        return cast("HttpResponseBase | None", outcome)


_Outcome = HttpResponseBase | _Permissions | None


def _as_response(exception: APIException, header: str | None = None) -> HttpResponseBase:
    """Answer as DRF does, in the form of a plain view; ``header`` is the challenge of a 401."""
    detail: Any = exception.detail
    if isinstance(detail, dict) and {"detail", "code"} <= detail.keys():  # of this package
        detail, code = detail["detail"], detail["code"]
    else:
        code = exception.get_codes()
    response = JsonResponse({"error": detail, "code": code}, status=exception.status_code)
    if exception.status_code == NotAuthenticated.status_code:
        response["WWW-Authenticate"] = header or challenge()
    elif hasattr(exception, "auth_header"):
        response["WWW-Authenticate"] = exception.auth_header
    if getattr(exception, "wait", None):
        response["Retry-After"] = str(math.ceil(exception.wait))  # type: ignore[attr-defined]  # of a Throttled
    return response
