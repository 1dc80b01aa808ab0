"""Worked examples of the JOSE RFCs: what is supported verifies, all else is refused with its code.

The data is that of the RFCs: 7515 Appendix A, 7520 section 4, 7797 section 4, 8037 Appendix A and
7638 section 3.1. No RFC has a worked example of PS256 or ES384.
"""

import json
from base64 import urlsafe_b64decode
from typing import Any, NamedTuple

import pytest
from django.urls import path
from jwt import PyJWK

from drf_logto.exceptions import InvalidToken
from drf_logto.testing import Logto
from drf_logto.testing.signing import _thumbprint
from drf_logto.verification.jwk import SIGNATURE_ALGORITHMS, SigningKey, parse_jwks
from drf_logto.verification.jws import parse_jws
from tests.support.verifier_setup import Setup
from tests.support.views import Route, Seen

KID = "bilbo.baggins@hobbiton.example"

JOE = {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}
JOE_PAYLOAD = (
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)
FRODO_PAYLOAD = (
    "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb2"
    "50byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcg"
    "d2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4"
)

HMAC_7515 = {
    "kty": "oct",
    "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
}
RSA_7515 = {
    "kty": "RSA",
    "n": (
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1"
        "Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpa"
        "SHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4"
        "LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
    ),
    "e": "AQAB",
}
P256_7515 = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
P521_7515 = {
    "kty": "EC",
    "crv": "P-521",
    "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
    "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
}
RSA_7520 = {
    "kty": "RSA",
    "kid": KID,
    "use": "sig",
    "n": (
        "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQH"
        "z_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFE"
        "HYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-t"
        "VTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"
    ),
    "e": "AQAB",
}
P521_7520 = {
    "kty": "EC",
    "kid": KID,
    "use": "sig",
    "crv": "P-521",
    "x": "AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt",
    "y": "AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1",
}
HMAC_7520 = {
    "kty": "oct",
    "kid": "018c0ae5-4d9b-471b-bfd6-eef314bc7037",
    "use": "sig",
    "alg": "HS256",
    "k": "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg",
}
ED25519_8037 = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
RSA_7638 = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc"
        "_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQ"
        "R0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bF"
        "TWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    ),
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}


class Example(NamedTuple):
    """A signature, what it is over, and the key that verifies it."""

    section: str
    algorithm: str
    jwk: dict[str, str]
    header: str
    payload: str
    signature: str

    @property
    def compact(self) -> str:
        return f"{self.header}.{self.payload}.{self.signature}"

    @property
    def signing_input(self) -> bytes:
        return f"{self.header}.{self.payload}".encode()

    @property
    def signature_octets(self) -> bytes:
        return urlsafe_b64decode(f"{self.signature}==")

    @property
    def key(self) -> SigningKey:
        [key] = parsed({"kid": "example", **self.jwk}).values()
        return key


A_2 = Example(
    "RFC 7515 A.2",
    "RS256",
    RSA_7515,
    "eyJhbGciOiJSUzI1NiJ9",
    JOE_PAYLOAD,
    (
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O"
        "8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARN"
        "PvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ"
        "1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    ),
)
A_3 = Example(
    "RFC 7515 A.3",
    "ES256",
    P256_7515,
    "eyJhbGciOiJFUzI1NiJ9",
    JOE_PAYLOAD,
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
)
A_4 = Example(
    "RFC 7515 A.4",
    "ES512",
    P521_7515,
    "eyJhbGciOiJFUzUxMiJ9",
    "UGF5bG9hZA",
    (
        "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7X"
        "dtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLze"
        "O_Jn"
    ),
)
RSA_4_1 = Example(
    "RFC 7520 4.1",
    "RS256",
    RSA_7520,
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
    FRODO_PAYLOAD,
    (
        "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp"
        "83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCr"
        "UCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aX"
        "ic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg"
    ),
)
ECDSA_4_3 = Example(
    "RFC 7520 4.3",
    "ES512",
    P521_7520,
    "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
    FRODO_PAYLOAD,
    (
        "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1"
        "eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu"
        "9xQ2"
    ),
)
SUPPORTED = (A_2, A_3, A_4, RSA_4_1, ECDSA_4_3)

A_1 = Example(
    "RFC 7515 A.1",
    "HS256",
    HMAC_7515,
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
    JOE_PAYLOAD,
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
)
PSS_4_2 = Example(
    "RFC 7520 4.2",
    "PS384",
    RSA_7520,
    "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
    FRODO_PAYLOAD,
    (
        "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCd"
        "P6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442Z"
        "dNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1"
        "aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw"
    ),
)
HMAC_4_4 = Example(
    "RFC 7520 4.4",
    "HS256",
    HMAC_7520,
    "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9",
    FRODO_PAYLOAD,
    "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0",
)
ED25519_A_4 = Example(
    "RFC 8037 A.4",
    "EdDSA",
    ED25519_8037,
    "eyJhbGciOiJFZERTQSJ9",
    "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
)
PROTECTED_4_6 = Example(
    "RFC 7520 4.6",
    "HS256",
    HMAC_7520,
    "eyJhbGciOiJIUzI1NiJ9",
    FRODO_PAYLOAD,
    "bWUSVaxorn7bEF1djytBd0kHv70Ly5pvbomzMWSOr20",
)
CONTENT_4_7 = Example(
    "RFC 7520 4.7",
    "HS256",
    HMAC_7520,
    "",
    FRODO_PAYLOAD,
    "xuLifqLGiblpv9zBpuZczWhNj1gARaLV3UxvxhJxZuk",
)
UNENCODED_4_2 = Example(
    "RFC 7797 4.2",
    "HS256",
    HMAC_7515,
    "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19",
    "$.02",
    "A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY",
)
UNSUPPORTED = (A_1, PSS_4_2, HMAC_4_4, PROTECTED_4_6, CONTENT_4_7, UNENCODED_4_2, ED25519_A_4)

NONE_A_5 = f"eyJhbGciOiJub25lIn0.{JOE_PAYLOAD}."
DETACHED_4_5 = f"{HMAC_4_4.header}..{HMAC_4_4.signature}"
UNENCODED_DETACHED_4_2 = f"{UNENCODED_4_2.header}..{UNENCODED_4_2.signature}"


def member(example: Example, **header: str) -> dict[str, Any]:
    signature = {"protected": example.header, "signature": example.signature}
    return signature | ({"header": header} if header else {})


JSON_SERIALIZATIONS = {
    "RFC 7515 A.6": {
        "payload": JOE_PAYLOAD,
        "signatures": [
            member(A_2, kid="2010-12-29"),
            member(A_3, kid="e9bc097a-ce51-4036-9562-d2ade882db0d"),
        ],
    },
    "RFC 7515 A.7": {
        "payload": JOE_PAYLOAD,
        **member(A_3, kid="e9bc097a-ce51-4036-9562-d2ade882db0d"),
    },
    "RFC 7520 4.1.3 general": {"payload": FRODO_PAYLOAD, "signatures": [member(RSA_4_1)]},
    "RFC 7520 4.1.3 flattened": {"payload": FRODO_PAYLOAD, **member(RSA_4_1)},
    "RFC 7520 4.5.3 flattened": member(HMAC_4_4),
    "RFC 7520 4.6.3 flattened": {
        "payload": FRODO_PAYLOAD,
        **member(PROTECTED_4_6, kid=HMAC_7520["kid"]),
    },
    "RFC 7520 4.7.3 flattened": {
        "payload": FRODO_PAYLOAD,
        "header": {"alg": "HS256", "kid": HMAC_7520["kid"]},
        "signature": CONTENT_4_7.signature,
    },
}


def section(example: Example) -> str:
    return example.section


def parsed(*jwks: object) -> dict[str, SigningKey]:
    return parse_jwks({"keys": list(jwks)}, SIGNATURE_ALGORITHMS)


def refusal_of(token: str) -> str:
    """The code of the refusal where the issuer publishes every key of the examples."""
    setup = Setup()
    keys = [example.jwk for example in (*SUPPORTED, *UNSUPPORTED)]
    setup.published = {"keys": [{"kid": "example", **key} for key in keys]}
    with pytest.raises(InvalidToken) as refused:
        setup.verify(token)
    assert setup.loads == 0
    return refused.value.code


def altered(octets: bytes) -> list[bytes]:
    """The same octets with one bit flipped, once for each octet."""
    return [
        octets[:place] + bytes([octet ^ 1 << place % 8]) + octets[place + 1 :]
        for place, octet in enumerate(octets)
    ]


@pytest.mark.parametrize("example", SUPPORTED, ids=section)
def test_an_example_verifies_with_its_key(example: Example) -> None:
    assert example.key.verify(example.algorithm, example.signing_input, example.signature_octets)


@pytest.mark.parametrize("example", SUPPORTED, ids=section)
def test_an_example_with_one_bit_flipped_does_not_verify(example: Example) -> None:
    key, algorithm = example.key, example.algorithm
    for signing_input in altered(example.signing_input):
        assert not key.verify(algorithm, signing_input, example.signature_octets)
    for signature in altered(example.signature_octets):
        assert not key.verify(algorithm, example.signing_input, signature)


@pytest.mark.parametrize("example", SUPPORTED, ids=section)
def test_an_example_does_not_verify_with_the_key_of_another(example: Example) -> None:
    others = [other for other in SUPPORTED if example.algorithm in other.key.by_algorithm]
    verified = [
        other.key.verify(example.algorithm, example.signing_input, example.signature_octets)
        for other in others
    ]
    assert verified == [other is example for other in others]
    assert len(others) == (1 if example is A_3 else 2)


@pytest.mark.parametrize("example", [A_1, A_2, A_3], ids=section)
def test_an_example_with_claims_is_taken_apart(example: Example) -> None:
    jws = parse_jws(example.compact.encode())
    assert (jws.header["alg"], jws.claims) == (example.algorithm, JOE)
    assert (jws.signing_input, jws.signature) == (example.signing_input, example.signature_octets)


@pytest.mark.parametrize("example", [A_1, A_2, A_3], ids=section)
def test_an_example_with_claims_is_no_access_token(example: Example) -> None:
    assert refusal_of(example.compact) == "not_an_access_token"


@pytest.mark.parametrize("example", [A_4, RSA_4_1, ECDSA_4_3, *UNSUPPORTED[1:]], ids=section)
def test_an_example_without_claims_is_malformed(example: Example) -> None:
    assert refusal_of(example.compact) == "malformed_token"


@pytest.mark.parametrize("example", UNSUPPORTED, ids=section)
def test_an_unsupported_example_is_genuine_and_has_no_key_here(example: Example) -> None:
    jwk = PyJWK(example.jwk, example.algorithm)
    assert jwk.Algorithm.verify(example.signing_input, jwk.key, example.signature_octets)
    usable = parsed({"kid": "example", **example.jwk})
    assert all(example.algorithm not in key.by_algorithm for key in usable.values())
    assert not parsed({"kid": "example", **example.jwk, "alg": example.algorithm})


@pytest.mark.parametrize("algorithm", ["HS256", "PS384", "EdDSA", "none"])
def test_an_access_token_with_the_algorithm_of_an_unsupported_example_is_refused(
    algorithm: str,
) -> None:
    token = Setup().logto.global_token(headers={"alg": algorithm})
    assert refusal_of(token) == "unsupported_algorithm"


@pytest.mark.parametrize(
    "token",
    [NONE_A_5, DETACHED_4_5, UNENCODED_DETACHED_4_2],
    ids=["RFC 7515 A.5 none", "RFC 7520 4.5 detached", "RFC 7797 4.2 detached"],
)
def test_a_compact_form_without_payload_or_signature_is_malformed(token: str) -> None:
    assert refusal_of(token) == "malformed_token"


@pytest.mark.parametrize("name", JSON_SERIALIZATIONS)
def test_the_json_serialization_is_refused(name: str, logto: Logto, route: Route) -> None:
    route(path("", Seen.as_view()))
    token = json.dumps(JSON_SERIALIZATIONS[name], separators=(",", ":"))
    assert refusal_of(token) == "malformed_token"
    response = logto.client(token).get("/")
    assert (response.status_code, response.json()["code"]) == (401, "malformed_header")


@pytest.mark.parametrize(
    ("jwk", "thumbprint"),
    [
        (ED25519_8037, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
        (RSA_7638, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
    ],
    ids=["RFC 8037 A.3", "RFC 7638 3.1"],
)
def test_the_thumbprint_of_an_example_names_its_key(jwk: dict[str, str], thumbprint: str) -> None:
    assert _thumbprint(jwk) == thumbprint
