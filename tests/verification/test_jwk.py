"""Which keys of a JWK Set count, and for which algorithms."""

from base64 import urlsafe_b64decode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from drf_logto.testing.signing import SigningKeyPair
from drf_logto.verification.jwk import SIGNATURE_ALGORITHMS, SigningKey, parse_jwks


@pytest.fixture(scope="module")
def ec() -> dict[str, Any]:
    return SigningKeyPair.generate("ES384").jwk


@pytest.fixture(scope="module")
def rsa_2048() -> dict[str, Any]:
    return SigningKeyPair.generate("RS256").jwk


def parse(*keys: object) -> dict[str, SigningKey]:
    return parse_jwks({"keys": list(keys)}, SIGNATURE_ALGORITHMS)


def test_an_ec_key_is_bound_to_the_algorithm_of_its_curve() -> None:
    for algorithm in ("ES256", "ES384", "ES512"):
        jwk = SigningKeyPair.generate(algorithm).jwk
        assert list(parse(jwk)[jwk["kid"]].by_algorithm) == [algorithm]


def test_an_rsa_key_without_alg_serves_both_rsa_algorithms(rsa_2048: dict[str, Any]) -> None:
    assert "alg" not in rsa_2048
    assert set(parse(rsa_2048)[rsa_2048["kid"]].by_algorithm) == {"RS256", "PS256"}


def test_an_rsa_key_with_alg_serves_that_alone(rsa_2048: dict[str, Any]) -> None:
    key = parse(rsa_2048 | {"alg": "PS256"})[rsa_2048["kid"]]
    assert list(key.by_algorithm) == ["PS256"]


def test_keys_of_a_real_logto_are_read(recordings: dict[str, Any]) -> None:
    keys = parse(*recordings["jwks_after_rotation_to_rsa"]["keys"])
    assert [set(key.by_algorithm) for key in keys.values()] == [{"RS256", "PS256"}, {"ES384"}]


@pytest.mark.parametrize(
    "change",
    [
        {"kid": None},
        {"kid": 7},
        {"use": "enc"},
        {"key_ops": ["encrypt"]},
        {"key_ops": "verify"},
        {"d": "AQAB"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "OKP", "crv": "Ed25519"},
        {"kty": None},
        {"kty": ["EC"]},
        {"crv": "P-256"},
        {"crv": ["P-384"]},
        {"crv": "secp256k1"},
        {"alg": "ES256"},
        {"alg": "none"},
        {"alg": ["ES384"]},
        {"x": "AAAA"},
        {"x": 7},
        {"x": "é"},
        {"y": None},
    ],
)
def test_a_key_that_cannot_be_used_does_not_spoil_the_set(
    ec: dict[str, Any], rsa_2048: dict[str, Any], change: dict[str, Any]
) -> None:
    assert list(parse(ec | change, rsa_2048)) == [rsa_2048["kid"]]


@pytest.mark.parametrize(
    "document", [None, [], "", {}, {"keys": None}, {"keys": {}}, {"keys": [7]}]
)
def test_what_is_no_key_set_holds_no_keys(document: object) -> None:
    assert parse_jwks(document, SIGNATURE_ALGORITHMS) == {}


def test_keys_stand_in_an_array_under_their_name(ec: dict[str, Any]) -> None:
    for document in ([ec], ec, {"keys": ec}, {"keys": {ec["kid"]: ec}}, {"jwks": [ec]}):
        assert parse_jwks(document, SIGNATURE_ALGORITHMS) == {}


def test_members_that_are_not_understood_are_ignored(ec: dict[str, Any]) -> None:
    document = {"keys": [ec | {"x5c": 7, "new": {}}], "new": 7}
    assert list(parse_jwks(document, SIGNATURE_ALGORITHMS)) == [ec["kid"]]


def test_the_order_of_keys_means_nothing(ec: dict[str, Any], rsa_2048: dict[str, Any]) -> None:
    forth, back = parse(ec, rsa_2048), parse(rsa_2048, ec)
    assert forth.keys() == back.keys()
    assert all(forth[kid].material == back[kid].material for kid in forth)


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512"])
def test_a_point_that_is_not_on_its_curve_is_no_key(algorithm: str) -> None:
    jwk = SigningKeyPair.generate(algorithm).jwk
    assert parse(jwk | {"x": jwk["y"], "y": jwk["x"]}) == {}


@pytest.mark.parametrize(("bits", "is_usable"), [(1024, False), (2047, False), (2048, True)])
def test_an_rsa_key_of_less_than_2048_bits_is_passed_over(bits: int, is_usable: bool) -> None:
    key = rsa.generate_private_key(65537, bits).public_key()
    assert key.key_size == bits
    jwk = RSAAlgorithm.to_jwk(key, as_dict=True) | {"kid": "sized", "use": "sig"}
    assert bool(parse(jwk)) is is_usable


def test_a_private_key_is_passed_over() -> None:
    pair = SigningKeyPair.generate("ES384")
    private = ECAlgorithm.to_jwk(pair.private_key, as_dict=True)
    assert "d" in private
    assert parse(pair.jwk | private) == {}


def test_an_algorithm_that_is_not_allowed_gives_no_key(ec: dict[str, Any]) -> None:
    assert parse_jwks({"keys": [ec]}, ["RS256"]) == {}


def test_two_keys_under_one_kid_keep_their_own_algorithms(
    ec: dict[str, Any], rsa_2048: dict[str, Any]
) -> None:
    shared = parse(ec | {"kid": "same"}, rsa_2048 | {"kid": "same"})["same"]
    assert set(shared.by_algorithm) == {"ES384", "RS256", "PS256"}


def test_a_key_is_in_a_set_that_holds_the_same_jwk_under_its_kid(ec: dict[str, Any]) -> None:
    other = SigningKeyPair.generate("ES384").jwk | {"kid": ec["kid"]}
    key = parse(ec)[ec["kid"]]
    assert key.is_in(parse(ec))
    assert not key.is_in(parse(other))
    assert not key.is_in({})


@pytest.mark.parametrize("algorithm", SIGNATURE_ALGORITHMS)
def test_a_key_verifies_its_own_signatures_alone(algorithm: str) -> None:
    pair, other = SigningKeyPair.generate(algorithm), SigningKeyPair.generate(algorithm)
    key = parse(pair.jwk)[pair.jwk["kid"]]
    for signer, expected in ((pair, True), (other, False)):
        message, _, signature = signer.sign({"alg": algorithm}, {}).rpartition(".")
        assert (
            key.verify(algorithm, message.encode(), urlsafe_b64decode(f"{signature}==")) is expected
        )
    assert not key.verify(algorithm, b"message", b"")
