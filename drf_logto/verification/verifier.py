"""Verifies access tokens (RFC 9068 §4): takes a string, returns an AuthInfo."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256

from .. import exceptions as refusals
from ..auth_info import AuthInfo
from ..telemetry import count_cached, count_verified
from .candidate import Candidate, Policy
from .jwk import SigningKey
from .jws import Jws, parse_jws
from .key_set import KeySet
from .revocations import Revocations, for_log, require_granted
from .rules import CLAIM_RULES, REVOCATION, SIGNATURE_RULES, TYPE


@dataclass(slots=True)
class _CachedToken:
    """A verified token and the key that verified it."""

    payload: bytes
    ends_at: float
    key: SigningKey
    key_set: KeySet
    version: int  # of the revocations that it was last compared with


class Verifier:
    """Verifies the access tokens of one API.

    Args:
        key_sets: the keys of each trusted issuer, by its exact name.
        audiences: the resource indicators that this API answers to.
        client_ids: the applications that may use this API, None for all.
        algorithms: the allowed signature algorithms.
        leeway: seconds that clocks may differ, for ``exp`` and ``nbf``.
        max_token_length: in characters.
        cache_size: how many verified tokens are cached, 0 for none.
        now: the clock, in seconds since the epoch.
        revocations: may refuse valid tokens, None where none are.
    """

    def __init__(  # noqa: PLR0913 - by keyword, and one for each rule
        self,
        *,
        key_sets: Mapping[str, KeySet],
        audiences: Collection[str],
        algorithms: Collection[str],
        leeway: float,
        max_token_length: int,
        cache_size: int,
        now: Callable[[], float],
        client_ids: Collection[str] | None = None,
        revocations: Revocations | None = None,
    ) -> None:
        self.policy = Policy(
            key_sets=key_sets,
            audiences=frozenset(audiences),
            client_ids=client_ids,
            algorithms=frozenset(algorithms),
            leeway=leeway,
            now=now,
            revocations=revocations,
        )
        self._max_token_length = max_token_length
        self._now = now
        self._revocations = revocations
        self._cache_size = cache_size
        # By the digest of the token, the one that was used last at the end.
        self._tokens: OrderedDict[bytes, _CachedToken] = OrderedDict()
        self._tokens_lock = threading.Lock()

    def verify(self, token: str) -> AuthInfo:
        """Return the facts of an access token.

        Raises:
            InvalidToken: one subclass per rule that the token breaks.
            WrongToken: a valid token of the tenant for another API resource or client.
            AuthorizationServerUnavailable: no key is at hand to verify it with.
        """
        octets = self._octets(token)
        digest = sha256(octets).digest()
        return self._find_cached(digest, waits=True) or self._verify_new(octets, digest)

    def find_cached(self, token: str) -> AuthInfo | None:
        """Return the facts of a token that ``verify`` knows; None where it would verify or wait.

        Raises:
            InvalidToken: the token is too long, not ASCII, or was revoked.
        """
        return self._find_cached(sha256(self._octets(token)).digest(), waits=False)

    def _octets(self, token: str) -> bytes:
        if len(token) > self._max_token_length:
            raise refusals.TokenTooLong
        if not token.isascii():
            raise refusals.MalformedToken
        return token.encode("ascii")

    def read(self, token: str) -> Jws:
        """Return the parts of a token, none of which is validated.

        Raises:
            InvalidToken: it is too long, or no compact JWS of two JSON objects.
        """
        return parse_jws(self._octets(token))

    def verify_signature(self, jws: Jws) -> None:
        """Verify that the issuer that the claims name has signed; they stay unvalidated.

        Raises:
            InvalidToken: header, issuer, key or signature is not what it must be.
            AuthorizationServerUnavailable: no key is at hand to verify it with.
        """
        token = Candidate(jws, self.policy)
        for rule in SIGNATURE_RULES:
            rule.check(token)

    def _find_cached(self, digest: bytes, *, waits: bool) -> AuthInfo | None:
        """Return a token that was verified before, None where it has to be verified again."""
        with self._tokens_lock:
            cached = self._tokens.get(digest)
            if cached is None:
                return None
            self._tokens.move_to_end(digest)
        key = cached.key
        if self._now() >= cached.ends_at or cached.key_set.find_known(key.kid) is not key:
            return None
        auth = AuthInfo(cached.payload)
        if self._revocations is not None:
            version = self._revocations.version(waits=waits)
            if version is None:
                return None
            if version != cached.version:
                require_granted(auth, self._revocations)
                cached.version = version
        count_cached()
        return auth

    def _cache(self, digest: bytes, verified: _CachedToken) -> None:
        with self._tokens_lock:
            self._tokens[digest] = verified
            if len(self._tokens) > self._cache_size:
                self._tokens.popitem(last=False)

    def _verify_new(self, octets: bytes, digest: bytes) -> AuthInfo:
        jws = parse_jws(octets)
        try:
            token = self._verify_jws(jws)
        except refusals.LogtoError as refusal:
            refusal.kid = for_log(jws.header.get("kid"))
            refusal.issuer = for_log(jws.claims.get("iss"))
            raise
        count_verified()
        cached = _CachedToken(jws.payload, token.ends_at, token.key, token.key_set, token.version)
        self._cache(digest, cached)
        return AuthInfo(jws.payload)

    def _verify_jws(self, jws: Jws) -> Candidate:
        token = Candidate(jws, self.policy)
        for rule in (TYPE, *SIGNATURE_RULES):
            rule.check(token)
        try:
            for rule in CLAIM_RULES:
                rule.check(token)
        except refusals.LogtoError as refusal:
            refusal.subject = for_log(jws.claims.get("sub"))
            refusal.client_id = for_log(jws.claims.get("client_id"))
            raise
        REVOCATION.check(token)
        return token
