"""What can go wrong for a person in a browser: one class, one sentence and one status per fact."""

from typing import ClassVar

from django.urls import get_script_prefix

from ..exceptions import AuthorizationServerUnavailable, gettext_noop


class BrowserError(Exception):
    """Why a person sees a plain page instead of what was asked for.

    Attributes:
        status: the HTTP status of that page.
        message: one English sentence or two; translated where it is told.
        next_path: where a person goes on, or back.
        retry_after: after how many seconds another try can succeed, 0 where nobody knows.
    """

    status: ClassVar[int]
    message: ClassVar[str]

    def __init__(self, next_path: str | None = None, retry_after: int = 0) -> None:
        self.next_path = next_path or get_script_prefix()
        self.retry_after = retry_after
        super().__init__()


class SignInExpired(BrowserError):
    """No sign-in of this session has this ``state``, or it has been used or is too old."""

    status = 400
    message = gettext_noop(
        "This sign-in is over: it took too long, was used before, or began in another browser."
    )


class SignInRefused(BrowserError):
    """Logto answered with an error, or with what fits no sign-in."""

    status = 400
    message = gettext_noop("Logto did not complete the sign-in.")


class AccessDenied(BrowserError):
    """The person or Logto said no (RFC 6749 §4.1.2.1 ``access_denied``)."""

    status = 403
    message = gettext_noop("Logto did not let you in: the sign-in was cancelled or is not allowed.")


class AnswerNotTrusted(BrowserError):
    """What claims to come from Logto is not what Logto would say."""

    status = 502
    message = gettext_noop("The answer to the sign-in cannot be trusted, so it was not taken.")


class WrongIssuer(AnswerNotTrusted):
    """The answer names another issuer (RFC 9207 §2.4); anybody can send a browser here with it."""

    status = 400


class NoRefreshToken(BrowserError):
    """Logto signed the person in, and gave nothing to get access tokens with."""

    status = 502
    message = gettext_noop(
        "Logto gave no refresh token, so no access token can be had. Let the application in Logto "
        "issue refresh tokens."
    )


class UnknownContext(BrowserError):
    """The chosen token is none that this person could have."""

    status = 400
    message = gettext_noop("There is no such token to choose.")


class ContextRefused(BrowserError):
    """Logto gives this person no such token."""

    status = 403
    message = gettext_noop(
        "Logto does not give you this token. You may have left the organization; sign in again to "
        "see where you belong."
    )


class LogtoUnavailable(BrowserError):
    """Logto is needed for the answer, and cannot be reached; the sign-in stands.

    Attributes:
        reason: what went wrong, for the log.
    """

    status = 503
    message = AuthorizationServerUnavailable.message

    def __init__(self, next_path: str, cause: AuthorizationServerUnavailable) -> None:
        self.reason = cause.reason
        super().__init__(next_path, cause.retry_after)


class SignedOut(Exception):
    """The session holds no sign-in, or one that Logto renews no more."""


REFUSALS = frozenset(
    {"invalid_grant", "access_denied", "invalid_target", "invalid_scope", "insufficient_scope"}
)
"""Errors about the grant or what it was to give (RFC 6749 §5.2, RFC 8707 §2, and Logto's own).

All others are about the application or the server, and say nothing of the person.
"""


class GrantRefused(Exception):
    """The token endpoint refused a grant with one of ``REFUSALS``.

    Attributes:
        is_over: whether code or refresh token are void, so that no other grant will do either.
    """

    def __init__(self, error: str) -> None:
        self.is_over = error == "invalid_grant"
        super().__init__(error)
