"""What stands in a browser's session: sign-ins that were begun, and the key of one that is."""

from dataclasses import asdict, dataclass, field
from typing import Any

from django.http import HttpRequest

from . import vault
from .exceptions import SignedOut, SignInExpired

MAX_PENDING = 5
"""So many sign-ins can be under way in one browser; the oldest goes first."""

PENDING_LIFETIME = 600
"""Seconds that a person has to sign in at Logto."""

_PENDING = "_drf_logto_pending"
_KEY = "_drf_logto_key"
_ENDED = "_drf_logto_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A sign-in that was begun: what only this browser and Logto know of it.

    Attributes:
        next: the path to go to afterwards.
        begun_at: in seconds since the epoch.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    redirect_uri: str
    next: str
    begun_at: float


class BrowserSession:
    """The session of one request; ``session`` may be one without any of this."""

    def __init__(self, request: HttpRequest) -> None:
        self._session: Any = request.session

    def begin(self, pending: Pending) -> None:
        """Remember a sign-in that begins."""
        begun = [*self._session.get(_PENDING, []), asdict(pending)]
        self._session[_PENDING] = begun[-MAX_PENDING:]

    def take(self, state: str, now: float) -> Pending:
        """Return the sign-in that has this ``state``, and forget it.

        Raises:
            SignInExpired: there is none, or it is too old.
        """
        begun = self._session.get(_PENDING, [])
        taken = next((one for one in begun if one["state"] == state), None)
        if taken is None:
            raise SignInExpired
        self._session[_PENDING] = [one for one in begun if one is not taken]
        # Whatever comes of it: Django does not save the session of a request that fails.
        self._session.save()
        if not 0 <= now - taken["begun_at"] <= PENDING_LIFETIME:
            raise SignInExpired
        return Pending(**taken)

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody has signed in, and not out."""
        return isinstance(self._session.get(_KEY), str)

    @property
    def key(self) -> str:
        """The key of the sign-in in the vault.

        Raises:
            SignedOut: nobody is signed in.
        """
        if not self.is_signed_in:
            raise SignedOut
        return str(self._session[_KEY])

    def sign_in(self, key: str) -> None:
        """Let the sign-in of this key be that of the browser, under a new session id."""
        self._forget()
        self._session.pop(_ENDED, None)
        self._session.cycle_key()
        self._session[_KEY] = key

    def end(self) -> None:
        """Forget the sign-in because Logto renews it no more, and let the next page say so."""
        self._forget()
        self._session[_ENDED] = True

    def sign_out(self) -> None:
        """Forget everything, and the session id too."""
        self._forget()
        self._session.flush()

    def take_end(self) -> bool:
        """Return whether a sign-in has ended, once."""
        return bool(self._session.pop(_ENDED, False))

    def _forget(self) -> None:
        if self.is_signed_in:
            vault.delete(self._session.pop(_KEY))
