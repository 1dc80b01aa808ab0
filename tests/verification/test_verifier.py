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
from tests.support.desk import API, NOW, Desk, parts, segment
from tests.support.store import Store


@pytest.fixture
def desk() -> Desk:
    return Desk()


# The three kinds


def test_a_token_for_the_api_resource_is_global(desk: Desk) -> None:
    auth = desk.verify(desk.logto.global_token(["read:a", "write:a"], user="alice"))
    assert (auth.kind, auth.organization_id) == (TokenKind.GLOBAL, None)
    assert (auth.sub, auth.client_id, auth.issuer) == ("alice", "application-1", desk.logto.issuer)
    assert (auth.scopes, auth.audience) == (("read:a", "write:a"), (API,))
    assert auth.expires_at == NOW + 3600
    assert auth.claims["iat"] == NOW


def test_the_organization_of_an_organization_token_comes_from_its_audience(desk: Desk) -> None:
    auth = desk.verify(desk.logto.organization_token("org-a", ["invite:member"]))
    assert (auth.kind, auth.organization_id) == (TokenKind.ORGANIZATION, "org-a")
    assert "organization_id" not in auth.claims


def test_a_token_for_the_api_resource_with_an_organization_is_of_the_third_kind(desk: Desk) -> None:
    auth = desk.verify(desk.logto.organization_resource_token("org-a", ["read:data"]))
    assert (auth.kind, auth.organization_id) == (TokenKind.ORGANIZATION_RESOURCE, "org-a")


def test_a_machine_is_distinguished_from_a_user(desk: Desk) -> None:
    assert desk.verify(desk.logto.global_token(machine="backend")).is_machine


@pytest.mark.parametrize("algorithm", SIGNATURE_ALGORITHMS)
def test_every_algorithm_of_logto_is_verified(desk: Desk, algorithm: str) -> None:
    desk.logto.rotate(algorithm)
    assert desk.verify(desk.global_token()).sub == "user-1"


# Length and shape


def test_a_token_that_is_too_long_is_refused_unread(desk: Desk) -> None:
    with pytest.raises(refusals.TokenTooLong):
        desk.verify("a" * 16385)
    with pytest.raises(refusals.MalformedToken):
        desk.verify("a" * 16384)


def test_an_opaque_token_says_what_to_ask_for(desk: Desk) -> None:
    with pytest.raises(refusals.OpaqueToken, match="'resource'"):
        desk.verify(desk.logto.opaque_token())


@pytest.mark.parametrize("case", ["user_code_exchange_no_resource", "user_refresh_no_params"])
def test_what_a_real_logto_gives_without_a_resource_is_opaque(
    desk: Desk, recordings: dict[str, Any], case: str
) -> None:
    with pytest.raises(refusals.OpaqueToken):
        desk.verify(recordings["tokens"]["tokens"][case]["response"]["access_token"])


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
def test_what_a_client_sent_by_mistake_is_named(desk: Desk, token: str, sentence: str) -> None:
    with pytest.raises(refusals.MalformedToken, match=sentence):
        desk.verify(token)


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
def test_what_is_no_compact_jws_of_two_objects_is_malformed(desk: Desk, token: str) -> None:
    with pytest.raises(refusals.MalformedToken):
        desk.verify(token)


@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "payload", "signature"])
@pytest.mark.parametrize("octet", ["=", " ", "\r", "\n", "\t", "\0", "+", "/", "%", "."])
def test_a_part_is_base64url_and_nothing_else(desk: Desk, part: int, octet: str) -> None:
    segments = parts(desk.global_token())
    one = segments[part]
    for octets in (octet, octet * 4):  # four of them leave the length modulo 4 as it is
        for spelled in (f"{one}{octets}", f"{octets}{one}", f"{one[:4]}{octets}{one[4:]}"):
            segments[part] = spelled
            with pytest.raises(refusals.MalformedToken):
                desk.verify(".".join(segments))


@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "payload", "signature"])
def test_a_part_in_the_other_alphabet_of_base64_is_malformed(desk: Desk, part: int) -> None:
    extra = {"x": "~~~???>>>"}
    header, payload, _ = parts(desk.logto.global_token(headers=extra, claims=extra))
    segments = [header, payload, segment(b"\xff\xfb" * 48)]
    with pytest.raises(refusals.InvalidSignature):
        desk.verify(".".join(segments))
    spelled = segments[part].replace("-", "+").replace("_", "/")
    assert spelled != segments[part]
    segments[part] = spelled
    with pytest.raises(refusals.MalformedToken):
        desk.verify(".".join(segments))


def test_a_json_serialization_is_malformed(desk: Desk) -> None:
    header, payload, signature = parts(desk.global_token())
    signed = {"protected": header, "signature": signature}
    for members in ({"signatures": [signed]}, signed):
        with pytest.raises(refusals.MalformedToken):
            desk.verify(json.dumps({"payload": payload, **members}, separators=(",", ":")))


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
def test_json_that_can_be_read_in_two_ways_is_malformed(desk: Desk, text: str | bytes) -> None:
    header, payload, signature = parts(desk.global_token())
    for forged in (f"{segment(text)}.{payload}", f"{header}.{segment(text)}"):
        with pytest.raises(refusals.MalformedToken):
            desk.verify(f"{forged}.{signature}")


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_claims_nest_64_levels_deep_and_no_deeper(desk: Desk, opening: str, closing: str) -> None:
    nested = [json.loads(opening * depth + "1" + closing * depth) for depth in (63, 64)]
    assert desk.verify(desk.global_token(a=nested[0], b=["{}"] * 100)).claims["a"] == nested[0]
    with pytest.raises(refusals.MalformedToken):
        desk.verify(desk.global_token(a=nested[1]))


@pytest.mark.parametrize("text", ["[" * 5000, '{"a":' * 1000 + "1" + "}" * 1000])
def test_deep_nesting_is_refused_like_anything_else(desk: Desk, text: str) -> None:
    header, payload, signature = parts(desk.global_token())
    for forged in (f"{segment(text)}.{payload}", f"{header}.{segment(text)}"):
        with pytest.raises(refusals.InvalidToken):
            desk.verify(f"{forged}.{signature}")


def test_white_space_around_json_is_read(desk: Desk) -> None:
    token = desk.global_token()
    header, payload, signature = parts(token)
    spaced = segment(b" \r\n" + base64.urlsafe_b64decode(payload + "==") + b"\t")
    with pytest.raises(refusals.InvalidSignature):
        desk.verify(f"{header}.{spaced}.{signature}")


def test_an_escape_that_is_a_character_is_read(desk: Desk) -> None:
    assert desk.verify(desk.global_token(sub="\U0001f600")).sub == "\U0001f600"


# Header


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
def test_the_type_of_an_access_token_is_read_in_any_case(desk: Desk, typ: str) -> None:
    desk.verify(desk.logto.global_token(headers={"typ": typ}))


@pytest.mark.parametrize(
    "typ", [ABSENT, None, "", "JWT", "logout+jwt", "at+jwt ", "jwt+at", 7, ["at+jwt"]]
)
def test_another_type_is_not_an_access_token(desk: Desk, typ: object) -> None:
    with pytest.raises(refusals.NotAnAccessToken):
        desk.verify(desk.logto.global_token(headers={"typ": typ}))


def test_an_id_token_is_not_an_access_token(desk: Desk) -> None:
    with pytest.raises(refusals.NotAnAccessToken):
        desk.verify(desk.logto.id_token())


@pytest.mark.parametrize(
    "alg", [ABSENT, None, "none", "nOnE", "HS256", "EdDSA", "es384", "", 7, ["ES384"]]
)
def test_another_algorithm_is_refused(desk: Desk, alg: object) -> None:
    with pytest.raises(refusals.UnsupportedAlgorithm):
        desk.verify(desk.logto.global_token(headers={"alg": alg}))


def test_an_algorithm_that_is_not_allowed_here_is_refused() -> None:
    desk = Desk(algorithms=["RS256"])
    with pytest.raises(refusals.UnsupportedAlgorithm):
        desk.verify(desk.global_token())


@pytest.mark.parametrize("kid", [ABSENT, None, 7, ["kid"], {}])
def test_a_key_id_that_is_no_string_is_refused(desk: Desk, kid: object) -> None:
    with pytest.raises(refusals.MissingKeyId):
        desk.verify(desk.logto.global_token(headers={"kid": kid}))


@pytest.mark.parametrize("crit", [["exp"], [], None])
def test_a_critical_header_is_refused(desk: Desk, crit: object) -> None:
    with pytest.raises(refusals.CriticalHeader):
        desk.verify(desk.logto.global_token(headers={"crit": crit}))


@pytest.mark.parametrize("cty", ["JWT", "jwt", "application/jwt"])
def test_a_token_that_says_it_holds_another_is_malformed(desk: Desk, cty: str) -> None:
    with pytest.raises(refusals.MalformedToken):
        desk.verify(desk.logto.global_token(headers={"cty": cty}))


@pytest.mark.parametrize("extra", [{"cty": "json"}, {"cty": 7}, {"x": {}}, {"zip": "DEF"}])
def test_other_header_parameters_are_ignored(desk: Desk, extra: dict[str, Any]) -> None:
    assert desk.verify(desk.logto.global_token(headers=extra)).sub == "user-1"


def test_nothing_is_fetched_for_a_token_that_already_failed(desk: Desk) -> None:
    for token in (
        desk.logto.opaque_token(),
        "e30.e30.e30",
        desk.logto.id_token(),
        desk.logto.global_token(headers={"alg": "none"}),
        desk.global_token(iss="https://evil.test/oidc"),
    ):
        with suppress(refusals.InvalidToken):
            desk.verify(token)
    assert desk.loads == 0


@pytest.mark.parametrize(
    ("value", "named"), [("x", "x"), ("x" * 300, "x" * 200), (7, None), (["x"], None)]
)
def test_a_refusal_names_key_and_issuer_as_far_as_a_log_needs_them(
    desk: Desk, value: object, named: str | None
) -> None:
    with pytest.raises(refusals.InvalidToken) as refused:
        desk.verify(desk.logto.global_token(headers={"kid": value}, claims={"iss": value}))
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
def test_an_unknown_issuer_ends_before_its_key_is_looked_for(desk: Desk, iss: object) -> None:
    with pytest.raises(refusals.InvalidIssuer):
        desk.verify(desk.global_token(iss=iss))
    assert desk.loads == 0


def test_an_unknown_key_is_refused(desk: Desk) -> None:
    with pytest.raises(refusals.UnknownKey):
        desk.verify(desk.logto.global_token(headers={"kid": "unknown"}))


def test_an_algorithm_of_another_key_type_is_refused(desk: Desk) -> None:
    with pytest.raises(refusals.AlgorithmMismatch):
        desk.verify(desk.logto.global_token(headers={"alg": "RS256"}))


def test_no_claim_is_judged_before_the_signature(desk: Desk) -> None:
    """Nobody learns from a refusal what the issuer would have to sign."""
    for name, value in (("exp", 1), ("aud", "https://other.test"), ("sub", 7), ("scope", [])):
        header, payload, _ = parts(desk.global_token(**{name: value}))
        with pytest.raises(refusals.InvalidSignature):
            desk.verify(f"{header}.{payload}.{segment(b'signature')}")


def test_a_signature_of_another_key_is_refused(desk: Desk) -> None:
    stranger = Logto(desk.logto.endpoint, API, now=lambda: NOW)
    kid = desk.logto.jwks["keys"][0]["kid"]
    with pytest.raises(refusals.InvalidSignature):
        desk.verify(stranger.global_token(headers={"kid": kid}))


def test_a_key_of_one_issuer_signs_for_no_other(desk: Desk) -> None:
    other = Desk()
    other.logto.issuer = "https://other.logto.test/oidc"
    key_sets = {one.logto.issuer: one.key_set for one in (desk, other)}
    trusting_both = Desk(key_sets=key_sets)
    for one in (desk, other):
        assert trusting_both.verify(one.global_token()).issuer == one.logto.issuer
    with pytest.raises(refusals.UnknownKey):
        trusting_both.verify(desk.global_token(iss=other.logto.issuer))
    kid = other.logto.jwks["keys"][0]["kid"]
    with pytest.raises(refusals.InvalidSignature):
        trusting_both.verify(
            desk.logto.global_token(claims={"iss": other.logto.issuer}, headers={"kid": kid})
        )


def test_a_payload_that_was_changed_is_refused(desk: Desk) -> None:
    header, payload, signature = parts(desk.global_token())
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = segment(json.dumps({**claims, "scope": "admin"}))
    with pytest.raises(refusals.InvalidSignature):
        desk.verify(f"{header}.{forged}.{signature}")


# Claims


@pytest.mark.parametrize("exp", [ABSENT, None, "1900000000", True, -1, 10**400, 1e300, [1], {}])
def test_an_expiration_that_is_no_finite_number_is_refused(desk: Desk, exp: object) -> None:
    with pytest.raises(refusals.InvalidExpiration):
        desk.verify(desk.global_token(exp=exp))


def test_a_token_expires_at_its_second(desk: Desk) -> None:
    desk.verify(desk.global_token(exp=NOW + 1))
    desk.verify(desk.global_token(exp=NOW + 0.5))
    with pytest.raises(refusals.TokenExpired):
        desk.verify(desk.global_token(exp=NOW))


def test_leeway_moves_expiration_and_start() -> None:
    desk = Desk(leeway=10)
    desk.verify(desk.global_token(exp=NOW - 9))
    desk.verify(desk.global_token(nbf=NOW + 10))
    with pytest.raises(refusals.TokenExpired):
        desk.verify(desk.global_token(exp=NOW - 10))
    with pytest.raises(refusals.TokenNotYetValid):
        desk.verify(desk.global_token(nbf=NOW + 11))


def test_a_token_is_valid_from_its_start(desk: Desk) -> None:
    desk.verify(desk.global_token(nbf=NOW))
    with pytest.raises(refusals.TokenNotYetValid):
        desk.verify(desk.global_token(nbf=NOW + 1))


@pytest.mark.parametrize("nbf", [None, "0", False, -1])
def test_a_start_that_is_no_finite_number_is_refused(desk: Desk, nbf: object) -> None:
    with pytest.raises(refusals.InvalidNotBefore):
        desk.verify(desk.global_token(nbf=nbf))


def test_an_issue_time_in_the_future_does_not_refuse_a_token(desk: Desk) -> None:
    assert desk.verify(desk.global_token(iat=NOW + 1000)).issued_at == NOW + 1000


@pytest.mark.parametrize("value", [ABSENT, None, 7, "x", True, [], {}])
def test_an_issue_time_and_an_id_are_not_asked_for(desk: Desk, value: object) -> None:
    assert desk.verify(desk.global_token(iat=value)).sub == "user-1"
    assert desk.verify(desk.global_token(jti=value)).sub == "user-1"


@pytest.mark.parametrize(
    "name",
    ["acr", "amr", "auth_time", "authorization_details", "cnf", "entitlements", "groups", "roles"],
)
def test_other_claims_decide_nothing_and_are_handed_on(desk: Desk, name: str) -> None:
    assert desk.verify(desk.global_token(**{name: [7]})).claims[name] == [7]


@pytest.mark.parametrize("subject", [":", "no scheme:x", " ", "사용자", "a" * 1000])
def test_a_subject_is_any_string_that_the_issuer_signs(desk: Desk, subject: str) -> None:
    assert desk.verify(desk.global_token(sub=subject)).sub == subject


@pytest.mark.parametrize("value", [ABSENT, None, "", 7, True, ["user-1"]])
def test_subject_and_client_are_non_empty_strings(desk: Desk, value: object) -> None:
    with pytest.raises(refusals.InvalidSubject):
        desk.verify(desk.global_token(sub=value))
    with pytest.raises(refusals.InvalidClientId):
        desk.verify(desk.global_token(client_id=value))


@pytest.mark.parametrize("aud", [ABSENT, None, 7, {}, [], [API, 7], "urn:logto:organization:"])
def test_an_audience_is_a_string_or_a_list_of_strings(desk: Desk, aud: object) -> None:
    with pytest.raises(refusals.InvalidAudience):
        desk.verify(desk.global_token(aud=aud))


@pytest.mark.parametrize("scope", [None, 7, ["read:a"], True])
def test_a_scope_is_a_string_or_absent(desk: Desk, scope: object) -> None:
    with pytest.raises(refusals.InvalidScope):
        desk.verify(desk.global_token(scope=scope))


@pytest.mark.parametrize("scope", [ABSENT, "", " ", "   "])
def test_no_scope_is_none_at_all(desk: Desk, scope: object) -> None:
    assert desk.verify(desk.global_token(scope=scope)).scopes == ()


def test_spaces_alone_separate_scopes(desk: Desk) -> None:
    scopes = desk.verify(desk.global_token(scope=" b  a\tc\nd\u00a0e,f ")).scopes
    assert scopes == ("b", "a\tc\nd\u00a0e,f")


@pytest.mark.parametrize("organization", [None, "", 7, ["org-a"]])
def test_an_organization_is_a_non_empty_string_or_absent(desk: Desk, organization: object) -> None:
    with pytest.raises(refusals.InvalidOrganization):
        desk.verify(desk.global_token(organization_id=organization))


# Kind


def test_one_audience_of_several_is_enough(desk: Desk) -> None:
    auth = desk.verify(desk.global_token(aud=["https://other.test", API]))
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
def test_another_audience_is_refused(desk: Desk, aud: object) -> None:
    with pytest.raises(refusals.WrongAudience):
        desk.verify(desk.global_token(aud=aud))


@pytest.mark.parametrize(
    "aud",
    [
        ["urn:logto:organization:a", "urn:logto:organization:b"],
        ["urn:logto:organization:a", "urn:logto:organization:a"],
        ["urn:logto:organization:a", API],
        [API, "urn:logto:organization:a"],
    ],
)
def test_an_organization_audience_stands_alone(desk: Desk, aud: object) -> None:
    with pytest.raises(refusals.AmbiguousAudience):
        desk.verify(desk.global_token(aud=aud))


def test_an_organization_that_contradicts_the_audience_is_refused(desk: Desk) -> None:
    desk.verify(desk.logto.organization_token("a", claims={"organization_id": "a"}))
    with pytest.raises(refusals.ContradictoryOrganization):
        desk.verify(desk.logto.organization_token("a", claims={"organization_id": "b"}))


# Remembered tokens


def was_cached(desk: Desk, token: str) -> bool:
    before = snapshot()["cached"]
    desk.verify(token)
    return snapshot()["cached"] > before


def test_a_token_is_verified_once(desk: Desk) -> None:
    token = desk.global_token()
    assert [was_cached(desk, token) for _ in range(3)] == [False, True, True]
    assert desk.verify(token) == desk.verify(token)


def test_a_remembered_token_expires_all_the_same(desk: Desk) -> None:
    token = desk.global_token(exp=NOW + 10)
    desk.verify(token)
    desk.time += 10
    with pytest.raises(refusals.TokenExpired):
        desk.verify(token)


def test_a_remembered_token_ends_with_its_key(desk: Desk) -> None:
    token = desk.global_token()
    desk.verify(token)
    desk.logto.rotate()
    desk.logto.rotate()
    with pytest.raises(refusals.UnknownKey):
        desk.verify(desk.logto.global_token(headers={"kid": "forces a fetch"}))
    with pytest.raises(refusals.UnknownKey):
        desk.verify(token)


def test_a_key_that_is_replaced_under_its_kid_is_verified_against_anew(desk: Desk) -> None:
    token = desk.global_token()
    desk.verify(token)
    kid = desk.logto.jwks["keys"][0]["kid"]
    desk.logto.rotate()
    desk.published = {"keys": [desk.logto.jwks["keys"][0] | {"kid": kid}]}
    with pytest.raises(refusals.UnknownKey):
        desk.verify(desk.logto.global_token(headers={"kid": "forces a fetch"}))
    with pytest.raises(refusals.InvalidSignature):
        desk.verify(token)


def test_remembering_can_be_turned_off() -> None:
    desk = Desk(cache_size=0)
    token = desk.global_token()
    assert [was_cached(desk, token) for _ in range(2)] == [False, False]


def test_no_more_tokens_are_remembered_than_allowed() -> None:
    desk = Desk(cache_size=1)
    first, second = desk.global_token(), desk.global_token()
    asked = (first, first, second, first)
    assert [was_cached(desk, token) for token in asked] == [False, True, False, False]


def test_a_remembered_token_keeps_its_leeway() -> None:
    desk = Desk(leeway=10)
    token = desk.global_token(exp=NOW + 5)
    desk.verify(token)
    desk.time += 14
    assert was_cached(desk, token)
    desk.time += 1
    with pytest.raises(refusals.TokenExpired):
        desk.verify(token)


def test_find_cached_returns_what_was_verified_and_nothing_else(desk: Desk) -> None:
    token = desk.global_token()
    assert desk.verifier.find_cached(token) is None
    auth = desk.verify(token)
    assert desk.verifier.find_cached(token) == auth
    assert desk.verifier.find_cached(desk.global_token(exp=NOW - 1)) is None


def test_find_cached_fetches_nothing_where_the_keys_are_too_old(desk: Desk) -> None:
    token = desk.global_token(exp=NOW + 10**6)
    auth = desk.verify(token)
    desk.time += 86400
    asked = desk.loads
    assert desk.verifier.find_cached(token) is None
    assert desk.loads == asked
    assert desk.verify(token) == auth
    assert desk.verifier.find_cached(token) == auth


@pytest.mark.parametrize(
    ("token", "refusal"),
    [("a" * 16385, refusals.TokenTooLong), ("\u00e4", refusals.MalformedToken)],
)
def test_find_cached_refuses_what_no_token_can_be(desk: Desk, token: str, refusal: Any) -> None:
    with pytest.raises(refusal):
        desk.verifier.find_cached(token)


def test_dates_reach_from_the_epoch_to_the_year_9999(desk: Desk) -> None:
    desk.verify(desk.global_token(nbf=0, exp=253_402_300_799))
    with pytest.raises(refusals.InvalidExpiration):
        desk.verify(desk.global_token(exp=253_402_300_800))


# Revocations


@pytest.fixture
def revoking() -> tuple[Desk, RevocationList]:
    known = RevocationList(
        Store(),
        lifetime=86400,
        is_closed=False,
        now=lambda: its.time,
        monotonic=lambda: its.time,
    )
    its = Desk(revocations=known)
    return its, known


@pytest.mark.parametrize("is_cached", [True, False])
def test_a_token_is_refused_after_a_mark(
    revoking: tuple[Desk, RevocationList], is_cached: bool
) -> None:
    desk, known = revoking
    token, another = desk.global_token(), desk.global_token(sub="user-2")
    for one in (token, another) if is_cached else ():
        desk.verify(one)
    known.add([Mark(issuer=desk.logto.issuer, user="user-1", before=NOW)])
    for _ in range(2):
        with pytest.raises(refusals.TokenRevoked) as refused:
            desk.verify(token)
        assert (refused.value.subject, refused.value.client_id) == ("user-1", "application-1")
        assert desk.verify(another).sub == "user-2"


def test_a_cached_token_is_not_found_where_asking_for_revocations_would_wait(
    revoking: tuple[Desk, RevocationList],
) -> None:
    desk, _known = revoking
    token = desk.global_token()
    desk.verify(token)
    assert desk.verifier.find_cached(token) is not None
    desk.time += 1
    assert desk.verifier.find_cached(token) is None
    desk.verify(token)
    assert desk.verifier.find_cached(token) is not None
