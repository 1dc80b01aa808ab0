"""Facts become DRF's exceptions: status, body and headers of a refusal."""

from typing import Any, cast

from django.utils.translation import gettext
from rest_framework.exceptions import APIException, AuthenticationFailed, PermissionDenied

from . import bearer
from .conf import get_settings
from .exceptions import AuthorizationServerUnavailable, LogtoError

_BY_STATUS = {401: AuthenticationFailed, 403: PermissionDenied}


class ServiceUnavailable(APIException):
    """HTTP 503; DRF makes the Retry-After header of ``wait``, in seconds."""

    status_code = AuthorizationServerUnavailable.status
    wait: int


def as_api_exception(refusal: LogtoError) -> APIException:
    """Return the exception that makes DRF answer a refusal with its status, body and headers."""
    body = {"detail": sentence(refusal), "code": refusal.code}
    if isinstance(refusal, AuthorizationServerUnavailable):
        unavailable = ServiceUnavailable(body, refusal.code)
        unavailable.wait = refusal.retry_after
        return unavailable
    exception = _BY_STATUS[refusal.status](body, refusal.code)
    cast("Any", exception).auth_header = challenge(refusal)
    return exception


def challenge(refusal: LogtoError | None = None) -> str:
    """Return the challenge of this project's realm (RFC 6750 §3)."""
    return bearer.challenge(get_settings().realm, refusal)


def sentence(refusal: LogtoError) -> str:
    """Return why a request is refused, in the language of the request."""
    return gettext(refusal.message) % refusal.params
