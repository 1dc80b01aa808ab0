"""What can fail for a user in a browser. Each class has one sentence and one HTTP status."""

from typing import ClassVar

from django.urls import get_script_prefix

from ..exceptions import AuthorizationServerUnavailable, gettext_noop
from ..verification.metadata import ANOTHER_ISSUER
from .error_responses import ErrorResponse
from .meanings import MEANINGS, NOT_ACCEPTED, Meaning


class BrowserError(Exception):
    """A failure that is shown as a plain page, which leads to ``next_path``.

    Attributes:
        status: the HTTP status.
        heading: of the page, in English; the page shows its translation.
        message: likewise, one sentence that tells nothing of the settings.
        meaning: replaces the sentence, and adds a remedy, if DEBUG is on.
        reason: what is logged, None if nothing is.
        retry_after: seconds until another attempt can succeed, 0 if unknown.
    """

    status: ClassVar[int]
    heading: ClassVar[str] = gettext_noop("That did not work")
    message: str
    meaning: Meaning | None = None
    reason: str | None = None

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


class NoSignIn(BrowserError):
    """The callback was opened without parameters, in a browser without a pending sign-in."""

    status = 400
    heading = gettext_noop("Sign-in")
    message = gettext_noop("No sign-in is under way in this browser.")


class SignInCancelled(NoSignIn):
    """The same in a browser with a pending sign-in: Cancel on Logto's consent page leads here."""

    status = 403
    message = gettext_noop("You cancelled the sign-in.")


class SignInRefused(BrowserError):
    """Logto answered with an error, or with a response that fits no sign-in."""

    status = 400
    message = gettext_noop(
        "Logto did not complete the sign-in. If this happens again, tell the operator of this site."
    )

    def __init__(self, reason: str, meaning: Meaning | None = None) -> None:
        super().__init__()
        self.reason, self.meaning = reason, meaning


class ApplicationNotAccepted(SignInRefused):
    """Logto refused the application, so nobody can sign in until somebody changes a setting."""

    status = 502


class AccessDenied(SignInRefused):
    """The user or Logto denied the request (RFC 6749 §4.1.2.1 ``access_denied``)."""

    status = 403
    message = MEANINGS["access_denied"].sentence


class AnswerNotTrusted(BrowserError):
    """The response or its ID token is not one that Logto gives for this sign-in.

    Args:
        cause: what is wrong with it, for the log.
    """

    status = 502
    message = gettext_noop("The response to the sign-in cannot be trusted and was rejected.")
    meaning = Meaning(
        message,
        gettext_noop(
            "If this happens each time, compare ENDPOINT and APP_ID with Logto, and check the "
            "clock of this machine."
        ),
    )
    reason = "the ID token is missing or not valid for this sign-in"

    def __init__(self, cause: str | None = None) -> None:
        super().__init__()
        if cause is not None:
            self.reason = f"{self.reason} ({cause})"


class WrongIssuer(AnswerNotTrusted):
    """The answer names another issuer (RFC 9207 §2.4); anybody can send a browser here with it."""

    status = 400
    reason = "the browser came back from another issuer than that of ENDPOINT"


class NoRefreshToken(BrowserError):
    """Logto issued no refresh token, so no access token can be requested."""

    status = 502
    message = gettext_noop("Logto gave no refresh token, so no access token can be requested.")
    meaning = Meaning(
        message, gettext_noop("Allow the application in Logto to issue refresh tokens.")
    )
    reason = "Logto gave no refresh token"


class UnknownContext(BrowserError):
    """The chosen context is not one of this user's."""

    status = 400
    message = gettext_noop("There is no such token to choose.")


class ContextRefused(BrowserError):
    """Logto does not issue this token to the user."""

    status = 403

    def __init__(self, message: str) -> None:
        super().__init__()
        self.message = message


class LogtoUnavailable(BrowserError):
    """Logto is needed, and cannot be reached. The user stays signed in."""

    status = 503

    def __init__(self, next_path: str, cause: AuthorizationServerUnavailable) -> None:
        super().__init__(next_path, cause.retry_after)
        self.message = cause.message
        if cause.message == NOT_ACCEPTED.sentence:
            self.meaning = NOT_ACCEPTED
        elif cause.message == AuthorizationServerUnavailable.message:  # Logto was not reached
            is_another = cause.reason.startswith(ANOTHER_ISSUER)
            self.meaning = MEANINGS["another issuer" if is_another else "no answer"]


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

    def __init__(self, answer: ErrorResponse) -> None:
        self.answer = answer
        self.is_invalid = answer.code == "invalid_grant"  # for every context
        super().__init__(str(answer))


class ApplicationRefused(AuthorizationServerUnavailable):
    """The token endpoint refused the application with one of ``APPLICATION_ERRORS``."""

    def __init__(self, answer: ErrorResponse) -> None:
        self.answer = answer
        super().__init__(f"the token endpoint answered with {answer}")
