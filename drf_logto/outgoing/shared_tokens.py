"""Shares machine tokens between processes through a cache that learns nothing of them.

A token is encrypted with a key that is derived from the application's secret (RFC 5869, AES-GCM),
under a name that is derived from it as well. So whoever reads the cache learns neither a token nor
what it is for, and what was written or moved there without the secret is discarded.
"""

import base64
import hmac
import json
import os
import time
from collections.abc import Callable
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..verification.shared_keys import Cache
from .client_credentials import Application, MachineToken, TokenRequest

_LOOK_AGAIN = 0.05  # seconds between two looks for the token of the process that has the lease
_LONGEST = 65536  # characters of an entry
_KEY, _NONCE = 32, 12  # bytes
_PURPOSE = b"drf_logto machine token 1"

Found = TypeVar("Found")


class _Entry:
    """Where one token is in the cache, and how it is encrypted."""

    def __init__(self, issuer: str, application: Application, request: TokenRequest) -> None:
        derive = HKDF(SHA256(), length=2 * _KEY, salt=None, info=_PURPOSE)
        derived = derive.derive(application.secret.encode())
        self._cipher = AESGCM(derived[:_KEY])
        about = [issuer, application.id, request.resource, request.organization, *request.scopes]
        name = hmac.digest(derived[_KEY:], json.dumps(about).encode(), "sha256")
        self._name = name
        self.key = f"drf_logto:machine_token:{name.hex()}"
        self.lease_key = f"{self.key}:lease"

    def seal(self, token: MachineToken) -> str:
        nonce = os.urandom(_NONCE)
        text = json.dumps([token.value, token.scopes, token.begins_at, token.ends_at])
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), self._name)
        return base64.b64encode(sealed).decode()

    def open(self, value: object) -> MachineToken | None:
        if not isinstance(value, str) or len(value) > _LONGEST:
            return None
        try:
            sealed = base64.b64decode(value)
            text = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._name)
        except (ValueError, InvalidTag):
            return None
        token, scopes, begins_at, ends_at = json.loads(text)
        return MachineToken(token, tuple(scopes), begins_at, ends_at)


class SharedTokens:
    """Machine tokens in a cache; one process at a time asks for each.

    Args:
        cache: what the processes share.
        issuer: whose tokens they are.
        now: the clock, in seconds since the epoch.
        lease: seconds that a process has to ask; a whole number.
    """

    def __init__(self, cache: Cache, issuer: str, now: Callable[[], float], lease: int) -> None:
        self._cache = cache
        self._issuer = issuer
        self._now = now
        self._lease_seconds = lease

    def get(
        self,
        application: Application,
        request: TokenRequest,
        ask: Callable[[], MachineToken | Found],
        *,
        rejected: str,
        meanwhile: MachineToken | None,
    ) -> MachineToken | Found:
        """Return another process's token, or what ``ask`` returns.

        Args:
            application: whose token it is.
            request: what it is for.
            ask: asks Logto; a token that it returns is shared.
            rejected: a token that is not wanted.
            meanwhile: returned while another process asks; None to wait for that one's.
        """
        entry = _Entry(self._issuer, application, request)
        ends_at = time.monotonic() + self._lease_seconds
        while (token := self._read(entry, rejected)) is None:
            is_mine = self._cache.add(entry.lease_key, "taken", self._lease_seconds)
            if is_mine or time.monotonic() > ends_at:
                return self._ask(entry, ask, rejected)
            if meanwhile is not None:
                return meanwhile
            time.sleep(_LOOK_AGAIN)
        return token

    def _ask(
        self, entry: _Entry, ask: Callable[[], MachineToken | Found], rejected: str
    ) -> MachineToken | Found:
        try:
            # The process that had the lease may have written a token since the last look.
            token = self._read(entry, rejected)
            return token if token is not None else self._share(entry, ask())
        finally:
            self._cache.delete(entry.lease_key)

    def _share(self, entry: _Entry, found: MachineToken | Found) -> MachineToken | Found:
        if isinstance(found, MachineToken) and found.is_fresh(self._now()):
            seconds = int(found.kept_until - found.begins_at)
            self._cache.set(entry.key, entry.seal(found), seconds)
        return found

    def _read(self, entry: _Entry, rejected: str) -> MachineToken | None:
        token = entry.open(self._cache.get(entry.key))
        if token is None or token.value == rejected or not token.is_fresh(self._now()):
            return None
        return token
