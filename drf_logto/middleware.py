"""LogtoMiddleware: who sent a request, for code outside of views."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest
from rest_framework.exceptions import APIException
from rest_framework.settings import api_settings

from .auth_info import AuthInfo
from .authentication import find_user, verify_request
from .exceptions import LogtoError
from .plain_views import default_class
from .runtime import get_verifier
from .verification import bearer

__all__ = ["LogtoMiddleware"]


class LogtoMiddleware:
    """Sets ``request.user``, ``request.auser`` and ``request.auth`` for other middleware.

    A request with an access token has its bearer as ``user`` and its AuthInfo as ``auth``; the
    token is verified when one of them is first read. If it is refused, or if Logto cannot be
    reached, the user is anonymous and ``auth`` None: the view is what refuses the request. A
    request without an access token keeps its user, and its ``auth`` is None.

    A view has the bearer as ``user`` only if it authenticates the token itself, as API views and
    ``require_access_token`` do. In others, ``user`` is that of the session: a token opens no view
    that asks for a signed-in user.

    Args:
        get_response: the next middleware or the view, sync or async.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        """Return the response, or a coroutine of it where ``get_response`` is asynchronous."""
        _prepare(request)
        return self._get_response(request)


def _prepare(request: Any) -> None:
    if not hasattr(request, "user"):  # a project without sessions
        request.user = _anonymous()
    if not hasattr(request, "auser"):  # or whose own middleware sets the user alone
        request.auser = partial(_afind_user, request)
    if _has_bearer(request):
        # Lazy objects, which request.user is made of elsewhere, are never None.
        request_class: Any = type(request)
        request.__class__ = _with_bearer(request_class)
    else:
        request.auth = None


def _has_bearer(request: HttpRequest) -> bool:
    try:
        return bearer.credentials(request.META.get("HTTP_AUTHORIZATION", "")) is not None
    except LogtoError:
        return True


async def _afind_user(request: Any) -> Any:
    return await sync_to_async(getattr)(request, "user")


def _anonymous() -> Any:
    """The user of a request that nobody is known to have sent, as in DRF's views."""
    make: Any = api_settings.UNAUTHENTICATED_USER
    return make() if make else None


def _until_view(name: str, find: Callable[[Any], Any]) -> property:
    """Make an attribute that has another value until Django has chosen the view.

    What is set until then does not reach the view either: middleware may wrap the user in another
    object, as django-structlog does.
    """
    early = f"_{name}_until_view"

    def read(request: Any) -> Any:
        if request.resolver_match is not None:
            return vars(request)[name]
        return _once(request, early, find)

    def write(request: Any, value: Any) -> None:
        vars(request)[early if request.resolver_match is None else name] = value

    return property(read, write)


class _Bearer:
    """What a request with an access token has instead of its attributes."""

    user = _until_view("user", lambda request: _bearer(request)[0])
    auser = _until_view("auser", lambda request: partial(_afind_user, request))

    @property
    def auth(self) -> AuthInfo | None:
        auth: AuthInfo | None = _once(self, "_auth", lambda request: _bearer(request)[1])
        return auth

    @auth.setter
    def auth(self, value: AuthInfo | None) -> None:
        self._auth = value  # the view's


def _once(request: Any, name: str, find: Callable[[Any], Any]) -> Any:
    """Return an attribute, found at its first use.

    functools.cached_property has all attributes in a variable meanwhile, where reports of errors
    find the headers of the request.
    """
    if name not in vars(request):
        setattr(request, name, find(request))
    return getattr(request, name)


def _bearer(request: Any) -> tuple[Any, AuthInfo | None]:
    found: tuple[Any, AuthInfo | None] = _once(request, "_bearer", _find_bearer)
    return found


@cache
def _with_bearer(request_class: type[HttpRequest]) -> type[HttpRequest]:
    return type(request_class.__name__, (_Bearer, request_class), {})


def _find_bearer(request: Any) -> tuple[Any, AuthInfo | None]:
    # First of all, so that the report of a broken setting has no token among its variables.
    verify = get_verifier().verify
    authentication = default_class()()
    auth = verify_request(verify, authentication, request)
    if isinstance(auth, AuthInfo):
        try:
            user = find_user(authentication, auth)
        except APIException:  # of another status than 401 and 403
            return _anonymous(), None
        if not isinstance(user, LogtoError):
            return user, auth
    return _anonymous(), None
