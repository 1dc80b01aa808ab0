"""What holds for whatever comes in: Hypothesis looks for values that break it."""

import base64
import json
import math
import re
import string
import tracemalloc
from collections.abc import Iterator
from dataclasses import asdict
from types import ModuleType
from typing import Any, cast

import pytest
from django.test import override_settings
from django.urls import path
from hypothesis import assume, example, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from jwt.algorithms import get_default_algorithms
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto import conf
from drf_logto import exceptions as refusals
from drf_logto.auth_info import AuthInfo, TokenKind
from drf_logto.permissions import HasScopes
from drf_logto.runtime import get_verifier
from drf_logto.scopes import RequiredScopes
from drf_logto.testing import Logto
from drf_logto.testing.signing import SigningKeyPair
from drf_logto.verification import bearer
from drf_logto.verification.examination import examine
from drf_logto.verification.fetch import fetch_json
from drf_logto.verification.jwk import SIGNATURE_ALGORITHMS, parse_jwks
from drf_logto.verification.metadata import discover_jwks_uri
from tests.support.loopback import Connection, LoopbackServer, http, loopback_server
from tests.support.verifier_setup import API, NOW, Setup, segment

SECRET = "s3cret-3f9c"
TWICE, FOURFOLD = (profile(max_examples=times * profile().max_examples) for times in (2, 4))
LATIN_1 = st.characters(max_codepoint=255)
TOKEN_CHARACTERS = r"[!#$%&'*+.^_`|~0-9A-Za-z-]"
ANY_TEXT = st.text(st.characters(), max_size=20)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=10,
)


def near(valid: dict[str, Any], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Something like ``valid``: a few members left out, a few with other values."""
    names = st.sampled_from(sorted(valid))
    left_out = st.sets(names, max_size=1)
    changed = st.dictionaries(names | ANY_TEXT, values, max_size=2)
    return st.builds(
        lambda left, new: {k: v for k, v in (valid | new).items() if k not in left},
        left_out,
        changed,
    )


def is_answered_in_json(value: object) -> bool:
    """Whether any reader of JSON reads the same: no NaN, nothing infinite, no half characters."""
    try:
        # Two halves that stand side by side have become a character once they are read.
        read = json.loads(json.dumps(value))
        json.dumps(read, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return False
    return True


# The Authorization header


STARTS = [
    "",
    "Bearer ",
    "bEARER  ",
    "\tBearer ",
    "Bearer",
    "Bearer-x ",
    "Basic a",
    f"Bearer {SECRET}",
]
PIECES = ["Bearer", ", bearer", ",", ", ", " ", "\t", "\xa0", "\n", "a.b.c", SECRET]
HEADERS = st.builds(
    lambda start, pieces: start + "".join(pieces),
    st.sampled_from(STARTS),
    st.lists(st.sampled_from(PIECES) | LATIN_1, max_size=5),
)


@given(HEADERS)
@example("Bearer abc")
@example("Basic abc")
@example("Bearer")
@example("Bearer a,b")
@example("Basic a, Bearer b")
def test_a_header_is_one_token_or_another_scheme_or_malformed(header: str) -> None:
    one = re.fullmatch(r"[ \t]*bearer +([^\s,]+)[ \t]*", header, re.IGNORECASE)
    scheme = re.match(rf"[ \t]*({TOKEN_CHARACTERS}*)", header)
    is_ours = scheme is not None and scheme[1].lower() == "bearer"
    is_hidden = re.search(r",\s*bearer\b", header, re.IGNORECASE) is not None
    expected = one[1] if one else "malformed" if is_ours or is_hidden else None
    try:
        found = bearer.credentials(header)
    except refusals.MalformedHeader:
        found = "malformed"
    assert found == expected


@given(st.text(LATIN_1, min_size=1), st.sampled_from(["Bearer", "bearer", "BEARER"]))
def test_a_well_formed_header_gives_its_token_back(token: str, scheme: str) -> None:
    assume(token.split() == [token] and "," not in token)
    assert bearer.credentials(f"{scheme} {token}") == token


class Open(APIView):
    permission_classes = []

    def get(self, request: Any) -> Response:
        return Response({"detail": request.auth and request.auth.to_dict()})


class Closed(Open):
    permission_classes = [HasScopes("read:a")]


@pytest.fixture(scope="module")
def logto() -> Iterator[Logto]:
    """A Logto, and the two views behind its tokens."""
    urls: Any = ModuleType("tests.properties")
    urls.urlpatterns = [path("open", Open.as_view()), path("closed", Closed.as_view())]
    with override_settings(ROOT_URLCONF=urls), Logto(now=lambda: NOW) as logto:
        yield logto


def answer(logto: Logto, url: str, header: str) -> Any:
    client = logto.client()
    client.credentials(HTTP_AUTHORIZATION=header)
    return client.get(url)


@given(url=st.sampled_from(["/open", "/closed"]), header=HEADERS)
def test_a_request_with_any_header_is_answered_and_its_token_never_shown(
    logto: Logto, url: str, header: str
) -> None:
    response = answer(logto, url, header)
    challenge = response.headers.get("WWW-Authenticate", "")
    assert (response.status_code, bool(challenge)) in {(200, False), (401, True)}
    assert ("error=" in challenge) == ("code" in response.json())
    assert "detail" in response.json()
    assert SECRET not in f"{response.content!r} {response.headers}"


# The challenge


def parameters(challenge: str) -> dict[str, str]:
    """Read a challenge by the grammar of RFC 9110 §11.2 and §5.6.4."""
    scheme, _, rest = challenge.partition(" ")
    assert scheme == "Bearer"
    found: dict[str, str] = {}
    while rest:
        one = re.match(rf'({TOKEN_CHARACTERS}+)="((?:[^"\\]|\\.)*)"(?:, (?=.)|\Z)', rest)
        assert one
        found[one[1]] = re.sub(r"\\(.)", r"\1", one[2])
        rest = rest[one.end() :]
    return found


@given(ANY_TEXT, st.none() | st.lists(ANY_TEXT | st.text('"\\\r\n, =a', max_size=5), max_size=3))
def test_a_challenge_is_read_back_as_it_was_written(realm: str, scopes: list[str] | None) -> None:
    refusal = None if scopes is None else refusals.InsufficientScope(tuple(scopes))
    challenge = bearer.challenge(realm, refusal)
    assert challenge.isascii()
    assert challenge.isprintable()
    expected = {"realm": realm}
    if refusal is not None:
        expected |= {"error": "insufficient_scope", "error_description": str(refusal)}
        expected |= {"scope": refusal.scope} if refusal.scope else {}
    assert parameters(challenge) == {
        name: re.sub(r'[^ -~]|["\\]', "?", value) for name, value in expected.items()
    }


# Claims and protected headers of a token that the issuer itself signed

SETUP = Setup()
KEY = SigningKeyPair.generate("ES256")
KID = KEY.jwk["kid"]
ISSUER = SETUP.logto.issuer
SETUP.published = {"keys": [KEY.jwk]}
ORGANIZATION = "urn:logto:organization:"
RESERVED = "urn:logto:resource:organizations"
HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": KID}
CLAIMS = {
    "iss": ISSUER,
    "sub": "user-1",
    "client_id": "application-1",
    "aud": API,
    "scope": "read:a write:a",
    "exp": NOW + 3600,
    "nbf": NOW,
    "iat": NOW,
    "jti": "token-1",
    "act": {"sub": "admin"},
    "organization_id": "org-a",
}
NUMBERS = [NOW, NOW + 1, NOW - 1, NOW + 0.5, 0, -1, 1e300, math.inf, math.nan]
NAMES = [
    "",
    " ",
    "\ud800",
    "org-a",
    "read:a  write:a",
    "a\tb",
    str(NOW + 1),
    f"{ISSUER}/",
    f"{API}/",
]
AUDIENCES = [API, RESERVED, ORGANIZATION, f"{ORGANIZATION}org-a", f"{ORGANIZATION}org-b", "urn:x"]
CLAIM_VALUES = ANY_JSON | st.sampled_from([*NUMBERS, *NAMES, *AUDIENCES])
GLOBAL = {name: value for name, value in CLAIMS.items() if name != "organization_id"}
ADDRESSED = st.builds(
    lambda claims, audience: claims | {"aud": audience},
    st.sampled_from([CLAIMS, GLOBAL]) | near(CLAIMS, st.sampled_from(NAMES)),
    st.sampled_from(AUDIENCES) | st.lists(st.sampled_from([*AUDIENCES, 7]), max_size=2),
)


def is_date(value: object) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and 0 <= cast("float", value) < 253_402_300_800


def audience_of(claims: dict[str, Any]) -> list[str]:
    """The audience, empty where it is none."""
    audience = claims.get("aud")
    if isinstance(audience, str):
        return [audience]
    if isinstance(audience, list) and all(isinstance(one, str) for one in audience):
        return audience
    return []


def verdict(claims: dict[str, Any]) -> str:
    """What becomes of a token with these claims, as the contract tells it."""
    audience, organization = audience_of(claims), claims.get("organization_id")
    for_organizations = [one for one in audience if one.startswith(ORGANIZATION)]
    is_well_formed = (
        is_answered_in_json(claims)
        and claims.get("iss") == ISSUER
        and all(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "client_id"))
        and all(isinstance(claims.get(name, "x"), str) for name in ("scope", "organization_id"))
        and claims.get("organization_id") != ""
        and is_date(claims.get("exp"))
        and is_date(claims.get("nbf", 0))
        and claims.get("nbf", 0) <= NOW < claims["exp"]
        and bool(audience)
    )
    if not is_well_formed:
        return "invalid"
    if for_organizations:
        named = audience[0].removeprefix(ORGANIZATION)
        is_one = len(audience) == 1 and named and organization in (None, named)
        return "accepted" if is_one else "invalid"
    is_ours = (
        bool({API, "https://second.example.test"} & set(audience)) and RESERVED not in audience
    )
    return "accepted" if is_ours else "another audience"


def signed(header: Any, claims: Any) -> str:
    """Sign whatever there is, with infinite numbers texts in digits."""
    texts = [json.dumps(value).replace("Infinity", "1e999") for value in (header, claims)]
    signing_input = ".".join(map(segment, texts))
    signature = get_default_algorithms()["ES256"].sign(signing_input.encode(), KEY.private_key)
    return f"{signing_input}.{segment(signature)}"


def verify(token: str) -> refusals.LogtoError | None:
    try:
        SETUP.verify(token)
    except (refusals.InvalidToken, refusals.WrongAudience) as refusal:
        return refusal
    return None


def outcome(token: str) -> str:
    """What becomes of a token; it is the same where every rule is asked."""
    refused = verify(token)
    assert repr(examine(SETUP.verifier, token).refusal) == repr(refused)
    if isinstance(refused, refusals.InvalidToken):
        return "texts" if SECRET in f"{refused} {refused!r}" else "invalid"
    if refused is not None:
        return "another audience"
    assert_typed(SETUP.verify(token))
    return "accepted"


def assert_typed(auth: AuthInfo) -> None:
    """Every attribute has the type that it is documented with."""
    facts = [auth.sub, auth.client_id, auth.issuer, *auth.scopes, *auth.audience]
    assert {type(fact) for fact in facts} == {str}
    assert all(facts)
    for optional in (auth.organization_id, auth.token_id, auth.actor):
        assert optional is None or isinstance(optional, str)
    assert is_date(auth.expires_at)
    assert auth.issued_at is None or is_date(auth.issued_at)
    assert isinstance(auth.kind, TokenKind)
    assert (auth.kind is TokenKind.GLOBAL) == (auth.organization_id is None)
    assert auth.is_machine is (auth.sub == auth.client_id)
    assert json.loads(json.dumps(auth.to_dict())) == auth.to_dict()
    assert is_answered_in_json(auth.claims)


@FOURFOLD
@given(near(CLAIMS, CLAIM_VALUES) | ADDRESSED)
@example(CLAIMS)
@example(CLAIMS | {"aud": f"{ORGANIZATION}org-a"})
@example(CLAIMS | {"aud": "urn:other"})
@example(CLAIMS | {"exp": NOW})
@example(CLAIMS | {"aud": [7]})
@example(CLAIMS | {"roles": math.inf})
@example(CLAIMS | {"act": {"sub": 7}})
def test_claims_get_in_exactly_where_the_contract_says_so(claims: dict[str, Any]) -> None:
    assert outcome(signed(HEADER, claims)) == verdict(claims)


@given(ANY_JSON)
def test_a_payload_without_the_right_claims_never_gets_in(payload: Any) -> None:
    assert outcome(signed(HEADER, payload)) == "invalid"


@given(st.integers(0, 200), st.sampled_from(["[]", '{"a":1}', '{"a":[]}']))
@example(62, "[]")
@example(63, "[]")
def test_claims_nest_to_the_same_depth_for_every_reader(depth: int, inner: str) -> None:
    nested = json.loads("[" * depth + inner + "]" * depth)
    levels = 1 + depth + inner.count("[") + inner.count("{")
    token = signed(HEADER, CLAIMS | {"nested": nested})
    assert outcome(token) == ("accepted" if levels <= 64 else "invalid")


TYPES = ["at+jwt", "AT+JWT", "application/At+Jwt", "JWT"]
HEADER_VALUES = ANY_JSON | st.sampled_from([*TYPES, "ES256", "ES384", "RS256", "none", KID, ""])
EXTENSIONS = st.sampled_from(
    [{}, {}, {"jku": "https://evil.test"}, {"crit": []}, {"crit": None}, {"cty": "JWT"}]
)
PROTECTED = st.builds(lambda header, more: header | more, near(HEADER, HEADER_VALUES), EXTENSIONS)


@TWICE
@given(PROTECTED)
@example(HEADER)
@example({**HEADER, "typ": "AT+JWT"})
@example({**HEADER, "alg": "ES384"})
def test_a_protected_header_gets_in_exactly_where_the_contract_says_so(
    header: dict[str, Any],
) -> None:
    typ = header.get("typ")
    is_right = (
        is_answered_in_json(header)
        and isinstance(typ, str)
        and typ.lower() in {"at+jwt", "application/at+jwt"}
        and (header.get("alg"), header.get("kid")) == ("ES256", KID)
        and "crit" not in header
        and header.get("cty") != "JWT"
    )
    assert outcome(signed(header, CLAIMS)) == ("accepted" if is_right else "invalid")


@given(st.text(st.characters(), max_size=100) | st.text("eyJ0.-_=", max_size=100))
def test_text_is_no_token(text: str) -> None:
    assert outcome(SECRET + text) == "invalid"


TOKENS = [signed(HEADER, CLAIMS | {"jti": jti}) for jti in ("token-1", "token-2")]
ENDS = [where for where, character in enumerate(f"{TOKENS[0]}."[1:]) if character == "."]
BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
CHANGES = st.tuples(
    st.sampled_from(["flip", "insert", "fill", "delete", "cut", "case"]),
    st.integers(0, len(TOKENS[0]) - 1) | st.sampled_from(ENDS),
    st.sampled_from("AQgw.=_-+/ \n\0\u0661"),
)


def changed(token: str, how: str, where: int, character: str) -> str:
    before, at, after = token[:where], token[where : where + 1], token[where + 1 :]
    middle = {
        "flip": BASE64[BASE64.find(at) ^ 1],
        "insert": at + character,
        "fill": at + 4 * character,
        "delete": "",
        "cut": character + after[::-1],
        "case": at.swapcase(),
    }
    return before + middle[how] + after


@TWICE
@given(st.sampled_from(TOKENS), st.lists(CHANGES, min_size=1, max_size=3))
def test_a_changed_token_does_not_get_in(token: str, changes: list[tuple[str, int, str]]) -> None:
    for how, where, character in changes:
        token = changed(token, how, where, character)
    assume(token not in TOKENS)
    assert outcome(token) == "invalid"


@given(st.lists(st.sampled_from([one for token in TOKENS for one in token.split(".")]), max_size=5))
@example(TOKENS[0].split("."))
def test_segments_of_two_tokens_make_no_third(segments: list[str]) -> None:
    token = ".".join(segments)
    assert outcome(token) == ("accepted" if token in TOKENS else "invalid")


# Sizes


@given(st.integers(16385, 2_000_000), st.sampled_from(["a", "[", "\xe9", "."]))
@profile(max_examples=30)
def test_a_token_that_is_too_long_is_refused_without_a_copy_of_it(length: int, text: str) -> None:
    token = text * length
    tracemalloc.start()
    with pytest.raises(refusals.TokenTooLong):
        SETUP.verify(token)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16384


# What Logto answers

PUBLISHED = [SigningKeyPair.generate(algorithm).jwk for algorithm in ("ES384", "ES512", "RS256")]
COORDINATES = st.binary(max_size=70).map(segment)
JWK_VALUES = (
    ANY_JSON
    | COORDINATES
    | st.sampled_from(
        ["EC", "RSA", "oct", "OKP", "sig", "enc", "P-256", "P-384", "AQAB", "AQ", ["verify"]]
    )
)
JWKS = st.one_of([near(jwk | {"key_ops": ["verify"]}, JWK_VALUES) for jwk in PUBLISHED])


@given(ANY_JSON | st.lists(JWKS | ANY_JSON, max_size=4).map(lambda keys: {"keys": keys}))
def test_a_jwk_set_gives_keys_that_verify_or_none(document: Any) -> None:
    keys = parse_jwks(document, SIGNATURE_ALGORITHMS)
    for kid, key in keys.items():
        assert kid == key.kid
        assert set(key.by_algorithm) <= set(SIGNATURE_ALGORITHMS)
        assert not any(key.verify(one, b"message", b"\1" * 96) for one in key.by_algorithm)
    again = parse_jwks(document, SIGNATURE_ALGORITHMS)
    assert all(key.is_in(again) for key in keys.values())


@given(st.lists(JWKS | ANY_JSON, max_size=3), st.lists(JWKS | ANY_JSON, max_size=3))
def test_keys_that_cannot_be_read_spoil_no_other(before: list[Any], after: list[Any]) -> None:
    keys = parse_jwks({"keys": [*before, KEY.jwk, *after]}, SIGNATURE_ALGORITHMS)
    signing_input, _, signature = TOKENS[0].rpartition(".")
    octets = base64.urlsafe_b64decode(signature + "==")
    assert keys[KID].verify("ES256", signing_input.encode(), octets)


@given(
    ANY_JSON
    | near(
        {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"},
        ANY_JSON | st.sampled_from([ISSUER, f"{ISSUER}/", "http://a.test/", "https://a.test/"]),
    )
)
@example({"issuer": ISSUER, "jwks_uri": "https://a.test/jwks"})
def test_metadata_gives_an_address_with_tls_or_none(document: Any) -> None:
    address = ISSUER.removesuffix("/oidc")
    try:
        uri = discover_jwks_uri(address, {ISSUER}, fetch=lambda _url, _timeout: document, timeout=1)
    except refusals.AuthorizationServerUnavailable:
        return
    assert uri.startswith("https:")
    assert document["issuer"] == ISSUER


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with loopback_server() as server:
        yield server


NO_NAME = st.characters(categories=["P", "S", "Cc", "Cs"], exclude_characters="@")


@given(
    st.sampled_from(["http://127.0.0.1:", "https://127.0.0.1:", "http://[::1]:", "file:", ""]),
    st.integers(2**31).map(str) | st.text(NO_NAME),
    ANY_TEXT,
)
def test_an_address_that_leads_nowhere_is_no_document(start: str, port: str, rest: str) -> None:
    with pytest.raises(refusals.AuthorizationServerUnavailable):
        fetch_json(f"{start}{port}/{rest}", 1)


def fetched(server: LoopbackServer) -> tuple[bool, object]:
    """Whether there was a document, and which."""
    try:
        return True, fetch_json(f"{server.address}/", 5)
    except refusals.AuthorizationServerUnavailable:
        return False, None


@given(st.binary() | ANY_JSON.map(lambda value: json.dumps(value).encode()))
@example(b"{}")
def test_a_body_is_json_or_no_document(server: LoopbackServer, body: bytes) -> None:
    try:
        expected = (True, json.loads(body.decode()))
    except ValueError:
        expected = (False, None)
    server.answers["/"] = http(body)
    assert repr(fetched(server)) == repr(expected)


STATUS_LINES = [b"HTTP/1.1 200 OK", b"HTTP/1.0 204 A", b"HTTP/1.1 100 B", b"HTTP/9 200", b"x", b""]
FIELDS = [
    *(b"Content-Length: 2", b"Content-Length: -1", b"Content-Length: x", b"Content-Length: 9"),
    *(b"Transfer-Encoding: chunked", b"Location: file:///", b"Content-Encoding: gzip", b" x"),
]
BODIES = [b"{}", b"2\r\n{}\r\n0\r\n\r\n", b"ffffffff\r\n{}", b"-1\r\n", b"2;a\r\n{}\r\n0"]


@given(
    st.sampled_from(STATUS_LINES),
    st.lists(st.sampled_from(FIELDS) | st.binary(max_size=10), max_size=3).map(b"\r\n".join),
    st.sampled_from(BODIES) | st.binary(),
)
def test_whatever_a_server_sends_is_one_document_or_none(
    server: LoopbackServer, line: bytes, fields: bytes, body: bytes
) -> None:
    def send(connection: Connection) -> None:
        connection.wfile.write(b"\r\n".join((line, fields, b"", body)))

    server.answers["/"] = send
    is_document, _document = fetched(server)
    assert line.startswith(b"HTTP/1") or not is_document


# The settings, and what views declare

SETTINGS: dict[str, Any] = {
    "ENDPOINT": ["https://a.test/", "http://127.0.0.1:3001"],
    "API_RESOURCE": ["urn:api", API],
    "ALGORITHMS": ["RS256", "ES384"],
    "LEEWAY": 1.5,
    "INTERNAL_ENDPOINT": "http://logto:3001/",
    "ORGANIZATION_URL_KWARG": "organization",
    "HTTP_TIMEOUT": 0.5,
    "JWKS_TTL": 10,
    "JWKS_MAX_STALE": 20,
    "JWKS_COOLDOWN": 5,
    "TOKEN_CACHE_SIZE": 0,
    "CACHE": "shared",
    "MAX_TOKEN_LENGTH": 8192,
    "REALM": "shop",
}
SETTINGS_VALUES = (
    ANY_JSON
    | st.from_regex(r"https?://[a-z0-9.:\[\]@/%?#-]{0,12}", fullmatch=True)
    | st.sampled_from(
        [1, 10, 0.5, 10**9, math.inf, math.nan, b"a", (), {1}, "HS256", "defualt", API]
    )
)


@TWICE
@given(ANY_JSON | near(SETTINGS, SETTINGS_VALUES))
@example(SETTINGS)
def test_settings_can_work_or_it_is_said_why_not(value: Any) -> None:
    parsed, problems = conf.parse(value)
    assert (parsed is None) == bool(problems)
    assert all(problem.kind and "LOGTO" in problem.message for problem in problems)
    if parsed is None:
        return
    with override_settings(LOGTO=value):
        assert conf.get_settings() == parsed
        get_verifier()
    assert {field: type(one) for field, one in asdict(parsed).items()}.items() >= {
        "endpoint": tuple,
        "api_resource": tuple,
        "algorithms": tuple,
        "organization_url_kwarg": str,
        "token_cache_size": int,
        "max_token_length": int,
        "realm": str,
    }.items()


@given(
    ANY_JSON
    | st.lists(st.text("az:*", min_size=1), max_size=3)
    | st.dictionaries(st.sampled_from(["list", "get"]), st.text("az:*", min_size=1))
)
@example("read:a")
@example("a b")
def test_what_is_declared_is_scopes_or_refused(value: Any) -> None:
    try:
        declared = RequiredScopes.declared(value)
    except ValueError:
        return
    assert all(re.fullmatch(r"[!-~]+", scope) for scope in declared.names())
    assert all(f'"{scope}"' in json.dumps(value) for scope in declared.names())


@given(st.text("ab :\t\n\xa0\u3000"))
def test_a_scope_claim_is_split_at_spaces_alone(scope: str) -> None:
    auth = SETUP.verify(signed(HEADER, CLAIMS | {"scope": scope}))
    assert " ".join(auth.scopes) == re.sub(" +", " ", scope.strip(" "))
