"""RFC 9068 §4 from top to bottom: an access token as a string in, an AuthInfo out."""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cachetools import TLRUCache

from . import exceptions as refusals
from .auth_info import ORGANIZATION_AUDIENCE_PREFIX, RESERVED_AUDIENCE, AuthInfo, TokenKind
from .jwk import SigningKey
from .jwks import KeySet
from .jws import Jws, parse_jws
from .telemetry import count_remembered, count_verified

_ACCESS_TOKEN_TYPES = frozenset({"at+jwt", "application/at+jwt"})
_LOGGED = 200  # characters of a name that the token gives
_LATEST_DATE = 253_402_300_799  # the last second of the year 9999, where Python's dates end


@dataclass(frozen=True, slots=True)
class _Remembered:
    auth: AuthInfo
    kid: str
    key: SigningKey


class Verifier:
    """Verifies the access tokens of one API.

    Args:
        key_sets: the keys of each trusted issuer, by its exact name.
        audiences: the resource indicators that this API answers to.
        algorithms: the allowed signature algorithms.
        leeway: seconds that clocks may differ, for ``exp`` and ``nbf``.
        max_token_length: in characters.
        cache_size: how many verified tokens are remembered, 0 for none.
        now: the clock, in seconds since the epoch.
    """

    def __init__(
        self,
        *,
        key_sets: Mapping[str, KeySet],
        audiences: Collection[str],
        algorithms: Collection[str],
        leeway: float,
        max_token_length: int,
        cache_size: int,
        now: Callable[[], float],
    ) -> None:
        self._key_sets = key_sets
        self._audiences = frozenset(audiences)
        self._algorithms = frozenset(algorithms)
        self._leeway = leeway
        self._max_token_length = max_token_length
        self._now = now
        self._tokens: TLRUCache[bytes, _Remembered] = TLRUCache(
            cache_size, ttu=lambda _, kept, __: kept.auth.expires_at + leeway, timer=now
        )
        self._tokens_lock = threading.Lock()

    def verify(self, token: str) -> AuthInfo:
        """Return the facts of an access token.

        Raises:
            InvalidToken: one subclass per rule that the token breaks.
            WrongAudience: a valid token of the tenant for another API resource.
            AuthorizationServerUnavailable: no key is at hand to verify it with.
        """
        if len(token) > self._max_token_length:
            raise refusals.TokenTooLong
        if not token.isascii():
            raise refusals.MalformedToken
        digest = sha256(token.encode("ascii")).digest()
        return self._recall(digest) or self._verify_new(token, digest)

    def _recall(self, digest: bytes) -> AuthInfo | None:
        with self._tokens_lock:
            kept = self._tokens.get(digest)
        if kept is None or self._key_sets[kept.auth.issuer].find(kept.kid) is not kept.key:
            return None
        count_remembered()
        return kept.auth

    def _verify_new(self, token: str, digest: bytes) -> AuthInfo:
        jws = parse_jws(token)
        try:
            return self._verify_jws(jws, digest)
        except refusals.LogtoError as refusal:
            refusal.kid = _for_log(jws.header.get("kid"))
            refusal.issuer = _for_log(jws.claims.get("iss"))
            raise

    def _verify_jws(self, jws: Jws, digest: bytes) -> AuthInfo:
        kid, algorithm = self._validate_header(jws.header)
        issuer = jws.claims.get("iss")
        if not isinstance(issuer, str) or issuer not in self._key_sets:
            raise refusals.InvalidIssuer
        key = self._key_sets[issuer].find(kid)
        if algorithm not in key.by_algorithm:
            raise refusals.AlgorithmMismatch
        if not key.verify(algorithm, jws.signing_input, jws.signature):
            raise refusals.InvalidSignature
        auth = self._validate_claims(jws, issuer)
        count_verified()
        if self._tokens.maxsize:
            with self._tokens_lock:
                self._tokens[digest] = _Remembered(auth, kid, key)
        return auth

    def _validate_header(self, header: dict[str, Any]) -> tuple[str, str]:
        """Return ``kid`` and ``alg`` of a header that an access token may have."""
        typ, alg, kid = header.get("typ"), header.get("alg"), header.get("kid")
        if not isinstance(typ, str) or typ.lower() not in _ACCESS_TOKEN_TYPES:
            raise refusals.NotAnAccessToken
        if not isinstance(alg, str) or alg not in self._algorithms:
            raise refusals.UnsupportedAlgorithm
        if not isinstance(kid, str):
            raise refusals.MissingKeyId
        if "crit" in header:
            raise refusals.CriticalHeader
        return kid, alg

    def _validate_claims(self, jws: Jws, issuer: str) -> AuthInfo:
        claims = jws.claims
        expires_at = self._validate_dates(claims)
        sub = _required_string(claims, "sub", refusals.InvalidSubject)
        client_id = _required_string(claims, "client_id", refusals.InvalidClientId)
        audience = _audience(claims)
        scope = claims.get("scope", "")
        if not isinstance(scope, str):
            raise refusals.InvalidScope
        organization_id = None
        if "organization_id" in claims:
            organization_id = _required_string(
                claims, "organization_id", refusals.InvalidOrganization
            )
        kind, organization_id = self._kind(audience, organization_id)
        return AuthInfo(
            sub=sub,
            client_id=client_id,
            organization_id=organization_id,
            # Scopes are separated by spaces alone (RFC 6749 §3.3); a tab is no separator.
            scopes=tuple(filter(None, scope.split(" "))),
            audience=audience,
            kind=kind,
            issuer=issuer,
            expires_at=expires_at,
            payload=jws.payload,
        )

    def _validate_dates(self, claims: dict[str, Any]) -> float:
        now = self._now()
        expires_at = _date(claims, "exp")
        if expires_at is None:
            raise refusals.InvalidExpiration
        if now >= expires_at + self._leeway:
            raise refusals.TokenExpired
        if "nbf" in claims:
            not_before = _date(claims, "nbf")
            if not_before is None:
                raise refusals.InvalidNotBefore
            if now < not_before - self._leeway:
                raise refusals.TokenNotYetValid
        return expires_at

    def _kind(self, audience: tuple[str, ...], claimed: str | None) -> tuple[TokenKind, str | None]:
        """Return the token's permission model, and its organization."""
        organizations = [
            one.removeprefix(ORGANIZATION_AUDIENCE_PREFIX)
            for one in audience
            if one.startswith(ORGANIZATION_AUDIENCE_PREFIX)
        ]
        if not organizations:
            if RESERVED_AUDIENCE in audience or self._audiences.isdisjoint(audience):
                raise refusals.WrongAudience
            if claimed is None:
                return TokenKind.GLOBAL, None
            return TokenKind.ORGANIZATION_RESOURCE, claimed
        if len(audience) > 1:
            raise refusals.AmbiguousAudience
        if not organizations[0]:
            raise refusals.InvalidAudience
        if claimed not in (None, organizations[0]):
            raise refusals.ContradictoryOrganization
        return TokenKind.ORGANIZATION, organizations[0]


def _for_log(value: object) -> str | None:
    return value[:_LOGGED] if isinstance(value, str) else None


def _required_string(
    claims: dict[str, Any], name: str, refusal: type[refusals.InvalidToken]
) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise refusal
    return value


def _date(claims: dict[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519 §2) as seconds since the epoch; None where it is none."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if 0 <= value <= _LATEST_DATE else None


def _audience(claims: dict[str, Any]) -> tuple[str, ...]:
    value = claims.get("aud")
    audience = (value,) if isinstance(value, str) else value
    if not isinstance(audience, (tuple, list)) or not audience:
        raise refusals.InvalidAudience
    if not all(isinstance(one, str) for one in audience):
        raise refusals.InvalidAudience
    return tuple(audience)
