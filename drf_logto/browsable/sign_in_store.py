"""Where tokens are: records of their own beside the sessions, in the project's session store.

A session is read at the beginning of a request and written as a whole at its end, so a slow request
would put a used refresh token back. A record here is read and written in one go under a lock.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.backends.cache import SessionStore as CacheStore
from django.contrib.sessions.backends.cached_db import SessionStore as CachedDBStore
from django.contrib.sessions.backends.db import SessionStore as DBStore
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from .contexts import Organization, Person
from .exceptions import SignedOut
from .lock import Lock

LIFETIME = 14 * 24 * 3600
"""Seconds that a record is kept after it was last written: as long as Logto's refresh tokens."""

_SIGN_IN = "sign_in"
_HOLDING = "holding"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What is kept of a person who signed in.

    Attributes:
        person: who it is.
        refresh_token: gets access tokens from Logto.
        chosen: the id of the context that requests are made in, ``""`` where Logto gives no token
            for that any more and none has been chosen since.
        tokens: the latest access token of each context that was ever chosen, by the context's id.
        asked_again_at: when Logto may be asked again after it did not answer, in seconds since the
            epoch.
    """

    person: Person
    refresh_token: str = field(repr=False)
    chosen: str
    tokens: Mapping[str, str] = field(repr=False, default_factory=dict)
    asked_again_at: float = 0


def is_kept_by_the_browser() -> bool:
    """Whether the project's sessions are cookies, which anybody can read."""
    return "signed_cookies" in settings.SESSION_ENGINE or any(
        "signed_cookies" in one.__module__ for one in _session_class().__mro__
    )


def is_kept_in_a_cache() -> bool:
    """Whether the project's sessions are in the cache ``SESSION_CACHE_ALIAS``, or behind it."""
    return issubclass(_session_class(), (CacheStore, CachedDBStore))


def is_kept_in_a_cache_alone() -> bool:
    """Whether the project's sessions are in that cache and nowhere else."""
    return issubclass(_session_class(), CacheStore)


def create(sign_in: SignIn) -> str:
    """Keep a sign-in, and return its key.

    Raises:
        ImproperlyConfigured: sessions are kept in cookies.
    """
    if is_kept_by_the_browser():
        raise ImproperlyConfigured(
            "Sessions that are kept in cookies would show the tokens. Set SESSION_ENGINE to one "
            "that keeps them on the server."
        )
    store = _session_class()()
    _write(store, sign_in)
    return str(store.session_key)


def load(key: str) -> SignIn:
    """Return the sign-in under a key.

    Raises:
        SignedOut: there is none, or no longer.
    """
    kept = _read(key).get(_SIGN_IN)
    if not isinstance(kept, dict):
        raise SignedOut
    try:
        person = kept["person"]
        organizations = tuple(Organization(**one) for one in person["organizations"])
        return SignIn(**{**kept, "person": Person(**{**person, "organizations": organizations})})
    except (KeyError, TypeError):  # another version of the package wrote it
        raise SignedOut from None


def save(key: str, sign_in: SignIn) -> None:
    """Keep another sign-in under the key of one; whoever does so has it ``locked``.

    Raises:
        SignedOut: there is none, or no longer.
    """
    store = _session_class()(key)
    if _SIGN_IN not in store:
        raise SignedOut
    try:
        _write(store, sign_in)
    except UpdateError:
        raise SignedOut from None


def delete(key: str) -> None:
    """Forget the sign-in under a key, if there is one."""
    _session_class()(key).delete()


def locked(
    key: str, patience: float, *, clock: Callable[[], float] = time.monotonic
) -> AbstractContextManager[None]:
    """Let no other request, in whatever process, write the sign-in under a key meanwhile.

    Args:
        key: of the sign-in.
        patience: seconds for which nobody holds it; a lock that stands for longer was left behind
            by a process that has died, and is broken.
        clock: seconds that only increase.
    """
    return Lock(_LockRecords(), key, patience, clock=clock).held()


def outside_transactions(call: Callable[[], Result]) -> Result:
    """Return what a call returns, whose writes no transaction of the request can take back.

    DRF rolls the transaction of a refused request back, and a refresh token that Logto has
    replaced would come back with it. So where there is one, a thread with connections of its own
    makes the call; it reads as well, since SQLite lets nobody write beside a transaction that has
    read.
    """
    if not any(one.in_atomic_block for one in connections.all(initialized_only=True)):
        return call()

    def in_thread() -> Result:
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(in_thread).result()


def _session_class() -> type[SessionBase]:
    session_class: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    return session_class


def _read(name: str) -> Mapping[str, Any]:
    store: Any = _session_class()(name)
    # A cache before the database may hold what another process has changed or deleted meanwhile.
    kept: Mapping[str, Any] = DBStore.load(store) if isinstance(store, DBStore) else store.load()
    return kept


def _write(store: SessionBase, sign_in: SignIn) -> None:
    store[_SIGN_IN] = asdict(sign_in)
    store.set_expiry(LIFETIME)
    try:
        store.save()
    except Exception as fault:  # noqa: BLE001 - whatever the project's store raises
        # The variables of its frames, and of those that led to it, hold the tokens.
        fault.__cause__ = fault.__context__ = None
        failure = fault.with_traceback(None)
    else:
        return
    raise failure


class _LockRecords:
    """Records of locks in the project's session store."""

    def create(self, name: str, value: str) -> bool:
        store: Any = _session_class()()
        store[_HOLDING] = value
        store.set_expiry(LIFETIME)
        store._session_key = name
        try:
            store.save(must_create=True)
        except CreateError:
            return False
        return True

    def read(self, name: str) -> str | None:
        value = _read(name).get(_HOLDING)
        return value if isinstance(value, str) else None

    def delete(self, name: str) -> None:
        _session_class()(name).delete()
