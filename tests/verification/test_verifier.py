"""RFC 9068 §4: which tokens get in, and which rule the others break."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest

from drf_logto import exceptions as refusals
from drf_logto.auth_info import TokenKind
from drf_logto.revocation.marks import Mark
from drf_logto.revocation.news import RevocationList
from drf_logto.telemetry import snapshot
from drf_logto.testing import ABSENT, Logto
from drf_logto.verification.jwk import SIGNATURE_ALGORITHMS
from tests.support.store import Store
from tests.support.verifier_setup import API, NOW, Setup, parts, segment


@pytest.fixture
def setup() -> Setup:
    return Setup()


# The three kinds


def test_a_token_for_the_api_resource_is_global(setup: Setup) -> None:
    auth = setup.verify(setup.logto.global_token(["read:a", "write:a"], user="alice"))
    assert (auth.kind, auth.organization_id) == (TokenKind.GLOBAL, None)
    assert (auth.sub, auth.client_id, auth.issuer) == ("alice", "application-1", setup.logto.issuer)
    assert (auth.scopes, auth.audience) == (("read:a", "write:a"), (API,))
    assert auth.expires_at == NOW + 3600
    assert auth.claims["iat"] == NOW


def test_the_organization_of_an_organization_token_comes_from_its_audience(setup: Setup) -> None:
    auth = setup.verify(setup.logto.organization_token("org-a", ["invite:member"]))
    assert (auth.kind, auth.organization_id) == (TokenKind.ORGANIZATION, "org-a")
    assert "organization_id" not in auth.claims


def test_a_token_for_the_api_resource_with_an_organization_is_of_the_third_kind(
    setup: Setup,
) -> None:
    auth = setup.verify(setup.logto.organization_resource_token("org-a", ["read:data"]))
    assert (auth.kind, auth.organization_id) == (TokenKind.ORGANIZATION_RESOURCE, "org-a")


def test_a_machine_is_distinguished_from_a_user(setup: Setup) -> None:
    assert setup.verify(setup.logto.global_token(machine="backend")).is_machine


@pytest.mark.parametrize("algorithm", SIGNATURE_ALGORITHMS)
def test_every_algorithm_of_logto_is_verified(setup: Setup, algorithm: str) -> None:
    setup.logto.rotate(algorithm)
    assert setup.verify(setup.global_token()).sub == "user-1"


# Length and shape


def test_a_token_that_is_too_long_is_refused_unread(setup: Setup) -> None:
    with pytest.raises(refusals.TokenTooLong):
        setup.verify("a" * 16385)
    with pytest.raises(refusals.MalformedToken):
        setup.verify("a" * 16384)


def test_an_opaque_token_says_what_to_ask_for(setup: Setup) -> None:
    with pytest.raises(refusals.OpaqueToken, match="'resource'"):
        setup.verify(setup.logto.opaque_token())


@pytest.mark.parametrize("case", ["user_code_exchange_no_resource", "user_refresh_no_params"])
def test_what_a_real_logto_gives_without_a_resource_is_opaque(
    setup: Setup, recordings: dict[str, Any], case: str
) -> None:
    with pytest.raises(refusals.OpaqueToken):
        setup.verify(recordings["tokens"]["tokens"][case]["response"]["access_token"])


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        ("undefined", "the word 'undefined'"),
        ("null", "the word 'null'"),
        ("none", "the word 'None'"),
        ('"null"', "the word 'null'"),
        ("Bearer", "the word 'Bearer'"),
        ('"e30.e30.e30"', "in quotation marks"),
        ("'e30.e30.e30", "in quotation marks"),
        (f'"{"a" * 43}"', "in quotation marks"),
        ("a" * 42, "a JWT has three parts"),
        ("a" * 44, "a JWT has three parts"),
        ("$TOKEN", "a JWT has three parts"),
        ("e30.e30", "not a well-formed JWT"),
    ],
)
def test_what_a_client_sent_by_mistake_is_named(setup: Setup, token: str, sentence: str) -> None:
    with pytest.raises(refusals.MalformedToken, match=sentence):
        setup.verify(token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "é",
        "a$b",
        "a.b",
        "a.b.c",
        "e30.e30.",
        ".e30.e30",
        "e30.e30.e30.e30",
        "e30.e30.e30.e30.e30",
        "W10.e30.e30",
        "e30.W10.e30",
        "e30.bnVsbA.e30",
        "e30=.e30.e30",
        "e31.e30.e30",
        "e3 0.e30.e30",
        "e3+0.e30.e30",
        "e.e30.e30",
    ],
)
def test_what_is_no_compact_jws_of_two_objects_is_malformed(setup: Setup, token: str) -> None:
    with pytest.raises(refusals.MalformedToken):
        setup.verify(token)


@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "payload", "signature"])
@pytest.mark.parametrize("octet", ["=", " ", "\r", "\n", "\t", "\0", "+", "/", "%", "."])
def test_a_part_is_base64url_and_nothing_else(setup: Setup, part: int, octet: str) -> None:
    segments = parts(setup.global_token())
    one = segments[part]
    for octets in (octet, octet * 4):  # four of them leave the length modulo 4 as it is
        for spelled in (f"{one}{octets}", f"{octets}{one}", f"{one[:4]}{octets}{one[4:]}"):
            segments[part] = spelled
            with pytest.raises(refusals.MalformedToken):
                setup.verify(".".join(segments))


@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "payload", "signature"])
def test_a_part_in_the_other_alphabet_of_base64_is_malformed(setup: Setup, part: int) -> None:
    extra = {"x": "~~~???>>>"}
    header, payload, _ = parts(setup.logto.global_token(headers=extra, claims=extra))
    segments = [header, payload, segment(b"\xff\xfb" * 48)]
    with pytest.raises(refusals.InvalidSignature):
        setup.verify(".".join(segments))
    spelled = segments[part].replace("-", "+").replace("_", "/")
    assert spelled != segments[part]
    segments[part] = spelled
    with pytest.raises(refusals.MalformedToken):
        setup.verify(".".join(segments))


def test_a_json_serialization_is_malformed(setup: Setup) -> None:
    header, payload, signature = parts(setup.global_token())
    signed = {"protected": header, "signature": signature}
    for members in ({"signatures": [signed]}, signed):
        with pytest.raises(refusals.MalformedToken):
            setup.verify(json.dumps({"payload": payload, **members}, separators=(",", ":")))


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"a":{"b":1,"b":2}}',
        '{"a":NaN}',
        '{"a":-Infinity}',
        '{"a":1e999}',
        '{"a":-1e999}',
        '{"a":"\\ud800"}',
        '{"\\udfff":1}',
        b'{"a":"\xff"}',
        '\ufeff{"a":1}',
        '{"a":1} x',
        '{"a":' + "9" * 5000 + "}",
    ],
)
def test_json_that_can_be_read_in_two_ways_is_malformed(setup: Setup, text: str | bytes) -> None:
    header, payload, signature = parts(setup.global_token())
    for forged in (f"{segment(text)}.{payload}", f"{header}.{segment(text)}"):
        with pytest.raises(refusals.MalformedToken):
            setup.verify(f"{forged}.{signature}")


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_claims_nest_64_levels_deep_and_no_deeper(setup: Setup, opening: str, closing: str) -> None:
    nested = [json.loads(opening * depth + "1" + closing * depth) for depth in (63, 64)]
    assert setup.verify(setup.global_token(a=nested[0], b=["{}"] * 100)).claims["a"] == nested[0]
    with pytest.raises(refusals.MalformedToken):
        setup.verify(setup.global_token(a=nested[1]))


@pytest.mark.parametrize("text", ["[" * 5000, '{"a":' * 1000 + "1" + "}" * 1000])
def test_deep_nesting_is_refused_like_anything_else(setup: Setup, text: str) -> None:
    header, payload, signature = parts(setup.global_token())
    for forged in (f"{segment(text)}.{payload}", f"{header}.{segment(text)}"):
        with pytest.raises(refusals.InvalidToken):
            setup.verify(f"{forged}.{signature}")


def test_white_space_around_json_is_read(setup: Setup) -> None:
    token = setup.global_token()
    header, payload, signature = parts(token)
    spaced = segment(b" \r\n" + base64.urlsafe_b64decode(payload + "==") + b"\t")
    with pytest.raises(refusals.InvalidSignature):
        setup.verify(f"{header}.{spaced}.{signature}")


def test_an_escape_that_is_a_character_is_read(setup: Setup) -> None:
    assert setup.verify(setup.global_token(sub="\U0001f600")).sub == "\U0001f600"


# Header


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
def test_the_type_of_an_access_token_is_read_in_any_case(setup: Setup, typ: str) -> None:
    setup.verify(setup.logto.global_token(headers={"typ": typ}))


@pytest.mark.parametrize(
    "typ", [ABSENT, None, "", "JWT", "logout+jwt", "at+jwt ", "jwt+at", 7, ["at+jwt"]]
)
def test_another_type_is_not_an_access_token(setup: Setup, typ: object) -> None:
    with pytest.raises(refusals.NotAnAccessToken):
        setup.verify(setup.logto.global_token(headers={"typ": typ}))


def test_an_id_token_is_not_an_access_token(setup: Setup) -> None:
    with pytest.raises(refusals.NotAnAccessToken):
        setup.verify(setup.logto.id_token())


@pytest.mark.parametrize(
    "alg", [ABSENT, None, "none", "nOnE", "HS256", "EdDSA", "es384", "", 7, ["ES384"]]
)
def test_another_algorithm_is_refused(setup: Setup, alg: object) -> None:
    with pytest.raises(refusals.UnsupportedAlgorithm):
        setup.verify(setup.logto.global_token(headers={"alg": alg}))


def test_an_algorithm_that_is_not_allowed_here_is_refused() -> None:
    setup = Setup(algorithms=["RS256"])
    with pytest.raises(refusals.UnsupportedAlgorithm):
        setup.verify(setup.global_token())


@pytest.mark.parametrize("kid", [ABSENT, None, 7, ["kid"], {}])
def test_a_key_id_that_is_no_string_is_refused(setup: Setup, kid: object) -> None:
    with pytest.raises(refusals.MissingKeyId):
        setup.verify(setup.logto.global_token(headers={"kid": kid}))


@pytest.mark.parametrize("crit", [["exp"], [], None])
def test_a_critical_header_is_refused(setup: Setup, crit: object) -> None:
    with pytest.raises(refusals.CriticalHeader):
        setup.verify(setup.logto.global_token(headers={"crit": crit}))


@pytest.mark.parametrize("cty", ["JWT", "jwt", "application/jwt"])
def test_a_token_that_says_it_holds_another_is_malformed(setup: Setup, cty: str) -> None:
    with pytest.raises(refusals.MalformedToken):
        setup.verify(setup.logto.global_token(headers={"cty": cty}))


@pytest.mark.parametrize("extra", [{"cty": "json"}, {"cty": 7}, {"x": {}}, {"zip": "DEF"}])
def test_other_header_parameters_are_ignored(setup: Setup, extra: dict[str, Any]) -> None:
    assert setup.verify(setup.logto.global_token(headers=extra)).sub == "user-1"


def test_nothing_is_fetched_for_a_token_that_already_failed(setup: Setup) -> None:
    for token in (
        setup.logto.opaque_token(),
        "e30.e30.e30",
        setup.logto.id_token(),
        setup.logto.global_token(headers={"alg": "none"}),
        setup.global_token(iss="https://evil.test/oidc"),
    ):
        with suppress(refusals.InvalidToken):
            setup.verify(token)
    assert setup.loads == 0


@pytest.mark.parametrize(
    ("value", "named"), [("x", "x"), ("x" * 300, "x" * 200), (7, None), (["x"], None)]
)
def test_a_refusal_names_key_and_issuer_as_far_as_a_log_needs_them(
    setup: Setup, value: object, named: str | None
) -> None:
    with pytest.raises(refusals.InvalidToken) as refused:
        setup.verify(setup.logto.global_token(headers={"kid": value}, claims={"iss": value}))
    assert (refused.value.kid, refused.value.issuer) == (named, named)


# Key and signature


@pytest.mark.parametrize(
    "iss",
    [
        ABSENT,
        None,
        7,
        ["https://tenant.logto.test/oidc"],
        "https://tenant.logto.test/oidc/",
        "https://tenant.logto.test",
        "https://TENANT.logto.test/oidc",
        "https://evil.test/oidc",
    ],
)
def test_an_unknown_issuer_ends_before_its_key_is_looked_for(setup: Setup, iss: object) -> None:
    with pytest.raises(refusals.InvalidIssuer):
        setup.verify(setup.global_token(iss=iss))
    assert setup.loads == 0


def test_an_unknown_key_is_refused(setup: Setup) -> None:
    with pytest.raises(refusals.UnknownKey):
        setup.verify(setup.logto.global_token(headers={"kid": "unknown"}))


def test_an_algorithm_of_another_key_type_is_refused(setup: Setup) -> None:
    with pytest.raises(refusals.AlgorithmMismatch):
        setup.verify(setup.logto.global_token(headers={"alg": "RS256"}))


def test_no_claim_is_judged_before_the_signature(setup: Setup) -> None:
    """Nobody learns from a refusal what the issuer would have to sign."""
    for name, value in (("exp", 1), ("aud", "https://other.test"), ("sub", 7), ("scope", [])):
        header, payload, _ = parts(setup.global_token(**{name: value}))
        with pytest.raises(refusals.InvalidSignature):
            setup.verify(f"{header}.{payload}.{segment(b'signature')}")


def test_a_signature_of_another_key_is_refused(setup: Setup) -> None:
    stranger = Logto(setup.logto.endpoint, API, now=lambda: NOW)
    kid = setup.logto.jwks["keys"][0]["kid"]
    with pytest.raises(refusals.InvalidSignature):
        setup.verify(stranger.global_token(headers={"kid": kid}))


def test_a_key_of_one_issuer_signs_for_no_other(setup: Setup) -> None:
    other = Setup()
    other.logto.issuer = "https://other.logto.test/oidc"
    key_sets = {one.logto.issuer: one.key_set for one in (setup, other)}
    trusting_both = Setup(key_sets=key_sets)
    for one in (setup, other):
        assert trusting_both.verify(one.global_token()).issuer == one.logto.issuer
    with pytest.raises(refusals.UnknownKey):
        trusting_both.verify(setup.global_token(iss=other.logto.issuer))
    kid = other.logto.jwks["keys"][0]["kid"]
    with pytest.raises(refusals.InvalidSignature):
        trusting_both.verify(
            setup.logto.global_token(claims={"iss": other.logto.issuer}, headers={"kid": kid})
        )


def test_a_payload_that_was_changed_is_refused(setup: Setup) -> None:
    header, payload, signature = parts(setup.global_token())
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = segment(json.dumps({**claims, "scope": "admin"}))
    with pytest.raises(refusals.InvalidSignature):
        setup.verify(f"{header}.{forged}.{signature}")


# Claims


@pytest.mark.parametrize("exp", [ABSENT, None, "1900000000", True, -1, 10**400, 1e300, [1], {}])
def test_an_expiration_that_is_no_finite_number_is_refused(setup: Setup, exp: object) -> None:
    with pytest.raises(refusals.InvalidExpiration):
        setup.verify(setup.global_token(exp=exp))


def test_a_token_expires_at_its_second(setup: Setup) -> None:
    setup.verify(setup.global_token(exp=NOW + 1))
    setup.verify(setup.global_token(exp=NOW + 0.5))
    with pytest.raises(refusals.TokenExpired):
        setup.verify(setup.global_token(exp=NOW))


def test_leeway_moves_expiration_and_start() -> None:
    setup = Setup(leeway=10)
    setup.verify(setup.global_token(exp=NOW - 9))
    setup.verify(setup.global_token(nbf=NOW + 10))
    with pytest.raises(refusals.TokenExpired):
        setup.verify(setup.global_token(exp=NOW - 10))
    with pytest.raises(refusals.TokenNotYetValid):
        setup.verify(setup.global_token(nbf=NOW + 11))


def test_a_token_is_valid_from_its_start(setup: Setup) -> None:
    setup.verify(setup.global_token(nbf=NOW))
    with pytest.raises(refusals.TokenNotYetValid):
        setup.verify(setup.global_token(nbf=NOW + 1))


@pytest.mark.parametrize("nbf", [None, "0", False, -1])
def test_a_start_that_is_no_finite_number_is_refused(setup: Setup, nbf: object) -> None:
    with pytest.raises(refusals.InvalidNotBefore):
        setup.verify(setup.global_token(nbf=nbf))


def test_an_issue_time_in_the_future_does_not_refuse_a_token(setup: Setup) -> None:
    assert setup.verify(setup.global_token(iat=NOW + 1000)).issued_at == NOW + 1000


@pytest.mark.parametrize("value", [ABSENT, None, 7, "x", True, [], {}])
def test_an_issue_time_and_an_id_are_not_asked_for(setup: Setup, value: object) -> None:
    assert setup.verify(setup.global_token(iat=value)).sub == "user-1"
    assert setup.verify(setup.global_token(jti=value)).sub == "user-1"


@pytest.mark.parametrize(
    "name",
    ["acr", "amr", "auth_time", "authorization_details", "cnf", "entitlements", "groups", "roles"],
)
def test_other_claims_decide_nothing_and_are_handed_on(setup: Setup, name: str) -> None:
    assert setup.verify(setup.global_token(**{name: [7]})).claims[name] == [7]


@pytest.mark.parametrize("subject", [":", "no scheme:x", " ", "사용자", "a" * 1000])
def test_a_subject_is_any_string_that_the_issuer_signs(setup: Setup, subject: str) -> None:
    assert setup.verify(setup.global_token(sub=subject)).sub == subject


@pytest.mark.parametrize("value", [ABSENT, None, "", 7, True, ["user-1"]])
def test_subject_and_client_are_non_empty_strings(setup: Setup, value: object) -> None:
    with pytest.raises(refusals.InvalidSubject):
        setup.verify(setup.global_token(sub=value))
    with pytest.raises(refusals.InvalidClientId):
        setup.verify(setup.global_token(client_id=value))


@pytest.mark.parametrize("aud", [ABSENT, None, 7, {}, [], [API, 7], "urn:logto:organization:"])
def test_an_audience_is_a_string_or_a_list_of_strings(setup: Setup, aud: object) -> None:
    with pytest.raises(refusals.InvalidAudience):
        setup.verify(setup.global_token(aud=aud))


@pytest.mark.parametrize("scope", [None, 7, ["read:a"], True])
def test_a_scope_is_a_string_or_absent(setup: Setup, scope: object) -> None:
    with pytest.raises(refusals.InvalidScope):
        setup.verify(setup.global_token(scope=scope))


@pytest.mark.parametrize("scope", [ABSENT, "", " ", "   "])
def test_no_scope_is_none_at_all(setup: Setup, scope: object) -> None:
    assert setup.verify(setup.global_token(scope=scope)).scopes == ()


def test_spaces_alone_separate_scopes(setup: Setup) -> None:
    scopes = setup.verify(setup.global_token(scope=" b  a\tc\nd\u00a0e,f ")).scopes
    assert scopes == ("b", "a\tc\nd\u00a0e,f")


@pytest.mark.parametrize("organization", [None, "", 7, ["org-a"]])
def test_an_organization_is_a_non_empty_string_or_absent(
    setup: Setup, organization: object
) -> None:
    with pytest.raises(refusals.InvalidOrganization):
        setup.verify(setup.global_token(organization_id=organization))


# Kind


def test_one_audience_of_several_is_enough(setup: Setup) -> None:
    auth = setup.verify(setup.global_token(aud=["https://other.test", API]))
    assert auth.audience == ("https://other.test", API)


@pytest.mark.parametrize(
    "aud",
    [
        "https://other.test",
        ["https://other.test"],
        f"{API}/",
        API.upper(),
        f"{API}.evil.test",
        API[:-1],
        "",
        "urn:logto:resource:organizations",
        ["urn:logto:resource:organizations", API],
        "URN:logto:organization:org-a",
    ],
)
def test_another_audience_is_refused(setup: Setup, aud: object) -> None:
    with pytest.raises(refusals.WrongAudience):
        setup.verify(setup.global_token(aud=aud))


@pytest.mark.parametrize(
    "aud",
    [
        ["urn:logto:organization:a", "urn:logto:organization:b"],
        ["urn:logto:organization:a", "urn:logto:organization:a"],
        ["urn:logto:organization:a", API],
        [API, "urn:logto:organization:a"],
    ],
)
def test_an_organization_audience_stands_alone(setup: Setup, aud: object) -> None:
    with pytest.raises(refusals.AmbiguousAudience):
        setup.verify(setup.global_token(aud=aud))


@pytest.mark.parametrize("kind", ["global", "organization", "organization_resource"])
def test_a_token_of_another_client_is_refused(kind: str) -> None:
    setup = Setup(client_ids=["app-1", "app-2"])

    def issue(client_id: str) -> str:
        claims = {"client_id": client_id}
        if kind == "global":
            return setup.logto.global_token(claims=claims)
        return str(getattr(setup.logto, f"{kind}_token")("org-a", claims=claims))

    assert setup.verify(issue("app-2")).client_id == "app-2"
    for client_id in ("app-3", "app-", "app-10", "APP-1", "user-1"):
        with pytest.raises(refusals.WrongClient) as raised:
            setup.verify(issue(client_id))
        assert f"received '{client_id}', expected 'app-1', 'app-2'" in str(raised.value.reason)
        assert (raised.value.subject, raised.value.client_id) == ("user-1", client_id)


def test_where_clients_are_named_a_token_for_another_api_is_said_to_be_one() -> None:
    setup = Setup(client_ids=["app-1"])
    with pytest.raises(refusals.WrongAudience):
        setup.verify(setup.global_token(aud="https://other.test"))


def test_no_client_at_all_is_not_every_client() -> None:
    setup = Setup(client_ids=[])
    with pytest.raises(refusals.WrongClient):
        setup.verify(setup.global_token())


def test_an_organization_that_contradicts_the_audience_is_refused(setup: Setup) -> None:
    setup.verify(setup.logto.organization_token("a", claims={"organization_id": "a"}))
    with pytest.raises(refusals.ContradictoryOrganization):
        setup.verify(setup.logto.organization_token("a", claims={"organization_id": "b"}))


# Remembered tokens


def was_cached(setup: Setup, token: str) -> bool:
    before = snapshot()["cached"]
    setup.verify(token)
    return snapshot()["cached"] > before


def test_a_token_is_verified_once(setup: Setup) -> None:
    token = setup.global_token()
    assert [was_cached(setup, token) for _ in range(3)] == [False, True, True]
    assert setup.verify(token) == setup.verify(token)


def test_a_remembered_token_expires_all_the_same(setup: Setup) -> None:
    token = setup.global_token(exp=NOW + 10)
    setup.verify(token)
    setup.time += 10
    with pytest.raises(refusals.TokenExpired):
        setup.verify(token)


def test_a_remembered_token_ends_with_its_key(setup: Setup) -> None:
    token = setup.global_token()
    setup.verify(token)
    setup.logto.rotate()
    setup.logto.rotate()
    with pytest.raises(refusals.UnknownKey):
        setup.verify(setup.logto.global_token(headers={"kid": "forces a fetch"}))
    with pytest.raises(refusals.UnknownKey):
        setup.verify(token)


def test_a_key_that_is_replaced_under_its_kid_is_verified_against_anew(setup: Setup) -> None:
    token = setup.global_token()
    setup.verify(token)
    kid = setup.logto.jwks["keys"][0]["kid"]
    setup.logto.rotate()
    setup.published = {"keys": [setup.logto.jwks["keys"][0] | {"kid": kid}]}
    with pytest.raises(refusals.UnknownKey):
        setup.verify(setup.logto.global_token(headers={"kid": "forces a fetch"}))
    with pytest.raises(refusals.InvalidSignature):
        setup.verify(token)


def test_remembering_can_be_turned_off() -> None:
    setup = Setup(cache_size=0)
    token = setup.global_token()
    assert [was_cached(setup, token) for _ in range(2)] == [False, False]


def test_no_more_tokens_are_remembered_than_allowed() -> None:
    setup = Setup(cache_size=1)
    first, second = setup.global_token(), setup.global_token()
    asked = (first, first, second, first)
    assert [was_cached(setup, token) for token in asked] == [False, True, False, False]


def test_a_remembered_token_keeps_its_leeway() -> None:
    setup = Setup(leeway=10)
    token = setup.global_token(exp=NOW + 5)
    setup.verify(token)
    setup.time += 14
    assert was_cached(setup, token)
    setup.time += 1
    with pytest.raises(refusals.TokenExpired):
        setup.verify(token)


def test_find_cached_returns_what_was_verified_and_nothing_else(setup: Setup) -> None:
    token = setup.global_token()
    assert setup.verifier.find_cached(token) is None
    auth = setup.verify(token)
    assert setup.verifier.find_cached(token) == auth
    assert setup.verifier.find_cached(setup.global_token(exp=NOW - 1)) is None


def test_find_cached_fetches_nothing_where_the_keys_are_too_old(setup: Setup) -> None:
    token = setup.global_token(exp=NOW + 10**6)
    auth = setup.verify(token)
    setup.time += 86400
    asked = setup.loads
    assert setup.verifier.find_cached(token) is None
    assert setup.loads == asked
    assert setup.verify(token) == auth
    assert setup.verifier.find_cached(token) == auth


@pytest.mark.parametrize(
    ("token", "refusal"),
    [("a" * 16385, refusals.TokenTooLong), ("\u00e4", refusals.MalformedToken)],
)
def test_find_cached_refuses_what_no_token_can_be(setup: Setup, token: str, refusal: Any) -> None:
    with pytest.raises(refusal):
        setup.verifier.find_cached(token)


def test_dates_reach_from_the_epoch_to_the_year_9999(setup: Setup) -> None:
    setup.verify(setup.global_token(nbf=0, exp=253_402_300_799))
    with pytest.raises(refusals.InvalidExpiration):
        setup.verify(setup.global_token(exp=253_402_300_800))


# Revocations


@pytest.fixture
def revoking() -> tuple[Setup, RevocationList]:
    known = RevocationList(
        Store(),
        lifetime=86400,
        is_closed=False,
        now=lambda: its.time,
        monotonic=lambda: its.time,
    )
    its = Setup(revocations=known)
    return its, known


@pytest.mark.parametrize("is_cached", [True, False])
def test_a_token_is_refused_after_a_mark(
    revoking: tuple[Setup, RevocationList], is_cached: bool
) -> None:
    setup, known = revoking
    token, another = setup.global_token(), setup.global_token(sub="user-2")
    for one in (token, another) if is_cached else ():
        setup.verify(one)
    known.add([Mark(issuer=setup.logto.issuer, user="user-1", before=NOW)])
    for _ in range(2):
        with pytest.raises(refusals.TokenRevoked) as refused:
            setup.verify(token)
        assert (refused.value.subject, refused.value.client_id) == ("user-1", "application-1")
        assert setup.verify(another).sub == "user-2"


def test_a_cached_token_is_not_found_where_asking_for_revocations_would_wait(
    revoking: tuple[Setup, RevocationList],
) -> None:
    setup, _known = revoking
    token = setup.global_token()
    setup.verify(token)
    assert setup.verifier.find_cached(token) is not None
    setup.time += 1
    assert setup.verifier.find_cached(token) is None
    setup.verify(token)
    assert setup.verifier.find_cached(token) is not None
