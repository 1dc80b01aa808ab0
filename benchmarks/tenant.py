"""A tenant of Logto with one signing key."""

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drf_logto.testing.signing import SigningKeyPair

ENDPOINT = "https://your-tenant.logto.app"
ISSUER = f"{ENDPOINT}/oidc"
API_RESOURCE = "https://api.example.test"

_CLIENT_ID = "gsxe7q8irehbmnc2sl6mf"
_SCOPES = ("read:products", "write:products", "write:orders", "api:read", "api:write")
_FEWEST_SCOPES = 2
_UNKNOWN_KEYS = 100
_LONG = 8192  # characters
_LIFETIME = 86_400  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """What the tenant publishes, and what its clients send.

    Attributes:
        algorithm: of the signing key.
        jwks: the JWK Set; a key and no other.
        unknown_keys: tokens, each under another ``kid`` that is not published.
        long: a token of 8 KB, sound in all but its signature.
        tokens: valid ones, no two alike.
    """

    algorithm: str
    jwks: dict[str, Any]
    unknown_keys: list[str]
    long: str
    tokens: list[str]


def new_tenant(algorithm: str, tokens: int) -> Tenant:
    """Return a tenant with a new key and that many tokens."""
    pair = SigningKeyPair.generate(algorithm)
    header = {"alg": algorithm, "typ": "at+jwt", "kid": pair.jwk["kid"]}
    valid = [pair.sign(header, _claims(number)) for number in range(tokens)]
    padding = "x" * ((_LONG - len(valid[0])) * 3 // 4)
    long = pair.sign(header, _claims(0) | {"padding": padding})
    return Tenant(
        algorithm=algorithm,
        jwks={"keys": [pair.jwk]},
        unknown_keys=[
            pair.sign(header | {"kid": secrets.token_urlsafe(32)}, _claims(number))
            for number in range(_UNKNOWN_KEYS)
        ],
        long=f"{long.rpartition('.')[0]}.{valid[0].rpartition('.')[2]}",
        tokens=valid,
    )


def save(tenant: Tenant, path: Path) -> None:
    """Write a tenant to a file, its tokens last, one a line."""
    first = {
        "algorithm": tenant.algorithm,
        "jwks": tenant.jwks,
        "unknown_keys": tenant.unknown_keys,
        "long": tenant.long,
    }
    path.write_text("\n".join([json.dumps(first), *tenant.tokens]))


def load(path: Path) -> Tenant:
    """Read a tenant that was saved."""
    first, *tokens = path.read_text().split("\n")
    return Tenant(**json.loads(first), tokens=tokens)


def load_without_tokens(path: Path) -> tuple[Tenant, Iterator[str]]:
    """Read a tenant that was saved; its tokens come one by one, and nothing keeps them."""
    lines = (line.rstrip("\n") for line in path.open())
    return Tenant(**json.loads(next(lines)), tokens=[]), lines


def _claims(number: int) -> dict[str, Any]:
    """The claims of a user's token for an API resource, in the order and the lengths of Logto."""
    now = int(time.time())
    return {
        "jti": secrets.token_urlsafe(32),
        "sub": secrets.token_hex(6),
        "iat": now,
        "exp": now + _LIFETIME,
        "scope": " ".join(_SCOPES[: _FEWEST_SCOPES + number % (len(_SCOPES) - 1)]),
        "client_id": _CLIENT_ID,
        "iss": ISSUER,
        "aud": API_RESOURCE,
    }
