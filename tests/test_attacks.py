"""Published attacks on software that reads tokens: each is made here, and refused with its code.

docs/en/explanation/advisories.md is made of the tables; CONTRIBUTING.md has the command.
"""

import base64
import hmac
import json
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.urls import path
from jwt.algorithms import get_default_algorithms
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIClient

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.browsable.exceptions import AnswerNotTrusted
from drf_logto.browsable.id_token import validated_claims
from drf_logto.exceptions import LogtoError
from drf_logto.permissions import HasScopes
from drf_logto.runtime import get_verifier
from drf_logto.testing import ABSENT, Logto
from drf_logto.testing.signing import SigningKeyPair
from tests.support.verifier_setup import API, NOW, Setup, segment
from tests.support.views import Route, Seen

DOCUMENT = Path(__file__).parent.parent / "docs/en/explanation/advisories.md"
LONGEST = 65536
EC, RSA = SigningKeyPair.generate("ES384"), SigningKeyPair.generate("RS256")
THEIRS = {pair.algorithm: SigningKeyPair.generate(pair.algorithm) for pair in (EC, RSA)}
WEAK = SigningKeyPair("RS256", rsa.generate_private_key(65537, 1024))
P384_ORDER = int(
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
    "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
    16,
)
ISSUER = "https://tenant.logto.test/oidc"
CLAIMS = {"iss": ISSUER, "sub": "admin", "client_id": "app", "aud": API, "exp": NOW + 60}


class Target(Setup):
    """A verifier whose issuer publishes an EC and an RSA key, and signs with one of them."""

    def __init__(self, pair: SigningKeyPair) -> None:
        super().__init__(max_token_length=LONGEST)
        self.pair, self.other = (pair, RSA if pair is EC else EC)
        self.kid = pair.jwk["kid"]
        self.published = {"keys": [EC.jwk, RSA.jwk, WEAK.jwk]}

    def header(self, **changes: object) -> str:
        members = {"alg": self.pair.algorithm, "typ": "at+jwt", "kid": self.kid, **changes}
        return json.dumps({name: one for name, one in members.items() if one is not ABSENT})

    def unsigned(self, header: str | bytes = "", payload: str | bytes = "", **changes: Any) -> str:
        header = header or self.header(**changes)
        return f"{segment(header)}.{segment(payload or json.dumps(CLAIMS))}"

    def sign(self, unsigned: str, pair: SigningKeyPair | None = None, algorithm: str = "") -> str:
        signer = pair or self.pair
        name = algorithm or signer.algorithm
        signature = get_default_algorithms()[name].sign(unsigned.encode(), signer.private_key)
        return f"{unsigned}.{segment(signature)}"

    def headed(self, **changes: Any) -> str:
        """A token of the issuer with another header."""
        return self.sign(self.unsigned(**changes))

    def claiming(self, **changes: object) -> str:
        """A token of the issuer with other claims."""
        return self.sign(self.unsigned(payload=json.dumps(CLAIMS | changes)))

    def said(self, header: str | bytes = "", payload: str | bytes = "") -> str:
        """A token of the issuer over exactly these octets."""
        return self.sign(self.unsigned(header, payload))

    def parts(self) -> tuple[str, str, bytes]:
        """Header and payload of a good token as they are sent, and the octets of its signature."""
        header, payload, signature = self.headed().split(".")
        return header, payload, base64.urlsafe_b64decode(signature + "==")

    def encrypted(self, plaintext: bytes, **header: object) -> str:
        """A genuine JWE (RFC 7516 §7.1) to the RSA key that the issuer publishes."""
        members = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT", **header}
        protected = segment(self.header(**members))
        content_key, nonce = bytes(range(32)), bytes(12)
        sealed = AESGCM(content_key).encrypt(nonce, plaintext, protected.encode())
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        wrapped = RSA.private_key.public_key().encrypt(content_key, oaep)
        return ".".join([protected, *map(segment, (wrapped, nonce, sealed[:-16], sealed[-16:]))])


def hmac_tokens(t: Target) -> Iterator[str]:
    """HMACs with everything public that could be taken for a secret."""
    public = t.pair.private_key.public_key()
    spki, pem = PublicFormat.SubjectPublicKeyInfo, Encoding.PEM
    armoured = public.public_bytes(pem, spki)
    jwk, jwks = json.dumps(t.pair.jwk).encode(), json.dumps(t.published).encode()
    secrets = [b"", armoured, armoured.strip(), b"\n" + armoured, b"# key\n" + armoured, jwk, jwks]
    secrets += [armoured.replace(b"\n", b"\r\n"), public.public_bytes(Encoding.DER, spki)]
    secrets += [public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)]
    secrets += [RSA.private_key.public_key().public_bytes(pem, PublicFormat.PKCS1)]
    t.published = {"keys": [EC.jwk, RSA.jwk, {"kty": "oct", "k": "", "kid": "empty"}]}
    for algorithm, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
        for kid in (t.kid, "empty", "absent"):
            unsigned = t.unsigned(alg=algorithm, kid=kid)
            yield from (
                f"{unsigned}.{segment(hmac.digest(secret, unsigned.encode(), digest))}"
                for secret in secrets
            )


def deflated(octets: bytes) -> bytes:
    """RFC 1951."""
    compressor = zlib.compressobj(9, wbits=-15)
    return compressor.compress(octets) + compressor.flush()


def json_tokens(t: Target) -> Iterator[str]:
    header, payload, octets = t.parts()
    signature, unprotected = segment(octets), {"alg": t.pair.algorithm, "kid": t.kid}
    object_ = {"protected": header, "payload": payload, "signature": signature}
    yield json.dumps(object_)
    yield json.dumps({**object_, "header": unprotected})
    yield json.dumps({f"  {header}.{segment(json.dumps(CLAIMS))}.": "", **object_})
    lists: list[Any] = [[], [{}], None, [{"protected": header, "signature": signature}]]
    yield from (json.dumps({"payload": payload, "signatures": one}) for one in lists)
    yield from (json.dumps({"payload": payload}), json.dumps(CLAIMS))


def respelled_tokens(t: Target) -> Iterator[str]:
    token = t.headed()
    for more in ("=", " ", "\n", "\t", "\0", "%", "+", "/", "*", "!", "\xdf", "\uff21"):
        for octets in (more, more * 4):  # four of them leave the length modulo 4 as it is
            yield from (token + octets, octets + token, token.replace(".", f"{octets}.", 1))
    # The same octets, with a bit set at the end that none of them needs (RFC 4648 §3.5).
    texts = [one if len(one) % 3 else f"{one} " for one in (t.header(), json.dumps(CLAIMS))]
    header, payload = map(segment, texts)
    yield t.sign(f"{header[:-1]}{chr(ord(header[-1]) + 1)}.{payload}")
    yield t.sign(f"{header}.{payload[:-1]}{chr(ord(payload[-1]) + 1)}")
    signed = t.sign(t.unsigned(kid=RSA.jwk["kid"], alg="RS256"), RSA)
    yield signed[:-1] + chr(ord(signed[-1]) + 1)


def other_signatures(t: Target) -> Iterator[bytes]:
    """Zeros, halves that are no numbers of the curve, parts of a good one, and other forms."""
    order, good = P384_ORDER.to_bytes(48), t.parts()[2]
    yield from (b"\0" * 96, b"\0" * 256, order * 2, bytes(47) + b"\1" + order, b"signature")
    yield from (good[:length] for length in (1, 16, 48, 95, len(good) - 1))
    yield from (good + b"\0", b"\0" + good, b"\x30\x64" + good)
    yield encode_dss_signature(int.from_bytes(good[:48]), int.from_bytes(good[48:96]))
    yield b"\0" + good[:48] + b"\0" + good[48:]


def mixed_tokens(t: Target) -> Iterator[str]:
    """Parts of two tokens of the issuer, the first of which is remembered."""
    first, second = t.headed(), t.claiming(scope="admin")
    t.verify(first)
    (header, payload, signature), (_, other_payload, other_signature) = (
        one.split(".") for one in (first, second)
    )
    yield f"{header}.{payload}.{other_signature}"
    yield f"{header}.{other_payload}.{signature}"


def malformed_keys(t: Target) -> Iterator[str]:
    parts: list[Any] = [{"e": ""}, {"e": "Ag"}, {"e": "AQ"}, {"n": ""}, {"n": "AA"}, {"n": None}]
    malformed = [RSA.jwk | part | {"kid": f"malformed-{at}"} for at, part in enumerate(parts)]
    t.published = {"keys": [*malformed, EC.jwk, RSA.jwk]}
    for jwk in malformed:
        yield t.sign(t.unsigned(alg="RS256", kid=jwk["kid"]), RSA)


def brought_keys(t: Target, kid: object) -> Iterator[str]:
    """Tokens of an attacker that say themselves where their key is."""
    theirs = THEIRS[t.pair.algorithm]
    jwk = theirs.jwk if kid is None else theirs.jwk | {"kid": kid}
    places: dict[str, Any] = {"jwk": jwk, "x5c": ["MIIB"], "x5t": "AAAA"}
    places |= {"jku": "https://evil.test/jwks", "x5u": "https://evil.test/cert"}
    for name, place in places.items():
        yield t.sign(t.unsigned(kid=kid or jwk["kid"], **{name: place}), theirs)


def nested(t: Target) -> Iterator[str]:
    for opening, closing in (("[", "]"), ('{"x":', "}")):
        for deep in (64, 900, 5000):
            member = f',"x":{opening * deep}1{closing * deep}}}'
            yield t.said(payload=json.dumps(CLAIMS)[:-1] + member)
            yield t.said(header=t.header()[:-1] + member)
    yield from (t.said(payload="[" * 48000), t.said(header="[" * 48000))


def p2c(t: Target, count: int) -> str:
    header = t.header(alg="PBES2-HS256+A128KW", enc="A128GCM", p2s="AAAA", p2c=count)
    return f"{segment(header)}.AAAA.AAAA.AAAA.AAAA"


class Attack(NamedTuple):
    name: str
    published: str  # software and its advisories
    fault: str  # what let the tokens in there
    answer: str  # the code that each is refused with here
    tokens: Callable[[Target], Iterable[str]]


# fmt: off
NONES = ("none", "None", "NONE", "nOnE", "none ", "", "null", None, ABSENT)
OTHER_ALGORITHMS = ("HS256", "RS384", "PS512", "EdDSA", "ES256K", "es384")
EXTENSIONS: list[dict[str, Any]] = [
    {"crit": []}, {"crit": ["exp"]}, {"crit": ["bork"], "bork": 1},
    {"crit": ["b64"], "b64": False}, {"crit": ["cnf"], "cnf": {"jkt": "thumbprint"}}]
KIDS = (
    "../../etc/passwd", "' OR '1'='1", "k\r\nSet-Cookie: a=b", "${jndi:ldap://evil.test}", "\0", "",
    "/dev/null", "constructor", "k" * 10_000)
ISSUERS = [
    f"{ISSUER}/", f"{ISSUER}?", f"{ISSUER}#:evil.test", f"{ISSUER}:kid", f" {ISSUER}", ISSUER[:-1],
    ISSUER[1:], "", ISSUER.upper(), "http" + ISSUER[5:], ISSUER.replace("a", "\u0430"),
    *(ISSUER.replace(".test", host) for host in
        (".test.", ".test:443", ".test.evil.test", "\u3002test", ".test@evil.test")),
    f"https://evil.test/{ISSUER}"]
AUDIENCES: list[Any] = [
    f"{API}/", f"{API}/v1", f"{API}.evil.test", API[:-1], API.upper(), f"{API} ", "*", "app", "",
    f"{API},https://other.test", f"{API} https://other.test", API.replace("a", "\u0430"),
    "https://other.test", ["https://other.test"], [f"{API}/"], [""],
    "urn:logto:resource:organizations", ["urn:logto:resource:organizations", API]]
NO_AUDIENCES: list[Any] = [[], {}, None, [None]]

ATTACKS = [
    Attack("an HMAC with a public key or none",
        "PyJWT CVE-2017-11424, CVE-2022-29217, CVE-2026-48526, CVE-2026-102266, CVE-2026-102268, "
        "CVE-2026-102273; python-jose CVE-2024-33663, CVE-2026-85394, CVE-2026-120459; "
        "Authlib CVE-2024-37568, CVE-2026-114615, CVE-2026-114616; joserfc CVE-2026-49852; "
        "jsonwebtoken (Node) CVE-2015-9235, CVE-2022-23541; fast-jwt CVE-2023-48223, "
        "CVE-2026-34950; json-web-token (Node) CVE-2023-48238; libjwt (C) CVE-2026-44699; "
        "ruby-jwt CVE-2026-45363; Hono CVE-2026-22817, CVE-2026-22818",
        "A key that everybody knows, or an empty one, was taken as the secret of an HMAC.",
        "unsupported_algorithm", hmac_tokens),
    Attack("none as the algorithm",
        "Authlib CVE-2026-28802; oic PYSEC-2020-69; jsonwebtoken (Node) CVE-2022-23540",
        "A token that says it is not signed was taken as verified.", "unsupported_algorithm",
        lambda t: [t.headed(alg=alg) for alg in NONES]),
    Attack("an algorithm that is not configured", "Hono CVE-2026-22817",
        "Where none was configured, the algorithm of the header verified the token.",
        "unsupported_algorithm", lambda t: [t.headed(alg=alg) for alg in OTHER_ALGORITHMS]),
    Attack("a signature that was left out", "Authlib CVE-2026-28802",
        "An empty signature was good.", "malformed_token",
        lambda t: [t.unsigned(), f"{t.unsigned()}.", f"{t.unsigned(alg='none')}."]),
    Attack("an algorithm of another key",
        "jsonwebtoken (Node) CVE-2022-23539; php-jwt CVE-2021-46743; Hono CVE-2026-22818",
        "A key of one type verified signatures of an algorithm for another.",
        "algorithm_mismatch", lambda t: [
            t.headed(kid=t.other.jwk["kid"]),
            t.sign(t.unsigned(alg=t.other.algorithm), t.other)]),
    Attack("an algorithm that was not used", "PyJWT CVE-2026-48523",
        "The named algorithm was compared with the allowed ones, and another one verified with.",
        "invalid_signature", lambda t: [
            t.sign(t.unsigned(alg=named, kid=RSA.jwk["kid"]), RSA, used)
            for named, used in (("RS256", "PS256"), ("PS256", "RS256"))]),
    Attack("a weak key", "PyJWT CVE-2025-45768", "Keys of any strength were taken.", "unknown_key",
        lambda t: [t.sign(t.unsigned(alg="RS256", kid=WEAK.jwk["kid"]), WEAK)]),
    Attack("a malformed key in the set", "PyJWT CVE-2026-102274",
        "One malformed RSA key made the whole key set unreadable.", "unknown_key", malformed_keys),
    Attack("a key that comes with the token", "node-jose CVE-2018-0114",
        "A token could contain the public key that verified it.",
        "unknown_key", lambda t: brought_keys(t, None)),
    Attack("a key that comes under a known kid", "Authlib CVE-2026-27962",
        "Where no key fitted, the one in the token's own header was taken.",
        "invalid_signature", lambda t: brought_keys(t, t.kid)),
    Attack("a kid that is more than a name", "get-jwks CVE-2025-59936",
        "A kid was read as a path, a query, or part of a cache's own key.", "unknown_key",
        lambda t: [t.headed(kid=kid) for kid in
            (*KIDS, t.kid.swapcase(), f"{ISSUER}:{t.kid}", f"ES384:{t.kid}", f"{t.kid}:")]),
    Attack("a critical extension",
        "PyJWT CVE-2026-32597, CVE-2026-48525; Authlib CVE-2025-59420",
        "Extensions that a token declares critical were not looked at.", "critical_header",
        lambda t: [t.headed(**extension) for extension in EXTENSIONS]),
    Attack("an unencoded payload", "joserfc CVE-2026-48990",
        "The limit on payloads did not hold for unencoded ones.", "malformed_token", lambda t: [
            t.sign(f"{segment(t.header(b64=False, **more))}.{json.dumps(CLAIMS)}")
            for more in ({}, {"crit": ["b64"]})]),
    Attack("a token without end",
        "Authlib CVE-2025-61920; golang-jwt CVE-2025-30204; go-jose CVE-2025-27144; "
        "PyJWT CVE-2026-48525; joserfc CVE-2026-48990",
        "A token was split, decoded or parsed whatever its length.", "token_too_long",
        lambda t: ["." * 10**6, "A" * 10**6, t.headed(x="A" * 10**6), t.claiming(x="A" * 10**6),
            t.headed() + "A" * 10**6, t.sign(t.unsigned(payload=" " * 10**6, b64=False))]),
    Attack("periods without end", "golang-jwt CVE-2025-30204; go-jose CVE-2025-27144",
        "A token was split at each of its periods, however many there were.", "malformed_token",
        lambda t: ["." * LONGEST, t.headed() + "." * 1000]),
    Attack("deep nesting",
        "PyJWT CVE-2026-101918, CVE-2026-102265; nimbus-jose-jwt CVE-2025-53864",
        "Nesting beyond what the JSON parser can bear overflowed the stack.",
        "malformed_token", nested),
    Attack("another spelling of a token", "PyJWT CVE-2026-102269",
        "Characters that were skipped gave one token many spellings, unknown to lists of revoked.",
        "malformed_token", respelled_tokens),
    Attack("a compressed payload", "Authlib CVE-2025-62706",
        "What a token said to be compressed was unpacked to any size.", "malformed_token",
        lambda t: [t.sign(t.unsigned(payload=packed, zip="DEF")) for packed in
            (deflated(b" " * 10**7), deflated(json.dumps(CLAIMS).encode()))]),
    Attack("an encrypted token",
        "jwcrypto CVE-2022-3102; json-jwt (Ruby) CVE-2023-51774",
        "Anyone who could encrypt to the verifier's public key could name any claims.",
        "malformed_token", lambda t: [
            t.encrypted(json.dumps(CLAIMS).encode()), t.encrypted(t.headed().encode())]),
    Attack("a compressed encrypted token",
        "python-jose CVE-2024-33664; jwcrypto CVE-2024-28102, CVE-2026-39373; "
        "jose (Node) CVE-2024-28176; go-jose CVE-2024-28180; jwx CVE-2024-28122",
        "A short encrypted token unpacked to any size.", "malformed_token",
        lambda t: [t.encrypted(deflated(b" " * 10**7), zip="DEF", typ=typ)
            for typ in ("JWT", "at+jwt")]),
    Attack("an iteration count",
        "joserfc CVE-2026-27932; jwcrypto CVE-2023-6681; jwx CVE-2023-49290; "
        "jose (Node) CVE-2022-36083; erlang-jose CVE-2023-50966",
        "An encrypted token could demand any number of rounds of key derivation.",
        "malformed_token", lambda t: [p2c(t, 2**31 - 1), p2c(t, 10**400)]),
    Attack("a JSON serialization",
        "Authlib CVE-2026-96760; joserfc CVE-2026-102946; python-jwt CVE-2022-39227; "
        "jwt-framework (PHP) GHSA-jc38-x7x8-2xc8",
        "A JWS in JSON was accepted unsigned, or with an unprotected header, or read in two ways.",
        "malformed_token", json_tokens),
    Attack("a payload that is not an object", "fast-jwt CVE-2026-107723",
        "A list has no claims by name, so every rule on claims was passed over.",
        "malformed_token", lambda t: [
            t.said(payload=one) for one in ("[]", '[{"sub":"admin"}]', "null", '"admin"', "1")]),
    Attack("another signature",
        "Java CVE-2022-21449; starkbank-ecdsa CVE-2021-43571; ecdsautils CVE-2022-24884; "
        "jsrsasign (Node) CVE-2020-14966; ServiceStack (.NET) CVE-2020-28042",
        "A signature of zeros, part of one, or another form of one was good.",
        "invalid_signature", lambda t: (
            f"{t.unsigned()}.{segment(signature)}" for signature in other_signatures(t))),
    Attack("parts of two tokens", "omniauth-auth0 (Ruby) CVE-2020-15240",
        "One of two ways to verify a token left its signature out.",
        "invalid_signature", mixed_tokens),
    Attack("an issuer that looks alike", "PyJWT CVE-2024-53861; get-jwks CVE-2025-59936",
        "The issuer was looked for within the expected one, so any part of it would do.",
        "invalid_issuer", lambda t: [t.claiming(iss=issuer) for issuer in ISSUERS]),
    Attack("an issuer among others", "joserfc CVE-2026-75509; fast-jwt CVE-2025-30144",
        "A list of issuers was taken if the expected one stood in it.", "invalid_issuer",
        lambda t: [t.claiming(iss=one) for one in ([ISSUER], ["https://evil.test", ISSUER])]),
    Attack("a subject among others", "joserfc CVE-2026-75509",
        "A list was taken for a subject if the expected one stood in it.", "invalid_sub_claim",
        lambda t: [t.claiming(sub=["admin"])]),
    Attack("another audience", "Authlib CVE-2026-114618; jwt-go CVE-2020-26160",
        "An audience had to be there, and could be any.", "wrong_audience",
        lambda t: [t.claiming(aud=aud, azp=API) for aud in AUDIENCES]),
    Attack("no audience", "jwt-go CVE-2020-26160", "No audience was not to be looked at.",
        "invalid_aud_claim", lambda t: [t.claiming(aud=aud) for aud in NO_AUDIENCES]),]
ELSEWHERE = [
    ("PyJWT CVE-2026-48522",
        "The client of key sets also opened files, FTP and data addresses.",
        "verification/test_fetch.py::test_an_address_that_cannot_be_asked_is_no_document"),
    ("PyJWT CVE-2026-48524",
        "Each unknown kid forced a fetch, and a failed one threw the known keys away.",
        "verification/test_key_set.py::test_a_flood_of_unknown_keys_costs_one_fetch_a_cooldown"),
    ("PyJWT CVE-2026-102267",
        "The client of key sets followed redirects to wherever they led.",
        "verification/test_fetch.py::test_a_redirect_is_not_followed"),
    ("joserfc CVE-2025-65015",
        "The exception for a token that is too long held all of it, and logs filled up.",
        "test_secrets.py::test_no_refusal_reports_what_it_refused"),
    ("Auth0-WCF-Service-JWT (.NET) GHSA-qpvx-gpqm-g98j",
        "The refusal of a bad signature revealed the correct one.",
        "test_secrets.py::test_no_refusal_reports_what_it_refused"),
    ("express-jwt with jwks-rsa CVE-2020-15084",
        "Without configured algorithms, keys of a JWK Set verified whatever a token named.",
        "test_conf.py::test_a_value_that_cannot_work_names_its_key"),
    ("Centrifugo CVE-2026-49998",
        "Keys were cached by kid alone, so the key of one issuer verified tokens of another.",
        "verification/test_verifier.py::test_a_key_of_one_issuer_signs_for_no_other"),
    ("Authlib CVE-2026-28498",
        "An unknown algorithm kept the binding to the access token from being checked.",
        "test_attacks.py::test_an_id_token_of_an_unknown_algorithm_is_not_trusted"),
    ("djangorestframework-simplejwt CVE-2024-22513",
        "The token of a user who had been disabled went on working.",
        "test_attacks.py::test_the_user_is_asked_for_again_with_every_request"),
    ("djangorestframework CVE-2020-25626, CVE-2024-21520",
        "The browsable API showed what a client had sent as markup.",
        "test_attacks.py::test_markup_in_a_request_reaches_no_page"),
    ("scitokens CVE-2026-32716; scitokens-cpp CVE-2026-32726",
        "A scope also opened whatever began like it.",
        "test_attacks.py::test_a_scope_covers_no_other"),
]
"""What is no token: software and advisories, the fault, and the test that shows it."""
# fmt: on


def assert_good_tokens_get_in(target: Target) -> None:
    for pair in (EC, RSA):
        payload = json.dumps(CLAIMS | {"jti": str(target.loads)})
        unsigned = target.unsigned(payload=payload, kid=pair.jwk["kid"], alg=pair.algorithm)
        assert target.verify(target.sign(unsigned, pair)).sub == "admin"


@pytest.mark.parametrize("pair", [EC, RSA], ids=["EC", "RSA"])
@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_an_attack_is_refused(attack: Attack, pair: SigningKeyPair) -> None:
    """It costs one fetch and little memory, and the good tokens after it get in."""
    target = Target(pair)
    tokens = list(attack.tokens(target))
    assert_good_tokens_get_in(target)
    for token in tokens:
        loads = target.loads
        tracemalloc.start()
        with pytest.raises(LogtoError) as refused:
            target.verify(token)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert refused.value.code == attack.answer, token[:2000]
        assert target.loads <= loads + 1
        assert peak < 50 * LONGEST
    assert_good_tokens_get_in(target)


def test_the_other_signature_of_the_same_token_gives_the_same_facts() -> None:
    """ECDSA has two for each message; so a token's own bytes must not stand for its identity."""
    target = Target(EC)
    header, payload, signature = target.parts()
    s = P384_ORDER - int.from_bytes(signature[48:])
    twin = f"{header}.{payload}.{segment(signature[:48] + s.to_bytes(48))}"
    assert target.verify(twin) == target.verify(target.headed())


# What is no token


def test_an_id_token_of_an_unknown_algorithm_is_not_trusted(logto: Logto) -> None:
    claims = {"nonce": "n-1", "at_hash": "of another token"}
    for alg in ("XX384", "ES384K", "", "HS384"):
        token = logto.issue({"aud": "app-1"}, claims=claims, headers={"typ": ABSENT, "alg": alg})
        expected: dict[str, Any] = {"issuer": logto.issuer, "client_id": "app-1", "nonce": "n-1"}
        expected |= {"access_token": "opaque", "now": logto.now(), "leeway": 0}
        with pytest.raises(AnswerNotTrusted):
            validated_claims(token, verifier=get_verifier(), **expected)


def test_the_user_is_asked_for_again_with_every_request(logto: Logto, route: Route) -> None:
    active = {"user-1"}

    class Users(LogtoJWTAuthentication):
        def get_user(self, auth: Any) -> Any:
            if auth.sub not in active:
                raise AuthenticationFailed
            return super().get_user(auth)

    route(path("", Seen.as_view(authentication_classes=[Users])))
    client = logto.client(logto.global_token())
    assert client.get("/").status_code == 200
    active.clear()
    assert client.get("/").status_code == 401


def test_markup_in_a_request_reaches_no_page(logto: Logto, route: Route) -> None:
    route(path("", Seen.as_view()))
    markup = "<script>alert(1)</script>"
    tokens = [logto.global_token(headers={"kid": markup})]
    tokens += [logto.global_token(claims={name: markup}) for name in ("sub", "iss")]
    for sent in (*tokens[::2], f"{markup}, {markup}"):
        headers = {"Authorization": f"Bearer {sent}", "Accept": "text/html"}
        response = APIClient().get("/", headers=headers)
        assert (response.status_code, response["Content-Type"]) == (401, "text/html; charset=utf-8")
        assert "alert(1)" not in response.content.decode()


def test_a_scope_covers_no_other(logto: Logto, route: Route) -> None:
    route(path("", Seen.as_view(permission_classes=[HasScopes("read:a")])))
    for granted in ("read", "read:", "read:a:b", "read:ab", "READ:A", "*", "x\tread:a", "x,read:a"):
        answer = logto.client(logto.global_token(claims={"scope": granted})).get("/")
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


# The document


def document() -> str:
    """The page with the rows of today; what it says below its table is its own."""
    head, line, rest = DOCUMENT.read_text("utf-8").partition("|---|---|---|---|\n")
    rows = [(one.published, one.fault, one.name, f"`{one.answer}`") for one in ATTACKS]
    rows += [(*of[:2], "—", f"`{of[2]}`") for of in ELSEWHERE]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return head + line + table + rest[rest.index("\n## ") :]


def test_the_document_has_the_tables_of_today() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "CONTRIBUTING.md says how it is renewed"
