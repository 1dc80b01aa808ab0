"""Turns a refusal into a DRF exception with status, body and challenge."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from django.urls import Resolver404, URLResolver, get_resolver, get_urlconf
from django.utils.translation import gettext, override
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    ErrorDetail,
    PermissionDenied,
)

from .conf import get_settings
from .exceptions import AuthorizationServerUnavailable, LogtoError
from .verification import bearer

METADATA_PATH = "/.well-known/oauth-protected-resource"
"""Under which a host has the metadata of its protected resources (RFC 9728 §3)."""

CHALLENGE_PARAMETERS = "challenge_parameters"
"""The attribute of this package's view of ``METADATA_PATH`` that has ``ChallengeParameters``."""

ChallengeParameters = Callable[..., Mapping[str, str]]
"""Returns more parameters of a challenge for request, view and ``status``, 401 or 403."""

UNAUTHORIZED = 401

_BY_STATUS = {401: AuthenticationFailed, 403: PermissionDenied}


class ServiceUnavailable(APIException):
    """HTTP 503; DRF makes the Retry-After header of ``wait``, in seconds."""

    status_code = AuthorizationServerUnavailable.status
    wait: int


class RefusedByProject(LogtoError):
    """A project's own refusal of a user, an exception of DRF: reported with its sentence and code.

    Args:
        exception: what ``get_user`` raised, of status 401 or 403.
    """

    error = "invalid_token"
    message = "%(sentence)s"

    def __init__(self, exception: APIException) -> None:
        detail: Any = exception.detail
        members = detail if isinstance(detail, dict) else {"detail": detail}
        given = members.get("detail")
        if not isinstance(given, str):
            given = ErrorDetail(str(exception.default_detail), exception.default_code)
        self.exception = exception
        self.code = str(members.get("code") or getattr(given, "code", exception.default_code))
        self.status = exception.status_code
        super().__init__(sentence=str(given))

    def __str__(self) -> str:
        """The sentence for the challenge, which is ASCII (RFC 6750 §3)."""
        given = super().__str__()
        return given if given.isascii() else "The user of the access token is refused."


def as_api_exception(refusal: LogtoError, request: Any = None, view: Any = None) -> APIException:
    """Return the exception that makes DRF answer a refusal with its status, body and headers.

    Args:
        refusal: why the request is refused.
        request: the request, which the challenge of a 403 is completed for; DRF asks
            ``authenticate_header`` for that of a 401.
        view: the view, likewise.
    """
    if isinstance(refusal, RefusedByProject):
        return _with_body_and_challenge(refusal, request, view)
    body = {"detail": sentence(refusal), "code": refusal.code}
    if isinstance(refusal, AuthorizationServerUnavailable):
        unavailable = ServiceUnavailable(body, refusal.code)
        unavailable.wait = refusal.retry_after
        return unavailable
    exception = _BY_STATUS.get(refusal.status, PermissionDenied)(body, refusal.code)
    cast("Any", exception).auth_header = _challenge_for(refusal, request, view)
    return exception


def _with_body_and_challenge(refusal: RefusedByProject, request: Any, view: Any) -> APIException:
    exception: Any = refusal.exception
    others = exception.detail if isinstance(exception.detail, dict) else {}
    exception.detail = {**others, "detail": sentence(refusal), "code": refusal.code}
    exception.auth_header = _challenge_for(refusal, request, view)
    return cast("APIException", exception)


def challenge(refusal: LogtoError | None = None) -> str:
    """Return the challenge of this project's realm (RFC 6750 §3)."""
    return bearer.challenge(get_settings().realm, refusal)


def _challenge_for(refusal: LogtoError, request: Any, view: Any) -> str:
    of_refusal = challenge(refusal)
    if refusal.status == UNAUTHORIZED:
        return of_refusal
    return complete(of_refusal, request, view, status=refusal.status)


def complete(challenge: str, request: Any, view: Any, *, status: int = UNAUTHORIZED) -> str:
    """Return a challenge with what the URLs of ``drf_logto.discovery`` add, where included."""
    parameters = find_challenge_parameters()
    if parameters is None:
        return challenge
    return bearer.extend(challenge, parameters(request, view, status=status))


def find_challenge_parameters() -> ChallengeParameters | None:
    """Return what adds parameters to challenges, None where the URLconf has no such view."""
    urlconf = get_urlconf() or getattr(settings, "ROOT_URLCONF", None)
    try:
        return _provider(get_resolver(urlconf)) if urlconf else None
    except Exception:  # noqa: BLE001 - of a path converter of the project; the refusal stands
        return None


@lru_cache(maxsize=8)  # URLconfs
def _provider(resolver: URLResolver) -> ChallengeParameters | None:
    try:
        with override(settings.LANGUAGE_CODE):  # a language may be part of the path
            found = resolver.resolve(METADATA_PATH)
    except Resolver404:
        return None
    return getattr(found.func, CHALLENGE_PARAMETERS, None)


def sentence(refusal: LogtoError) -> str:
    """Return why a request is refused, in the language of the request."""
    return gettext(refusal.message) % refusal.params
