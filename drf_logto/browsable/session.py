"""The browser's session, which has the key of the sign-in and the subject, but no token."""

from typing import Any

from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpRequest

from . import sign_in_store
from .exceptions import SignedOut
from .sign_in_store import SignIn

_KEY = "_drf_logto_key"
_SUB = "_drf_logto_sub"
_ENDED = "_drf_logto_ended"


class BrowserSession:
    """The sign-in of a request's session."""

    def __init__(self, request: HttpRequest) -> None:
        self._session: Any = request.session

    @property
    def is_new(self) -> bool:
        """Whether the browser sent no session cookie; to know this, nothing is read."""
        return self._session.session_key is None

    @property
    def is_signed_in(self) -> bool:
        """Whether the session has a sign-in."""
        return isinstance(self._session.get(_KEY), str)

    @property
    def key(self) -> str:
        """The key of the sign-in in the store; raises SignedOut if there is none."""
        if not self.is_signed_in:
            raise SignedOut
        return str(self._session[_KEY])

    def load(self) -> SignIn | None:
        """Return the sign-in, None if there is none."""
        try:
            return sign_in_store.load(self.key)
        except SignedOut:
            return None

    def sign_in(self, key: str, sub: str) -> None:
        """Store a key and a subject under a new session id; another user's data is flushed."""
        self.delete_sign_in()
        if self._session.get(_SUB, sub) != sub:
            self._session.flush()
        self._session.pop(_ENDED, None)
        self._session.cycle_key()  # against session fixation
        self._session[_KEY], self._session[_SUB] = key, sub

    def end(self) -> None:
        """Delete the sign-in because its refresh token is invalid; the next page says so."""
        if _SUB not in self._session:  # it never had a sign-in, and may not exist
            return
        self.delete_sign_in()
        self._session[_ENDED] = True
        self._save()

    def sign_out(self) -> None:
        """Delete the sign-in and the session."""
        self.delete_sign_in()
        self._session.flush()

    def pop_ended(self) -> bool:
        """Return whether the sign-in has ended since the last call."""
        has_ended = bool(self._session.pop(_ENDED, False))
        if has_ended:
            self._save()
        return has_ended

    def _save(self) -> None:
        # Now: Django's middleware refuses a request whose session was deleted meanwhile. The cookie
        # stays as it is then, because it may be that of a new session.
        try:
            self._session.save()
        except UpdateError:
            self._session.clear()
        self._session.modified = False

    def delete_sign_in(self) -> None:
        """Delete the sign-in, and keep the session."""
        if self.is_signed_in:
            sign_in_store.delete(self._session.pop(_KEY))
