"""Attacks on JWT verifiers and resource servers, each under its own name; none of them gets in."""

import base64
import hmac
import json
import tracemalloc
import zlib
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from django.urls import path
from jwt import PyJWK
from jwt.algorithms import get_default_algorithms
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from drf_logto import exceptions as refusals
from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.testing import ABSENT, Logto
from drf_logto.testing.signing import SigningKeyPair
from tests.loopback import LoopbackServer
from tests.test_verifier import Desk, parts, segment

P384_ORDER = int(
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
    "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
    16,
)


@pytest.fixture(scope="module", params=["ES384", "RS256"])
def key(request: pytest.FixtureRequest) -> SigningKeyPair:
    """The issuer's key, of each type in turn."""
    return SigningKeyPair.generate(request.param)


@pytest.fixture
def desk(key: SigningKeyPair) -> Desk:
    """A verifier that knows one key."""
    desk = Desk()
    desk.logto._keys = [key]
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


def test_a_remembered_token_vouches_for_no_other(desk: Desk) -> None:
    """One that shares any two of its parts is verified for itself."""
    token, stranger = desk.global_token(), desk.global_token(sub="admin")
    assert desk.verify(token).sub == "user-1"
    header, payload, signature = parts(token)
    _, other_payload, other_signature = parts(stranger)
    for other in (
        f"{header}.{payload}.{other_signature}",
        f"{header}.{payload}.{segment(b'signature')}",
        f"{header}.{other_payload}.{signature}",
    ):
        assert refusal_of(desk, other) == "invalid_signature"
    other_header = parts(forged(desk, {"alg": "none"}))[0]
    assert refusal_of(desk, f"{other_header}.{payload}.{signature}") == "unsupported_algorithm"
    assert refusal_of(desk, f"{header}.{payload}.") == "malformed_token"


@pytest.mark.parametrize(
    "spelling", ["=", "==", " ", "\n", "\t", "\0", "%", "+", "/", "\xdf", "\uff21"]
)
def test_one_token_has_one_spelling(desk: Desk, spelling: str) -> None:
    token = desk.global_token()
    for more in (spelling, spelling * 4):  # four of them leave the length modulo 4 as it is
        for other in (token + more, more + token, token.replace(".", f"{more}.", 1)):
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
        "https://xn--tennt-5of.logto.test/oidc",
        "https://tenant.logto.test\u3002/oidc",
        "https://tenant.logto.test/oidc/.well-known/openid-configuration",
        "https://tenant.logto.test",
        "http://tenant.logto.test/oidc",
        " https://tenant.logto.test/oidc",
    ],
)
def test_an_issuer_that_looks_alike(desk: Desk, issuer: str) -> None:
    assert refusal_of(desk, desk.global_token(iss=issuer)) == "invalid_issuer"


@pytest.mark.parametrize("scope", ["read:a\twrite:a", "read:a,write:a", "read:a\nwrite:a"])
def test_a_scope_that_smuggles_another(desk: Desk, scope: str) -> None:
    assert "write:a" not in desk.verify(desk.global_token(scope=scope)).scopes


# What the issuer itself signed, by a mistake or for another purpose


def signed(desk: Desk, header: str | bytes, payload: str | bytes) -> str:
    """A token over exactly these octets, with the issuer's own key."""
    return signed_over(desk, f"{segment(header)}.{segment(payload)}")


def signed_over(desk: Desk, signing_input: str) -> str:
    key = desk.logto._keys[0]
    algorithm = get_default_algorithms()[key.algorithm]
    return f"{signing_input}.{segment(algorithm.sign(signing_input.encode(), key.private_key))}"


def texts_of(desk: Desk) -> tuple[str, str]:
    """Header and payload of a good token, as JSON."""
    header, payload, _ = parts(desk.global_token())
    return (
        base64.urlsafe_b64decode(header + "==").decode(),
        base64.urlsafe_b64decode(payload + "==").decode(),
    )


def with_member(text: str, member: str | bytes) -> bytes:
    encoded = member.encode("utf-8", "surrogatepass") if isinstance(member, str) else member
    return text.encode()[:-1] + b"," + encoded + b"}"


def test_what_is_signed_over_unaltered_octets_gets_in(desk: Desk) -> None:
    """So the attacks below are refused for what they alter."""
    header, payload = texts_of(desk)
    assert desk.verify(signed(desk, header, payload)).sub == "user-1"


def test_an_unencoded_payload(desk: Desk) -> None:
    """As RFC 7797 spells it; without ``crit``, which would be refused for itself."""
    header, payload = texts_of(desk)
    unencoded = with_member(header, '"b64":false')
    token = signed_over(desk, f"{segment(unencoded)}.{payload}")
    assert refusal_of(desk, token) == "malformed_token"
    assert desk.verify(signed(desk, unencoded, payload)).sub == "user-1"


def test_a_compressed_payload_is_not_unpacked(desk: Desk) -> None:
    header, payload = texts_of(desk)
    compressed = with_member(header, '"zip":"DEF"')
    for packed in (zlib.compress(payload.encode()), zlib.compress(payload.encode())[2:-4]):
        assert refusal_of(desk, signed(desk, compressed, packed)) == "malformed_token"
    assert desk.verify(signed(desk, compressed, payload)).sub == "user-1"


def respelled(encoded: str) -> str:
    """The same octets, with a bit set at the end that none of them needs (RFC 4648 §3.5)."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = encoded[:-1] + alphabet[alphabet.index(encoded[-1]) + 1]
    assert base64.urlsafe_b64decode(other + "==") == base64.urlsafe_b64decode(encoded + "==")
    return other


def test_non_canonical_base64url_in_header_and_payload(desk: Desk) -> None:
    header, payload = (segment(text if len(text) % 3 else f"{text} ") for text in texts_of(desk))
    assert desk.verify(signed_over(desk, f"{header}.{payload}")).sub == "user-1"
    for other in (f"{respelled(header)}.{payload}", f"{header}.{respelled(payload)}"):
        assert refusal_of(desk, signed_over(desk, other)) == "malformed_token"


def test_non_canonical_base64url_in_the_signature() -> None:
    desk = Desk()
    desk.logto.rotate("RS256")  # the signatures of ES384 leave no bit unused
    signing_input, _, signature = desk.global_token().rpartition(".")
    assert refusal_of(desk, f"{signing_input}.{respelled(signature)}") == "malformed_token"


@pytest.mark.parametrize("member", ['"typ":"at+jwt"', '"alg":"none"', '"\\u006bid":"other"'])
def test_a_duplicate_member_in_the_header(desk: Desk, member: str) -> None:
    header, payload = texts_of(desk)
    assert refusal_of(desk, signed(desk, with_member(header, member), payload)) == "malformed_token"


@pytest.mark.parametrize(
    "member", ['"sub":"admin"', '"scope":"write:a"', '"\\u0061ud":"x"', '"x":{"y":1,"y":2}']
)
def test_a_duplicate_member_in_the_payload(desk: Desk, member: str) -> None:
    header, payload = texts_of(desk)
    assert refusal_of(desk, signed(desk, header, with_member(payload, member))) == "malformed_token"


@pytest.mark.parametrize(
    "member",
    [
        '"x":"\ud800"',
        '"x":"\\ud800"',
        '"\\udfff":1',
        b'"x":"\xff"',
        b'"x":"\xc0\xaf"',
        b'"x":"\xed\xa0\x80"',
    ],
    ids=["surrogate", "escaped", "as a name", "octet", "overlong", "encoded surrogate"],
)
def test_lone_surrogates_and_invalid_utf_8(desk: Desk, member: str | bytes) -> None:
    header, payload = texts_of(desk)
    for token in (
        signed(desk, with_member(header, member), payload),
        signed(desk, header, with_member(payload, member)),
    ):
        assert refusal_of(desk, token) == "malformed_token"


@pytest.mark.parametrize(
    "number",
    ["9" * 5000, "-" + "9" * 5000, "NaN", "Infinity", "-Infinity", "1e999", "-1E400"],
    ids=["digits", "negative", "NaN", "Infinity", "-Infinity", "1e999", "-1E400"],
)
def test_numbers_that_are_none_of_json_or_have_no_end(desk: Desk, number: str) -> None:
    header, payload = texts_of(desk)
    for member in (f'"x":{number}', f'"exp2":[{number}]'):
        token = signed(desk, header, with_member(payload, member))
        assert refusal_of(desk, token) == "malformed_token"


@pytest.mark.parametrize("exp", ["253402300800", "1e300", "1" + "0" * 400, "-1", "-0.1", "-1e300"])
def test_an_expiration_beyond_all_dates(desk: Desk, exp: str) -> None:
    header, payload = texts_of(desk)
    claims = json.loads(payload)
    del claims["exp"]
    token = signed(desk, header, with_member(json.dumps(claims), f'"exp":{exp}'))
    assert refusal_of(desk, token) == "invalid_exp_claim"


@pytest.mark.parametrize("value", ["1900000000", "1900000000.0", " 1900000000", "0x713FB300", True])
def test_numeric_strings_and_booleans_as_dates(desk: Desk, value: object) -> None:
    assert refusal_of(desk, desk.global_token(exp=value)) == "invalid_exp_claim"
    assert refusal_of(desk, desk.global_token(nbf=value)) == "invalid_nbf_claim"


def nested(depth: int, opening: str, closing: str) -> str:
    return opening * depth + "1" + closing * depth


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"x":', "}")])
def test_deep_nesting(desk: Desk, opening: str, closing: str) -> None:
    """What was read once must not exhaust the stack where it is read again."""
    header, payload = texts_of(desk)
    for deep in (nested(64, opening, closing), nested(900, opening, closing), opening * 2000):
        for token in (
            signed(desk, header, with_member(payload, f'"y":{deep}')),
            signed(desk, with_member(header, f'"y":{deep}'), payload),
        ):
            assert refusal_of(desk, token) == "malformed_token"
    wide = with_member(payload, f'"y":[{nested(62, opening, closing)},{"[]," * 80}1]')
    assert desk.verify(signed(desk, header, wide)).claims["y"]


@pytest.mark.parametrize("where", ["headers", "claims"])
def test_a_header_or_payload_bomb_is_refused_unread(desk: Desk, where: str) -> None:
    bomb: dict[str, Any] = {where: {"x": "A" * 5_000_000}}
    token = desk.logto.global_token(**bomb)
    tracemalloc.start()
    try:
        assert refusal_of(desk, token) == "token_too_long"
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_an_id_token(desk: Desk) -> None:
    assert refusal_of(desk, desk.logto.id_token()) == "not_an_access_token"


def test_an_id_token_whose_audience_is_the_api(desk: Desk) -> None:
    """As where an application was registered under the identifier of the API."""
    headers = {"typ": ABSENT}
    token = desk.logto.global_token(["read:a"], headers=headers)
    assert refusal_of(desk, token) == "not_an_access_token"


def test_a_logout_token(desk: Desk) -> None:
    events: dict[str, Any] = {"http://schemas.openid.net/event/backchannel-logout": {}}
    token = desk.logto.global_token(headers={"typ": "logout+jwt"}, claims={"events": events})
    assert refusal_of(desk, token) == "not_an_access_token"


def test_an_opaque_token(desk: Desk) -> None:
    assert refusal_of(desk, desk.logto.opaque_token()) == "opaque_token"


def test_a_token_of_another_tenant(desk: Desk) -> None:
    other = Logto("https://other.logto.test", desk.logto.api_resource, now=lambda: desk.time)
    assert refusal_of(desk, other.global_token(["read:a"])) == "invalid_issuer"
    disguised = {"claims": {"iss": desk.logto.issuer}}
    assert refusal_of(desk, other.global_token(["read:a"], **disguised)) == "unknown_key"


@pytest.mark.parametrize(
    "audience",
    [
        "https://api.example.test/",
        "https://api.example.test/v1",
        "https://api.example.test.evil.test",
        "https://api.example.tes",
        "HTTPS://API.EXAMPLE.TEST",
        "https://api.example.test ",
        "https://api.example.test,https://other.test",
        "https://api.example.test https://other.test",
        "https://\u0430pi.example.test",
        ["https://api.example.test/"],
        "application-1",
        "*",
    ],
)
def test_an_audience_that_looks_alike(desk: Desk, audience: object) -> None:
    token = desk.global_token(aud=audience, azp="https://api.example.test")
    with pytest.raises(refusals.WrongAudience):
        desk.verify(token)


@pytest.mark.parametrize("beside", [[], ["https://api.example.test"]])
def test_the_reserved_audience_of_all_organizations(beside: list[str]) -> None:
    reserved = "urn:logto:resource:organizations"
    desk = Desk(audiences=[reserved, "https://api.example.test"])
    for audience in ([reserved, *beside], [*beside, reserved], reserved):
        with pytest.raises(refusals.WrongAudience):
            desk.verify(desk.global_token(aud=audience))


def test_an_organization_claim_against_the_audience(desk: Desk) -> None:
    token = desk.logto.organization_token("victim", claims={"organization_id": "attacker"})
    assert refusal_of(desk, token) == "contradictory_organization"
    both = ["urn:logto:organization:attacker", "urn:logto:organization:victim"]
    assert refusal_of(desk, desk.global_token(aud=both)) == "ambiguous_audience"
    with_api = [desk.logto.api_resource, "urn:logto:organization:victim"]
    assert refusal_of(desk, desk.global_token(aud=with_api)) == "ambiguous_audience"


# Whole requests

Route = Callable[..., None]


class Guarded(APIView):
    """Says which of its methods ran."""

    permission_classes: list[Any] = [HasScopes(get="read:a", post="write:a")]

    def get(self, request: Any, **_: Any) -> Response:
        return Response({"ran": "get"})

    def post(self, request: Any, **_: Any) -> Response:
        return Response({"ran": "post"})


@pytest.fixture
def guarded(logto: Logto, route: Route) -> Logto:
    route(
        path("", Guarded.as_view()),
        path("open", Guarded.as_view(permission_classes=[AllowAny])),
        path(
            "organizations/<organization_id>/members",
            Guarded.as_view(permission_classes=[InOrganization("read:a")]),
        ),
        path(
            "organizations/<organization_id>/data",
            Guarded.as_view(permission_classes=[OrgResourceScopes("read:a")]),
        ),
    )
    return logto


@pytest.mark.parametrize(
    "scope",
    [
        "read:a\twrite:a",
        "read:a\nwrite:a",
        "read:a\rwrite:a",
        "read:a\u00a0write:a",
        "read:a\u2028write:a",
        "read:a,write:a",
        "write:a:b",
        "write:ab",
        "write:",
        "write",
        "WRITE:A",
        "*",
        "write:*",
        "write:a\u0000",
        "write:\u0430",
    ],
)
def test_scope_injection(guarded: Logto, scope: str) -> None:
    token = guarded.global_token(claims={"scope": scope})
    response = guarded.client(token).post("/")
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")


def test_two_authorization_headers(guarded: Logto) -> None:
    """Servers join them with a comma, in either order."""
    good, bad = f"Bearer {guarded.global_token(['read:a'])}", "Bearer x"
    for joined in (f"{good},{bad}", f"{bad}, {good}", f"{good},{good}", f"Basic YTpi, {good}"):
        response = APIClient().get("/open", headers={"Authorization": joined})
        assert (response.status_code, response.json()["code"]) == (401, "malformed_header")


def test_a_token_in_query_body_or_cookie(guarded: Logto) -> None:
    token = guarded.global_token(["read:a", "write:a"])
    client = APIClient()
    client.cookies["access_token"] = client.cookies["Authorization"] = token
    for name in ("access_token", "token", "Authorization", "bearer_token"):
        assert client.get("/", {name: token}).status_code == 401
        assert client.post("/", {name: token}).status_code == 401
        form = client.post("/", {name: token}, headers={"Content-Type": "text/plain"})
        assert form.status_code == 401


@pytest.mark.parametrize("parameter", ["jku", "x5u"])
def test_an_address_in_the_header_is_never_asked(
    guarded: Logto, server: LoopbackServer, parameter: str
) -> None:
    """A server stands there, with the keys that the attacker signs with."""
    attacker = Logto(guarded.endpoint, guarded.api_resource)
    server.serve_logto(attacker)
    headers = {parameter: f"{server.address}/oidc/jwks"}
    forged = attacker.global_token(["read:a"], headers=headers)
    assert guarded.client(forged).get("/").json()["code"] == "unknown_key"
    own = guarded.global_token(["read:a"], headers=headers)
    assert guarded.client(own).get("/").json() == {"ran": "get"}
    assert server.asked == []
    assert all(url.startswith(guarded.issuer) for url in guarded.fetched)


@pytest.mark.parametrize("header", ["X-Authorization", "X-Forwarded-Authorization", "X-Http-Token"])
def test_a_token_in_another_header(guarded: Logto, header: str) -> None:
    value = f"Bearer {guarded.global_token(['read:a'])}"
    assert APIClient().get("/", headers={header: value}).status_code == 401


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_method_override(guarded: Logto, name: str) -> None:
    reader = guarded.client(guarded.global_token(["read:a"]))
    refused = reader.post("/", {"_method": "GET"}, headers={name: "GET"})
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    read = reader.get("/", {"_method": "POST"}, headers={name: "POST"})
    assert read.json() == {"ran": "get"}
    writer = guarded.client(guarded.global_token(["write:a"]))
    assert writer.post("/", headers={name: "GET"}).json() == {"ran": "post"}


def test_head_needs_what_get_needs(guarded: Logto) -> None:
    writer = guarded.client(guarded.global_token(["write:a"]))
    assert writer.head("/").status_code == 403
    assert APIClient().head("/").status_code == 401
    assert guarded.client(guarded.global_token(["read:a"])).head("/").status_code == 200


def test_options_needs_a_token_of_the_right_kind(guarded: Logto) -> None:
    assert APIClient().options("/").status_code == 401
    organization = guarded.client(guarded.organization_token("org-a", ["read:a"]))
    assert organization.options("/").json()["code"] == "wrong_token_kind"
    assert guarded.client(guarded.global_token()).options("/").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "GETS", "get", "SUMMON"])
def test_a_method_that_no_scope_is_named_for(guarded: Logto, method: str) -> None:
    client = guarded.client(guarded.global_token(["read:a", "write:a"]))
    response = client.generic(method, "/")
    assert response.status_code == (200 if method == "get" else 403)


@pytest.mark.parametrize(
    "scheme",
    ["B\u0435arer", "\uff22earer", "Bea\u200brer", "Bearer\u2003", "\ufeffBearer", "Bea\xadrer"],
)
def test_unicode_in_the_scheme(guarded: Logto, scheme: str) -> None:
    """A server hands the octets on as latin-1: no such scheme is ours, and none is an error."""
    octets = f"{scheme} {guarded.global_token(['read:a'])}".encode().decode("latin-1")
    assert APIClient().get("/", HTTP_AUTHORIZATION=octets).status_code == 401


@pytest.mark.parametrize(
    "organization",
    ["org-b", "ORG-A", "org-a%20", "org-a%00", "org-a%2F", "%6Frg-b", "urn:logto:org-a"],
)
def test_the_organization_of_a_url_that_looks_alike(guarded: Logto, organization: str) -> None:
    for token, what in (
        (guarded.organization_token("org-a", ["read:a"]), "members"),
        (guarded.organization_resource_token("org-a", ["read:a"]), "data"),
    ):
        response = guarded.client(token).get(f"/organizations/{organization}/{what}")
        assert response.status_code in {403, 404}
        own = guarded.client(token).get(f"/organizations/org-a/{what}")
        assert own.json() == {"ran": "get"}


@pytest.mark.parametrize("where", ["kid", "iss"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\u2028", "\x1b[2J", "\u0085", "\x00"])
def test_log_injection(
    guarded: Logto, caplog: pytest.LogCaptureFixture, where: str, ending: str
) -> None:
    caplog.set_level("DEBUG", "drf_logto")
    forged = f"x{ending}INFO drf_logto: Refused: nothing"
    members = {"headers": {where: forged}} if where == "kid" else {"claims": {where: forged}}
    response = guarded.client(guarded.global_token(**members)).get("/")
    assert response.status_code == 401
    lines = [record.getMessage() for record in caplog.records if record.name == "drf_logto"]
    assert len(lines) == 1
    assert "nothing" in lines[0]
    assert ending not in lines[0]
    assert lines[0].isprintable()


@pytest.mark.parametrize("code", ["unknown_key", "invalid_issuer", "malformed_token"])
def test_header_injection_through_the_challenge(guarded: Logto, code: str) -> None:
    evil = 'x"\r\nSet-Cookie: a=b'
    tokens = {
        "unknown_key": guarded.global_token(headers={"kid": evil}),
        "invalid_issuer": guarded.global_token(claims={"iss": evil}),
        "malformed_token": 'a.b.c"',
    }
    response = guarded.client(tokens[code]).get("/")
    assert response.json()["code"] == code
    assert "Set-Cookie" not in response.headers["WWW-Authenticate"]
    assert response.headers["WWW-Authenticate"].count('"') == 6
