"""The signing keys of one issuer (RFC 7517 §5) as a small state machine.

======== ==================================== ======================================
state    when                                 a token with a known key
======== ==================================== ======================================
empty    nothing was ever fetched             waits for the fetch
fresh    younger than ``ttl``                 is answered from memory
stale    younger than ``max_stale``           is answered from memory; one refresh runs beside it
dead     older than ``max_stale``             waits for the fetch
======== ==================================== ======================================

An unknown ``kid`` forces a fetch and waits for it, at most once per ``cooldown``. A failed fetch
keeps what is known and stops further ones for ``cooldown``. There is one fetch at a time, always in
a thread of its own, so no request waits longer than its own time limit whatever the network does.
"""

import math
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from .exceptions import AuthorizationServerUnavailable, UnknownKey
from .jwk import SigningKey, parse_jwks

THREAD_NAME = "drf_logto-jwks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long keys live, in seconds.

    Attributes:
        ttl: fresh for.
        max_stale: usable for, counted from the last successful fetch.
        cooldown: least time between two forced fetches, and after a failed one.
        wait: the longest that one request waits for a fetch.
    """

    ttl: float
    max_stale: float
    cooldown: float
    wait: float


@dataclass(frozen=True, slots=True)
class _Known:
    """One generation of keys, replaced as a whole, so that reading it needs no lock."""

    keys: Mapping[str, SigningKey]
    fetched_at: float


@dataclass(slots=True)
class _Refresh:
    """A fetch under way."""

    done: threading.Event = field(default_factory=threading.Event)


_NOTHING = _Known({}, -math.inf)


class KeySet:
    """The keys of one issuer, kept so that requests seldom meet the network.

    Args:
        load: fetches the JWK Set; raises AuthorizationServerUnavailable.
        algorithms: the allowed signature algorithms.
        lifetimes: see there.
        now: the clock, in seconds since the epoch.
    """

    def __init__(
        self,
        load: Callable[[], object],
        *,
        algorithms: Collection[str],
        lifetimes: Lifetimes,
        now: Callable[[], float],
    ) -> None:
        self._load = load
        self._algorithms = algorithms
        self._lifetimes = lifetimes
        self._now = now
        self._known = _NOTHING
        self._lock = threading.Lock()
        self._refresh: _Refresh | None = None
        self._forced_again_at = -math.inf
        self._retry_at = -math.inf

    def find(self, kid: str) -> SigningKey:
        """Return the key that the issuer publishes under ``kid``.

        Raises:
            UnknownKey: the issuer publishes no such key.
            AuthorizationServerUnavailable: the issuer cannot be asked, and no usable key is known.
        """
        known = self._known
        key = known.keys.get(kid)
        age = self._age(known)
        if key is None or age >= self._lifetimes.max_stale:
            return self._find_in_new(kid)
        if age >= self._lifetimes.ttl:
            self._start(forced=False)
        return key

    def _find_in_new(self, kid: str) -> SigningKey:
        ends_at = time.monotonic() + self._lifetimes.wait
        begun_here = False
        # A refresh that was under way already may have begun before the key was published.
        while not begun_here:
            refresh, begun_here = self._start(forced=self._is_usable())
            if refresh is None:
                break
            if not refresh.done.wait(ends_at - time.monotonic()):
                raise AuthorizationServerUnavailable("timed out", self._seconds_to_retry())
            if kid in self._known.keys and self._is_usable():
                return self._known.keys[kid]
        if self._is_usable() and self._now() >= self._retry_at:
            raise UnknownKey
        raise AuthorizationServerUnavailable("the last fetch failed", self._seconds_to_retry())

    def _start(self, *, forced: bool) -> tuple[_Refresh | None, bool]:
        """Return the fetch under way, None where none may begin yet; and whether it began here."""
        with self._lock:
            if self._refresh is not None:
                return self._refresh, False
            now = self._now()
            if now < self._retry_at or (forced and now < self._forced_again_at):
                return None, False
            if forced:
                self._forced_again_at = now + self._lifetimes.cooldown
            self._refresh = refresh = _Refresh()
        try:
            threading.Thread(
                target=self._run, args=(refresh,), name=THREAD_NAME, daemon=True
            ).start()
        except RuntimeError:  # no thread can be had, as at the end of a process
            self._finish(refresh, {}, now)
        return refresh, True

    def _run(self, refresh: _Refresh) -> None:
        keys: dict[str, SigningKey] = {}
        started_at = self._now()
        try:
            keys = parse_jwks(self._load(), self._algorithms, self._known.keys)
        except AuthorizationServerUnavailable:
            pass
        finally:
            self._finish(refresh, keys, started_at)

    def _finish(self, refresh: _Refresh, keys: dict[str, SigningKey], started_at: float) -> None:
        with self._lock:
            if keys:
                self._known = _Known(keys, started_at)
                self._retry_at = -math.inf
            else:
                self._retry_at = self._now() + self._lifetimes.cooldown
            self._refresh = None
        refresh.done.set()

    def _is_usable(self) -> bool:
        return self._age(self._known) < self._lifetimes.max_stale

    def _age(self, known: _Known) -> float:
        # A clock that was set back would make keys fresh for too long.
        age = self._now() - known.fetched_at
        return age if age >= 0 else math.inf

    def _seconds_to_retry(self) -> int:
        return math.ceil(max(1, self._retry_at - self._now()))
