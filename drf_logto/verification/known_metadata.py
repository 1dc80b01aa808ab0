"""Caches the metadata of one Logto."""

import math
import threading
from collections.abc import Callable

from .. import telemetry
from ..exceptions import AuthorizationServerUnavailable
from .key_set import Lifetimes
from .metadata import Metadata


class KnownMetadata:
    """The metadata of one Logto: fetched by one request at a time, in the thread of that request.

    Fresh metadata is returned from memory. Stale metadata is as well while another request fetches
    it, and after a failed fetch. There is no further fetch for ``cooldown`` after a failed one.

    Args:
        ask: fetches the metadata; raises AuthorizationServerUnavailable, also where it is unusable.
        lifetimes: those of the keys, for the metadata.
        now: the clock, in seconds since the epoch.
    """

    def __init__(
        self, ask: Callable[[], Metadata], *, lifetimes: Lifetimes, now: Callable[[], float]
    ) -> None:
        self._ask = ask
        self._lifetimes = lifetimes
        self._now = now
        self._lock = threading.Lock()
        self._known: Metadata | None = None
        self._fetched_at = -math.inf
        self._retry_at = -math.inf
        self._fault = "the metadata is not known"
        self._fetch: threading.Event | None = None

    def find(self, *, waits: bool) -> Metadata:
        """Return the metadata.

        Args:
            waits: whether to wait, for ``lifetimes.wait`` at most, while another request fetches
                it for the first time. A request of somebody who is not signed in should not, so
                that anonymous requests hold no threads.

        Raises:
            AuthorizationServerUnavailable: Logto cannot be asked, and no usable metadata is known.
        """
        with self._lock:
            if self._known is not None and self._age() < self._lifetimes.ttl:
                return self._known
            under_way = self._fetch
            begins = under_way is None and self._cooldown_left() == 0
            if begins:
                self._fetch = under_way = threading.Event()
        if under_way is not None and begins:
            self._run(under_way)
        elif under_way is not None and waits and self._usable() is None:
            under_way.wait(self._lifetimes.wait)
        known = self._usable()
        if known is None:
            left = self._cooldown_left()
            reason = self._fault if left else "the metadata is being fetched"
            raise AuthorizationServerUnavailable(reason, max(1, math.ceil(left)))
        return known

    def _run(self, fetch: threading.Event) -> None:
        is_known = False
        asked_at = self._now()
        try:
            self._known, self._fetched_at = self._ask(), asked_at
            is_known = True
        except AuthorizationServerUnavailable as failure:
            self._fault = failure.reason  # requests that wait learn it from the cooldown
            telemetry.logger.warning("No metadata from Logto: %s.", failure.reason)
        finally:
            self._retry_at = -math.inf if is_known else self._now() + self._lifetimes.cooldown
            self._fetch = None
            fetch.set()

    def _usable(self) -> Metadata | None:
        return self._known if self._age() < self._lifetimes.max_stale else None

    def _age(self) -> float:
        # A clock that was set back would make it fresh for too long: it counts as stale.
        age = self._now() - self._fetched_at
        return age if age >= 0 else self._lifetimes.ttl

    def _cooldown_left(self) -> float:
        # No wait is longer than the cooldown, however the clock was set meanwhile.
        left = self._retry_at - self._now()
        return left if 0 < left <= self._lifetimes.cooldown else 0
