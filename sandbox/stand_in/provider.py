"""The OpenID provider: an in-process Logto, and the sessions, grants and tokens that it keeps."""

import secrets
import threading
from collections.abc import MutableMapping
from typing import Protocol, TypeVar

from cachetools import TLRUCache

from drf_logto.testing import Logto

from .records import AuthorizationCode, Grant, OpaqueToken, RefreshToken, Session, SignIn

REFRESH_TOKEN_LIFETIME = 14 * 24 * 3600
"""Seconds."""

MAX_RECORDS = 1000
"""So many of each kind are kept; the least recently used one goes first."""


class _Expiring(Protocol):
    @property
    def expires_at(self) -> float: ...


class _Granted(_Expiring, Protocol):
    @property
    def grant(self) -> Grant: ...


Record = TypeVar("Record", bound=_Expiring)
GrantedRecord = TypeVar("GrantedRecord", bound=_Granted)


class Provider:
    """What the endpoints share. Whoever uses it holds ``lock``.

    Args:
        logto: holds the keys and the clock, and signs the tokens.
    """

    def __init__(self, logto: Logto) -> None:
        self.logto = logto
        self.lock = threading.Lock()
        self.sign_ins: MutableMapping[str, SignIn] = self._bounded()
        self.sessions: MutableMapping[str, Session] = self._bounded()
        self.grants: MutableMapping[str, Grant] = self._bounded()
        self.codes: MutableMapping[str, AuthorizationCode] = self._bounded()
        self.refresh_tokens: MutableMapping[str, RefreshToken] = self._bounded()
        self.opaque_tokens: MutableMapping[str, OpaqueToken] = self._bounded()

    def _bounded(self) -> MutableMapping[str, Record]:
        return TLRUCache(MAX_RECORDS, lambda _, record, now: record.expires_at, self.logto.now)

    def find(self, records: MutableMapping[str, GrantedRecord], name: str) -> GrantedRecord | None:
        """Return a code or a token, ``None`` where there is none or its grant was revoked."""
        record = records.get(name)
        if record is None or self.grants.get(record.grant.id) is None:
            return None
        return record

    def revoke(self, grant: Grant) -> None:
        """Void the codes and tokens of a grant."""
        self.grants.pop(grant.id, None)

    def end_session(self, cookie: str) -> None:
        """Sign out, and revoke what applications got from this session.

        Logto leaves refresh tokens alone here; applications revoke their own.
        """
        session = self.sessions.pop(cookie, None)
        for grant in [grant for grant in self.grants.values() if grant.session == session]:
            self.revoke(grant)


def remember(records: MutableMapping[str, Record], record: Record) -> str:
    """Keep a record under a new name that nobody can guess, and return the name."""
    name = secrets.token_urlsafe(32)
    records[name] = record
    return name
