"""A cache of Django's that may be down or slow: it never raises, and never holds anybody up."""

import threading
import time
from typing import Any

from django.core.cache import caches
from django.db import connections

from .telemetry import logger

_OUT_OF_ORDER_FOR = 30
"""Seconds for which a cache that failed is left alone."""


class SharedCache:
    """What ``shared_jwks`` uses of a cache, each call within a time limit.

    A call that fails or takes too long is answered as by an empty cache, and so are all others
    for half a minute.

    Args:
        alias: of the cache in ``CACHES``.
        limit: seconds for one call.
    """

    def __init__(self, alias: str, limit: float) -> None:
        self._alias = alias
        self._limit = limit
        # Not the one of ``caches[alias]``, which is another in each thread.
        self._cache = caches.create_connection(alias)
        self._out_of_order_until = 0.0

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
        if time.monotonic() < self._out_of_order_until:
            return otherwise
        answers: list[object] = []
        faults = ["no answer in time"]

        def call() -> None:
            try:
                answers.append(getattr(self._cache, method)(*args))
            except Exception as error:  # noqa: BLE001 - every backend has errors of its own
                faults.insert(0, type(error).__name__)
            finally:
                connections.close_all()

        thread = threading.Thread(target=call, name="drf_logto-cache", daemon=True)
        thread.start()
        thread.join(self._limit)
        if answers:
            return answers[0]
        self._out_of_order_until = time.monotonic() + _OUT_OF_ORDER_FOR
        logger.warning("The cache %r does not work: %s.", self._alias, faults[0])
        return otherwise
