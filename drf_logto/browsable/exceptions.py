"""What can fail for a user in a browser. Each class has one sentence and one HTTP status."""

from typing import ClassVar

from django.urls import get_script_prefix

from ..exceptions import AuthorizationServerUnavailable, gettext_noop
from .error_answers import ErrorAnswer


class BrowserError(Exception):
    """A failure that is shown as a plain page, which leads to ``next_path``.

    ``retry_after`` is the number of seconds until another attempt can succeed, 0 if unknown.
    """

    status: ClassVar[int]
    message: ClassVar[str]  # in English; the page shows its translation

    def __init__(self, next_path: str | None = None, retry_after: int = 0) -> None:
        self.next_path = next_path or get_script_prefix()
        self.retry_after = retry_after
        super().__init__()


class SignInExpired(BrowserError):
    """The browser has no pending sign-in with this ``state``, or it was used or is too old."""

    status = 400
    message = gettext_noop(
        "This sign-in is over: it took too long, was used before, or began in another browser."
    )


class SignInRefused(BrowserError):
    """Logto answered with an error, or with a response that fits no sign-in."""

    status = 400
    message = gettext_noop("Logto did not complete the sign-in.")


class AccessDenied(BrowserError):
    """The user or Logto denied the request (RFC 6749 §4.1.2.1 ``access_denied``)."""

    status = 403
    message = gettext_noop("Logto did not let you in: the sign-in was cancelled or is not allowed.")


class AnswerNotTrusted(BrowserError):
    """The response or its ID token is not one that Logto gives for this sign-in."""

    status = 502
    message = gettext_noop("The response to the sign-in cannot be trusted and was rejected.")


class WrongIssuer(AnswerNotTrusted):
    """The answer names another issuer (RFC 9207 §2.4); anybody can send a browser here with it."""

    status = 400


class NoRefreshToken(BrowserError):
    """Logto issued no refresh token, so no access token can be requested."""

    status = 502
    message = gettext_noop(
        "Logto gave no refresh token, so no access token can be requested. Allow the application "
        "in Logto to issue refresh tokens."
    )


class UnknownContext(BrowserError):
    """The chosen context is not one of this user's."""

    status = 400
    message = gettext_noop("There is no such token to choose.")


class ContextRefused(BrowserError):
    """Logto does not issue this token to the user."""

    status = 403
    message = gettext_noop(
        "Logto does not give you this token. You may have left the organization; sign in again to "
        "update your organizations."
    )


class LogtoUnavailable(BrowserError):
    """Logto is needed, and cannot be reached. The user stays signed in."""

    status = 503
    message = AuthorizationServerUnavailable.message

    def __init__(self, next_path: str, cause: AuthorizationServerUnavailable) -> None:
        self.reason = cause.reason  # for the log
        super().__init__(next_path, cause.retry_after)


class SignedOut(Exception):
    """There is no sign-in, or its refresh token is no longer valid."""


# Errors about the grant (RFC 6749 §5.2, RFC 8707 §2, and Logto's own). All others are about the
# application or the server, so they do not end a sign-in.
REFUSALS = frozenset(
    {"invalid_grant", "access_denied", "invalid_target", "invalid_scope", "insufficient_scope"}
)
# Errors that remain until somebody changes the settings, or the application in Logto.
APPLICATION_ERRORS = frozenset(
    {"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_request"}
)


class GrantRefused(Exception):
    """The token endpoint refused a grant with one of ``REFUSALS``."""

    def __init__(self, answer: ErrorAnswer) -> None:
        self.answer = answer
        self.is_invalid = answer.code == "invalid_grant"  # for every context
        super().__init__(str(answer))


class ApplicationRefused(AuthorizationServerUnavailable):
    """The token endpoint refused the application with one of ``APPLICATION_ERRORS``."""

    def __init__(self, answer: ErrorAnswer) -> None:
        self.answer = answer
        super().__init__(f"the token endpoint answered with {answer}")
