"""Vectors of Project Wycheproof, through the package's own keys and verifier.

They are not part of this project: WYCHEPROOF_DIR names the folder that holds them.
"""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drf_logto.exceptions import InvalidToken
from drf_logto.verification.jwk import SIGNATURE_ALGORITHMS, parse_jwks
from drf_logto.verification.jws import parse_jws
from drf_logto.verification.key_set import KeySet, Lifetimes
from drf_logto.verification.verifier import Verifier
from tests.support.keys import key_response

FOLDER = os.environ.get("WYCHEPROOF_DIR")
NOW = 1_800_000_000
ISSUER = "https://tenant.logto.test/oidc"
API = "https://api.example.test"

pytestmark = pytest.mark.skipif(
    FOLDER is None,
    reason="WYCHEPROOF_DIR does not name Wycheproof's testvectors_v1 (see CONTRIBUTING.md)",
)


def groups(name: str) -> Iterator[dict[str, Any]]:
    vectors = json.loads((Path(FOLDER or "") / f"{name}_test.json").read_text())
    yield from vectors["testGroups"]


def verifier_of(*keys: Any) -> Verifier:
    key_set = KeySet(
        lambda _request: key_response({"keys": list(keys)}, NOW),
        lifetimes=Lifetimes(ttl=300, max_stale=86400, cooldown=30, wait=5),
        now=lambda: NOW,
    )
    return Verifier(
        key_sets={ISSUER: key_set},
        audiences=[API],
        algorithms=SIGNATURE_ALGORITHMS,
        leeway=0,
        max_token_length=16384,
        cache_size=100,
        now=lambda: NOW,
    )


def segment(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def jwk_of(group: dict[str, Any]) -> dict[str, Any]:
    if "keyJwk" in group:
        return dict(group["keyJwk"])
    point = bytes.fromhex(group["publicKey"]["uncompressed"])[1:]
    x, y = point[: len(point) // 2], point[len(point) // 2 :]
    return {"kty": "EC", "crv": "P-384", "x": segment(x), "y": segment(y)}


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [("ecdsa_secp384r1_sha384_p1363", "ES384"), ("rsa_signature_2048_sha256", "RS256")],
)
def test_a_signature_verifies_where_wycheproof_says_so(name: str, algorithm: str) -> None:
    judged = {"valid": 0, "invalid": 0}
    for group in groups(name):
        jwk = jwk_of(group) | {"kid": "vector", "use": "sig", "alg": algorithm}
        key = parse_jwks({"keys": [jwk]}, SIGNATURE_ALGORITHMS)["vector"]
        verifier = verifier_of(jwk)
        for vector in group["tests"]:
            signature, message = bytes.fromhex(vector["sig"]), bytes.fromhex(vector["msg"])
            is_valid = key.verify(algorithm, message, signature)
            # What is merely acceptable is a spelling of PKCS #1 that this package does not accept.
            assert is_valid is (vector["result"] == "valid"), vector
            judged["valid" if is_valid else "invalid"] += 1
            assert not gets_in(verifier, algorithm, signature), vector
    assert all(judged.values())


def gets_in(verifier: Verifier, algorithm: str, signature: bytes) -> bool:
    """Whether a token of ours gets in under a signature that is over something else."""
    header = {"alg": algorithm, "typ": "at+jwt", "kid": "vector"}
    claims = {"iss": ISSUER, "sub": "user-1", "client_id": "app-1", "aud": API, "exp": NOW + 60}
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return not is_refused(verifier, ".".join(map(segment, parts)))


def is_refused(verifier: Verifier, token: str) -> bool:
    with pytest.raises(InvalidToken):
        verifier.verify(token)
    return True


@pytest.mark.parametrize(
    "name",
    ["json_web_signature", "json_web_key", "json_web_crypto", "json_web_encryption"],
)
def test_no_token_of_another_kind_gets_in_and_none_crashes(name: str) -> None:
    refused = 0
    for group in groups(name):
        keys = [group.get(member, {}) for member in ("public", "private")]
        flat = [key for one in keys for key in one.get("keys", [one])]
        published = [
            {part: value for part, value in key.items() if part != "d"} for key in flat if key
        ]
        verifier = verifier_of(*flat, *published)
        for vector in group["tests"]:
            token = vector.get("jws") or vector.get("jwe")
            encoded = token if isinstance(token, str) else json.dumps(token)
            refused += is_refused(verifier, encoded)
    assert refused > 20


# A weakness of how one maker's chips chose primes. Whoever makes a key has to look for it.
ROCA = "rejectsKeyWithRocaVulnerability"


@pytest.mark.parametrize("name", ["json_web_signature", "json_web_key", "json_web_crypto"])
def test_a_jws_of_another_kind_verifies_where_wycheproof_says_so(name: str) -> None:
    """None of them is an access token, so the verifier alone would never look at a signature."""
    judged = {True: 0, False: 0}
    for group in groups(name):
        material = group.get("public") or group["private"]
        keys = material.get("keys", [material])
        for vector in group["tests"]:
            if "jws" not in vector:
                continue
            token = vector["jws"] if isinstance(vector["jws"], str) else json.dumps(vector["jws"])
            verified = is_verified(token, keys)
            is_good = vector["result"] == "valid" or vector["comment"] == ROCA
            assert verified is (is_good and is_supported(token, keys)), vector
            judged[verified] += 1
    assert all(judged.values())


def is_verified(token: str, keys: list[dict[str, Any]]) -> bool:
    """Whether header, key and signature are good; what is signed need not be claims."""
    signing_input, _, signature = token.rpartition(".")
    header = signing_input.partition(".")[0]
    try:
        jws = parse_jws(f"{header}.{segment(b'{}')}.{signature}".encode())
    except InvalidToken:
        return False
    algorithm = jws.header["alg"]
    key = parse_jwks({"keys": keys}, SIGNATURE_ALGORITHMS).get(jws.header.get("kid", ""))
    if key is None or algorithm not in key.by_algorithm:
        return False
    return key.verify(algorithm, signing_input.encode(), jws.signature)


def is_supported(token: str, keys: list[dict[str, Any]]) -> bool:
    header = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
    algorithms = {key.get("alg", header["alg"]) for key in keys if key["kid"] == header["kid"]}
    return header["alg"] in SIGNATURE_ALGORITHMS and algorithms == {header["alg"]}
