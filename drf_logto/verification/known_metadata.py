"""Caches the metadata of one Logto."""

import math
import threading
from collections.abc import Callable

from .. import telemetry
from ..exceptions import AuthorizationServerUnavailable
from .key_set import Lifetimes
from .metadata import Metadata

THREAD_NAME = "drf_logto-metadata"


class KnownMetadata:
    """The metadata of one Logto: fetched once at a time, in a thread of its own.

    Fresh metadata is returned from memory. Stale metadata is as well while it is fetched again, and
    after a failed fetch. There is no further fetch for ``cooldown`` after a failed one.

    Args:
        ask: fetches the metadata; raises AuthorizationServerUnavailable, also where it is unusable.
        lifetimes: those of the keys, for the metadata.
        now: the clock, in seconds since the epoch.
        moment: seconds that a request which should not wait still gives the fetch that it starts;
            Logto usually answers within it.
    """

    def __init__(
        self,
        ask: Callable[[], Metadata],
        *,
        lifetimes: Lifetimes,
        now: Callable[[], float],
        moment: float = 0.5,
    ) -> None:
        self._moment = moment
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
            waits: whether to wait for the first fetch, for ``lifetimes.wait`` at most. An anonymous
                request should not, so that it does not occupy a worker thread.

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
            self._start(under_way)
            under_way.wait(self._lifetimes.wait if waits else self._moment)
        elif under_way is not None and waits and self._usable() is None:
            under_way.wait(self._lifetimes.wait)
        known = self._usable()
        if known is None:
            reason = "the metadata is being fetched" if self._fetch else self._fault
            raise AuthorizationServerUnavailable(reason, max(1, math.ceil(self._cooldown_left())))
        return known

    def _start(self, fetch: threading.Event) -> None:
        try:
            threading.Thread(target=self._run, args=(fetch,), name=THREAD_NAME, daemon=True).start()
        except RuntimeError:  # no thread can be had, as at the end of a process
            self._fail(fetch, "no thread can be started")

    def _run(self, fetch: threading.Event) -> None:
        asked_at = self._now()
        try:
            known = self._ask()
        except Exception as failure:  # noqa: BLE001 - in this thread nothing else would report it
            unexpected = f"the fetch raised {type(failure).__name__}"
            self._fail(fetch, getattr(failure, "reason", unexpected))
        else:
            self._known, self._fetched_at = known, asked_at
            self._end(fetch, -math.inf)

    def _fail(self, fetch: threading.Event, fault: str) -> None:
        self._fault = fault  # for requests that wait
        telemetry.logger.warning("No metadata from Logto: %s.", fault)
        self._end(fetch, self._now() + self._lifetimes.cooldown)

    def _end(self, fetch: threading.Event, retry_at: float) -> None:
        self._retry_at = retry_at
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
