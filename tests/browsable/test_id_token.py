"""The ID token of a sign-in: signature, issuer, audience, nonce and dates."""

from typing import Any

import pytest

from drf_logto.browsable.exceptions import AnswerNotTrusted
from drf_logto.browsable.id_token import refreshed_claims, validated_claims
from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.runtime import get_verifier
from drf_logto.testing import ABSENT, Logto
from tests.support.verifier_setup import Setup


def issued(logto: Logto, *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
    absent = dict.fromkeys(("client_id", "jti", "scope"), ABSENT)
    return logto.issue(
        {"aud": "app-1"},
        claims={**absent, "nonce": "n-1", **claims},
        headers={"typ": ABSENT, **(headers or {})},
    )


def validated(logto: Logto, id_token: str, **changes: Any) -> dict[str, Any]:
    expected: dict[str, Any] = {
        "verifier": get_verifier(),
        "issuer": logto.issuer,
        "client_id": "app-1",
        "nonce": "n-1",
        "access_token": "opaque",
        "now": logto.now(),
        "leeway": 0,
    }
    return validated_claims(id_token, **{**expected, **changes})


@pytest.mark.parametrize("algorithm", ["ES384", "ES256", "ES512", "RS256", "PS256"])
def test_an_id_token_is_valid_with_every_algorithm(logto: Logto, algorithm: str) -> None:
    logto.rotate(algorithm)
    assert validated(logto, issued(logto))["sub"] == "user-1"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://tenant.logto.test/oidc/"},
        {"iss": "https://other.logto.test/oidc"},
        {"iss": ABSENT},
        {"aud": "app-2"},
        {"aud": ["app-2"]},
        {"aud": ["app-1", "app-2"]},
        {"aud": ["app-1", "app-2"], "azp": "app-2"},
        {"aud": "app-2", "azp": "app-1"},
        {"aud": ABSENT},
        {"azp": "app-2"},
        {"nonce": "n-2"},
        {"nonce": ""},
        {"nonce": ["n-1"]},
        {"nonce": ABSENT},
        {"exp": ABSENT},
        {"exp": "soon"},
        {"exp": 0},
        {"exp": [9999999999]},
        {"exp": 10**400},
        {"exp": True},
        {"nbf": 10**400},
        {"nbf": -1},
        {"iat": ABSENT},
        {"iat": 10**400},
        {"iat": -1},
        {"iat": 1e308},
        {"sub": ABSENT},
        {"sub": ""},
        {"sub": 7},
        {"sub": ["user-1"]},
        {"at_hash": "of another token"},
    ],
)
def test_an_id_token_with_an_invalid_claim_is_not_trusted(
    logto: Logto, claims: dict[str, Any]
) -> None:
    with pytest.raises(AnswerNotTrusted):
        validated(logto, issued(logto, **claims))


def test_an_id_token_is_valid_when_the_clock_of_logto_is_ahead(logto: Logto) -> None:
    assert validated(logto, issued(logto, iat=int(logto.now()) + 2))
    with pytest.raises(AnswerNotTrusted):
        validated(logto, issued(logto, iat="yesterday"))


@pytest.mark.parametrize("name", ["exp", "iat", "nbf", "auth_time"])
@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_an_id_token_with_an_infinite_number_is_not_trusted(
    logto: Logto, name: str, number: Any
) -> None:
    with pytest.raises(AnswerNotTrusted):
        validated(logto, issued(logto, **{name: number}))


def test_an_expired_id_token_is_not_trusted(logto: Logto) -> None:
    id_token = issued(logto)
    logto.advance(3601)
    with pytest.raises(AnswerNotTrusted):
        validated(logto, id_token)
    assert validated(logto, id_token, leeway=60)


def test_an_id_token_with_a_foreign_signature_is_not_trusted(logto: Logto) -> None:
    forger = Logto()
    kid = logto.jwks["keys"][0]["kid"]
    for headers in ({"kid": kid}, {}, {"alg": "none"}, {"alg": "HS256"}, {"kid": ABSENT}):
        with pytest.raises(AnswerNotTrusted):
            validated(logto, issued(forger, headers=headers))


@pytest.mark.parametrize(
    ("claims", "headers", "cause"),
    [
        ({"nonce": "n-2"}, {}, "Invalid claim: 'nonce'"),
        ({"aud": "app-2"}, {}, "Invalid claim: 'aud'"),
        ({"exp": 1}, {}, "The token is expired"),
        ({"at_hash": "of another token"}, {}, "Invalid claim: 'at_hash'"),
        ({"exp": "soon"}, {}, "a date or the subject is malformed"),
        ({"sub": 7}, {}, "a date or the subject is malformed"),
        ({"iat": ABSENT}, {}, "malformed"),
        ({}, {"alg": "x"}, "unsupported_algorithm: received 'x', expected 'ES256', 'ES384',"),
        ({}, {"kid": "x"}, "unknown_key"),
    ],
)
def test_the_cause_of_an_invalid_id_token_is_for_the_log(
    logto: Logto, claims: dict[str, Any], headers: dict[str, Any], cause: str
) -> None:
    with pytest.raises(AnswerNotTrusted) as refused:
        validated(logto, issued(logto, headers=headers, **claims))
    assert f"for this sign-in ({cause}" in str(refused.value.reason)


@pytest.mark.parametrize("id_token", ["", "x", "a.b.c", "é", "e30.e30."])
def test_a_malformed_id_token_is_not_trusted(logto: Logto, id_token: str) -> None:
    with pytest.raises(AnswerNotTrusted):
        validated(logto, id_token)


def test_an_id_token_of_the_second_endpoint_is_not_trusted(logto: Logto, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "ENDPOINT": [logto.endpoint, "https://second.logto.test"]}
    with Logto("https://second.logto.test") as second, pytest.raises(AnswerNotTrusted):
        validated(logto, issued(second))


def test_an_id_token_cannot_be_verified_without_keys(logto: Logto) -> None:
    with logto.outage(), pytest.raises(AuthorizationServerUnavailable):
        validated(logto, issued(logto))


# The ID token of a refresh


def refreshed(logto: Logto, **claims: Any) -> dict[str, Any]:
    return refreshed_claims(
        issued(logto, **claims),
        sub="user-1",
        nonce="n-1",
        verifier=get_verifier(),
        issuer=logto.issuer,
        client_id="app-1",
        access_token="opaque",
        now=logto.now(),
        leeway=0,
    )


@pytest.mark.parametrize("nonce", ["n-1", ABSENT])
def test_a_refreshed_id_token_may_have_the_nonce_of_the_sign_in_or_none(
    logto: Logto, nonce: Any
) -> None:
    assert refreshed(logto, nonce=nonce)["sub"] == "user-1"


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "user-2"},
        {"sub": ABSENT},
        {"nonce": "n-2"},
        {"nonce": ""},
        {"nonce": None},
        {"nonce": ["n-1"]},
        {"iss": "https://other.logto.test/oidc"},
        {"aud": "app-2"},
        {"exp": 0},
        {"iat": ABSENT},
        {"at_hash": "of another token"},
    ],
)
def test_a_refreshed_id_token_with_an_invalid_claim_is_not_trusted(
    logto: Logto, claims: dict[str, Any]
) -> None:
    with pytest.raises(AnswerNotTrusted):
        refreshed(logto, **claims)


def test_recorded_id_tokens_of_refreshes_are_valid_at_their_time(
    recordings: dict[str, Any],
) -> None:
    recorded = recordings["refreshes"]
    setup = Setup()
    setup.published = recorded["jwks"]
    issuer = "http://localhost:3001/oidc"
    verifier = Setup(key_sets={issuer: setup.key_set}).verifier
    for one in recorded["id_tokens"]:
        claims = refreshed_claims(
            one["id_token"],
            sub=recorded["sub"],
            nonce=recorded["nonce"],
            verifier=verifier,
            issuer=issuer,
            client_id=recorded["client_id"],
            access_token="opaque",
            now=one["iat"],
            leeway=0,
        )
        assert claims["organizations"] == one["organizations"]
