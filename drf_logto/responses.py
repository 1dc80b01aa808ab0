"""Turns a refusal into a DRF exception with status, body and challenge."""

from typing import Any, cast

from django.utils.translation import gettext
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    ErrorDetail,
    PermissionDenied,
)

from .conf import get_settings
from .exceptions import AuthorizationServerUnavailable, LogtoError
from .verification import bearer

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


def as_api_exception(refusal: LogtoError) -> APIException:
    """Return the exception that makes DRF answer a refusal with its status, body and headers."""
    if isinstance(refusal, RefusedByProject):
        return _with_body_and_challenge(refusal)
    body = {"detail": sentence(refusal), "code": refusal.code}
    if isinstance(refusal, AuthorizationServerUnavailable):
        unavailable = ServiceUnavailable(body, refusal.code)
        unavailable.wait = refusal.retry_after
        return unavailable
    exception = _BY_STATUS.get(refusal.status, PermissionDenied)(body, refusal.code)
    cast("Any", exception).auth_header = challenge(refusal)
    return exception


def _with_body_and_challenge(refusal: RefusedByProject) -> APIException:
    exception: Any = refusal.exception
    others = exception.detail if isinstance(exception.detail, dict) else {}
    exception.detail = {**others, "detail": sentence(refusal), "code": refusal.code}
    exception.auth_header = challenge(refusal)
    return cast("APIException", exception)


def challenge(refusal: LogtoError | None = None) -> str:
    """Return the challenge of this project's realm (RFC 6750 §3)."""
    return bearer.challenge(get_settings().realm, refusal)


def sentence(refusal: LogtoError) -> str:
    """Return why a request is refused, in the language of the request."""
    return gettext(refusal.message) % refusal.params
