"""The announcement of new entries: one key of a shared cache, whose value another one replaces."""

import secrets
from contextlib import suppress
from typing import Protocol

from ..shared_cache import CacheUnavailable


class Cache(Protocol):
    """What is used of a cache; either raises CacheUnavailable where it does not answer."""

    def add(self, key: str, value: str, timeout: int | None) -> bool:
        """Set the value unless there is one; whether it was set."""

    def delete(self, key: str) -> None:
        """Remove the value."""


class Announcement:
    """Tells processes that there are new entries.

    A writer removes the value of the key, and the first reader gives it another. To remove it can
    neither fail in silence, as to set it does with Django's cache in a database, nor bring back an
    earlier value, as a client does that sets it again because there was no answer.

    Args:
        cache: what the processes share.
        key: of the announcement.
    """

    def __init__(self, cache: Cache, key: str) -> None:
        self.key = key
        self.is_due = False
        """Whether this process has written entries, or may have, and has not announced them."""
        self._cache = cache
        self._found: tuple[object, object] = (None, None)

    def is_known(self, value: object) -> bool:
        """Whether this process has looked at the entries twice after it has found the value.

        Twice, as a replica of the cache that answers may be behind.
        """
        return value is not None and self._found == (value, value)

    def looked(self, value: object) -> None:
        """Remember the value that was found before a look; without one, set another."""
        self._found = (self._found[-1], value)
        if value is None:
            with suppress(CacheUnavailable):  # as where it is full
                self._cache.add(self.key, secrets.token_hex(8), None)

    def make(self) -> None:
        """Announce what is due, or raise CacheUnavailable.

        This process looks as well: another may have announced something too.
        """
        if self.is_due:
            self._cache.delete(self.key)
            self.is_due = False
