"""Verifies access tokens (RFC 9068 §4): takes a string, returns an AuthInfo."""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from .. import exceptions as refusals
from ..auth_info import ORGANIZATION_AUDIENCE_PREFIX, RESERVED_AUDIENCE, AuthInfo, numeric_date
from ..telemetry import count_cached, count_verified
from .jwk import SigningKey
from .jws import Jws, parse_jws
from .key_set import KeySet
from .mismatch import mismatch

_ACCESS_TOKEN_TYPES = frozenset({"at+jwt", "application/at+jwt"})
_NESTED_TYPES = frozenset({"jwt", "application/jwt"})  # RFC 7519 §5.2
_LOGGED = 200  # characters of a name that the token gives
_CLOCK = "the time of this machine"


@dataclass(slots=True)
class _CachedToken:
    """A verified token and the key that verified it."""

    payload: bytes
    ends_at: float
    key: SigningKey
    key_set: KeySet
    version: int  # of the revocations that it was last compared with


class Revocations(Protocol):
    """What is known of access that was taken away before tokens expire."""

    def version(self, *, waits: bool) -> int | None:
        """Return a number that grows with what is known, None where asking for news would wait.

        Raises:
            AuthorizationServerUnavailable: too little is known to accept a token.
        """

    def find_refusal(self, auth: AuthInfo) -> refusals.InvalidToken | None:
        """Return why a token is refused, None where it is not."""

    def is_signed_out(
        self, *, issuer: str, user: str, client: str, session: str | None, since: float
    ) -> bool:
        """Whether a user has signed out at Logto of a session that has been there since.

        Args:
            issuer: the ``iss`` claim of ID tokens.
            user: the ``sub`` claim.
            client: the ``aud`` claim.
            session: the ``sid`` claim, None where they have none.
            since: the ``iat`` claim of the first.
        """


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
        self._key_sets = key_sets
        self._audiences = frozenset(audiences)
        self._client_ids = client_ids
        self._algorithms = frozenset(algorithms)
        self._leeway = leeway
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

    def verify_signature(self, jws: Jws) -> tuple[SigningKey, KeySet]:
        """Return the key that signed, of the issuer that the claims name; they stay unvalidated.

        Raises:
            InvalidToken: header, issuer, key or signature is not what it must be.
            AuthorizationServerUnavailable: no key is at hand to verify it with.
        """
        kid, algorithm = self._validate_header(jws.header)
        issuer = jws.claims.get("iss")
        if not isinstance(issuer, str) or issuer not in self._key_sets:
            raise refusals.InvalidIssuer().because(mismatch(_texts(issuer), self._key_sets))
        key_set = self._key_sets[issuer]
        key = key_set.find(kid)
        if algorithm not in key.by_algorithm:
            raise refusals.AlgorithmMismatch
        if not key.verify(algorithm, jws.signing_input, jws.signature):
            raise refusals.InvalidSignature
        return key, key_set

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
                _require_granted(auth, self._revocations)
                cached.version = version
        count_cached()
        return auth

    def _cache(self, digest: bytes, verified: _CachedToken) -> None:
        with self._tokens_lock:
            self._tokens[digest] = verified
            if len(self._tokens) > self._cache_size:
                self._tokens.popitem(last=False)

    def _verify_new(self, token: bytes, digest: bytes) -> AuthInfo:
        jws = parse_jws(token)
        try:
            return self._verify_jws(jws, digest)
        except refusals.LogtoError as refusal:
            refusal.kid = _for_log(jws.header.get("kid"))
            refusal.issuer = _for_log(jws.claims.get("iss"))
            raise

    def _verify_jws(self, jws: Jws, digest: bytes) -> AuthInfo:
        typ = jws.header.get("typ")
        if not isinstance(typ, str) or typ.lower() not in _ACCESS_TOKEN_TYPES:
            raise refusals.NotAnAccessToken
        key, key_set = self.verify_signature(jws)
        try:
            ends_at = self._validate_claims(jws.claims)
        except refusals.LogtoError as refusal:
            refusal.subject = _for_log(jws.claims.get("sub"))
            refusal.client_id = _for_log(jws.claims.get("client_id"))
            raise
        auth, version = AuthInfo(jws.payload), 0
        if self._revocations is not None:
            version = self._revocations.version(waits=True) or 0
            _require_granted(auth, self._revocations)
        count_verified()
        self._cache(digest, _CachedToken(jws.payload, ends_at, key, key_set, version))
        return auth

    def _validate_header(self, header: Mapping[str, Any]) -> tuple[str, str]:
        """Return ``kid`` and ``alg`` of a header that a token of Logto may have."""
        alg, kid = header.get("alg"), header.get("kid")
        if not isinstance(alg, str) or alg not in self._algorithms:
            accepted = sorted(self._algorithms)
            raise refusals.UnsupportedAlgorithm().because(mismatch(_texts(alg), accepted))
        if not isinstance(kid, str):
            raise refusals.MissingKeyId
        if "crit" in header:
            raise refusals.CriticalHeader
        if str(header.get("cty")).lower() in _NESTED_TYPES:
            raise refusals.MalformedToken
        return kid, alg

    def _validate_claims(self, claims: dict[str, Any]) -> float:
        """Return when a token with these claims is over, in seconds since the epoch."""
        ends_at = self._validate_dates(claims)
        _require_string(claims, "sub", refusals.InvalidSubject)
        _require_string(claims, "client_id", refusals.InvalidClientId)
        if not isinstance(claims.get("scope", ""), str):
            raise refusals.InvalidScope
        if "organization_id" in claims:
            _require_string(claims, "organization_id", refusals.InvalidOrganization)
        self._validate_audience(_audience(claims), claims.get("organization_id"))
        if self._client_ids is not None and claims["client_id"] not in self._client_ids:
            reason = mismatch([claims["client_id"]], self._client_ids)
            raise refusals.WrongClient().because(reason)
        return ends_at

    def _validate_dates(self, claims: dict[str, Any]) -> float:
        now = self._now()
        expires_at = numeric_date(claims.get("exp"))
        if expires_at is None:
            raise refusals.InvalidExpiration
        ends_at = expires_at + self._leeway
        if now >= ends_at:
            ago = math.floor(now - expires_at)
            raise refusals.TokenExpired().because(f"exp is {ago} s before {_CLOCK}")
        if "nbf" in claims:
            not_before = numeric_date(claims["nbf"])
            if not_before is None:
                raise refusals.InvalidNotBefore
            if now < not_before - self._leeway:
                ahead = math.ceil(not_before - now)
                raise refusals.TokenNotYetValid().because(f"nbf is {ahead} s after {_CLOCK}")
        return ends_at

    def _validate_audience(self, audience: list[str], organization_id: str | None) -> None:
        """Let the audience be that of exactly one ``TokenKind``."""
        named = [one for one in audience if one.startswith(ORGANIZATION_AUDIENCE_PREFIX)]
        if not named:
            if RESERVED_AUDIENCE in audience:
                raise refusals.WrongAudience().because(f"{RESERVED_AUDIENCE!r} is never accepted")
            if self._audiences.isdisjoint(audience):
                reason = mismatch(audience, sorted(self._audiences))
                raise refusals.WrongAudience().because(reason)
            return
        if len(audience) > 1:
            raise refusals.AmbiguousAudience
        organization = named[0].removeprefix(ORGANIZATION_AUDIENCE_PREFIX)
        if not organization:
            raise refusals.InvalidAudience
        if organization_id not in (None, organization):
            raise refusals.ContradictoryOrganization


def _texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else ()


def _require_granted(auth: AuthInfo, revocations: Revocations) -> None:
    refusal = revocations.find_refusal(auth)
    if refusal is not None:
        refusal.subject, refusal.client_id = _for_log(auth.sub), _for_log(auth.client_id)
        raise refusal


def _for_log(value: object) -> str | None:
    return value[:_LOGGED] if isinstance(value, str) else None


def _require_string(
    claims: dict[str, Any], name: str, refusal: type[refusals.InvalidToken]
) -> None:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise refusal


def _audience(claims: dict[str, Any]) -> list[str]:
    audience = claims.get("aud")
    if isinstance(audience, str):
        return [audience]
    if not isinstance(audience, list) or not audience:
        raise refusals.InvalidAudience
    if not all(isinstance(one, str) for one in audience):
        raise refusals.InvalidAudience
    return audience
