"""What stands in a browser's session: the key of the sign-in, and who signed in."""

from typing import Any

from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpRequest

from . import sign_in_store
from .exceptions import SignedOut

_KEY = "_drf_logto_key"
_SUB = "_drf_logto_sub"
_ENDED = "_drf_logto_ended"


class BrowserSession:
    """The session of one request; ``session`` may be one without any of this."""

    def __init__(self, request: HttpRequest) -> None:
        self._session: Any = request.session

    @property
    def is_new(self) -> bool:
        """Whether the browser sent no session cookie; to know this, nothing is read."""
        return self._session.session_key is None

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody has signed in, and not out."""
        return isinstance(self._session.get(_KEY), str)

    @property
    def key(self) -> str:
        """The key of the sign-in in the sign_in_store.

        Raises:
            SignedOut: nobody is signed in.
        """
        if not self.is_signed_in:
            raise SignedOut
        return str(self._session[_KEY])

    def sign_in(self, key: str, sub: str) -> None:
        """Let the sign-in of this key be that of the browser, under a new session id.

        What the session holds besides belongs to who signed in before, and goes with them.

        Args:
            key: of the sign-in.
            sub: whose it is.
        """
        self._forget()
        if self._session.get(_SUB, sub) != sub:
            self._session.flush()
        self._session.pop(_ENDED, None)
        self._session.cycle_key()
        self._session[_KEY], self._session[_SUB] = key, sub

    def end(self) -> None:
        """Forget the sign-in because Logto renews it no more, and let the next page say so."""
        if _SUB not in self._session:  # nobody has signed in with it, and it may not exist
            return
        self._forget()
        self._session[_ENDED] = True
        self._save()

    def sign_out(self) -> None:
        """Forget everything, and the session id too."""
        self._forget()
        self._session.flush()

    def take_end(self) -> bool:
        """Return whether a sign-in has ended, once."""
        has_ended = bool(self._session.pop(_ENDED, False))
        if has_ended:
            self._save()
        return has_ended

    def _save(self) -> None:
        """Save the session now: Django refuses a request whose session was deleted meanwhile.

        Then it is that of nobody, and the cookie, which may be a new one, stays as it is.
        """
        try:
            self._session.save()
        except UpdateError:
            self._session.clear()
        self._session.modified = False

    def _forget(self) -> None:
        if self.is_signed_in:
            sign_in_store.delete(self._session.pop(_KEY))
            # An earlier version did not write whose it was: whoever comes next is somebody else.
            self._session.setdefault(_SUB, "")
