"""Authenticates the request of a plain Django view and asks its permissions."""

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.http import HttpResponseBase, JsonResponse
from rest_framework.exceptions import APIException, NotAuthenticated, PermissionDenied
from rest_framework.permissions import AND, NOT, OR
from rest_framework.request import Request
from rest_framework.settings import api_settings

from .auth_info import AuthInfo
from .authentication import LogtoJWTAuthentication, authenticate_with
from .compositions.evaluation import Evaluation, Pending
from .denials import most_actionable
from .organization_sources.base import django_request
from .permissions import (
    FromClients,
    HasClaim,
    HasScopes,
    InOrganization,
    IsDelegated,
    IsMachine,
    IsUser,
    OrgResourceScopes,
)
from .responses import as_api_exception, challenge, complete
from .runtime import get_verifier
from .signals import (
    access_granted,
    access_refused,
    record_denial,
    record_grant,
    record_missing_credentials,
    record_refusal,
)
from .verification.verifier import Verifier
from .view_options import (
    NOT_DECLARED,
    VIEW_ATTRIBUTES,
    asks_project_code,
    option,
    verified_auth,
)

AuthenticationClass = type[LogtoJWTAuthentication]

_READING_AUTH_ALONE: tuple[Any, ...] = (
    *(HasScopes, InOrganization, OrgResourceScopes),
    *(FromClients, HasClaim, IsDelegated, IsMachine, IsUser),
)


def reads_header(one: Any) -> bool:
    """Whether no browser sends the token by itself, so that no CSRF token is needed."""
    of_package = isinstance(one, type) and issubclass(one, LogtoJWTAuthentication)
    return of_package and one.get_token is LogtoJWTAuthentication.get_token


class Guard:
    """What a plain view asks of its requests.

    Args:
        permissions: all of which must grant.
        authentication_class: finds token and user, None for that of the settings.
        runs_project_code: whether reading what the view declares does, so that it may wait.
    """

    def __init__(
        self,
        permissions: tuple[Any, ...],
        authentication_class: AuthenticationClass | None,
        *,
        runs_project_code: bool,
    ) -> None:
        self._permissions = permissions
        self._authentication_class = authentication_class
        self._may_wait = runs_project_code or not all(map(_reads_auth_alone, permissions))

    def refuse(
        self, declared_by: Any, request: Any, kwargs: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        """Return the refusal, None where the request is granted: it has ``auth`` and ``user`` then.

        Args:
            declared_by: the function or class-based view, whose attributes count.
            request: the request.
            kwargs: the keywords of the route.
        """
        outcome = self._admit(declared_by, request, kwargs)
        return outcome.finish() if isinstance(outcome, _Permissions) else outcome

    async def arefuse(
        self, declared_by: Any, request: Any, kwargs: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        """Return as ``refuse``, and await the permissions that must be.

        A token that was verified before is answered on the event loop: it takes microseconds, while
        a thread takes hundreds. Everything else has a thread: a fetch of keys and code of the
        project, which may wait, and a signature, which takes up to a third of a millisecond.
        """
        is_heard = access_granted.receivers or access_refused.receivers  # by code of the project
        if not (self._may_wait or is_heard):
            with suppress(_NeedsThread):
                granted = self._admit(declared_by, request, kwargs, waits=False)
                return cast("HttpResponseBase | None", granted)
        outcome = await sync_to_async(self._admit)(declared_by, request, kwargs)
        return await outcome.afinish() if isinstance(outcome, _Permissions) else outcome

    def _admit(
        self, declared_by: Any, request: Any, kwargs: Mapping[str, Any], *, waits: bool = True
    ) -> "_Outcome":
        view = as_view(declared_by, request, kwargs)
        if not waits and asks_project_code(view, request):
            raise _NeedsThread
        authentication_class = self._authentication_class or default_class()
        refused = _authenticate(request, view, authentication_class, self._permissions, waits=waits)
        if refused is not None:
            return refused
        return _Permissions(self._permissions, request, view).advance()


def _reads_auth_alone(permission: Any) -> bool:
    """Whether it is made of this package's permissions alone, so that it waits for nothing."""
    operator: Any = getattr(permission, "operator_class", None)
    if operator is not None:
        operands = (permission.op1_class, getattr(permission, "op2_class", None))
        return operator in (AND, OR, NOT) and all(map(_reads_auth_alone, filter(None, operands)))
    made_of = permission if isinstance(permission, type) else type(permission)
    return made_of in _READING_AUTH_ALONE


def as_view(declared_by: Any, request: Any, kwargs: Mapping[str, Any]) -> Any:
    """Return what permissions read of a view, from a plain function or class-based view."""
    options = {name: option(declared_by, name, request) for name in VIEW_ATTRIBUTES}
    given = {name: value for name, value in options.items() if value is not NOT_DECLARED}
    return SimpleNamespace(kwargs=kwargs, **given)


def default_class() -> AuthenticationClass:
    """Return the first of the project's authentication classes that will do for a plain view."""
    configured: list[Any] = [*api_settings.DEFAULT_AUTHENTICATION_CLASSES, LogtoJWTAuthentication]
    return cast("AuthenticationClass", next(filter(reads_header, configured)))


class _NeedsThread(Exception):
    """A request cannot be answered on the event loop."""


def _find_cached(verifier: Verifier, token: str) -> AuthInfo:
    auth = verifier.find_cached(token)
    if auth is None:
        raise _NeedsThread
    return auth


def _authenticate(
    request: Any,
    view: Any,
    authentication_class: AuthenticationClass,
    permissions: tuple[Any, ...],
    *,
    waits: bool,
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
        return _unauthenticated(exception, authentication, asked, view, permissions)
    if authenticated is None:
        record_missing_credentials(asked)
        return _unauthenticated(NotAuthenticated(), authentication, asked, view, permissions)
    user, auth = authenticated

    async def auser() -> Any:
        return user

    request.auth, request.user, request.auser = auth, user, auser
    return None


def _unauthenticated(
    refused: APIException,
    authentication: LogtoJWTAuthentication,
    asked: Request,
    view: Any,
    permissions: tuple[Any, ...],
) -> HttpResponseBase:
    # As DRF's views have them: the challenge may name the scopes that they ask for.
    view.request, view.get_permissions = asked, lambda: [one() for one in permissions]
    return _as_response(refused, partial(authentication.authenticate_header, asked))


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
            return self._deny(exception)
        if isinstance(outcome, Pending):
            self._pending = outcome
            return self
        auth = verified_auth(self._request)
        if outcome.granted:
            if access_granted.receivers:
                record_grant(self._request, auth)
            return None
        reason = most_actionable(outcome.refusing, self._request, self._view)
        if reason is None:
            return self._deny(PermissionDenied())
        record_refusal(reason, self._request, auth)
        return self._answer(as_api_exception(reason, self._request, self._view))

    def finish(self) -> HttpResponseBase:
        """Refuse, where nothing can be awaited."""
        return self._deny(self._pending.refuse())

    async def afinish(self) -> HttpResponseBase | None:
        """Await and go on; synchronous permissions may use the database, so they get a thread."""
        outcome: _Outcome = self
        while outcome is self:
            try:
                answer = await self._pending.answer
            except APIException as exception:
                return await sync_to_async(self._deny)(exception)
            outcome = await sync_to_async(self.advance)(answer)
        return cast("HttpResponseBase | None", outcome)

    def _deny(self, denied: APIException) -> HttpResponseBase:
        record_denial(denied, self._request, verified_auth(self._request))
        return self._answer(denied)

    def _answer(self, denied: APIException) -> HttpResponseBase:
        return _as_response(denied, lambda: complete(challenge(), self._request, self._view))


_Outcome = HttpResponseBase | _Permissions | None


def _as_response(exception: APIException, get_header: Callable[[], str]) -> HttpResponseBase:
    """Answer as DRF does, in the form of a plain view; asks for the challenge of a 401."""
    detail: Any = exception.detail
    if isinstance(detail, dict) and {"detail", "code"} <= detail.keys():  # of this package
        detail, code = detail["detail"], detail["code"]
    else:
        code = exception.get_codes()
    response = JsonResponse({"error": detail, "code": code}, status=exception.status_code)
    if exception.status_code == NotAuthenticated.status_code:
        response["WWW-Authenticate"] = get_header()
    elif hasattr(exception, "auth_header"):
        response["WWW-Authenticate"] = exception.auth_header
    if getattr(exception, "wait", None):
        response["Retry-After"] = str(math.ceil(exception.wait))  # type: ignore[attr-defined]  # of a Throttled
    return response
