"""The journal of marks in a shared cache: append-only entries that every process reads."""

import math
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import NamedTuple, Protocol

from ..shared_cache import CacheUnavailable
from .announcement import Announcement
from .marks import Mark, Marks, Names, dump, parse

_DAY = 86400
_LANES = 8
"""Entries of a day stand in lanes, so that processes that write at once seldom meet."""

_READ_AHEAD = 48  # entries that are asked for at once, for one lane or several
_WRITTEN_AT_ONCE = 250  # marks in an entry: about 25 kilobytes, and 300 at most
_ATTEMPTS = 200  # of a writer whose place others take
_RESTARTS = 5

_LOOK = 10  # seconds between two looks at the lanes where nothing new is announced
_LOOK_BACK = 60  # and between two looks at the entries of all days
_TURN = 10  # seconds that one process has to write back what a journal has lost


class Cache(Protocol):
    """What is used of a cache that processes share; timeouts in whole seconds, None for no end.

    Every method raises CacheUnavailable where the cache does not answer.
    """

    until: float | None
    """When calls must be over, by a clock that is never set; None for the usual limit of each."""

    def get_many(self, keys: Sequence[str]) -> Mapping[str, object]:
        """Return the values of the keys that have one."""

    def add(self, key: str, value: str, timeout: int | None) -> bool:
        """Set the value unless there is one; whether it was set."""

    def set(self, key: str, value: str, timeout: int | None) -> None:
        """Set the value."""

    def delete(self, key: str) -> None:
        """Remove the value."""


class _Lane(NamedTuple):
    day: int  # since the epoch of Unix
    number: int


class Journal:
    """Keeps the marks of this process and those in the cache the same. Not for several threads.

    An entry is a list of marks. A writer claims the next number of a lane with ``add``, so no entry
    replaces another. Then it announces them, and readers look at the lanes. The entries of a day
    end together, when the youngest mark among them has. A journal that lost an entry begins a new
    epoch, and every process writes back what it knows.

    Args:
        cache: what the processes share.
        marks: those that this process knows.
        lifetime: seconds that a mark lives.
        now: the clock, in seconds since the epoch. Those of processes may differ by a day.
        lost: called where the journal has lost entries, with the number of known marks.
        lane: the one that this process writes to at first.
        name: of the journal; each has keys of its own.
    """

    def __init__(
        self,
        cache: Cache,
        marks: Marks,
        *,
        lifetime: float,
        now: Callable[[], float],
        lost: Callable[[int], None] = lambda known: None,
        lane: int | None = None,
        name: str = "revocation",
    ) -> None:
        self.losses = 0
        """How often the journal was found to have lost entries."""
        self._cache = cache
        self._marks = marks
        # For which entries are kept, at least, and one more for a clock that is behind.
        self._days = int(lifetime // _DAY) + 2
        self._lifetime = lifetime
        self._now = now
        self._lost = lost
        # Entries end by the lifetime of who wrote them, so sites share a journal where it is equal.
        self._epoch_key = f"drf_logto:{name}:{int(lifetime)}:epoch"
        self._epoch: str | None = None
        self._announcement = Announcement(cache, f"drf_logto:{name}:{int(lifetime)}:news")
        self._looked_at = -math.inf
        self._is_whole = False  # whether the epoch was read to its end
        self._last_read = 0  # day
        self._looked_back_at = -math.inf
        self._next: dict[_Lane, int] = {}
        self._last: dict[_Lane, int] = {}  # digests of the last entries that were read
        self._missing: dict[Names, Mark] = {}
        self._own_lane = secrets.randbelow(_LANES) if lane is None else lane

    @property
    def is_behind(self) -> bool:
        """Whether marks of this process are not in the journal, or others may not look for them."""
        return bool(self._missing) or self._announcement.is_due

    def read(self) -> None:
        """Learn the marks that others wrote, or raise CacheUnavailable."""
        # In a call before the lanes are read: what comes too late for these is announced after it.
        asked, now = self._cache.get_many([self._epoch_key, self._announcement.key]), self._now()
        news = asked.get(self._announcement.key)
        if self._is_up_to_date(asked.get(self._epoch_key), news):
            return
        self._look()
        self._looked_at = now
        self._announcement.looked(news)

    def _is_up_to_date(self, epoch: object, news: object) -> bool:
        """Whether the lanes need no look."""
        return (
            (self._is_whole and not self._missing and epoch == self._epoch)
            and self._announcement.is_known(news)
            and abs(self._now() - self._looked_at) < _LOOK
        )

    def _look(self) -> None:
        """Read what is new in the lanes; from their start where something is missing."""
        today, now = self._today(), self._now()
        is_long_ago = abs(now - self._looked_back_at) >= _LOOK_BACK
        lanes = self._lanes(back=self._days if is_long_ago else 1) if self._is_whole else []
        found = self._cache.get_many([self._epoch_key, *self._watched(lanes)])
        epoch = found.get(self._epoch_key)
        if self._is_whole and (epoch != self._epoch or self._is_torn(found, lanes)):
            self._is_whole = False
            self.losses += 1
            self._lost(len(self._marks))
            if epoch == self._epoch:  # others may have read further, and would miss what fills it
                epoch = self._begin(epoch)
        # A clock that was ahead may have ended marks too early.
        self._is_whole &= today >= self._last_read
        if self._is_whole:
            self._restore_heads(found, lanes)
            more = [lane for lane in lanes if self._entry(lane) in found]
            self._is_whole = self._read_on(more) == 0
        else:
            self._restart(epoch)
        if is_long_ago:
            self._looked_back_at = now
        if today != self._last_read:
            self._last_read = today
            self._marks.end(self._now())

    def write(self, marks: Iterable[Mark]) -> None:
        """Learn marks and write them, or raise CacheUnavailable: they wait for ``write_back``."""
        named: dict[Names, None] = {}
        for mark in marks:
            # Also where it is known: who has written it may have ended before announcing it.
            self._announcement.is_due = True
            named[mark.names] = None
            if not self._marks.covers(mark):
                self._missing[mark.names] = mark
                self._marks.add([mark])
        self.read()  # first, so that no entry fills the place of one that was lost
        self._append_all(named)
        self._announcement.make()

    def write_back(self) -> None:
        """Write what the journal lacks, one process at a time, or raise CacheUnavailable."""
        self.read()
        turn = self._name("turn")
        if self._missing and self._cache.add(turn, "", _TURN):
            try:
                while self._missing:
                    self._append_all(list(self._missing))
            finally:
                self._cache.delete(turn)
        self._announcement.make()

    def _append_all(self, named: Iterable[Names]) -> None:
        waiting = iter(named)
        while names := list(islice(waiting, _WRITTEN_AT_ONCE)):
            marks = [self._missing[one] for one in names if one in self._missing]
            if marks:
                self._append(marks)

    def _append(self, marks: list[Mark]) -> None:
        entry = dump(marks)
        for _attempt in range(_ATTEMPTS):
            lane = _Lane(self._today(), self._own_lane)
            claimed, number, timeout = self._entry(lane), self._at(lane), self._timeout(lane)
            self._announcement.is_due = True
            if self._cache.add(claimed, entry, timeout):
                self._cache.set(self._head(lane), str(number), timeout)
                # The entry is lost to others if a new epoch has begun before it was written.
                found = self._cache.get_many([self._epoch_key, self._entry(lane, -1), claimed])
                if found.get(self._epoch_key) == self._epoch and found.get(claimed) == entry:
                    self._is_whole &= not self._is_replaced(lane, found)
                    self._take(lane, entry, marks)
                    return
            else:
                # Another process writes to this lane, so it is left to that.
                self._own_lane = (self._own_lane + 1) % _LANES
                missing = self._read_on([lane, _Lane(lane.day, self._own_lane)])
                self._is_whole &= missing == 0
            if self._at(lane) == number:
                self.read()
        raise CacheUnavailable("it does not keep what is written")

    def _restart(self, epoch: object) -> None:
        """Read the journal from its start; begin a new epoch where there is none, or it is torn.

        Args:
            epoch: that of the cache.
        """
        for _attempt in range(_RESTARTS):
            if isinstance(epoch, str) and self._read_all(epoch):
                self._is_whole = True
                return
            epoch = self._begin(epoch)
        raise CacheUnavailable("it does not keep what is written")

    def _begin(self, torn: object) -> object:
        """Begin a new epoch, and return the one that all processes find."""
        new = secrets.token_hex(8)
        if isinstance(torn, str):
            self._cache.set(self._epoch_key, new, None)
            self._read_all(torn)  # others wrote to it until they could find the new one
        else:
            self._cache.add(self._epoch_key, new, None)
        return self._cache.get_many([self._epoch_key]).get(self._epoch_key)

    def _read_all(self, epoch: str) -> bool:
        """Read an epoch from its start; whether nothing of it is missing."""
        self._epoch, self._next, self._last = epoch, {}, {}
        self._marks.end(self._now())
        self._missing = {mark.names: mark for mark in self._marks}
        lanes = self._lanes(back=self._days)
        keys = {lane: (self._head(lane), self._entry(lane)) for lane in lanes}
        found = self._cache.get_many([key for both in keys.values() for key in both])
        heads = {
            lane: _number(found.get(head))
            for lane, (head, first) in keys.items()
            if head in found or first in found
        }
        return self._read_on(heads, heads) == 0

    def _read_on(self, lanes: Iterable[_Lane], heads: Mapping[_Lane, int] | None = None) -> int:
        """Read lanes to their ends; return how many entries are replaced, or not before heads."""
        missing, waiting = 0, list(lanes)
        while waiting:
            some, waiting = waiting[:_LANES], waiting[_LANES:]
            ahead = range(_READ_AHEAD // len(some))
            keys = {lane: [self._entry(lane, further) for further in ahead] for lane in some}
            before = [self._entry(lane, -1) for lane in some]
            found = self._cache.get_many([*before, *chain.from_iterable(keys.values())])
            for lane, entries in keys.items():
                missing += self._is_replaced(lane, found)
                for entry in entries:
                    if entry not in found and self._at(lane) > (heads or {}).get(lane, 0):
                        break
                    missing += entry not in found
                    self._take(lane, found.get(entry), parse(found.get(entry)))
                else:
                    waiting.append(lane)
        return missing

    def _take(self, lane: _Lane, entry: object, marks: list[Mark]) -> None:
        """Learn the next entry of a lane."""
        self._next[lane] = self._at(lane) + 1
        self._last[lane] = _digest(entry)
        self._marks.add(marks)
        for mark in marks:
            missing = self._missing.get(mark.names)
            if missing is not None and missing.before <= mark.before:
                del self._missing[mark.names]

    def _is_torn(self, found: Mapping[str, object], lanes: Iterable[_Lane]) -> bool:
        """Whether an entry is gone: the last one that was read, or one that others follow."""
        for lane in lanes:
            is_more = _number(found.get(self._head(lane))) >= self._at(lane)
            if self._is_replaced(lane, found) or (is_more and self._entry(lane) not in found):
                return True
        return False

    def _restore_heads(self, found: Mapping[str, object], lanes: Iterable[_Lane]) -> None:
        """Without its head, a lane that has lost an entry would seem to end there."""
        for lane in lanes:
            last = self._at(lane) - 1
            if last > _number(found.get(self._head(lane))):
                self._cache.set(self._head(lane), str(last), self._timeout(lane))

    def _is_replaced(self, lane: _Lane, found: Mapping[str, object]) -> bool:
        """Whether the last entry that was read is gone; a writer may have taken its place."""
        last = self._last.get(lane)
        return last is not None and _digest(found.get(self._entry(lane, -1))) != last

    def _watched(self, lanes: Iterable[_Lane]) -> list[str]:
        return [
            key
            for lane in lanes
            for key in (self._head(lane), self._entry(lane, -1), self._entry(lane))
        ]

    def _lanes(self, *, back: int) -> list[_Lane]:
        """The lanes of today, of tomorrow by another clock, and of some days before."""
        days = range(self._today() - back, self._today() + 2)
        return [_Lane(day, number) for day in days for number in range(_LANES)]

    def _today(self) -> int:
        return int(self._now() // _DAY)

    def _timeout(self, lane: _Lane) -> int:
        # No entry may end while it is watched, by a clock that is a day behind as well.
        return int((lane.day + 4) * _DAY + self._lifetime - self._now())

    def _at(self, lane: _Lane) -> int:
        return self._next.get(lane, 1)

    def _name(self, name: str) -> str:
        return f"drf_logto:revocation:{self._epoch}:{name}"

    def _head(self, lane: _Lane) -> str:
        return self._name(f"{lane.day}:{lane.number}:head")

    def _entry(self, lane: _Lane, further: int = 0) -> str:
        return self._name(f"{lane.day}:{lane.number}:{self._at(lane) + further}")


def _digest(entry: object) -> int:
    return hash(str(entry))


def _number(value: object) -> int:
    return int(value) if isinstance(value, str) and value.isdecimal() else 0
