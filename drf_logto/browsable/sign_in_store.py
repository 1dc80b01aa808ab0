"""Server-side store for a signed-in browser's tokens: records in the project's session store.

A session is read at the start of a request and written as a whole at its end, so a slow request
would restore a used refresh token. The records here are separate, and written under a lock.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DBStore
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from ..conf import get_settings
from ..runtime import get_revocations
from ..verification.metadata import ISSUER_PATH
from .contexts import Organization, Person
from .exceptions import SignedOut
from .lock import Lock

_LIFETIME = 14 * 24 * 3600  # seconds from the last write, as of Logto's refresh tokens
_SIGN_IN = "sign_in"
_LOCK = "lock"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The tokens of a user who signed in."""

    person: Person
    refresh_token: str = field(repr=False)
    chosen: str  # the id of a context; "" if Logto no longer issues its token, until a new choice
    lost_reason: str = ""  # why it does not, if that is known
    refused: tuple[str, ...] = ()  # ids of organizations that Logto issues no tokens for
    nonce: str = field(repr=False)  # the one of the ID tokens of this sign-in
    sid: str | None = None  # Logto's id of the session of the browser, if its ID tokens have one
    since: float = 0  # by Logto's clock, in seconds since the epoch
    tokens: Mapping[str, str] = field(repr=False, default_factory=dict)  # by the context's id
    retry_at: float = 0  # after a failed refresh, in seconds since the epoch
    retry_reason: str = ""  # why it failed, if that is known


def session_class() -> type[SessionBase]:
    """Return the project's session store."""
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    return store


def uses_cookies() -> bool:
    """Whether the project's sessions are cookies, which are signed but not encrypted."""
    return any("signed_cookies" in base.__module__ for base in session_class().__mro__)


def create(sign_in: SignIn) -> str:
    """Store a sign-in, and return its key."""
    if uses_cookies():
        raise ImproperlyConfigured(
            "Sessions in cookies would expose the tokens. Set SESSION_ENGINE to one that keeps "
            "sessions on the server."
        )
    store = session_class()()
    _write(store, sign_in)
    return str(store.session_key)


def load(key: str) -> SignIn:
    """Return the sign-in of a key, or raise SignedOut, also if the user signed out at Logto."""
    record: Any = _read(key).get(_SIGN_IN)
    try:
        person = record["person"]
        organizations = tuple(Organization(**one) for one in person["organizations"])
        person = Person(**{**person, "organizations": organizations})
        sign_in = SignIn(**{**record, "person": person, "refused": tuple(record["refused"])})
    except (KeyError, TypeError):  # there is none, or another version of the package wrote it
        raise SignedOut from None
    if _is_over_at_logto(sign_in):
        raise SignedOut
    return sign_in


def _is_over_at_logto(sign_in: SignIn) -> bool:
    revocations, known = get_revocations(), get_settings()
    return revocations is not None and revocations.is_signed_out(
        issuer=f"{known.endpoint[0]}{ISSUER_PATH}",
        user=sign_in.person.sub,
        client=str(known.app_id),
        session=sign_in.sid,
        since=sign_in.since,
    )


def save(key: str, sign_in: SignIn) -> None:
    """Replace the sign-in of a key, or raise SignedOut. The caller holds its lock."""
    store = session_class()(key)
    if _SIGN_IN not in store:
        raise SignedOut
    try:
        _write(store, sign_in)
    except UpdateError:
        raise SignedOut from None


def delete(key: str) -> None:
    """Delete the sign-in of a key, if there is one."""
    session_class()(key).delete()


def lock(key: str, timeout: float, *, clock: Callable[[], float] = time.monotonic) -> Lock:
    """Return the lock of the sign-in of a key, for all threads and processes."""
    return Lock(_LockRecords(), key, timeout, clock=clock)


def outside_transactions(call: Callable[[], Result]) -> Result:
    """Return what ``call`` returns; a rollback of the request's transaction keeps its writes.

    DRF rolls back the transaction of a refused request, which would restore a refresh token that
    Logto has replaced. So within a transaction, a thread with its own connections makes the call.
    It also reads, because SQLite cannot write beside a transaction that has read.
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


def _read(key: str) -> Mapping[str, Any]:
    store: Any = session_class()(key)
    # Past the cache of cached_db, which may have what another process has changed or deleted.
    data: Mapping[str, Any] = DBStore.load(store) if isinstance(store, DBStore) else store.load()
    return data


def _write(store: SessionBase, sign_in: SignIn) -> None:
    store[_SIGN_IN] = asdict(sign_in)
    store.set_expiry(_LIFETIME)
    try:
        store.save()
    except Exception as error:  # noqa: BLE001 - whatever the project's store raises
        # The frames of the error and of its causes have the tokens in their variables.
        error.__cause__ = error.__context__ = None
        failure = error.with_traceback(None)
    else:
        return
    raise failure


class _LockRecords:
    """Records of locks in the project's session store."""

    def create(self, name: str, value: str) -> bool:
        store: Any = session_class()()
        store[_LOCK] = value
        store.set_expiry(_LIFETIME)
        store._session_key = name  # only now, so that an existing record is not loaded
        try:
            store.save(must_create=True)
        except CreateError:
            return False
        return True

    def read(self, name: str) -> str | None:
        value = _read(name).get(_LOCK)
        return value if isinstance(value, str) else None

    def delete(self, name: str) -> None:
        session_class()(name).delete()
