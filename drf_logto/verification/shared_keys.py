"""Shares the JWK Set of an issuer between processes through a cache.

Each process keeps its own KeySet; this is only where a refresh gets its keys. A process takes
a copy that is new enough. If there is none, one process at a time has the lease to ask the issuer,
and the others look out for what it writes. Forced and failed fetches leave a mark with their time,
to which each process applies its own cooldown, so that processes with the same cooldown together
ask no more often than one would.
"""

import json
import math
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Protocol

from ..exceptions import AuthorizationServerUnavailable
from .jwk import SigningKey
from .key_set import KeyRequest, KeyResponse, Lifetimes

_CLOCK_SKEW = 5
"""Seconds that the clocks of two machines may differ.

A copy from further ahead is no newer one, and a mark from further ahead is none.
"""

_MARK_LIFETIME = 24 * 3600
"""Seconds that the cache keeps the mark of a forced fetch, for processes of any cooldown."""

_LOOK_AGAIN = 0.05
"""Seconds between two looks for the copy of the process that has the lease."""


class Cache(Protocol):
    """What is used of a shared cache; timeouts in whole seconds. It must not raise.

    Out of order, it answers as an empty one would: ``get`` None, ``add`` True.
    """

    def get(self, key: str) -> object:
        """Return the value, or None."""

    def add(self, key: str, value: str, timeout: int) -> bool:
        """Set the value unless there is one; whether it was set."""

    def set(self, key: str, value: str, timeout: int) -> None:
        """Set the value."""

    def delete(self, key: str) -> None:
        """Remove the value."""


class SharedKeys:
    """A source of keys that asks the issuer through ``source`` only where no copy will do.

    Args:
        source: asks the issuer.
        cache: what the processes share.
        name: names this key set among those in the cache.
        parse: reads a JWK Set into keys by ``kid``.
        lifetimes: those of the key set.
        now: the clock, in seconds since the epoch.
    """

    def __init__(
        self,
        source: Callable[[KeyRequest], KeyResponse],
        *,
        cache: Cache,
        name: str,
        parse: Callable[[object], Mapping[str, SigningKey]],
        lifetimes: Lifetimes,
        now: Callable[[], float],
    ) -> None:
        self._source = source
        self._cache = cache
        self._parse = parse
        self._lifetimes = lifetimes
        self._now = now
        prefix = f"drf_logto:jwks:{sha256(name.encode()).hexdigest()[:32]}"
        self._copy_key, self._lease_key = f"{prefix}:copy", f"{prefix}:lease"
        self._forced_key, self._failed_key = f"{prefix}:forced", f"{prefix}:failed"
        self._cooldown = math.ceil(lifetimes.cooldown)
        self._has_backed_off = False
        # A fetch is two documents, each within the time limit of one.
        self._lease_seconds = math.ceil(2 * lifetimes.wait) + 1

    def __call__(self, request: KeyRequest) -> KeyResponse | None:
        """Return the keys, None where the issuer was asked too recently to ask again.

        Raises:
            AuthorizationServerUnavailable: the issuer did not answer this process or another.
        """
        ends_at = time.monotonic() + self._lease_seconds
        while (copy := self._new_enough(request)) is None:
            self._back_off()
            if (
                self._cache.add(self._lease_key, "taken", self._lease_seconds)
                or time.monotonic() > ends_at
            ):
                return self._lease(request)
            time.sleep(_LOOK_AGAIN)
        return copy

    def _back_off(self) -> None:
        """Leave the issuer alone if another process recently had no answer; but not twice in a row.

        The fault may be the other's alone.
        """
        left = self._cooling_down(self._failed_key)
        if left > 0 and not self._has_backed_off:
            self._has_backed_off = True
            raise AuthorizationServerUnavailable("another process could not fetch the keys", left)

    def _lease(self, request: KeyRequest) -> KeyResponse | None:
        try:
            # The process that had the lease may have written a copy since the last look.
            return self._new_enough(request) or self._fetch(request)
        finally:
            self._cache.delete(self._lease_key)

    def _fetch(self, request: KeyRequest) -> KeyResponse | None:
        if request.forced:
            if self._cooling_down(self._forced_key) > 0:
                return None
            self._mark(self._forced_key, max(_MARK_LIFETIME, self._cooldown))
        self._has_backed_off = False
        try:
            fetched = self._source(request)
        except AuthorizationServerUnavailable:
            self._mark(self._failed_key, self._cooldown)
            raise
        copy = json.dumps({"document": fetched.document, "at": fetched.at})
        self._cache.set(self._copy_key, copy, math.ceil(self._lifetimes.max_stale))
        return fetched

    def _mark(self, key: str, lifetime: int) -> None:
        self._cache.set(key, str(self._now()), lifetime)

    def _cooling_down(self, key: str) -> int:
        """Return for how many seconds yet a mark stops this process, 0 where it does not."""
        try:
            age = self._now() - float(str(self._cache.get(key)))
            left = math.ceil(self._cooldown - age) if age >= -_CLOCK_SKEW else 0
        except (ValueError, ArithmeticError):
            return 0
        return min(max(0, left), self._cooldown)

    def _new_enough(self, request: KeyRequest) -> KeyResponse | None:
        copy = self._read()
        return copy if copy is not None and self._is_enough(copy, request) else None

    def _read(self) -> KeyResponse | None:
        """The copy, None where there is none that can be used."""
        try:
            value = json.loads(str(self._cache.get(self._copy_key)))
            at, document = float(value["at"]), value["document"]
        except (ValueError, TypeError, KeyError, ArithmeticError, RecursionError):
            return None
        if not (math.isfinite(at) and self._now() - at < self._lifetimes.max_stale):
            return None
        keys = self._parse(document)
        return KeyResponse(document, keys, at, is_copy=True) if keys else None

    def _is_enough(self, copy: KeyResponse, request: KeyRequest) -> bool:
        is_known = math.isfinite(request.newer_than)
        if copy.at <= request.newer_than or (is_known and copy.at > self._now() + _CLOCK_SKEW):
            return False
        if request.kid is None:
            return self._now() - copy.at < self._lifetimes.ttl
        return not request.forced or request.kid in copy.keys
