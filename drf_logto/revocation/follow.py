"""Follows the log of a webhook: what its deliveries revoke is revoked without them."""

import re
import secrets
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured

from ..conf import LogtoSettings
from ..exceptions import AuthorizationServerUnavailable
from ..outgoing.management_api import PAGE, ManagementApi, ManagementApiRefused
from ..shared_cache import CacheUnavailable
from ..telemetry import logger
from .events import NotUnderstood
from .hook_log import Entry, find_hook, read_log
from .journal import Cache

INTERVAL = 0.5
"""Seconds between two readings."""

_LONGEST_PAUSE = 30  # seconds, while Logto does not answer
_LEASE = 10  # seconds for which one process reads
_LOOK_AGAIN = 120  # readings, after which the webhook is looked at again

_OVERLAP = 30_000  # milliseconds that are read again: an entry may be logged after later ones
_KEPT = 86400  # seconds that Logto's log is sure to go back
_MAX_PAGES = 200  # of 100 entries

_FAILURES = (AuthorizationServerUnavailable, ManagementApiRefused, CacheUnavailable)


class _Position(NamedTuple):
    newest: int  # the time of the newest entry that was read, in milliseconds by Logto's clock
    asked: int  # when the log was last read, in seconds by the clock of this machine


class Follower:
    """Reads the log of a webhook from where it, or another process, has stopped.

    Args:
        api: of the tenant.
        settings: those of the process.
        cache: what the processes share; it keeps the lease and the position.
        hook: the id of the webhook, None for the only one that will do.
        needed: the events that the webhook must have.
        revoke: revokes what an event takes away; raises NotUnderstood or CacheUnavailable.
        revoke_all: revokes all tokens, for a gap.
        now: the clock, in seconds since the epoch.

    Attributes:
        also: what else the process that reads does, after each reading.
    """

    def __init__(
        self,
        api: ManagementApi,
        settings: LogtoSettings,
        cache: Cache,
        *,
        hook: str | None,
        needed: Collection[str],
        revoke: Callable[[Mapping[str, Any]], None],
        revoke_all: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self._api = api
        self._settings = settings
        self._cache = cache
        self._hook = hook
        self._needed = needed
        self._revoke = revoke
        self._revoke_all = revoke_all
        self._now = now
        self.also: Callable[[], None] = lambda: None
        self._lifetime = int(settings.max_token_lifetime)
        self._found = ""
        self._id = secrets.token_hex(8)
        self._readings = 0
        self._known: set[str] = set()  # entries of the last reading
        self._is_failing = False

    def run(self, wait: Callable[[float], bool]) -> None:
        """Read again and again; a failure is logged once, and pauses grow while it is Logto's.

        Args:
            wait: waits for some seconds; whether to end.

        Raises:
            ImproperlyConfigured: there is no webhook to follow, at the first reading.
        """
        pause: float = INTERVAL
        while True:
            try:
                self.read()
            except (*_FAILURES, ImproperlyConfigured) as error:
                if isinstance(error, ImproperlyConfigured) and not self._readings:
                    raise
                self._report(error)
                is_near = isinstance(error, CacheUnavailable)  # and can be asked again soon
                pause = INTERVAL if is_near else min(_LONGEST_PAUSE, pause * 2)
            else:
                self._is_failing = False
                pause = INTERVAL
            if wait(pause):
                return

    def read(self) -> int | None:
        """Read what is new; return how many entries, None where another process reads.

        Raises:
            ImproperlyConfigured: there is no webhook to follow.
            AuthorizationServerUnavailable, ManagementApiRefused: as ``ManagementApi.get``.
            CacheUnavailable: it is not known what was read.
        """
        if not self._has_lease():
            return None
        try:
            new = self._read()
            self.also()
        except BaseException:
            self.release()  # another process may succeed
            raise
        return new

    def release(self) -> None:
        """Let another process read at once."""
        with suppress(CacheUnavailable):
            if self._kept(self._lease) == self._id:
                self._cache.delete(self._lease)

    def _read(self) -> int:
        if self._readings % _LOOK_AGAIN == 0:  # the log of a deleted webhook would be empty
            self._found = find_hook(self._api, self._hook, self._needed)
        asked = self._now()
        position = self._position()
        newest = position.newest if position else int((asked - self._lifetime) * 1000)
        pages = read_log(self._api, self._found, newest - _OVERLAP)
        known: dict[str, int] = {}  # entries of this reading, and their times
        new = 0
        for page in islice(pages, _MAX_PAGES):
            known |= {entry.id: entry.time for entry in page}
            new += self._revoke_for(page)
            self._cache.set(self._lease, self._id, _LEASE)
        gap = _gap(position, asked, is_cut=next(pages, None) is not None)
        if gap:
            self._answer(gap)
        # A clock of Logto that was ahead must not hide what comes after it was set.
        newest = min(max(newest, *known.values(), 0), int(asked * 1000))
        self._cache.set(self._key("position"), f"{newest} {int(asked)}", self._lifetime + _KEPT)
        self._known = set(known)
        self._readings += 1
        return new

    def _revoke_for(self, page: list[Entry]) -> int:
        """Revoke what a page takes away; return how many of its entries are new."""
        new = [entry for entry in page if entry.id not in self._known]
        for entry in new:
            try:
                self._revoke(entry.event)
            except NotUnderstood as error:
                logger.warning(
                    "An entry of Logto's log is not understood, so nothing is revoked: %s.", error
                )
        return len(new)

    def _answer(self, gap: str) -> None:
        """Report what may have been missed; revoke all tokens where a setting says so."""
        is_revoked = self._settings.revocation_after_a_gap == "revoke"
        if is_revoked:
            self._revoke_all()
        logger.error(
            "Access that was taken away in Logto may have been missed: %s. %s",
            gap,
            "All tokens are revoked." if is_revoked else "Nothing else is revoked.",
        )

    def _report(self, error: Exception) -> None:
        if not self._is_failing:
            self._is_failing = True
            reason = getattr(error, "reason", error)
            logger.warning("The log of the webhook cannot be read: %s.", str(reason).rstrip("."))

    def _has_lease(self) -> bool:
        holder = self._kept(self._lease)
        if holder == self._id:
            self._cache.set(self._lease, self._id, _LEASE)
        return holder == self._id or (
            holder is None and self._cache.add(self._lease, self._id, _LEASE)
        )

    def _position(self) -> _Position | None:
        """Return where the last reading ended; None where it is not known."""
        value = str(self._kept(self._key("position")))
        found = re.fullmatch(r"(\d{1,15}) (\d{1,12})", value, re.ASCII)
        return _Position(int(found[1]), int(found[2])) if found else None

    def _kept(self, key: str) -> object:
        return self._cache.get_many([key]).get(key)

    @property
    def _lease(self) -> str:
        return _name("lease", *self._settings.endpoint, self._hook or "")

    def _key(self, name: str) -> str:
        return _name(name, *self._settings.endpoint, self._found)


def _name(kind: str, *of: str) -> str:
    """Return a key of the cache; short, and plain enough for Memcached."""
    digest = sha256(" ".join(of).encode()).hexdigest()
    return f"drf_logto:revocation:follow:{kind}:{digest}"


def _gap(position: _Position | None, asked: float, *, is_cut: bool) -> str:
    """Return why entries may have been missed, "" where none were."""
    if is_cut:
        return f"the log has more than {_MAX_PAGES * PAGE} new entries"
    if position is None:
        return "it is not known how far the log was read"
    if asked - position.asked > _KEPT:
        return f"the log was not read for {int(asked - position.asked)} seconds"
    return ""
