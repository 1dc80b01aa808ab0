"""Django's cache for what processes share: no call takes long."""

import atexit
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.db import connections

from .telemetry import logger


def is_private(alias: str) -> bool:
    """Whether no other process can see what a cache holds."""
    return isinstance(caches[alias], (LocMemCache, DummyCache))


class CacheUnavailable(Exception):
    """A cache failed or did not answer in time; the text says what happened."""


_HANGS = 20  # limits, after which the connection of a call counts as dead
_LAST_WAIT = 1.0  # seconds at the end of the process, for calls that are under way


class _Calls:
    """Makes calls one after another, in a thread that ends when none has come for a while."""

    def __init__(self, linger: float) -> None:
        self._linger = linger
        self._waiting: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_running = False

    def add(self, call: Callable[[], None]) -> None:
        with self._lock:
            if not self._is_running:
                _Thread(self).start()
                self._is_running = True
            self._waiting.put(call)

    def end(self) -> None:
        """Let the thread end after the calls that wait."""
        self._linger = 0
        self._waiting.put(lambda: None)

    def run(self) -> None:
        """Make the calls, in a thread of its own."""
        is_over = False
        while not is_over:
            try:
                self._waiting.get(timeout=self._linger)()
            except queue.Empty:
                _close_connections()
                with self._lock:
                    is_over = self._waiting.empty()
                    self._is_running = not is_over


class _Thread(threading.Thread):
    """A daemon, so that a call that hangs does not keep the process from ending."""

    def __init__(self, calls: _Calls) -> None:
        super().__init__(target=calls.run, name="drf_logto-cache", daemon=True)
        self.calls = calls


def _end_threads() -> None:
    """Let threads close their connections; a database would log those that end with the process."""
    threads = [one for one in threading.enumerate() if isinstance(one, _Thread)]
    for thread in threads:
        thread.calls.end()
    until = time.monotonic() + _LAST_WAIT
    for thread in threads:
        thread.join(max(0, until - time.monotonic()))


atexit.register(_end_threads)


def _close_connections() -> None:
    """Close this thread's, also where a broken one raises; that must not end the thread."""
    with suppress(Exception):
        connections.close_all()


class BoundedCache:
    """A cache of Django under a time limit; every method raises CacheUnavailable.

    Args:
        alias: of the cache in ``CACHES``.
        limit: seconds for one call.
        pause: seconds for which a cache is left alone after a call that took longer than half of
            ``limit``.
        linger: seconds that a thread and its connections wait for another call.
        monotonic: a clock that is never set, in seconds.
    """

    def __init__(
        self,
        alias: str,
        limit: float,
        pause: float = 30,
        linger: float = 0.05,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._alias = alias
        self._limit = limit
        self._pause = pause
        self._linger = linger
        self._monotonic = monotonic
        self.until: float | None = None
        """The end of a call by ``monotonic``, for a caller who waits longer or less long."""
        self._out_of_order_until = 0.0
        self._patience = _HANGS * limit
        self._dead_at = 0.0
        self._connect()

    def _connect(self) -> None:
        # Not the one of ``caches[alias]``, which is another in each thread.
        self._cache = caches.create_connection(self._alias)
        # Clients are imported here, and not within the first call, which reports what fails.
        with suppress(Exception):
            getattr(self._cache, "_cache", None)
        with suppress(Exception):
            connections.all()
        self._calls = _Calls(self._linger)
        self._last_call = threading.Event()  # set when it is over
        self._last_call.set()

    def get(self, key: str) -> object:
        """Return the value, or None."""
        return self._call("get", key)

    def get_many(self, keys: Sequence[str]) -> Mapping[str, object]:
        """Return the values of the keys that have one."""
        found: Mapping[str, object] = self._call("get_many", keys)
        return found

    def add(self, key: str, value: str, timeout: int | None) -> bool:
        """Set the value unless there is one; whether it was set."""
        return bool(self._call("add", key, value, timeout))

    def set(self, key: str, value: str, timeout: int | None) -> None:
        """Set the value."""
        self._call("set", key, value, timeout)

    def delete(self, key: str) -> None:
        """Remove the value."""
        self._call("delete", key)

    def _call(self, method: str, *args: Any) -> Any:
        began = self._monotonic()
        end = began + self._limit if self.until is None else self.until
        if self.until is not None:
            self._last_call.wait(end - began)
        self._leave_dead(began)
        if not self._last_call.is_set() or began < self._out_of_order_until:
            raise CacheUnavailable("it is slow")
        answers: list[object] = []
        faults = ["it is slow"]
        over = self._start(method, args, answers, faults)
        over.wait(end - self._monotonic())
        is_slow = self._monotonic() - began > self._limit / 2
        if is_slow:
            self._out_of_order_until = self._monotonic() + self._pause
        if is_slow or not answers:
            self._report(faults[0])
        if not answers:
            raise CacheUnavailable(faults[0])
        self._patience = _HANGS * self._limit
        return answers[0]

    def _leave_dead(self, now: float) -> None:
        """Use another thread and another connection where a call hangs.

        A server that has lost its power closes no connection. Each wait is twice as long as the one
        before, so that only a few threads hang.
        """
        if not self._last_call.is_set() and now > self._dead_at:
            self._patience *= 2
            self._connect()

    def _start(
        self, method: str, args: Any, answers: list[object], faults: list[str]
    ) -> threading.Event:
        over = self._last_call = threading.Event()
        self._dead_at = self._monotonic() + self._patience

        def call() -> None:
            try:
                answers.append(getattr(self._cache, method)(*args))
            except Exception as error:  # noqa: BLE001 - every backend has errors of its own
                faults.insert(0, type(error).__name__)
                _close_connections()
            finally:
                over.set()

        try:
            self._calls.add(call)
        except RuntimeError:  # as at the end of a process
            over.set()
            raise CacheUnavailable("no thread can be started") from None
        return over

    def _report(self, fault: str) -> None:
        """Called with what is wrong where a call fails or is slow."""


class SharedCache(BoundedCache):
    """The same as the verification needs it: it never raises.

    A call that fails is answered as by an empty cache, with one warning in ``pause``.
    """

    def __init__(self, alias: str, limit: float, pause: float = 30) -> None:
        super().__init__(alias, limit, pause)
        self._warned_until = 0.0

    def get(self, key: str) -> object:
        with suppress(CacheUnavailable):
            return super().get(key)
        return None

    def add(self, key: str, value: str, timeout: int | None) -> bool:
        with suppress(CacheUnavailable):
            return super().add(key, value, timeout)
        return True

    def set(self, key: str, value: str, timeout: int | None) -> None:
        with suppress(CacheUnavailable):
            super().set(key, value, timeout)

    def delete(self, key: str) -> None:
        with suppress(CacheUnavailable):
            super().delete(key)

    def _report(self, fault: str) -> None:
        if time.monotonic() > self._warned_until:
            self._warned_until = time.monotonic() + self._pause
            logger.warning("The cache %r does not work: %s.", self._alias, fault)
