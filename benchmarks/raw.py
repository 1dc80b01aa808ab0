"""The lower limit: verifying a signature with ``cryptography`` alone."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from jwt import PyJWK
from jwt.utils import base64url_decode

from .tenant import Tenant

_COORDINATE = 48  # bytes of a number in a signature by ES384


def verification(
    tenant: Tenant, tokens: Iterable[str]
) -> tuple[Callable[..., None], Sequence[tuple[Any, ...]]]:
    """Return the key's own ``verify`` and, token by token, what it takes.

    So hashing and checking the signature is all that is left to be done: the token is taken apart,
    an EC signature is DER already, and padding and hash algorithm are made once for all.
    """
    key = PyJWK(tenant.jwks["keys"][0], tenant.algorithm).key
    if tenant.algorithm == "RS256":
        scheme: tuple[Any, ...] = (padding.PKCS1v15(), SHA256())
        return key.verify, [(*_signature_and_message(token), *scheme) for token in tokens]
    ecdsa = ec.ECDSA(SHA384())
    pairs = map(_signature_and_message, tokens)
    return key.verify, [(_der(signature), message, ecdsa) for signature, message in pairs]


def _signature_and_message(token: str) -> tuple[bytes, bytes]:
    message, _, signature = token.rpartition(".")
    return base64url_decode(signature), message.encode()


def _der(signature: bytes) -> bytes:
    r, s = signature[:_COORDINATE], signature[_COORDINATE:]
    return encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
