"""Lists those whose tokens were accepted lately, to compare what they have in Logto."""

import secrets
import threading
from collections.abc import Callable, Iterable
from itertools import islice

from ..auth_info import AuthInfo
from ..shared_cache import CacheUnavailable
from ..telemetry import logger
from .journal import Cache, Journal
from .marks import Mark, Marks, Names, is_name

MOST = 10_000
"""Subjects that are followed at once."""

DELAY = 5
"""Seconds for which a process collects the subjects that it accepts, before it writes them."""

_HOUR, _DAY = 3600, 86400


class Subjects:
    """The users and machines whose tokens processes have accepted, until the last of them expires.

    They stand in a journal of their own: a mark of it names a user or, as a client, a machine, and
    its time is the one until which it is followed.

    Args:
        cache: what the processes share.
        issuer: names the tenant.
        now: the clock, in seconds since the epoch.
        later: calls a function after ``DELAY`` in another thread, or raises RuntimeError.
    """

    def __init__(
        self,
        cache: Cache,
        *,
        issuer: str,
        now: Callable[[], float],
        later: Callable[[Callable[[], None]], object],
    ) -> None:
        self.issuer = issuer
        self._now = now
        self._later = later
        self._marks = Marks(0)
        self._journal = Journal(cache, self._marks, lifetime=_DAY + _HOUR, now=now, name="accepted")
        self._lock = threading.Lock()
        self._new: dict[Names, Mark] = {}
        self._is_started = False  # a thread that will write them
        self._is_full = False

    def note(self, auth: AuthInfo) -> None:
        """Remember the subject of an accepted token, and write it soon."""
        mark = self._mark(auth)
        if mark is None or self._marks.covers(mark):
            return
        with self._lock:
            if len(self._new) < MOST:
                self._new[mark.names] = mark
            if self._is_started:
                return
            self._is_started = True
        self._start()

    def write(self) -> None:
        """Write the new subjects for all processes; later if the cache does not respond."""
        with self._lock:
            new, self._new = self._new, {}
        self._marks.end(self._now())
        try:
            self._journal.write_back()  # also reads, so that it is known how many there are
            self._journal.write(self._fitting(new))
        except CacheUnavailable:
            with self._lock:
                self._new = new | self._new
        with self._lock:
            self._is_started = self._journal.is_behind or bool(self._new)
        if self._is_started:
            self._start()

    def read(self) -> list[Mark]:
        """Return whom the processes have accepted, or raise CacheUnavailable."""
        self._marks.end(self._now())
        self._journal.write_back()
        return [mark for mark in self._marks if mark.issuer == self.issuer]

    def _mark(self, auth: AuthInfo) -> Mark | None:
        if not is_name(auth.sub):
            return None
        # Full hours, so that one who refreshes again and again is written once per hour. A token
        # that lives longer than a day is followed for a day.
        until = min(auth.expires_at, self._now() + _DAY) // _HOUR * _HOUR + _HOUR
        kind = "client" if auth.sub == auth.client_id else "user"
        return Mark(issuer=self.issuer, before=until, **{kind: auth.sub})

    def _fitting(self, new: dict[Names, Mark]) -> Iterable[Mark]:
        """Return those that are followed already, and as many others as there is room for."""
        known = {mark.names for mark in self._marks}
        others = [mark for names, mark in new.items() if names not in known]
        room = max(MOST - len(known), 0)
        if len(others) > room and not self._is_full:
            logger.warning("More than %d subjects: the others are not followed.", MOST)
        self._is_full = len(others) > room
        return [*(new[names] for names in known & new.keys()), *islice(others, room)]

    def _start(self) -> None:
        try:
            self._later(self.write)
        except RuntimeError:  # as at the end of a process
            self._is_started = False


def in_a_while(function: Callable[[], None]) -> threading.Timer:
    """Call a function after ``DELAY`` in another thread, or raise RuntimeError.

    Or somewhat before: processes that accept a subject at once must not write it at once.
    """
    early = secrets.randbelow(1000) / 1000
    timer = threading.Timer(DELAY * (1 - early / 2), function)
    timer.daemon = True
    timer.start()
    return timer
