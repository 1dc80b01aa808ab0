"""What is needed to judge a token cannot be reached."""

from .base import LogtoError, gettext_noop


class AuthorizationServerUnavailable(LogtoError):
    """Logto cannot be reached, or answers nonsense, and no usable key is at hand.

    Args:
        reason: what went wrong, for the log; never shown to a client.
        retry_after: after how many seconds another try can succeed, 0 where that is not known.
    """

    status = 503
    error = None
    code = "authorization_server_unavailable"
    message = gettext_noop("The authorization server is unavailable. Try again later.")
    reason: str

    def __init__(self, reason: str, retry_after: int = 0) -> None:
        super().__init__()
        self.reason = reason
        self.retry_after = retry_after


class RevocationsUnavailable(AuthorizationServerUnavailable):
    """It is not known which tokens were revoked; ``REVOCATION_WHEN_UNREACHABLE`` is "closed"."""

    code = "revocations_unavailable"
    message = gettext_noop(
        "Whether the access token was revoked cannot be checked. Try again later."
    )
