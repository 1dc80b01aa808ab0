"""Builds the verifier of this process from the settings."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from .conf import LogtoSettings, get_settings
from .shared_cache import SharedCache
from .telemetry import begin as begin_to_count
from .verification.fetch import Exchange, Fetch, exchange, fetch_json
from .verification.jwk import parse_jwks
from .verification.key_set import KeySet, Lifetimes, Source
from .verification.known_metadata import KnownMetadata
from .verification.metadata import ISSUER_PATH, Metadata, discover_for_sign_in
from .verification.remote_keys import RemoteKeys
from .verification.revocations import Revocations
from .verification.shared_keys import SharedKeys
from .verification.verifier import Verifier

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Environment:
    """What a verifier depends on besides the settings.

    Attributes:
        fetch: gets a JSON document.
        now: the clock, in seconds since the epoch.
        is_shared: whether keys are shared with other processes, where the settings say so.
        cooldown: seconds between two forced fetches, None for those of the settings.
        exchange: sends the requests of a machine.
    """

    fetch: Fetch = fetch_json
    now: Callable[[], float] = time.time
    is_shared: bool = True
    cooldown: float | None = None
    exchange: Exchange = exchange


MakeRevocations = Callable[[LogtoSettings, Environment], Revocations | None]
_Built = tuple[LogtoSettings, Verifier, KnownMetadata, Revocations | None]


class _Runtime:
    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._lock = threading.Lock()
        self._built: _Built | None = None
        self._kept: dict[object, Any] = {}

    def get(self) -> tuple[Verifier, KnownMetadata, Revocations | None]:
        settings = get_settings()
        # All is read at once, so a request needs the lock only where there is something to build.
        built = self._built
        if built is None or built[0] is not settings:
            with self._lock:
                # Another thread may have built it while this one waited.
                built = self._built_from(settings) or self._build(settings)
        return built[1:]

    def _built_from(self, settings: LogtoSettings) -> _Built | None:
        return self._built if self._built and self._built[0] is settings else None

    def _build(self, settings: LogtoSettings) -> _Built:
        environment = self.environment
        revocations = _make_revocations(settings, environment) if _make_revocations else None
        verifier = _verifier(settings, environment, revocations)
        built = settings, verifier, _known_metadata(settings, environment), revocations
        self._built = built
        return built

    def get_kept(self, make: Callable[[Callable[[], float]], Kept]) -> Kept:
        with self._lock:
            if make not in self._kept:
                self._kept[make] = make(self.environment.now)
            kept: Kept = self._kept[make]
            return kept


_runtime = _Runtime(Environment())
_make_revocations: MakeRevocations | None = None


def get_verifier() -> Verifier:
    """Return the verifier of this process, built from the settings as they are now.

    Raises:
        ImproperlyConfigured: the ``LOGTO`` setting cannot work.
    """
    return _runtime.get()[0]


def get_metadata(*, waits: bool) -> Metadata:
    """Return the metadata of the Logto at the first ``ENDPOINT``.

    Args:
        waits: whether to wait while another request fetches it for the first time.

    Raises:
        ImproperlyConfigured: the ``LOGTO`` setting cannot work.
        AuthorizationServerUnavailable: Logto cannot be asked, and no usable metadata is known.
    """
    return _runtime.get()[1].find(waits=waits)


def get_revocations() -> Revocations | None:
    """Return what is known of access that was taken away, None where nothing keeps it.

    Raises:
        ImproperlyConfigured: the ``LOGTO`` setting cannot work.
    """
    return _runtime.get()[2]


def keep_revocations(make: MakeRevocations) -> None:
    """Let verifiers refuse the tokens that ``make``'s object refuses, from now on."""
    global _make_revocations  # noqa: PLW0603 - as the runtime, it is the process's
    _make_revocations = make
    _begin(_runtime.environment)


def get_kept(make: Callable[[Callable[[], float]], Kept]) -> Kept:
    """Return what ``make`` makes of the clock: one for this process, and another in its children.

    Args:
        make: a class or function; the same one gets the same object.
    """
    return _runtime.get_kept(make)


def get_environment() -> Environment:
    """Return the environment of this process."""
    return _runtime.environment


@contextmanager
def override(environment: Environment) -> Iterator[None]:
    """Use another environment, and a new verifier, for the block; for tests."""
    before = _runtime.environment
    _begin(environment)
    try:
        yield
    finally:
        _begin(before)


def _begin(environment: Environment) -> None:
    """Forget the verifier, the metadata and what else is kept, and everything that they know."""
    global _runtime  # noqa: PLW0603 - the one place that holds the process's state
    _runtime = _Runtime(environment)


# A child process has copies of its parent's locks, and none of its threads.
if hasattr(os, "register_at_fork"):  # on Windows no process forks
    os.register_at_fork(after_in_child=lambda: _begin(_runtime.environment))
    os.register_at_fork(after_in_child=begin_to_count)


def _verifier(
    settings: LogtoSettings, environment: Environment, revocations: Revocations | None
) -> Verifier:
    return Verifier(
        key_sets=_key_sets(settings, environment),
        audiences=settings.api_resource,
        client_ids=settings.client_ids,
        algorithms=settings.algorithms,
        leeway=settings.leeway,
        max_token_length=settings.max_token_length,
        cache_size=settings.token_cache_size,
        now=environment.now,
        revocations=revocations,
    )


def _key_sets(settings: LogtoSettings, environment: Environment) -> dict[str, KeySet]:
    """One key set for each address that is asked, under every issuer that it may answer for."""
    issuers = {endpoint: f"{endpoint}{ISSUER_PATH}" for endpoint in settings.endpoint}
    if settings.internal_endpoint is not None:
        everyone = tuple(issuers.values())
        keys = _key_set(settings.internal_endpoint, everyone, settings, environment)
        return dict.fromkeys(everyone, keys)
    return {
        issuer: _key_set(endpoint, (issuer,), settings, environment)
        for endpoint, issuer in issuers.items()
    }


def _lifetimes(settings: LogtoSettings, environment: Environment) -> Lifetimes:
    cooldown = settings.jwks_cooldown if environment.cooldown is None else environment.cooldown
    return Lifetimes(
        ttl=settings.jwks_ttl,
        max_stale=settings.jwks_max_stale,
        cooldown=cooldown,
        wait=settings.http_timeout,
    )


def _known_metadata(settings: LogtoSettings, environment: Environment) -> KnownMetadata:
    ask = partial(
        discover_for_sign_in,
        settings.internal_endpoint or settings.endpoint[0],
        (f"{settings.endpoint[0]}{ISSUER_PATH}",),
        fetch=environment.fetch,
        timeout=settings.http_timeout,
    )
    return KnownMetadata(ask, lifetimes=_lifetimes(settings, environment), now=environment.now)


def _key_set(
    address: str, issuers: tuple[str, ...], settings: LogtoSettings, environment: Environment
) -> KeySet:
    lifetimes = _lifetimes(settings, environment)
    parse = partial(parse_jwks, algorithms=settings.algorithms)
    remote = RemoteKeys(
        address,
        issuers,
        fetch=environment.fetch,
        timeout=settings.http_timeout,
        parse=parse,
        now=environment.now,
    )
    source: Source = remote
    if settings.cache is not None and environment.is_shared:
        source = SharedKeys(
            remote,
            cache=SharedCache(settings.cache, settings.http_timeout / 3),
            name=" ".join((address, *issuers, *sorted(settings.algorithms))),
            parse=parse,
            lifetimes=lifetimes,
            now=environment.now,
        )
    return KeySet(source, lifetimes=lifetimes, now=environment.now)
