"""When a process asks for new marks, and what a token means where it cannot."""

import math
import threading
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from ..auth_info import AuthInfo
from ..exceptions import InvalidToken, LifetimeTooLong, RevocationsUnavailable, TokenRevoked
from ..shared_cache import CacheUnavailable
from ..telemetry import logger
from .journal import Cache, Journal
from .marks import Mark, Marks

INTERVAL = 0.5
"""Seconds between two questions for news, so that a mark is known everywhere within a second."""

_SHORT_INTERVAL = 0.1  # in the second after marks were lost, as others write them back

PATIENCE = 5
"""Seconds without news after which requests are refused, where a setting says so."""

_IDLE = 2  # seconds without a question, after which a process may know too little
_WARN_AGAIN = 60  # seconds
_LEEWAY = 3600  # seconds for which a token may be accepted after its lifetime, by a setting
_TRY_AGAIN = 1  # seconds between two tries to write what waits


class RevocationList:
    """The revocations of this process, as ``verification.revocations.Revocations`` describes them.

    A request pays a question to the cache once per ``INTERVAL`` at most; all others are answered
    from memory, also while that one waits. After an idle spell they wait for it as well.

    Args:
        cache: what the processes share.
        lifetime: seconds of the longest token that is accepted.
        is_closed: whether requests are refused without news for ``PATIENCE``.
        now: the clock, in seconds since the epoch.
        monotonic: a clock that is never set, in seconds.
        longest_wait: seconds for which a request waits while another asks.
        note: called with an accepted token; not each time, if the verifier caches it.
    """

    def __init__(
        self,
        cache: Cache,
        *,
        lifetime: float,
        is_closed: bool,
        now: Callable[[], float],
        monotonic: Callable[[], float],
        longest_wait: float = PATIENCE,
        note: Callable[[AuthInfo], None] | None = None,
    ) -> None:
        self._lifetime = lifetime
        self.longest_wait = longest_wait
        self._note = note
        longest = lifetime + _LEEWAY
        self._is_closed = is_closed
        self._monotonic = monotonic
        self._marks = Marks(longest)
        self._journal = Journal(cache, self._marks, lifetime=longest, now=now, lost=_report_loss)
        self._cache = cache
        self._lock = threading.Lock()  # of the journal and the cache
        self._ask_at = self._heard_at = self._ended_at = self._lost_at = -math.inf
        self._question = 0  # the number of the one that is asked, or will be
        self._not_awaited = -1  # the number of a question that no request waits for
        self._warned_at = -math.inf
        self._has_writer = False

    def version(self, *, waits: bool) -> int | None:
        """Return a number that grows with the marks, None where asking for news would wait."""
        if self._monotonic() >= self._ask_at:
            if not waits:
                return None
            self._ask()
        if self._is_closed and self._monotonic() - self._heard_at > PATIENCE:
            raise RevocationsUnavailable(
                "the cache that keeps revocations does not respond", PATIENCE
            )
        return self._marks.version

    def find_refusal(self, auth: AuthInfo) -> InvalidToken | None:
        """Return why a token is refused, None where it is not."""
        if auth.issued_at is None or auth.expires_at - auth.issued_at > self._lifetime:
            return LifetimeTooLong()
        if self._marks.is_void(auth):
            return TokenRevoked()
        if self._note is not None:
            self._note(auth)
        return None

    def is_signed_out(
        self, *, issuer: str, user: str, client: str, session: str | None, since: float
    ) -> bool:
        """Return as ``Marks.is_over``. Where requests are refused without news, it is not asked."""
        with suppress(RevocationsUnavailable):
            self.version(waits=True)
        return self._marks.is_over(
            issuer=issuer, user=user, client=client, session=session, since=since
        )

    def add(self, marks: Iterable[Mark]) -> None:
        """Learn marks, and write them for all processes.

        Raises:
            CacheUnavailable: they hold in this process alone as yet. A thread writes them as soon
                as it can, unless a request does.
        """
        until = self._monotonic() + PATIENCE
        with self._lock:
            self._cache.until = until
            try:
                self._hear(lambda: self._journal.write(marks))
            except CacheUnavailable:
                self._start_writer()
                raise
            finally:
                self._cache.until = None

    def catch_up(self) -> bool:
        """Write what the journal lacks; whether nothing is left to write."""
        with self._lock:
            self._look()
            self._has_writer = self._journal.is_behind
            return not self._has_writer

    def _start_writer(self) -> None:
        if self._has_writer:
            return
        stop = threading.Lock()
        stop.acquire()
        weakref.finalize(self, stop.release)
        thread = threading.Thread(
            target=_catch_up, args=(weakref.ref(self), stop), name="drf_logto-revoke", daemon=True
        )
        with suppress(RuntimeError):  # as at the end of a process
            thread.start()
            self._has_writer = True

    def _ask(self) -> None:
        """Read what others wrote, unless another thread does.

        That one is awaited after an idle spell, and so never in an outage with steady requests; and
        not where another has waited in vain.
        """
        question = self._question
        is_idle = self._monotonic() - self._ended_at > _IDLE
        is_awaited = is_idle and question != self._not_awaited
        # A writer reads as well, before it writes.
        if not self._lock.acquire(timeout=self.longest_wait if is_awaited else 0):
            self._not_awaited = question
            return
        try:
            if question == self._question:  # and nobody has asked meanwhile
                self._look()
        finally:
            self._lock.release()

    def _look(self) -> None:
        try:
            # A journal that has lost marks gets them back from whoever knows them.
            self._hear(self._journal.write_back)
        except CacheUnavailable as error:
            self._warn(error)

    def _hear(self, call: Callable[[], None]) -> None:
        """Call a method of the journal; each reads what others wrote."""
        began, losses = self._monotonic(), self._journal.losses
        try:
            call()
            self._heard_at = began
        finally:
            self._ended_at = self._monotonic()
            if self._journal.losses > losses:
                self._lost_at = self._ended_at
            is_soon = self._ended_at - self._lost_at < 2 * INTERVAL
            # One that failed counts from its end, as it may have taken long.
            asked_at = began if self._heard_at == began else self._ended_at
            self._ask_at = asked_at + (_SHORT_INTERVAL if is_soon else INTERVAL)
            self._question += 1

    def _warn(self, error: CacheUnavailable) -> None:
        if self._monotonic() - self._warned_at > _WARN_AGAIN:
            self._warned_at = self._monotonic()
            # As text: a handler that keeps the error keeps its frames, and with them this list.
            logger.warning("The cache that keeps revocations does not respond: %s.", str(error))


def _catch_up(find: Callable[[], RevocationList | None], stop: Any) -> None:
    """Write what waits; end when all is written, or when nothing else uses the list.

    Args:
        find: returns the list, None when it is gone.
        stop: a lock that is released then. A lock, because a child of this process can release it
            whatever this thread was doing when the child was forked.
    """
    while (known := find()) is not None and not known.catch_up():
        del known
        stop.acquire(timeout=_TRY_AGAIN)


def _report_loss(known: int) -> None:
    logger.error(
        "The cache has lost revocations. This process writes back the %d that it knows.", known
    )
