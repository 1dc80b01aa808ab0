"""A lock between processes, on records that are created atomically and never changed.

Each acquisition has a random id. The first id is stored under the name of the lock, and what
follows an id under a name that is derived from it: that it was released, or the id of a waiter that
took the lock over because the holder did not release it in time. So the records form a chain, and
the last one says who holds the lock.

- To acquire is to create the first record, or to append to a chain that has not changed for the
  timeout, and then to find the appended id at its end.
- To release is to append that the lock is released, and to delete the chain from its first record.
  Only the holder deletes it.

Two waiters that take the lock over create the same record, so only one succeeds. One that appends
to a chain that was deleted meanwhile does not find its id at the end: the first record is deleted
before the others, and ids are unique. Records of a terminated process are taken over, or expire.

A process that stalls for longer than the timeout, while it holds or releases the lock, has lost it.
A slow release reads the chain again before it deletes. A stall between that read and the first
deletion goes unnoticed.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from typing import Any, Protocol

from .exceptions import SignedOut

_RELEASED = "released "  # prefix of the record that follows a released id
_POLL_INTERVAL = 0.02  # seconds


class Records(Protocol):
    """The store of the records, shared by all processes."""

    def create(self, name: str, value: str) -> bool:
        """Create a record atomically, and return whether there was none."""

    def read(self, name: str) -> str | None:
        """Return the value of a record, None if there is none."""

    def delete(self, name: str) -> None:
        """Delete a record, if there is one."""


class Lock:
    """A context manager that holds the lock of a key.

    A holder counts as terminated after ``timeout`` seconds. Raises SignedOut if the store neither
    creates a record nor has one.
    """

    def __init__(
        self,
        records: Records,
        key: str,
        timeout: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._records = records
        self._first = _name(f"lock {key}")
        self._timeout = timeout
        self._clock = clock
        self._sleep = sleep
        self._id = ""

    def __enter__(self) -> None:
        self._id = secrets.token_hex()
        seen: str | None = ""
        since = self._clock()
        while not self._records.create(self._first, self._id):
            last, now = self._last(), self._clock()
            if last != seen:
                seen, since = last, now
            elif now - since > self._timeout:
                if last is None:
                    raise SignedOut
                if self._append(last, self._id):
                    break
            self._sleep(_POLL_INTERVAL)

    def __exit__(self, *_: Any) -> None:
        started, released = self._clock(), f"{_RELEASED}{self._id}"
        chain = self._append(self._id, released)
        # A waiter may have appended since the chain was read.
        if self._clock() - started > self._timeout and self._last() != released:
            return
        for name in chain:
            self._records.delete(name)

    def _append(self, last: str, value: str) -> list[str]:
        """Append to the chain; return its names, or none if ``last`` was not its end."""
        name = _name(last)
        if not self._records.create(name, value):
            return []
        chain = self._chain()
        if value not in chain.values():  # the chain was deleted
            self._records.delete(name)
        return list(chain) if value in list(chain.values())[-1:] else []

    def _last(self) -> str | None:
        return next(reversed(self._chain().values()), None)

    def _chain(self) -> dict[str, str]:
        """Return the values of the records from first to last, by their names."""
        chain, name = {}, self._first
        while (value := self._records.read(name)) is not None:
            chain[name], name = value, _name(value)
        return chain


def _name(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:32]
