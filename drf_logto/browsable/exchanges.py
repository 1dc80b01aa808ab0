"""Limits the code exchanges that anonymous requests can cause in this process."""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cachetools import TTLCache

from ..exceptions import AuthorizationServerUnavailable
from ..telemetry import logger
from .exceptions import SignInExpired
from .pending import PENDING_LIFETIME

MAX_CONCURRENT = 2  # so that an unresponsive Logto does not block all threads
MAX_USED_STATES = 10_000  # the oldest is dropped first
RETRY_DELAY = 5  # seconds after an exchange that Logto did not answer


class Exchanges:
    """The code exchanges of this process; ``now`` returns seconds since the epoch."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(MAX_CONCURRENT)
        self._paused_until = -math.inf
        self._used: TTLCache[str, None] = TTLCache(MAX_USED_STATES, PENDING_LIFETIME, now)

    @contextmanager
    def once(self, state: str) -> Iterator[None]:
        """Allow the block to exchange the code of this ``state``, which is then used up.

        Raises:
            SignInExpired: the state was used before.
            AuthorizationServerUnavailable: too many exchanges are running, or Logto did not answer
                the last one.
        """
        with self._lock:
            if state in self._used:
                raise SignInExpired
            self._used[state] = None  # before the exchange: a failed one uses it up as well
        remaining = self._paused_until - self._now()
        if 0 < remaining <= RETRY_DELAY:  # a clock that was set back must not extend the pause
            raise AuthorizationServerUnavailable("the last exchange failed", math.ceil(remaining))
        if not self._slots.acquire(blocking=False):
            raise AuthorizationServerUnavailable("too many exchanges at a time", 1)
        try:
            yield
        except AuthorizationServerUnavailable as failure:
            logger.warning("The sign-in failed: %s.", failure.reason)
            self._paused_until = self._now() + RETRY_DELAY
            raise
        finally:
            self._slots.release()
