"""A malformed request; its token is not looked at."""

from .base import LogtoError, gettext_noop


class InvalidRequest(LogtoError):
    """The request itself is malformed (RFC 6750 §3.1 ``invalid_request``)."""

    status = 401
    error = "invalid_request"


class MalformedHeader(InvalidRequest):
    """The scheme is Bearer, and what follows is not exactly one credential.

    Args:
        message: the sentence, where it is another than that of the class.
    """

    code = "malformed_header"
    message = gettext_noop("The Authorization header must be 'Bearer' and exactly one token.")
    repeated = gettext_noop(
        "The Authorization header has the word 'Bearer' twice. Send it once, followed by the token."
    )

    def __init__(self, message: str | None = None) -> None:
        super().__init__()
        self.message = message or self.message
