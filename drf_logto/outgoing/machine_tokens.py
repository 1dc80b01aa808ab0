"""The machine tokens of this process: each is asked for once, and replaced before it ends."""

import copy
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from ..conf import LogtoSettings, get_settings
from ..exceptions import AuthorizationServerUnavailable, without_frames
from ..runtime import get_environment, get_kept
from ..shared_cache import SharedCache
from ..telemetry import logger
from ..verification.shared_keys import Cache
from .client_credentials import (
    Application,
    MachineToken,
    MachineTokenRefused,
    TokenRequest,
    request_token,
)
from .shared_tokens import SharedTokens

MAX_TOKENS = 1000
"""Tokens that a process keeps; the one that was not used for longest goes first."""

_Failure = AuthorizationServerUnavailable | MachineTokenRefused


@dataclass(slots=True)
class _BackOff:
    """After a failure: one second without another try, and twice as long after each more."""

    longest: float
    failure: _Failure | None = None
    pause: float = 0
    at: float = 0

    def add(self, failure: _Failure, now: float) -> None:
        self.failure = failure
        self.pause = min(max(1, 2 * self.pause), self.longest)
        self.at = now

    def end(self) -> None:
        self.failure, self.pause = None, 0

    def failure_at(self, now: float) -> _Failure | None:
        if self.failure is None or not 0 <= now - self.at < self.pause:
            return None
        failure = copy.copy(self.failure)
        if isinstance(failure, AuthorizationServerUnavailable):
            failure.retry_after = math.ceil(self.at + self.pause - now)
        return failure


@dataclass(slots=True)
class _Entry:
    back_off: _BackOff
    lock: threading.Lock = field(default_factory=threading.Lock)
    token: MachineToken | None = None
    rejected: str = ""
    rejected_at: float | None = None

    def holds(self, value: str) -> bool:
        return self.token is not None and self.token.value == value


class MachineTokens:
    """Machine tokens, each asked for by one thread at a time.

    Args:
        settings: of the Logto that is asked.
        now: the clock, in seconds since the epoch.
        cache: what processes share, None where they share nothing.
    """

    def __init__(
        self, settings: LogtoSettings, now: Callable[[], float], cache: Cache | None
    ) -> None:
        self.settings = settings
        self._now = now
        self._shared: SharedTokens | None = None
        if cache is not None:
            lease = math.ceil(2 * settings.http_timeout) + 1
            self._shared = SharedTokens(cache, settings.issuers[0], now, lease)
        self._lock = threading.Lock()
        self._entries: OrderedDict[tuple[Application, TokenRequest], _Entry] = OrderedDict()
        self._outage = _BackOff(settings.jwks_cooldown)
        self._wait = 2 * settings.http_timeout  # of the metadata and of the token endpoint

    def get(self, application: Application, request: TokenRequest) -> MachineToken:
        """Return a token that can be sent, waiting for one where there is none.

        Raises:
            MachineTokenRefused: Logto does not issue it.
            AuthorizationServerUnavailable: Logto cannot be reached in time, or not yet again.
        """
        token = self.find(application, request)
        if token is None:
            found = self._wait_for(application, request)
            if isinstance(found, Exception):
                raise found
            token = found
        return token

    def find(self, application: Application, request: TokenRequest) -> MachineToken | None:
        """Return a token that need not be replaced yet, None where there is none; never waits."""
        token = self._entry(application, request).token
        return token if token is not None and token.is_fresh(self._now()) else None

    def drop(self, value: str) -> bool:
        """Replace a token that its receiver rejected; return whether another can be had.

        A receiver that rejects every token must not make each request ask Logto for a new one, so
        a token is replaced once in ``JWKS_COOLDOWN``.
        """
        now = self._now()
        with self._lock:
            entries = [one for one in self._entries.values() if one.holds(value)]
        for entry in entries:
            at = entry.rejected_at
            if at is not None and 0 <= now - at < self.settings.jwks_cooldown:
                return False
            entry.token, entry.rejected, entry.rejected_at = None, value, now
        return True

    def _entry(self, application: Application, request: TokenRequest) -> _Entry:
        key = application, request
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                entry = self._entries[key] = _Entry(_BackOff(self.settings.jwks_cooldown))
            self._entries.move_to_end(key)
            while len(self._entries) > MAX_TOKENS:
                self._entries.popitem(last=False)
            return entry

    def _wait_for(self, application: Application, request: TokenRequest) -> MachineToken | _Failure:
        entry = self._entry(application, request)
        known = entry.token
        old = known if known is not None and known.is_usable(self._now()) else None
        if not entry.lock.acquire(timeout=0 if old else self._wait):
            return old or AuthorizationServerUnavailable("another request waits for the token")
        try:
            found = self._renew(entry, application, request, old)
        finally:
            entry.lock.release()
        return old or found if isinstance(found, Exception) else found

    def _renew(
        self,
        entry: _Entry,
        application: Application,
        request: TokenRequest,
        old: MachineToken | None,
    ) -> MachineToken | _Failure:
        now = self._now()
        if entry.token is not None and entry.token.is_fresh(now):  # of another thread
            return entry.token
        failure = self._outage.failure_at(now) or entry.back_off.failure_at(now)
        if failure is not None:
            return failure
        ask = partial(self._ask, application, request)
        if self._shared is None or not application.is_shared:
            found: MachineToken | _Failure = ask()
        else:
            found = self._shared.get(
                application, request, ask, rejected=entry.rejected, meanwhile=old
            )
        if isinstance(found, Exception):
            return self._back_off(entry, found, old)
        if found is not old:  # which does while another process asks
            self._outage.end()
            entry.back_off.end()
        entry.token = found
        return found

    def _back_off(self, entry: _Entry, failure: _Failure, old: MachineToken | None) -> _Failure:
        # No token can be had while Logto is down, and one may be refused while others are issued.
        is_refused = isinstance(failure, MachineTokenRefused)
        # It begins now, because a request to a Logto that hangs takes longer than the first pause.
        back_off = entry.back_off if is_refused else self._outage
        back_off.add(failure, self._now())
        if old is not None:
            reason = getattr(failure, "reason", failure)
            logger.warning("A machine token is not replaced, and still used: %s", reason)
        return back_off.failure_at(back_off.at) or failure

    def _ask(self, application: Application, request: TokenRequest) -> MachineToken | _Failure:
        try:
            return request_token(self.settings, application, request, self._now)
        except (AuthorizationServerUnavailable, MachineTokenRefused) as failure:
            return without_frames(failure)  # they hold the secret


class _OfSettings:
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._tokens: MachineTokens | None = None

    def get(self) -> MachineTokens:
        settings = get_settings()
        with self._lock:
            if self._tokens is None or self._tokens.settings is not settings:
                alias = settings.cache if get_environment().is_shared else None
                cache = SharedCache(alias, settings.http_timeout / 3) if alias else None
                self._tokens = MachineTokens(settings, self._now, cache)
            return self._tokens


def machine_tokens() -> MachineTokens:
    """Return the tokens of this process, none where the settings have changed.

    Raises:
        ImproperlyConfigured: the settings cannot work.
    """
    return get_kept(_OfSettings).get()
