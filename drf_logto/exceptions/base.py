"""What every refusal has, and what is done with one."""

from typing import ClassVar, Self, TypeVar


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for translation; it is translated where it is reported."""
    return sentence


class LogtoError(Exception):
    """Why a request is refused; a project may derive refusals of its own.

    Attributes:
        code: stable name of the fact, for programs.
        message: one English sentence, for people; may hold ``%(name)s`` for ``params``.
        params: what the sentence names; never anything that a client sent.
        status: the HTTP status of the answer; a denial of REST Framework's views is always a 403.
        error: the error code of RFC 6750 §3.1, or None where a challenge carries none.
        priority: of the refusals of a composition the one with the highest is reported. It says how
            actionable a reason is: 10 for another kind of token, 20 for another organization, 30
            where the view declares no scope, 35 for another client or bearer, 45 for a missing
            claim, 50 for a missing scope. A project's own has 40 unless its class sets another.
        scope: what the ``scope`` attribute of the challenge names, or None.
        kid: the key that the token names, for the log; never shown to a client.
        issuer: the issuer that the token names, likewise.
        subject: the subject of a token whose signature is valid, likewise.
        client_id: the application that such a token is for, likewise.
        reason: what was wrong in particular, likewise; bounded and printable.
    """

    code: str
    status: int = 403
    error: ClassVar[str | None] = "invalid_token"
    priority: ClassVar[int] = 40
    message: str
    scope: str | None = None
    kid: str | None = None
    issuer: str | None = None
    subject: str | None = None
    client_id: str | None = None
    reason: str | None = None

    def __init__(self, **params: str) -> None:
        self.params = params
        # The arguments stay those of the subclass: copying and unpickling call it with them.
        super().__init__(*self.args)

    def because(self, reason: str) -> Self:
        """Set the reason for the log, and return itself."""
        self.reason = reason
        return self

    def __str__(self) -> str:
        return self.message % self.params


class InvalidToken(LogtoError):
    """The token cannot be an access token for this API (RFC 6750 §3.1 ``invalid_token``)."""

    status = 401


class WrongToken(LogtoError):
    """A valid token of the tenant, and not one for this; the remedy is another token."""


_Failure = TypeVar("_Failure", bound=Exception)


def without_frames(failure: _Failure) -> _Failure:
    """Return an exception without traceback and context.

    A report of an exception may include the variables of its frames, and they hold the token.
    """
    failure.__cause__ = failure.__context__ = None
    return failure.with_traceback(None)
