"""Published advisories of other JWT software: each attack, performed on this package.

docs/advisories.md tells what each fault was; the last tests hold it and this file together.
"""

import hmac
import json
import logging
import re
import tracemalloc
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.models import User
from django.urls import path
from jwt.algorithms import get_default_algorithms
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from drf_logto import exceptions as refusals
from drf_logto.auth_info import AuthInfo
from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.browsable.exceptions import AnswerNotTrusted
from drf_logto.browsable.id_token import validated_claims
from drf_logto.fetch import fetch_json
from drf_logto.jwk import SIGNATURE_ALGORITHMS
from drf_logto.permissions import HasScopes
from drf_logto.runtime import get_verifier
from drf_logto.testing import ABSENT, Logto
from drf_logto.testing.signing import SigningKeyPair
from tests.loopback import LoopbackServer, document, http
from tests.test_conf import problem_of
from tests.test_verifier import API, NOW, Desk, segment

ADVISORIES = Path(__file__).parent.parent / "docs" / "advisories.md"
LONGEST = 16384
P384_ORDER = int(
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
    "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
    16,
)
HMAC = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
HMAC_REFUSED = ("unsupported_algorithm", "algorithm_mismatch")

Route = Callable[..., None]


class Target(Desk):
    """A verifier whose issuer publishes one key, and what an attacker would like to send it."""

    def __init__(self, algorithm: str = "ES384", **options: Any) -> None:
        super().__init__(**options)
        self.pair = SigningKeyPair.generate(algorithm)
        self.publish(self.pair.jwk)

    def publish(self, *jwks: object) -> None:
        self.published = {"keys": list(jwks)}

    def header(self, **changes: object) -> dict[str, object]:
        standard = {"alg": self.pair.algorithm, "typ": "at+jwt", "kid": self.pair.jwk["kid"]}
        changed = {**standard, **changes}
        return {name: value for name, value in changed.items() if value is not ABSENT}

    def claims(self, **changes: object) -> bytes:
        standard = {"iss": self.logto.issuer, "sub": "admin", "client_id": "app", "aud": API}
        return json.dumps({**standard, "exp": NOW + 60, **changes}).encode()

    def unsigned(self, payload: bytes | None = None, /, **header: object) -> str:
        octets = self.claims() if payload is None else payload
        return f"{segment(json.dumps(self.header(**header)))}.{segment(octets)}"

    def signed(self, payload: bytes | None = None, /, **header: object) -> str:
        """A token under a good signature of the issuer."""
        return signed_by(self.pair, self.unsigned(payload, **header))

    def refusal(self, token: str) -> str:
        with pytest.raises(refusals.LogtoError) as refused:
            self.verify(token)
        return refused.value.code

    def refusals_of_hmac(self, secret: bytes, algorithm: str = "HS256", **header: object) -> Any:
        """The refusal of a token with an HMAC: here, and by a verifier that allowed it."""
        unsigned = self.unsigned(alg=algorithm, **header)
        token = f"{unsigned}.{segment(hmac.digest(secret, unsigned.encode(), HMAC[algorithm]))}"
        lax = Target(algorithms=[*SIGNATURE_ALGORITHMS, algorithm])
        lax.published = self.published
        return self.refusal(token), lax.refusal(token)

    def public_bytes(
        self, encoding: Encoding, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo
    ) -> bytes:
        octets: bytes = self.pair.private_key.public_key().public_bytes(encoding, form)
        return octets

    def encrypted(self, plaintext: bytes, **header: object) -> str:
        """A genuine JWE (RFC 7516 §7.1) to the RSA key that the issuer publishes."""
        protected = segment(
            json.dumps(self.header(alg="RSA-OAEP-256", enc="A256GCM", cty="JWT", **header))
        )
        content_key, nonce = bytes(range(32)), bytes(12)
        sealed = AESGCM(content_key).encrypt(nonce, plaintext, protected.encode())
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        wrapped = self.pair.private_key.public_key().encrypt(content_key, oaep)
        return ".".join([protected, *map(segment, (wrapped, nonce, sealed[:-16], sealed[-16:]))])

    def refusal_of_bomb(self, token: str) -> str:
        """The refusal of a token that is short, and must not cost much more than it is long."""
        assert len(token) < LONGEST
        tracemalloc.start()
        try:
            code = self.refusal(token)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 50 * LONGEST
        assert self.loads == 0
        return code


def signed_by(pair: SigningKeyPair, unsigned: str, algorithm: str | None = None) -> str:
    signer = get_default_algorithms()[algorithm or pair.algorithm]
    return f"{unsigned}.{segment(signer.sign(unsigned.encode(), pair.private_key))}"


def deflated(length: int) -> bytes:
    """What unpacks to ``length`` spaces (RFC 1951)."""
    compressor = zlib.compressobj(9, wbits=-15)
    return compressor.compress(b" " * length) + compressor.flush()


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


@pytest.fixture
def target() -> Target:
    return Target()


@pytest.fixture
def rsa_target() -> Target:
    return Target("RS256")


class Closed(APIView):
    """Says who came in."""

    permission_classes = [IsAuthenticated]

    def get(self, request: Any) -> Response:
        return Response(str(request.user))


@pytest.mark.parametrize("algorithm", SIGNATURE_ALGORITHMS)
def test_the_token_that_the_attacks_start_from_gets_in(algorithm: str) -> None:
    target = Target(algorithm)
    assert target.verify(target.signed()).sub == "admin"


# PyJWT


def test_cve_2017_11424_a_pkcs1_public_key_is_no_hmac_secret(rsa_target: Target) -> None:
    """The guard against public keys as secrets did not know the PKCS #1 armour."""
    secret = rsa_target.public_bytes(Encoding.PEM, PublicFormat.PKCS1)
    assert rsa_target.refusals_of_hmac(secret) == HMAC_REFUSED


def test_cve_2022_29217_an_openssh_public_key_is_no_hmac_secret(target: Target) -> None:
    """The guard against public keys as secrets did not know OpenSSH's form of EC keys."""
    secret = target.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    assert target.refusals_of_hmac(secret) == HMAC_REFUSED


@pytest.mark.parametrize("part", [slice(-1), slice(1, None), slice(5), slice(0), slice(8, 12)])
def test_cve_2024_53861_part_of_an_issuer_is_no_issuer(target: Target, part: slice) -> None:
    """The issuer was looked for within the expected one, so any part of it would do."""
    token = target.signed(target.claims(iss=target.logto.issuer[part]))
    assert target.refusal(token) == "invalid_issuer"


def test_cve_2025_45768_a_weak_key_verifies_nothing(target: Target) -> None:
    """Keys of any strength were taken."""
    weak = SigningKeyPair("RS256", rsa.generate_private_key(65537, 1024))
    target.publish(target.pair.jwk, weak.jwk)
    token = signed_by(weak, target.unsigned(alg="RS256", kid=weak.jwk["kid"]))
    assert target.refusal(token) == "unknown_key"


def test_cve_2026_32597_an_unknown_critical_extension_is_refused(target: Target) -> None:
    """Extensions that a token declares critical were not looked at."""
    token = target.signed(crit=["x-custom-policy"], **{"x-custom-policy": "require-mfa"})
    assert target.refusal(token) == "critical_header"


@pytest.mark.parametrize("scheme", ["file", "ftp", "data"])
def test_cve_2026_48522_documents_come_over_http_alone(
    target: Target, tmp_path: Path, scheme: str
) -> None:
    """The client of key sets also opened files, FTP and data addresses."""
    planted = tmp_path / "jwks.json"
    planted.write_text(json.dumps(target.published))
    addresses = {
        "file": planted.as_uri(),
        "ftp": "ftp://127.0.0.1/jwks.json",
        "data": f"data:application/json,{json.dumps(target.published)}",
    }
    with pytest.raises(refusals.AuthorizationServerUnavailable) as refused:
        fetch_json(addresses[scheme], 1)
    assert refused.value.reason == "URLError"


@pytest.mark.parametrize(("named", "used"), [("RS256", "PS256"), ("PS256", "RS256")])
def test_cve_2026_48523_a_signature_is_verified_with_the_algorithm_that_is_named(
    rsa_target: Target, named: str, used: str
) -> None:
    """The named algorithm was compared with the allowed ones, and another one verified with."""
    token = signed_by(rsa_target.pair, rsa_target.unsigned(alg=named), used)
    assert rsa_target.refusal(token) == "invalid_signature"
    rsa_target = Target("RS256", algorithms=[named])
    rsa_target.publish(rsa_target.pair.jwk | {"alg": used})
    token = signed_by(rsa_target.pair, rsa_target.unsigned(alg=named), used)
    assert rsa_target.refusal(token) == "algorithm_mismatch"


def test_cve_2026_48524_unknown_kids_force_one_fetch_and_cost_no_key(target: Target) -> None:
    """Each unknown kid forced a fetch, and a failed one threw the known keys away."""
    target.verify(target.signed())
    target.published = "nonsense"
    codes = {target.refusal(target.signed(kid=f"unknown-{count}")) for count in range(20)}
    assert codes == {"authorization_server_unavailable"}
    assert target.loads == 2
    assert target.verify(target.signed(target.claims(sub="somebody else"))).sub == "somebody else"


def test_cve_2026_48525_the_payload_of_a_detached_token_costs_nothing(target: Target) -> None:
    """A payload that a detached signature does not cover was decoded whatever its length."""
    b64: dict[str, object] = {"b64": False, "crit": ["b64"]}
    assert target.refusal(target.signed(b" " * 10**6, **b64)) == "token_too_long"
    assert target.refusal(target.signed(target.claims(), **b64)) == "critical_header"


def test_cve_2026_48526_a_public_jwk_is_no_hmac_secret(target: Target) -> None:
    """The guard against public keys as secrets did not know JWKs."""
    for separators in ((",", ":"), (", ", ": ")):
        secret = json.dumps(target.pair.jwk, separators=separators).encode()
        assert target.refusals_of_hmac(secret) == HMAC_REFUSED


def test_cve_2026_101918_a_deeply_nested_payload_is_malformed() -> None:
    """Nesting beyond what the JSON parser can bear ended in an exception nobody expected."""
    target = Target(max_token_length=10**6)
    assert target.refusal(target.signed(nested(100_000))) == "malformed_token"


def test_cve_2026_102265_a_deeply_nested_header_is_malformed() -> None:
    """Nesting in a header, read before any key was asked for, ended likewise."""
    target = Target(max_token_length=10**6)
    payload_and_signature = target.signed().partition(".")[2]
    token = f"{segment(nested(100_000))}.{payload_and_signature}"
    assert target.refusal(token) == "malformed_token"


def test_cve_2026_102266_an_empty_symmetric_jwk_is_no_key(target: Target) -> None:
    """An empty symmetric key was refused as a secret, and taken as a JWK."""
    target.publish(target.pair.jwk, {"kty": "oct", "k": "", "kid": "empty", "alg": "HS256"})
    assert target.refusals_of_hmac(b"", kid="empty") == ("unsupported_algorithm", "unknown_key")


def test_cve_2026_102267_keys_behind_a_redirect_are_not_taken(
    server: LoopbackServer, settings: Any, route: Route
) -> None:
    """The client of key sets followed redirects to wherever they led."""
    settings.LOGTO = {"ENDPOINT": server.address, "API_RESOURCE": API}
    attacker = Logto(server.address, API)
    server.serve_logto(attacker)
    server.answers["/elsewhere"] = document(attacker.jwks)
    redirect = http("", "302 Found", Location=f"{server.address}/elsewhere")
    server.answers["/oidc/jwks"] = redirect
    route(path("", Closed.as_view()))
    response = attacker.client(attacker.global_token()).get("/")
    assert response.status_code == 503
    assert response.json()["code"] == "authorization_server_unavailable"
    assert server.asked == ["/oidc/.well-known/openid-configuration", "/oidc/jwks"]


def test_cve_2026_102268_a_respelled_public_key_is_no_hmac_secret(target: Target) -> None:
    """The guard against public keys as secrets failed on other line ends and white space."""
    pem = target.public_bytes(Encoding.PEM)
    for secret in (pem.replace(b"\n", b"\r\n"), b" " + pem, pem.replace(b"\n", b"\n\t")):
        assert target.refusals_of_hmac(secret) == HMAC_REFUSED


@pytest.mark.parametrize("suffix", ["!!!!", "=", "==", "*", "\u00df"])
def test_cve_2026_102269_a_token_has_one_spelling(
    target: Target, rsa_target: Target, suffix: str
) -> None:
    """Characters that were skipped gave one token many spellings, unknown to lists of revoked."""
    assert target.refusal(target.signed() + suffix) == "malformed_token"
    token = rsa_target.signed()
    unused_bits_set = token[:-1] + chr(ord(token[-1]) + 1)
    assert rsa_target.refusal(unused_bits_set) == "malformed_token"


def test_cve_2026_102273_a_jwk_set_is_no_hmac_secret(target: Target) -> None:
    """The guard against public keys as secrets knew single JWKs, and no sets or lists of them."""
    for secret in (target.published, [target.pair.jwk]):
        assert target.refusals_of_hmac(json.dumps(secret).encode()) == HMAC_REFUSED


@pytest.mark.parametrize(
    "part", [{"e": ""}, {"e": "Ag"}, {"e": "AQ"}, {"n": ""}, {"n": "AA"}, {"n": "!"}, {"n": None}]
)
def test_cve_2026_102274_a_malformed_rsa_key_does_not_spoil_the_set(
    target: Target, rsa_target: Target, part: dict[str, object]
) -> None:
    """One malformed RSA key made the whole key set unreadable."""
    target.publish(rsa_target.pair.jwk | {"kid": "malformed"} | part, target.pair.jwk)
    assert target.verify(target.signed()).sub == "admin"
    token = signed_by(rsa_target.pair, target.unsigned(alg="RS256", kid="malformed"))
    assert target.refusal(token) == "unknown_key"


# python-jose


@pytest.mark.parametrize("algorithm", HMAC)
def test_cve_2024_33663_an_openssh_ecdsa_key_is_no_hmac_secret(
    target: Target, algorithm: str
) -> None:
    """The guard against public keys as secrets did not know OpenSSH's form of EC keys."""
    secret = target.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    assert target.refusals_of_hmac(secret, algorithm) == HMAC_REFUSED


def test_cve_2024_33664_a_compressed_encrypted_token_is_not_unpacked(rsa_target: Target) -> None:
    """A short encrypted token unpacked to any size."""
    token = rsa_target.encrypted(deflated(10**7), zip="DEF")
    assert rsa_target.refusal_of_bomb(token) == "malformed_token"


def test_cve_2026_85394_a_der_public_key_is_no_hmac_secret(rsa_target: Target) -> None:
    """The guard against public keys as secrets did not know keys without armour."""
    for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1):
        secret = rsa_target.public_bytes(Encoding.DER, form)
        assert rsa_target.refusals_of_hmac(secret) == HMAC_REFUSED


@pytest.mark.parametrize("algorithm", HMAC)
def test_cve_2026_120459_an_empty_hmac_secret_is_no_key(target: Target, algorithm: str) -> None:
    """A key that came out empty was taken, so anybody could sign."""
    assert target.refusals_of_hmac(b"", algorithm) == HMAC_REFUSED


# Authlib


def test_cve_2024_37568_an_armoured_public_key_is_no_hmac_secret(target: Target) -> None:
    """Where no algorithm was named, a public key verified HMACs."""
    assert target.refusals_of_hmac(target.public_bytes(Encoding.PEM)) == HMAC_REFUSED


@pytest.mark.parametrize("extension", ["bork", "cnf", "exp"])
def test_cve_2025_59420_a_critical_extension_is_refused(target: Target, extension: str) -> None:
    """Extensions that a token declares critical were not looked at."""
    token = target.signed(crit=[extension], **{extension: {"jkt": "thumbprint"}})
    assert target.refusal(token) == "critical_header"


def test_cve_2025_61920_an_oversized_segment_is_not_read(target: Target) -> None:
    """Header and signature were decoded and parsed whatever their length."""
    header, payload, signature = target.signed().split(".")
    long = "A" * LONGEST
    for token in (f"{long}.{payload}.{signature}", f"{header}.{payload}.{long}"):
        assert target.refusal(token) == "token_too_long"
    assert target.loads == 0


def test_cve_2025_62706_a_compressed_payload_is_not_unpacked(target: Target) -> None:
    """What a token said to be compressed was unpacked to any size."""
    token = target.signed(deflated(10**7), zip="DEF")
    assert target.refusal_of_bomb(token) == "malformed_token"


def test_cve_2026_27962_a_key_in_the_header_verifies_nothing(target: Target) -> None:
    """Where no key was found, the one in the token's own header was taken."""
    attacker = SigningKeyPair.generate("ES384")
    own, known = attacker.jwk["kid"], target.pair.jwk["kid"]
    expected = {ABSENT: "missing_key_id", own: "unknown_key", known: "invalid_signature"}
    for kid, code in expected.items():
        token = signed_by(attacker, target.unsigned(kid=kid, jwk=attacker.jwk))
        assert target.refusal(token) == code


@pytest.mark.parametrize("alg", ["XX384", "ES384K", "", "HS384"])
def test_cve_2026_28498_an_id_token_of_an_unknown_algorithm_is_not_trusted(
    logto: Logto, alg: str
) -> None:
    """An unknown algorithm kept the binding to the access token from being checked."""
    id_token = logto.issue(
        {"aud": "app-1"},
        claims={"nonce": "n-1", "at_hash": "of another token"},
        headers={"typ": ABSENT, "alg": alg},
    )
    with pytest.raises(AnswerNotTrusted):
        validated_claims(
            id_token,
            verifier=get_verifier(),
            issuer=logto.issuer,
            client_id="app-1",
            nonce="n-1",
            access_token="opaque",
            now=logto.now(),
            leeway=0,
        )


def test_cve_2026_28802_none_with_a_blank_signature_is_refused(target: Target) -> None:
    """A token that says it is not signed was taken as verified."""
    unsigned = target.unsigned(alg="none")
    assert target.refusal(f"{unsigned}.") == "malformed_token"
    assert target.refusal(f"{unsigned}.AAAA") == "unsupported_algorithm"


def test_cve_2026_96760_an_object_without_signature_is_refused(target: Target) -> None:
    """A JWS in JSON without any signature was taken as verified, without a key."""
    for token in ({"payload": segment(target.claims())}, json.loads(target.claims())):
        assert target.refusal(json.dumps(token)) == "malformed_token"


def test_cve_2026_114615_a_public_key_behind_other_text_is_no_hmac_secret(target: Target) -> None:
    """The guard against public keys as secrets looked at the first characters alone."""
    for prefix in (b"# key of the issuer\n", b"\xef\xbb\xbf", b"\n\n"):
        assert target.refusals_of_hmac(prefix + target.public_bytes(Encoding.PEM)) == HMAC_REFUSED


@pytest.mark.parametrize("algorithm", HMAC)
def test_cve_2026_114616_an_empty_symmetric_jwk_verifies_nothing(
    target: Target, algorithm: str
) -> None:
    """An empty key verified HMACs."""
    target.publish({"kty": "oct", "k": "", "kid": target.pair.jwk["kid"]}, target.pair.jwk)
    assert target.refusals_of_hmac(b"", algorithm) == HMAC_REFUSED


@pytest.mark.parametrize("aud", ["https://other.test", ["https://other.test"], "", [""]])
def test_cve_2026_114618_a_token_for_another_audience_is_refused(
    target: Target, aud: object
) -> None:
    """An audience had to be there, and could be any."""
    assert target.refusal(target.signed(target.claims(aud=aud))) == "wrong_audience"


# joserfc


def test_cve_2025_65015_a_refusal_does_not_repeat_an_oversized_token(
    logto: Logto, route: Route, caplog: pytest.LogCaptureFixture
) -> None:
    """The exception for a token that is too long held all of it, and logs filled up."""
    caplog.set_level(logging.DEBUG)
    route(path("", Closed.as_view()))
    response = logto.client(logto.global_token() + "A" * 10**6).get("/")
    assert response.json()["code"] == "token_too_long"
    assert len(response.content) + len(caplog.text) < 2000


@pytest.mark.parametrize("count", [2**31 - 1, 10**400])
def test_cve_2026_27932_an_iteration_count_is_not_read(target: Target, count: int) -> None:
    """An encrypted token could demand any number of rounds of key derivation."""
    header = target.header(alg="PBES2-HS256+A128KW", enc="A128GCM", p2s="AAAA", p2c=count)
    token = f"{segment(json.dumps(header))}.AAAA.AAAA.AAAA.AAAA"
    assert target.refusal(token) == "malformed_token"


def test_cve_2026_48990_an_unencoded_payload_has_no_length_of_its_own(target: Target) -> None:
    """The limit on payloads did not hold for unencoded ones."""
    header = segment(json.dumps(target.header(b64=False, crit=["b64"])))
    for payload, code in ((" " * LONGEST, "token_too_long"), ("{}", "malformed_token")):
        assert target.refusal(signed_by(target.pair, f"{header}.{payload}")) == code


@pytest.mark.parametrize("algorithm", HMAC)
def test_cve_2026_49852_an_absent_hmac_secret_is_no_key(target: Target, algorithm: str) -> None:
    """A key that was absent counted as an empty one, and verified HMACs."""
    assert target.refusals_of_hmac(b"", algorithm, kid="absent") == (
        "unsupported_algorithm",
        "unknown_key",
    )


def test_cve_2026_75509_an_issuer_or_subject_among_others_is_none(target: Target) -> None:
    """A list was taken for an issuer or a subject if the expected one stood in it."""
    issuers = ["https://evil.test/oidc", target.logto.issuer]
    assert target.refusal(target.signed(target.claims(iss=issuers))) == "invalid_issuer"
    assert target.refusal(target.signed(target.claims(sub=["admin"]))) == "invalid_sub_claim"


@pytest.mark.parametrize("signatures", [[], [{}], None])
def test_cve_2026_102946_an_object_with_no_signatures_is_refused(
    target: Target, signatures: object
) -> None:
    """A JWS in JSON with an empty list of signatures was taken as verified."""
    token = json.dumps({"payload": segment(target.claims()), "signatures": signatures})
    assert target.refusal(token) == "malformed_token"


# jwcrypto


def test_cve_2022_3102_an_encrypted_token_does_not_stand_for_a_signed_one(
    rsa_target: Target,
) -> None:
    """Claims encrypted to the public key of the issuer were taken like signed ones."""
    assert rsa_target.refusal(rsa_target.encrypted(rsa_target.claims())) == "malformed_token"


@pytest.mark.parametrize("algorithm", ["PBES2-HS256+A128KW", "PBES2-HS512+A256KW"])
def test_cve_2023_6681_an_encrypted_token_derives_no_key(target: Target, algorithm: str) -> None:
    """An encrypted token could demand any number of rounds of key derivation."""
    header = target.header(alg=algorithm, enc="A128GCM", p2s="AAAA", p2c=10**9)
    token = f"{segment(json.dumps(header))}.AAAA.AAAA.AAAA.AAAA"
    assert target.refusal(token) == "malformed_token"
    assert target.refusal(target.signed(**header)) == "unsupported_algorithm"


def test_cve_2024_28102_a_token_that_unpacks_to_much_is_not_unpacked(rsa_target: Target) -> None:
    """A short encrypted token unpacked to any size."""
    claims = rsa_target.claims()[:-1] + b',"u":"' + b"u" * 10**6 + b'"}'
    compressor = zlib.compressobj(9, wbits=-15)
    packed = compressor.compress(claims) + compressor.flush()
    token = rsa_target.encrypted(packed, zip="DEF")
    assert rsa_target.refusal_of_bomb(token) == "malformed_token"


def test_cve_2026_39373_a_token_within_the_limit_is_not_unpacked(rsa_target: Target) -> None:
    """The limit was on the packed length, and the unpacked one was hundreds of times that."""
    token = rsa_target.encrypted(deflated(11_000_000), zip="DEF")
    assert len(token) > 0.9 * LONGEST
    assert rsa_target.refusal_of_bomb(token) == "malformed_token"


# Django REST Framework and its authentication packages


class ProjectAuthentication(LogtoJWTAuthentication):
    """A project that keeps its own users, as the reference shows."""

    def get_user(self, auth: AuthInfo) -> User:
        user = User.objects.filter(username=auth.sub, is_active=True).first()
        if user is None:
            raise AuthenticationFailed
        return user


@pytest.mark.django_db
@pytest.mark.parametrize("ending", ["suspended", "deleted"])
def test_cve_2024_22513_the_user_is_asked_for_again_with_every_request(
    logto: Logto, route: Route, ending: str
) -> None:
    """The token of a user who had been disabled went on working."""
    user = User.objects.create_user("alice")
    route(path("", Closed.as_view(authentication_classes=[ProjectAuthentication])))
    client = logto.client(logto.global_token(user="alice"))
    assert client.get("/").json() == "alice"
    if ending == "deleted":
        user.delete()
    else:
        User.objects.update(is_active=False)
    assert client.get("/").status_code == 401


def test_cve_2022_39227_a_mixture_of_both_serializations_is_refused(
    target: Target, logto: Logto, route: Route
) -> None:
    """A JSON object was read as a compact token by one parser, and with other claims by another."""
    header, payload, signature = target.signed().split(".")
    forged = segment(target.claims(scope="admin"))
    token = json.dumps(
        {
            f"  {header}.{forged}.": "",
            "protected": header,
            "payload": payload,
            "signature": signature,
        }
    )
    assert target.refusal(token) == "malformed_token"
    route(path("", Closed.as_view()))
    assert logto.client(token).get("/").json()["code"] == "malformed_header"


MARKUP = "<script>alert(1)</script>"


def page_of(authorization: str) -> str:
    headers = {"Authorization": authorization, "Accept": "text/html"}
    response = APIClient().get("/", headers=headers)
    assert (response.status_code, response["Content-Type"]) == (401, "text/html; charset=utf-8")
    page: str = response.content.decode()
    return page


def test_cve_2020_25626_markup_in_a_token_reaches_no_page(logto: Logto, route: Route) -> None:
    """The browsable API showed what a client had sent as markup."""
    route(path("", Closed.as_view()))
    changes = {"headers": {"kid": MARKUP}, "claims": {"sub": MARKUP, "iss": MARKUP}}
    for name, value in changes.items():
        page = page_of(f"Bearer {logto.global_token(**{name: value})}")
        assert "invalid_token" in page
        assert "alert(1)" not in page


def test_cve_2024_21520_markup_in_a_header_reaches_no_page(logto: Logto, route: Route) -> None:
    """The browsable API broke long headers into lines, and what stood in them was markup."""
    route(path("", Closed.as_view()))
    page = page_of(f"Bearer {MARKUP}, {MARKUP}")
    assert "malformed_header" in page
    assert "alert(1)" not in page


# Other Python software


def test_pysec_2020_69_none_is_no_algorithm(target: Target) -> None:
    """The client oic took unsigned tokens, and tokens of any algorithm."""
    for algorithm in ("none", "HS256", ABSENT):
        assert target.refusal(target.signed(alg=algorithm)) == "unsupported_algorithm"


# Node


def test_cve_2015_9235_a_public_rsa_key_is_no_hmac_secret(rsa_target: Target) -> None:
    """Where a public key was expected, an HMAC with that key was verified."""
    assert rsa_target.refusals_of_hmac(rsa_target.public_bytes(Encoding.PEM)) == HMAC_REFUSED


def test_cve_2018_0114_a_key_embedded_in_the_header_is_not_read(target: Target) -> None:
    """A token could bring the public key that it was to be verified with."""
    attacker = SigningKeyPair.generate("ES384")
    own = attacker.jwk | {"kid": target.pair.jwk["kid"]}
    assert target.refusal(signed_by(attacker, target.unsigned(jwk=own))) == "invalid_signature"


@pytest.mark.parametrize("value", [[], "none", ["HS256"], ["RS256", "HS256"], None])
def test_cve_2020_15084_algorithms_cannot_be_left_open(value: object) -> None:
    """Without configured algorithms, keys of a JWK Set verified whatever a token named."""
    assert problem_of(ALGORITHMS=value)[0] in {"value", "symmetric"}


def test_cve_2020_15240_a_signature_is_verified_whatever_the_flow(target: Target) -> None:
    """One of two ways to verify a token left its signature out."""
    header, _payload, signature = target.signed().split(".")
    forged = segment(target.claims(scope="admin"))
    assert target.refusal(f"{header}.{forged}.{signature}") == "invalid_signature"


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "ES512"])
def test_cve_2022_23539_a_key_serves_its_own_algorithm_alone(
    target: Target, algorithm: str
) -> None:
    """A key of one type verified signatures of an algorithm for another."""
    stranger = SigningKeyPair.generate(algorithm)
    token = signed_by(stranger, target.unsigned(alg=algorithm))
    assert target.refusal(token) == "algorithm_mismatch"


def test_cve_2022_23540_no_algorithm_is_not_none(target: Target) -> None:
    """Where no algorithms were configured and no key was given, unsigned tokens got in."""
    for algorithm in (ABSENT, None, "", "none", "NONE"):
        unsigned = target.unsigned(alg=algorithm)
        assert target.refusal(f"{unsigned}.") == "malformed_token"
        assert target.refusal(f"{unsigned}.AAAA") == "unsupported_algorithm"


def test_cve_2022_23541_the_kid_of_an_rsa_key_gives_no_hmac_secret(
    target: Target, rsa_target: Target
) -> None:
    """A function that returned keys by kid also returned public keys for HMACs."""
    target.publish(target.pair.jwk, rsa_target.pair.jwk)
    kid, secret = rsa_target.pair.jwk["kid"], rsa_target.public_bytes(Encoding.PEM)
    assert target.refusals_of_hmac(secret, kid=kid) == HMAC_REFUSED


def test_cve_2022_36083_an_iteration_count_costs_nothing(rsa_target: Target) -> None:
    """An encrypted token could demand any number of rounds of key derivation."""
    token = rsa_target.encrypted(rsa_target.claims(), p2c=2**31 - 1, p2s="AAAA")
    assert rsa_target.refusal(token) == "malformed_token"


def test_cve_2023_48223_a_public_key_in_rsa_armour_is_no_hmac_secret(rsa_target: Target) -> None:
    """Which kind of key was given was read from an armour, and one was not known."""
    secret = rsa_target.public_bytes(Encoding.PEM, PublicFormat.PKCS1)
    for spelling in (secret, secret.strip()):
        assert rsa_target.refusals_of_hmac(spelling) == HMAC_REFUSED


def test_cve_2023_48238_the_header_does_not_choose_how_to_verify(rsa_target: Target) -> None:
    """The algorithm was that of the header, whatever the key."""
    secret = rsa_target.public_bytes(Encoding.PEM).strip()
    for algorithm in HMAC:
        assert rsa_target.refusals_of_hmac(secret, algorithm) == HMAC_REFUSED


def test_cve_2024_28176_an_encrypted_token_is_not_unpacked(rsa_target: Target) -> None:
    """A short encrypted token unpacked to any size."""
    token = rsa_target.encrypted(deflated(10**7), zip="DEF", typ="JWT")
    assert rsa_target.refusal_of_bomb(token) == "malformed_token"


def test_cve_2025_30144_an_issuer_among_others_is_no_issuer(target: Target) -> None:
    """A list of issuers was taken if the expected one stood in it; keys came from another."""
    for issuers in (["https://evil.test/oidc", target.logto.issuer], [target.logto.issuer]):
        assert target.refusal(target.signed(target.claims(iss=issuers))) == "invalid_issuer"


def test_cve_2025_59936_keys_are_kept_under_nothing_that_a_token_can_spell(
    target: Target,
) -> None:
    """Keys were cached under a text made of the token's fields, so one issuer met another's."""
    target.verify(target.signed())
    known = target.pair.jwk["kid"]
    for kid in (f"{target.logto.issuer}:{known}", f"ES384:{known}", f"{known}:"):
        assert target.refusal(target.signed(kid=kid)) == "unknown_key"
    for issuer in (f"{target.logto.issuer}:{known}", f"{target.logto.issuer}#:evil.test"):
        assert target.refusal(target.signed(target.claims(iss=issuer))) == "invalid_issuer"


@pytest.mark.parametrize("algorithm", ["HS256", "RS384", "PS512", "EdDSA", "ES256K"])
def test_cve_2026_22817_an_algorithm_that_is_not_configured_is_refused(
    target: Target, algorithm: str
) -> None:
    """Where none was configured, the algorithm of the header verified the token."""
    assert target.refusal(target.signed(alg=algorithm)) == "unsupported_algorithm"


def test_cve_2026_22818_a_jwk_without_alg_is_bound_by_its_type(rsa_target: Target) -> None:
    """A JWK without algorithm was used with the one of the header."""
    assert "alg" not in rsa_target.pair.jwk
    modulus = urlsafe_b64decode(rsa_target.pair.jwk["n"] + "==")
    for secret in (modulus, json.dumps(rsa_target.pair.jwk).encode()):
        assert rsa_target.refusals_of_hmac(secret) == HMAC_REFUSED
    stranger = SigningKeyPair.generate("ES384")
    token = signed_by(stranger, rsa_target.unsigned(alg="ES384"))
    assert rsa_target.refusal(token) == "algorithm_mismatch"


def test_cve_2026_34950_a_public_key_behind_white_space_is_no_hmac_secret(
    rsa_target: Target,
) -> None:
    """The mended reading of the armour failed where white space stood before it."""
    for space in (b" ", b"\n", b"\t"):
        secret = space + rsa_target.public_bytes(Encoding.PEM, PublicFormat.PKCS1)
        assert rsa_target.refusals_of_hmac(secret) == HMAC_REFUSED


@pytest.mark.parametrize("payload", [b"[]", b'[{"sub":"admin"}]', b"null", b'"admin"', b"1"])
def test_cve_2026_107723_a_payload_that_is_no_object_is_malformed(
    target: Target, payload: bytes
) -> None:
    """A list has no claims by name, so every rule on claims was passed over."""
    assert target.refusal(target.signed(payload)) == "malformed_token"


# Go


@pytest.mark.parametrize(
    ("aud", "code"),
    [
        ([], "invalid_aud_claim"),
        ([""], "wrong_audience"),
        (["https://other.test"], "wrong_audience"),
        ({}, "invalid_aud_claim"),
    ],
)
def test_cve_2020_26160_a_list_of_audiences_is_looked_at(
    target: Target, aud: object, code: str
) -> None:
    """A list of audiences counted as none, and none as not to be looked at."""
    assert target.refusal(target.signed(target.claims(aud=aud))) == code


def test_cve_2025_30204_periods_are_not_counted_in_memory(target: Target) -> None:
    """A token was split at each of its periods, however many there were."""
    assert target.refusal("." * 10**6) == "token_too_long"
    assert target.refusal("." * LONGEST) == "malformed_token"
    assert target.loads == 0


def test_cve_2026_49998_one_kid_of_two_issuers_is_two_keys() -> None:
    """Keys were cached by kid alone, so the key of one issuer verified tokens of another."""
    ours, theirs = Target(), Target()
    theirs.publish(theirs.pair.jwk | {"kid": ours.pair.jwk["kid"]})
    other_issuer = "https://other.logto.test/oidc"
    key_sets = {ours.logto.issuer: ours.key_set, other_issuer: theirs.key_set}
    both = Target(key_sets=key_sets)
    kid = ours.pair.jwk["kid"]
    payload = ours.claims(iss=other_issuer)
    assert both.verify(ours.signed()).issuer == ours.logto.issuer
    assert both.refusal(ours.signed(payload)) == "invalid_signature"
    assert both.verify(theirs.signed(payload, kid=kid)).issuer == other_issuer


# Java


@pytest.mark.parametrize(("r", "s"), [(0, 0), (0, 1), (1, 0), (P384_ORDER, P384_ORDER)])
def test_cve_2022_21449_a_psychic_signature_is_refused(target: Target, r: int, s: int) -> None:
    """A signature of zeros was good for every key and message."""
    token = f"{target.unsigned()}.{segment(r.to_bytes(48) + s.to_bytes(48))}"
    assert target.refusal(token) == "invalid_signature"


def test_cve_2025_53864_a_deeply_nested_claim_is_malformed() -> None:
    """A claim nested deep enough overflowed the stack."""
    target = Target(max_token_length=10**6)
    claims = target.claims()[:-1] + b',"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert target.refusal(target.signed(claims)) == "malformed_token"


# Other languages


def test_cve_2020_14966_a_signature_has_one_form(target: Target) -> None:
    """Integers of a signature could be padded, so one signature had many forms."""
    unsigned, _, encoded = target.signed().rpartition(".")
    octets = urlsafe_b64decode(f"{encoded}==")
    der = encode_dss_signature(int.from_bytes(octets[:48]), int.from_bytes(octets[48:]))
    padded = b"\0" + octets[:48] + b"\0" + octets[48:]
    for other in (der, der + b"0", padded, octets + b"\0", b"\0" + octets):
        assert target.refusal(f"{unsigned}.{segment(other)}") == "invalid_signature"


@pytest.mark.parametrize("length", [1, 16, 48, 95])
def test_cve_2020_28042_part_of_a_signature_is_none(target: Target, length: int) -> None:
    """Signatures were compared as far as the given one reached."""
    unsigned, _, encoded = target.signed().rpartition(".")
    part = urlsafe_b64decode(f"{encoded}==")[:length]
    assert target.refusal(f"{unsigned}.{segment(part)}") == "invalid_signature"


def test_cve_2021_46743_the_kid_does_not_choose_the_kind_of_key(
    target: Target, rsa_target: Target
) -> None:
    """A kid named a key of one kind, and the token an algorithm for another."""
    target.publish(target.pair.jwk, rsa_target.pair.jwk)
    crossed = {
        "RS256": (rsa_target.pair, target.pair.jwk["kid"]),
        "ES384": (target.pair, rsa_target.pair.jwk["kid"]),
    }
    for algorithm, (pair, kid) in crossed.items():
        token = signed_by(pair, target.unsigned(alg=algorithm, kid=kid))
        assert target.refusal(token) == "algorithm_mismatch"


def test_cve_2023_51774_encryption_does_not_stand_for_a_signature(rsa_target: Target) -> None:
    """Whoever could encrypt to the verifier's public key could name any claims."""
    inner = Target("RS256").signed()
    assert rsa_target.refusal(rsa_target.encrypted(inner.encode())) == "malformed_token"


@pytest.mark.parametrize("algorithm", HMAC)
def test_cve_2026_44699_an_rsa_jwk_is_no_empty_hmac_secret(
    rsa_target: Target, algorithm: str
) -> None:
    """An RSA JWK without algorithm gave an empty secret to HMACs."""
    assert "alg" not in rsa_target.pair.jwk
    assert rsa_target.refusals_of_hmac(b"", algorithm) == HMAC_REFUSED


@pytest.mark.parametrize("granted", ["read:john", "read:", "read", "read:johnathan/own"])
def test_cve_2026_32716_a_scope_covers_no_other_that_it_begins(
    logto: Logto, route: Route, granted: str
) -> None:
    """A scope also opened whatever began like it."""

    class Records(APIView):
        permission_classes = [HasScopes("read:johnathan")]

    route(path("", Records.as_view()))
    answer = logto.client(logto.global_token([granted])).get("/")
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_ghsa_jc38_x7x8_2xc8_an_unprotected_header_is_not_read(target: Target) -> None:
    """The algorithm was also read from a header that the signature does not cover."""
    header, payload, signature = target.signed(alg=ABSENT).split(".")
    unprotected = {"alg": "ES384", "kid": target.pair.jwk["kid"]}
    members = {"protected": header, "payload": payload, "signature": signature}
    token = json.dumps({**members, "header": unprotected})
    assert target.refusal(token) == "malformed_token"
    assert target.refusal(f"{header}.{payload}.{signature}") == "unsupported_algorithm"


def test_ghsa_qpvx_gpqm_g98j_a_refusal_tells_nothing_of_a_signature(
    logto: Logto, route: Route, caplog: pytest.LogCaptureFixture
) -> None:
    """The refusal of a bad signature told the good one."""
    caplog.set_level(logging.DEBUG)
    route(path("", Closed.as_view()))
    token = logto.global_token()
    header, payload, signature = token.split(".")
    forged = Logto(logto.endpoint, logto.api_resource).global_token().rpartition(".")[2]
    response = logto.client(f"{header}.{payload}.{forged}").get("/")
    assert response.json() == {
        "detail": "The signature of the access token is not valid.",
        "code": "invalid_signature",
    }
    told = f"{response.content!r}{response.headers}{caplog.text}"
    assert not any(secret in told for secret in (header, payload, signature, forged))


# The table


def rows() -> list[tuple[str, str, str]]:
    """Advisory, fault and test of each row of the first table."""
    table = ADVISORIES.read_text("utf-8").partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
    cells = [line.strip("| ").split(" | ") for line in lines]
    return [(advisory, fault, test.strip("`")) for advisory, _package, fault, test in cells]


def test_every_test_of_an_advisory_has_one_row_and_every_row_its_test() -> None:
    tests = [name for name in globals() if re.match(r"test_(cve|ghsa|pysec)_", name)]
    assert [test for _, _, test in rows()] == tests


def test_every_row_names_the_advisory_and_the_fault_of_its_test() -> None:
    for advisory, fault, test in rows():
        assert test.startswith(f"test_{advisory.lower().replace('-', '_')}_")
        assert globals()[test].__doc__ == fault
