"""What a project says of the user of a token."""

from typing import Any

from django.utils.functional import SimpleLazyObject
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    PermissionDenied,
)

from drf_logto.auth_info import AuthInfo
from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.exceptions import UnknownUser


class Person:
    def __init__(self, *, is_active: bool) -> None:
        self.is_active = is_active

    def __str__(self) -> str:
        return "person"


class Raised(APIException):
    status_code = 401
    default_detail = "Not here."
    default_code = "not_here"


def answering(answer: Any) -> type[LogtoJWTAuthentication]:
    """An authentication class whose ``get_user`` returns this or raises it."""

    class Answering(LogtoJWTAuthentication):
        def get_user(self, auth: AuthInfo) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

    return Answering


REFUSED: dict[str, tuple[Any, int, str, str]] = {
    "none": (
        None,
        401,
        "unknown_user",
        "The access token is for a user that this API does not know.",
    ),
    "no user at all": (False, 401, "unknown_user", str(UnknownUser())),
    "lazy none": (SimpleLazyObject(lambda: None), 401, "unknown_user", str(UnknownUser())),
    "lazy and inactive": (
        SimpleLazyObject(lambda: Person(is_active=False)),
        401,
        "inactive_user",
        "The user of the access token is not active.",
    ),
    "inactive": (
        Person(is_active=False),
        401,
        "inactive_user",
        "The user of the access token is not active.",
    ),
    "failed": (
        AuthenticationFailed("This account is closed."),
        401,
        "authentication_failed",
        "This account is closed.",
    ),
    "failed, with a code": (
        AuthenticationFailed("Pay first.", "unpaid"),
        401,
        "unpaid",
        "Pay first.",
    ),
    "failed, with a dict": (
        AuthenticationFailed({"detail": "Pay 100 % first.", "code": "unpaid"}),
        401,
        "unpaid",
        "Pay 100 % first.",
    ),
    "failed, with a list": (Raised(["one", "two"]), 401, "not_here", "Not here."),
    "denied": (PermissionDenied("Not on a Sunday."), 403, "permission_denied", "Not on a Sunday."),
    "another exception": (Raised(), 401, "not_here", "Not here."),
    "one of the package": (UnknownUser(), 401, "unknown_user", str(UnknownUser())),
}
"""What ``get_user`` says, and the status, code and sentence of the answer."""
