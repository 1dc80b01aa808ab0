"""LogtoJWTAuthentication: authenticates a request by its access token."""

import inspect
from collections.abc import Callable
from types import NoneType
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from .auth_info import AuthInfo
from .denials import explain_denials
from .exceptions import (
    InactiveUser,
    LogtoError,
    UnknownUser,
    WrongAudience,
    without_frames,
)
from .organization_sources.base import django_request
from .principal import LogtoPrincipal
from .responses import RefusedByProject, as_api_exception, challenge, complete
from .runtime import get_verifier
from .signals import record_refusal
from .verification import bearer
from .verification.mismatch import mismatch
from .view_options import View, accepted_resources

__all__ = ["LogtoJWTAuthentication"]

_CHALLENGE = "_logto_challenge"
_REFUSING = (401, 403)


class LogtoJWTAuthentication(BaseAuthentication):
    """Authenticates requests by an access token of Logto in the Authorization header.

    The token that ``get_token`` returns is verified; ``request.auth`` becomes its AuthInfo and
    ``request.user`` what ``get_user`` returns. Requests without a token are left to the next
    authentication class; requests with a bad one are refused, on open views as well.
    """

    def authenticate(self, request: Request) -> tuple[Any, AuthInfo] | None:
        """Return user and AuthInfo, or None where the request carries no token.

        Raises:
            AuthenticationFailed: the token is no valid access token, or its user is unknown or not
                active (401).
            PermissionDenied: the token is valid, and for another audience (403).
            ServiceUnavailable: Logto is needed to decide, and cannot be reached (503).
        """
        view: Any = (getattr(request, "parser_context", None) or {}).get("view")
        # Here as well as in has_permission: this comes before the first permission is asked, so the
        # answers of all are recorded, and those of a view without a permission of this package.
        explain_denials(view, request)
        # First of all, so that the report of a broken setting has no token among its variables.
        return authenticate_with(get_verifier().verify, self, request, view)

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401 (RFC 6750 §3)."""
        of_refusal: str | None = getattr(request, _CHALLENGE, None)
        context: Any = getattr(request, "parser_context", None) or {}
        return complete(of_refusal or challenge(), request, context.get("view"))

    def get_token(self, request: Request) -> str | None:
        """Return the access token of a request, None where it carries none.

        Override it to take the token from elsewhere, such as another header. Where a browser sends
        it by itself, as it does a cookie, ``authenticate`` must ask for a CSRF token as well.

        Raises:
            LogtoError: there is a token, and the request is refused whatever it says.
        """
        return bearer.credentials(django_request(request).META.get("HTTP_AUTHORIZATION", ""))

    def get_user(self, auth: AuthInfo) -> Any:
        """Return ``request.user`` for a verified token.

        Override it to map the subject to a user model of the project; permissions do not care, they
        read ``request.auth``. It must be a plain function: None refuses the request as that of an
        unknown user, and so does what it raises with the status 401 or 403. A user whose
        ``is_active`` is false is refused without its doing.
        """
        return LogtoPrincipal(auth)


def authenticate_with(
    verify: Callable[[str], AuthInfo],
    authentication: LogtoJWTAuthentication,
    request: Request,
    view: View,
) -> tuple[Any, AuthInfo] | None:
    """Return and raise as ``authenticate``.

    Args:
        verify: returns the facts of a token, or raises LogtoError.
        authentication: finds token and user.
        request: the request, Django's or DRF's.
        view: the view, whose ``api_resource`` may narrow the audience.
    """
    verified = verify_request(verify, authentication, request)
    if verified is None:
        return None
    user: Any = verified
    if isinstance(verified, AuthInfo):
        user = _user_on(view, authentication, request, verified)
        if not isinstance(user, LogtoError):
            return user, verified
    # The view asks a fresh authenticator for the challenge, so it travels on the request.
    setattr(request, _CHALLENGE, challenge(user))
    record_refusal(user, request, verified)
    raise as_api_exception(user, request, view)


def _user_on(
    view: View, authentication: LogtoJWTAuthentication, request: Request, auth: AuthInfo
) -> Any:
    """Return the user of a verified token, or the LogtoError that refuses the token here."""
    refused = for_view(auth, view, request)
    return find_user(authentication, auth) if refused is auth else refused


def find_user(authentication: LogtoJWTAuthentication, auth: AuthInfo) -> Any:
    """Return the user of a verified token, or the LogtoError that refuses it.

    Raises:
        ImproperlyConfigured: ``get_user`` is a coroutine function.
    """
    try:
        user = authentication.get_user(auth)
    except LogtoError as refused:
        user = refused.with_traceback(None)
    except APIException as refused:
        if refused.status_code not in _REFUSING:
            raise
        user = RefusedByProject(refused)
    if inspect.iscoroutine(user):
        user.close()
        raise ImproperlyConfigured(
            f"{type(authentication).__name__}.get_user must be a plain function, not 'async def'."
        )
    if isinstance(user, (NoneType, bool)):  # a lazy object that comes to None is one as well
        user = UnknownUser()
    elif not isinstance(user, LogtoError) and not _is_active(user):
        user = InactiveUser()
    return user


def _is_active(user: Any) -> bool:
    # A property that fails with an AttributeError is there all the same, and its failure counts.
    is_declared = hasattr(user.__class__, "is_active")
    return bool(user.is_active if is_declared else getattr(user, "is_active", True))


def for_view(auth: AuthInfo, view: View, request: Request) -> AuthInfo | WrongAudience:
    """Return the facts of a token, or a refusal where ``view`` narrows its audience to others."""
    narrowed = accepted_resources(view, request)
    if narrowed is None or any(one in narrowed for one in auth.audience):
        return auth
    return WrongAudience().because(mismatch(auth.audience, narrowed))


def verify_request(
    verify: Callable[[str], AuthInfo], authentication: LogtoJWTAuthentication, request: Request
) -> AuthInfo | LogtoError | None:
    """Return the facts of a request's token or why it is refused, None where it has none.

    A refusal is returned, not raised: the frames here hold the token.
    """
    try:
        token = authentication.get_token(request)
        return None if token is None else verify(token)
    except LogtoError as refusal:
        return without_frames(refusal)
