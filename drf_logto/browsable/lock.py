"""A lock over records that are created atomically, read and deleted, and never changed.

Each holding has a random id. The record of the first holding stands under the lock's own name. How
a holding ends is a record as well, under a name that is derived from the holding's id, and whoever
creates it has decided: the holder that it is over, or one who waited too long that another holding
begins. So the records are a chain, and its last one says who holds the lock.

- To get the lock is to create the first record, or to add to a chain whose end has not changed for
  too long, and to find what was added at the end of the chain afterwards.
- To let go is to add that the holding is over, and to delete the chain from its first record on.
  Nobody else deletes it.

Two who break a lock create the same record, so one of them fails. Who adds to a chain that is gone,
because it was read too long ago, does not find it at the end: the first record goes before the
others, and no id comes twice. What a process that died has left is broken as any holding, or
expires.

A process that stalls for longer than the patience has lost the lock, whether it holds it or lets it
go: another may hold it by then. A holder that lets go slowly looks at the chain again before it
deletes. A stall between that look and the first deletion goes unnoticed.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from .exceptions import SignedOut

_CLOSED = "closed "  # begins the id of what follows a holding that is over
_POLL = 0.02  # seconds between two tries to get a lock


class Records(Protocol):
    """Where the records are; all processes see the same."""

    def create(self, name: str, value: str) -> bool:
        """Create a record, atomically, and return whether there was none."""

    def read(self, name: str) -> str | None:
        """Return the value of a record, None where there is none."""

    def delete(self, name: str) -> None:
        """Delete a record, if there is one."""


class Lock:
    """A lock that is broken when its holder seems to have died.

    Args:
        records: where it is.
        key: what it is for.
        patience: seconds after which a holding counts as left behind by a process that has died.
        clock: seconds that only increase.
        pause: waits for so many seconds.
    """

    def __init__(
        self,
        records: Records,
        key: str,
        patience: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._records = records
        self._first = _name(f"lock {key}")
        self._patience = patience
        self._clock = clock
        self._pause = pause

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock for the block.

        Raises:
            SignedOut: the store neither takes the lock nor says who has it.
        """
        holding = self._get()
        try:
            yield
        finally:
            self._let_go(holding)

    def _get(self) -> str:
        holding = secrets.token_hex()
        seen: str | None = ""
        since = self._clock()
        while not self._records.create(self._first, holding):
            last, now = self._last(), self._clock()
            if last != seen:
                seen, since = last, now
            elif now - since > self._patience:
                if last is None:
                    raise SignedOut
                if self._added(last, holding):
                    break
            self._pause(_POLL)
        return holding

    def _let_go(self, holding: str) -> None:
        began, closed = self._clock(), f"{_CLOSED}{holding}"
        chain = self._added(holding, closed)
        # Another may have added to the chain since it was read.
        if self._clock() - began > self._patience and self._last() != closed:
            return
        for name in chain:
            self._records.delete(name)

    def _added(self, last: str, following: str) -> list[str]:
        """Add to the end of the chain; return its names, none where that was not the end."""
        name = _name(last)
        if not self._records.create(name, following):
            return []
        chain = self._chain()
        if following not in chain.values():  # the chain is gone
            self._records.delete(name)
        return list(chain) if following in list(chain.values())[-1:] else []

    def _last(self) -> str | None:
        return next(reversed(self._chain().values()), None)

    def _chain(self) -> dict[str, str]:
        """The ids of the holdings from the first to the last, by the names of their records."""
        chain, name = {}, self._first
        while (holding := self._records.read(name)) is not None:
            chain[name], name = holding, _name(holding)
        return chain


def _name(of: str) -> str:
    return hashlib.sha256(of.encode()).hexdigest()[:32]
