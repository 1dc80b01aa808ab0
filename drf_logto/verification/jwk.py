"""Selects the keys of a JWK Set that can verify a signature (RFC 7517)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from jwt import PyJWK
from jwt.exceptions import PyJWTError

SIGNATURE_ALGORITHMS = ("ES384", "ES256", "ES512", "RS256", "PS256")
"""Every algorithm that can be allowed: asymmetric ones that Logto can sign with (RFC 7518 §3.1)."""

_RSA = ("RS256", "PS256")
_BY_CURVE = {"P-384": "ES384", "P-256": "ES256", "P-521": "ES512"}
_MIN_RSA_BITS = 2048  # RFC 7518 §3.3
_PRIVATE = "d"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key under its ``kid``, with the algorithms that its type allows.

    Attributes:
        material: the JWKs it was read from; two keys are the same where these are equal.
    """

    kid: str
    material: tuple[Mapping[str, Any], ...] = field(repr=False)
    by_algorithm: Mapping[str, PyJWK] = field(repr=False)

    def is_in(self, keys: "Mapping[str, SigningKey]") -> bool:
        """Whether ``keys`` hold this key, made of the same JWKs."""
        same = keys.get(self.kid)
        return same is not None and same.material == self.material

    def verify(self, algorithm: str, message: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is this key's over ``message``.

        Raises:
            KeyError: the key is none for ``algorithm``.
        """
        jwk = self.by_algorithm[algorithm]
        return bool(jwk.Algorithm.verify(message, jwk.key, signature))


def parse_jwks(document: object, algorithms: Collection[str]) -> dict[str, SigningKey]:
    """Return the usable keys of a JWK Set by ``kid``; a key that cannot be used is passed over.

    Args:
        document: what the issuer published.
        algorithms: the allowed signature algorithms.
    """
    members = document.get("keys") if isinstance(document, dict) else None
    material: dict[str, list[dict[str, Any]]] = {}
    for member in members if isinstance(members, list) else ():
        if isinstance(member, dict) and _is_public_signing_key(member):
            material.setdefault(member["kid"], []).append(member)
    keys = {kid: _signing_key(kid, jwks, algorithms) for kid, jwks in material.items()}
    return {kid: key for kid, key in keys.items() if key.by_algorithm}


def _is_public_signing_key(jwk: dict[str, Any]) -> bool:
    key_operations = jwk.get("key_ops", ["verify"])
    return (
        isinstance(jwk.get("kid"), str)
        and jwk.get("use", "sig") == "sig"
        and isinstance(key_operations, list)
        and "verify" in key_operations
        and _PRIVATE not in jwk
    )


def _signing_key(kid: str, jwks: list[dict[str, Any]], algorithms: Collection[str]) -> SigningKey:
    by_algorithm: dict[str, PyJWK] = {}
    for jwk in jwks:
        for algorithm in _algorithms_of(jwk):
            key = _readable(jwk, algorithm) if algorithm in algorithms else None
            if key is not None:
                by_algorithm.setdefault(algorithm, key)
    return SigningKey(kid, tuple(jwks), by_algorithm)


def _algorithms_of(jwk: dict[str, Any]) -> tuple[str, ...]:
    """The algorithms of the key's own type, cut down to its ``alg`` where it has one."""
    fitting: tuple[str, ...] = _RSA if jwk.get("kty") == "RSA" else ()
    if jwk.get("kty") == "EC":
        fitting = tuple(fits for curve, fits in _BY_CURVE.items() if jwk.get("crv") == curve)
    return tuple(algorithm for algorithm in fitting if jwk.get("alg", algorithm) == algorithm)


def _readable(jwk: dict[str, Any], algorithm: str) -> PyJWK | None:
    try:
        key = PyJWK(jwk, algorithm)
    except (PyJWTError, UnsupportedAlgorithm):
        return None
    if jwk["kty"] == "RSA" and key.key.key_size < _MIN_RSA_BITS:
        return None
    return key
