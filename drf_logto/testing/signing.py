"""Signing keys like Logto's, and the JWK Set that publishes them."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import get_default_algorithms

_RSA_BITS = 2048
_GENERATE: Mapping[str, Callable[[], Any]] = {
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "RS256": lambda: rsa.generate_private_key(65537, _RSA_BITS),
    "PS256": lambda: rsa.generate_private_key(65537, _RSA_BITS),
}


@dataclass(frozen=True)
class SigningKeyPair:
    """A private key, and how its public half is published."""

    algorithm: str
    private_key: Any

    @classmethod
    def generate(cls, algorithm: str) -> "SigningKeyPair":
        """Return a new key pair for one of ES384, ES256, ES512, RS256 and PS256."""
        return cls(algorithm, _GENERATE[algorithm]())

    @cached_property
    def jwk(self) -> dict[str, Any]:
        """The public key as Logto publishes it: EC keys with ``alg``, RSA keys without."""
        public = get_default_algorithms()[self.algorithm].to_jwk(
            self.private_key.public_key(), as_dict=True
        )
        members = {name: value for name, value in public.items() if name != "key_ops"}
        published = {"kty": members.pop("kty"), "use": "sig", "kid": _thumbprint(public)}
        if published["kty"] == "EC":
            published["alg"] = self.algorithm
        return published | members

    def sign(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """Return a compact JWS (RFC 7515 §7.1) over whatever header and claims are given."""
        signing_input = f"{_encoded(header)}.{_encoded(claims)}"
        algorithm = get_default_algorithms()[self.algorithm]
        signature = algorithm.sign(signing_input.encode(), self.private_key)
        return f"{signing_input}.{_base64url(signature)}"


def _encoded(members: Mapping[str, Any]) -> str:
    return _base64url(json.dumps(members, separators=(",", ":")).encode())


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638, as Logto names its keys."""
    required = {name: jwk[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in jwk}
    encoded = json.dumps(required, sort_keys=True, separators=(",", ":")).encode()
    return _base64url(hashlib.sha256(encoded).digest())
