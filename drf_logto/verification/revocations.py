"""What the verification asks of the revocations."""

from typing import Protocol

from ..auth_info import AuthInfo
from ..exceptions import InvalidToken

_LOGGED = 200  # characters of a name that the token gives


class Revocations(Protocol):
    """What is known of access that was taken away before tokens expire."""

    def version(self, *, waits: bool) -> int | None:
        """Return a number that grows with what is known, None where asking for news would wait.

        Raises:
            AuthorizationServerUnavailable: too little is known to accept a token.
        """

    def find_refusal(self, auth: AuthInfo) -> InvalidToken | None:
        """Return why a token is refused, None where it is not."""

    def is_signed_out(
        self, *, issuer: str, user: str, client: str, session: str | None, since: float
    ) -> bool:
        """Whether a user has signed out at Logto of a session that has been there since.

        Args:
            issuer: the ``iss`` claim of ID tokens.
            user: the ``sub`` claim.
            client: the ``aud`` claim.
            session: the ``sid`` claim, None where they have none.
            since: the ``iat`` claim of the first.
        """


def require_granted(auth: AuthInfo, revocations: Revocations) -> None:
    """Raise why a valid token is refused all the same, InvalidToken; return where it is not."""
    refusal = revocations.find_refusal(auth)
    if refusal is not None:
        refusal.subject, refusal.client_id = for_log(auth.sub), for_log(auth.client_id)
        raise refusal


def for_log(value: object) -> str | None:
    """Return a name that a token gives, bounded, None where it is no string."""
    return value[:_LOGGED] if isinstance(value, str) else None
