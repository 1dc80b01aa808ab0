"""Django's cache as the verification needs it: it never raises and never blocks for long."""

import threading
import time
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.db import connections

from .telemetry import logger


def is_private(alias: str) -> bool:
    """Whether no other process can see what a cache holds."""
    return isinstance(caches[alias], (LocMemCache, DummyCache))


class SharedCache:
    """What ``shared_jwks`` uses of a cache, none of it for long.

    A call that fails is answered as by an empty cache. So is one that takes longer than ``limit``,
    and after it, or after one that took half of that, all others for as long as ``pause``.

    Args:
        alias: of the cache in ``CACHES``.
        limit: seconds for one call.
        pause: seconds for which a cache that was slow is left alone, and one warning is enough.
    """

    def __init__(self, alias: str, limit: float, pause: float = 30) -> None:
        self._alias = alias
        self._limit = limit
        self._pause = pause
        # Not the one of ``caches[alias]``, which is another in each thread.
        self._cache = caches.create_connection(alias)
        self._out_of_order_until = 0.0
        self._warned_until = 0.0
        self._last_call: threading.Thread | None = None

    def get(self, key: str) -> object:
        """Return the value, or None."""
        return self._call(None, "get", key)

    def add(self, key: str, value: str, timeout: int) -> bool:
        """Set the value unless there is one; whether it was set."""
        return bool(self._call(True, "add", key, value, timeout))

    def set(self, key: str, value: str, timeout: int) -> None:
        """Set the value."""
        self._call(None, "set", key, value, timeout)

    def delete(self, key: str) -> None:
        """Remove the value."""
        self._call(None, "delete", key)

    def _call(self, otherwise: object, method: str, *args: Any) -> object:
        began = time.monotonic()
        is_hanging = self._last_call is not None and self._last_call.is_alive()
        if is_hanging or began < self._out_of_order_until:
            return otherwise
        answers: list[object] = []
        faults = ["it is slow"]

        def call() -> None:
            try:
                answers.append(getattr(self._cache, method)(*args))
            except Exception as error:  # noqa: BLE001 - every backend has errors of its own
                faults.insert(0, type(error).__name__)
            finally:
                connections.close_all()

        self._last_call = threading.Thread(target=call, name="drf_logto-cache", daemon=True)
        try:
            self._last_call.start()
        except RuntimeError:  # no thread can be had, as at the end of a process
            return otherwise
        self._last_call.join(self._limit)
        is_slow = time.monotonic() - began > self._limit / 2
        if is_slow:
            self._out_of_order_until = time.monotonic() + self._pause
        if is_slow or not answers:
            self._warn(faults[0])
        return answers[0] if answers else otherwise

    def _warn(self, fault: str) -> None:
        if time.monotonic() > self._warned_until:
            self._warned_until = time.monotonic() + self._pause
            logger.warning("The cache %r does not work: %s.", self._alias, fault)
