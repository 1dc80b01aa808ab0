"""What anybody can make this process ask of Logto by coming back from it: little at a time."""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cachetools import TTLCache

from ..exceptions import AuthorizationServerUnavailable
from ..telemetry import logger
from .exceptions import SignInExpired
from .pending import PENDING_LIFETIME

AT_ONCE = 2
"""So many code exchanges at a time, so that a Logto that hangs does not hold all threads."""

MAX_SPENT = 10_000
"""So many values of ``state`` are remembered; the oldest goes first."""

PAUSE = 5
"""Seconds after an exchange that Logto did not answer until the next."""


class Exchanges:
    """The code exchanges of this process.

    Args:
        now: the clock, in seconds since the epoch.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._free = threading.Semaphore(AT_ONCE)
        self._paused_until = -math.inf
        self._spent: TTLCache[str, None] = TTLCache(MAX_SPENT, PENDING_LIFETIME, now)

    @contextmanager
    def once(self, state: str) -> Iterator[None]:
        """Let the block exchange the code of the sign-in with this ``state``, and no other block.

        Raises:
            SignInExpired: another one has begun to.
            AuthorizationServerUnavailable: there are too many at this time, or Logto did not
                answer the last one.
        """
        with self._lock:
            if state in self._spent:
                raise SignInExpired
            self._spent[state] = None
        # No pause is longer than it should be, however the clock was set meanwhile.
        left = self._paused_until - self._now()
        if 0 < left <= PAUSE:
            raise AuthorizationServerUnavailable("the last exchange failed", math.ceil(left))
        if not self._free.acquire(blocking=False):
            raise AuthorizationServerUnavailable("too many exchanges at a time", 1)
        try:
            yield
        except AuthorizationServerUnavailable as failure:
            logger.warning("The sign-in cannot go on: %s.", failure.reason)
            self._paused_until = self._now() + PAUSE
            raise
        finally:
            self._free.release()
