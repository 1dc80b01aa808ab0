"""The signing keys of one issuer (RFC 7517 §5), cached and refreshed.

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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..exceptions import AuthorizationServerUnavailable, UnknownKey
from .jwk import SigningKey

THREAD_NAME = "drf_logto-jwks"

_LOOK_AGAIN = 1
"""Seconds until an unknown key is looked for again, after other processes had forced a fetch."""

_PATIENCE = 10
"""After how many time limits a fetch counts as lost, such as in a resolver that never answers."""

_UNKNOWN_FAULT = "the last fetch failed"


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
class KeyRequest:
    """What a key set asks its source for.

    Attributes:
        kid: the key that is looked for, None for a routine refresh.
        newer_than: when the known keys were fetched, in seconds since the epoch.
        forced: whether fresh keys are known and ``kid`` is not among them.
    """

    kid: str | None
    newer_than: float
    forced: bool


@dataclass(frozen=True, slots=True)
class KeyResponse:
    """A JWK Set, its usable keys, and when the issuer was asked, in seconds since the epoch.

    Attributes:
        document: the JWK Set as it was published.
        keys: the usable keys by ``kid``, at least one.
        is_copy: whether another process had fetched it.
    """

    document: object
    keys: Mapping[str, SigningKey]
    at: float
    is_copy: bool = False


Source = Callable[[KeyRequest], KeyResponse | None]
"""Where a key set gets its keys; None where there can be nothing newer now."""


@dataclass(frozen=True, slots=True)
class _Known:
    """One generation of keys, replaced as a whole, so that reading it needs no lock."""

    keys: Mapping[str, SigningKey]
    fetched_at: float


@dataclass(slots=True)
class _Refresh:
    """A fetch under way.

    Attributes:
        given_up_at: when it counts as lost, on the monotonic clock.
        is_answer: whether the issuer was asked, once it is done, and a copy did not do.
        has_failed: whether it brought no keys, once it is done.
    """

    request: KeyRequest
    given_up_at: float
    done: threading.Event = field(default_factory=threading.Event)
    is_answer: bool = True
    has_failed: bool = False


_NOTHING = _Known({}, -math.inf)


class KeySet:
    """The keys of one issuer, kept so that requests seldom meet the network.

    Args:
        source: fetches the JWK Set; raises AuthorizationServerUnavailable.
        lifetimes: see there.
        now: the clock, in seconds since the epoch.
    """

    def __init__(
        self,
        source: Source,
        *,
        lifetimes: Lifetimes,
        now: Callable[[], float],
    ) -> None:
        self._source = source
        self._lifetimes = lifetimes
        self._now = now
        self._known = _NOTHING
        self._lock = threading.Lock()
        self._refresh: _Refresh | None = None
        self._forced_again_at = -math.inf
        self._retry_at = -math.inf
        self._fault = _UNKNOWN_FAULT

    def find(self, kid: str) -> SigningKey:
        """Return the key that the issuer publishes under ``kid``.

        Raises:
            UnknownKey: the issuer publishes no such key.
            AuthorizationServerUnavailable: the issuer cannot be asked, and no usable key is known.
        """
        return self.find_known(kid) or self._find_in_new(kid)

    def find_known(self, kid: str) -> SigningKey | None:
        """Return the key under ``kid``, None where a fetch must end first; never waits for one."""
        known = self._known
        key = known.keys.get(kid)
        age = self._age(known)
        if key is None or age >= self._lifetimes.max_stale:
            return None
        if age >= self._lifetimes.ttl:
            self._start(None)
        return key

    def _find_in_new(self, kid: str) -> SigningKey:
        ends_at = time.monotonic() + self._lifetimes.wait
        is_answered = has_failed = False
        # A refresh that was under way already may have begun before the key was published.
        while not is_answered:
            refresh, begun_here = self._start(kid)
            if refresh is None:
                break
            if not refresh.done.wait(ends_at - time.monotonic()):
                raise AuthorizationServerUnavailable("timed out", self._seconds_to_retry())
            if self._usable(kid) is not None:
                break
            has_failed = refresh.has_failed
            is_answered = begun_here and refresh.is_answer
        key = self._usable(kid)
        if key is not None:
            return key
        is_usable = self._age(self._known) < self._lifetimes.max_stale
        if is_usable and not (has_failed or self._lies_ahead(self._retry_at)):
            raise UnknownKey
        raise AuthorizationServerUnavailable(self._fault, self._seconds_to_retry())

    def _usable(self, kid: str) -> SigningKey | None:
        known = self._known
        return known.keys.get(kid) if self._age(known) < self._lifetimes.max_stale else None

    def _start(self, kid: str | None) -> tuple[_Refresh | None, bool]:
        """Return the fetch under way, None where none may begin yet; and whether it began here."""
        with self._lock:
            if self._refresh is not None and time.monotonic() < self._refresh.given_up_at:
                return self._refresh, False
            is_fresh = self._age(self._known) < self._lifetimes.ttl
            # Another thread's refresh may have ended since the last look.
            is_done = is_fresh if kid is None else self._usable(kid) is not None
            forced = kid is not None and is_fresh
            may_begin = not self._lies_ahead(self._retry_at)
            if is_done or not may_begin or (forced and self._lies_ahead(self._forced_again_at)):
                return None, False
            request = KeyRequest(kid, self._known.fetched_at, forced)
            given_up_at = time.monotonic() + _PATIENCE * self._lifetimes.wait
            self._refresh = refresh = _Refresh(request, given_up_at)
        try:
            threading.Thread(
                target=self._run, args=(refresh,), name=THREAD_NAME, daemon=True
            ).start()
        except RuntimeError:  # no thread can be had, as at the end of a process
            self._fail(refresh)
        return refresh, True

    def _run(self, refresh: _Refresh) -> None:
        started_at = self._now()
        try:
            response = self._source(refresh.request)
            if response is not None:
                self._learn(response)
            refresh.is_answer = response is None or not response.is_copy
            if refresh.request.forced and refresh.is_answer:
                pause = self._lifetimes.cooldown if response is not None else _LOOK_AGAIN
                self._forced_again_at = started_at + pause
            self._end(refresh)
        except AuthorizationServerUnavailable as unavailable:
            self._fail(refresh, unavailable.retry_after, unavailable.reason)
        finally:
            if not refresh.done.is_set():  # an unexpected exception of the source
                self._fail(refresh)

    def _learn(self, response: KeyResponse) -> None:
        # Cached tokens refer to their key by identity, so a key that has not changed stays.
        known = {kid: key for kid, key in self._known.keys.items() if key.is_in(response.keys)}
        keys = {**response.keys, **known}
        fetched_at = min(response.at, self._now())
        if fetched_at >= self._known.fetched_at or self._known.fetched_at > self._now():
            self._known = _Known(keys, fetched_at)
        self._retry_at = -math.inf

    def _fail(self, refresh: _Refresh, retry_after: float = 0, fault: str = _UNKNOWN_FAULT) -> None:
        refresh.has_failed = True
        self._fault = fault
        self._retry_at = self._now() + min(
            retry_after or self._lifetimes.cooldown, self._lifetimes.cooldown
        )
        self._end(refresh)

    def _end(self, refresh: _Refresh) -> None:
        with self._lock:
            if self._refresh is refresh:
                self._refresh = None
        refresh.done.set()

    def _age(self, known: _Known) -> float:
        # A clock that was set back would make keys fresh for too long: they count as stale.
        age = self._now() - known.fetched_at
        return age if age >= 0 else self._lifetimes.ttl

    def _lies_ahead(self, moment: float) -> bool:
        # No wait is longer than the cooldown, however the clock was set meanwhile.
        return 0 < moment - self._now() <= self._lifetimes.cooldown

    def _seconds_to_retry(self) -> int:
        ahead = self._retry_at - self._now() if self._lies_ahead(self._retry_at) else 1
        return math.ceil(max(1, ahead))
