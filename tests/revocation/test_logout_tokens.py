"""Back-channel logout: which logout tokens are accepted, and what they end."""

import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from drf_logto import verify
from drf_logto.exceptions import AuthorizationServerUnavailable, TokenRevoked
from drf_logto.revocation.logout_tokens import InvalidLogoutToken, sign_out
from drf_logto.runtime import Environment, get_revocations, override
from drf_logto.testing import ABSENT, Logto
from tests.support.webhooks import EVENT, logout_token

pytestmark = pytest.mark.usefixtures("webhooks")

ADDRESS = "/logto/backchannel-logout/"
CLIENT = "application-1"


@pytest.fixture(autouse=True)
def client_id(webhooks: None, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "APP_ID": CLIENT}


@pytest.fixture
def logto(client_id: None) -> Iterator[Logto]:
    """Its clock moves only when a test advances it."""
    started = int(time.time())
    with Logto(now=lambda: started) as logto:
        yield logto


def send(token: str | None, **options: Any) -> Any:
    body = "" if token is None else urlencode({"logout_token": token})
    content_type = options.pop("content_type", "application/x-www-form-urlencoded")
    client = Client(enforce_csrf_checks=True)
    return client.post(ADDRESS, options.pop("body", body), content_type, **options)


def is_revoked(token: str) -> bool:
    try:
        verify(token)
    except TokenRevoked:
        return True
    return False


def is_signed_out(logto: Logto, session: str | None = None, user: str = "ada") -> bool:
    known = get_revocations()
    assert known is not None
    return known.is_signed_out(
        issuer=logto.issuer, user=user, client=CLIENT, session=session, since=int(logto.now())
    )


def test_a_sign_out_voids_the_tokens_of_the_user_at_the_client(logto: Logto) -> None:
    here = logto.global_token(user="ada")
    elsewhere = logto.global_token(user="ada", claims={"client_id": "another"})
    another = logto.global_token(user="bob")
    for _ in range(2):
        response = send(logout_token(logto))
        assert (response.status_code, response.content) == (200, b"")
        assert "no-store" in response["Cache-Control"]
    assert [is_revoked(one) for one in (here, elsewhere, another)] == [True, False, False]


def test_a_sign_out_of_a_session_ends_that_session(logto: Logto) -> None:
    send(logout_token(logto, sid="sid-1"))
    assert is_signed_out(logto, "sid-1")
    assert not is_signed_out(logto, "sid-2")
    assert not is_signed_out(logto)


def test_a_sign_out_without_a_session_ends_all_of_the_user(logto: Logto) -> None:
    send(logout_token(logto))
    assert is_signed_out(logto, "sid-1")
    assert is_signed_out(logto)
    assert not is_signed_out(logto, user="bob")
    logto.advance(1)
    assert not is_signed_out(logto)


def test_a_sign_out_may_name_the_session_alone(logto: Logto) -> None:
    token = logto.global_token(user="ada")
    send(logout_token(logto, sub=ABSENT, sid="sid-1"))
    assert is_signed_out(logto, "sid-1")
    assert not is_revoked(token)


@pytest.mark.parametrize(
    ("claims", "headers"),
    [
        ({"aud": [CLIENT]}, {}),
        ({"aud": "second"}, {}),
        ({"aud": ["second", CLIENT]}, {}),
        ({"events": {EVENT: {"any": 1}, "another": {}}}, {}),
        ({}, {"typ": "application/LOGOUT+jwt"}),
    ],
    ids=str,
)
def test_a_logout_token_that_keeps_the_rules_is_accepted(
    logto: Logto, settings: Any, claims: dict[str, Any], headers: dict[str, Any]
) -> None:
    clients = [CLIENT, "second"]
    settings.LOGTO = {**settings.LOGTO, "BACKCHANNEL_LOGOUT_CLIENT_IDS": clients}
    assert send(logout_token(logto, headers, **claims)).status_code == 200


@pytest.mark.parametrize(
    ("claims", "headers", "reason"),
    [
        ({"iss": "https://other.test/oidc"}, {}, "invalid_issuer"),
        ({"aud": "another"}, {}, "aud"),
        ({"aud": [CLIENT, "another"]}, {}, "aud"),
        ({"aud": []}, {}, "aud"),
        ({"aud": [[CLIENT]]}, {}, "aud"),
        ({"aud": ABSENT}, {}, "aud"),
        ({"iat": ABSENT}, {}, "iat"),
        ({"iat": "now"}, {}, "iat"),
        ({"iat": 1}, {}, "iat"),
        ({"iat": 2**40}, {}, "iat"),
        ({"exp": ABSENT}, {}, "expired"),
        ({"exp": 1}, {}, "expired"),
        ({"events": ABSENT}, {}, "events"),
        ({"events": [EVENT]}, {}, "events"),
        ({"events": {EVENT: None}}, {}, "events"),
        ({"nonce": None}, {}, "nonce"),
        ({"jti": ABSENT}, {}, "jti"),
        ({"jti": 7}, {}, "jti"),
        ({"sub": ABSENT}, {}, "neither sub nor sid"),
        ({"sub": ""}, {}, "sub"),
        ({"sub": "a" * 201}, {}, "sub"),
        ({"sid": 7}, {}, "sid"),
        ({}, {"typ": ABSENT}, "typ"),
        ({}, {"typ": "at+jwt"}, "typ"),
        ({}, {"typ": 7}, "typ"),
        ({}, {"alg": "none"}, "unsupported_algorithm"),
        ({}, {"alg": "HS256"}, "unsupported_algorithm"),
        ({}, {"alg": "ES256"}, "algorithm_mismatch"),
        ({}, {"kid": "another"}, "unknown_key"),
        ({}, {"crit": ["x"]}, "critical_header"),
    ],
    ids=str,
)
def test_a_logout_token_that_breaks_a_rule_ends_nothing(
    logto: Logto, claims: dict[str, Any], headers: dict[str, Any], reason: str
) -> None:
    access_token = logto.global_token(user="ada")
    response = send(logout_token(logto, headers, **claims))
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"
    assert reason in response.json()["error_description"]
    assert "no-store" in response["Cache-Control"]
    assert not is_revoked(access_token)


def test_the_signature_of_a_logout_token_counts(logto: Logto) -> None:
    token = logout_token(logto)
    forged = logout_token(logto, sub="bob").rpartition(".")[0] + "." + token.rpartition(".")[2]
    with pytest.raises(InvalidLogoutToken, match="invalid_signature"):
        sign_out(forged)


@pytest.mark.parametrize("token", ["", "a.b.c", "é", "a" * 20_000, "a" * 43])
def test_what_is_no_token_ends_nothing(logto: Logto, token: str) -> None:
    assert send(token).status_code == 400


def test_no_client_is_ours_without_a_setting(logto: Logto, settings: Any) -> None:
    settings.LOGTO = {one: value for one, value in settings.LOGTO.items() if one != "APP_ID"}
    assert send(logout_token(logto)).status_code == 400
    assert send(logout_token(logto, aud=None)).status_code == 400


@pytest.mark.parametrize(
    "options",
    [
        {"content_type": "application/json"},
        {"body": ""},
        {"body": "logout_token"},
        {"body": "logout_token=a&logout_token=b"},
        {"body": "&".join(f"a{one}=1" for one in range(100))},
        {"body": b"\xe9=1"},
    ],
    ids=lambda options: str(options)[:50],
)
def test_a_body_of_another_form_ends_nothing(logto: Logto, options: Mapping[str, Any]) -> None:
    response = send(logout_token(logto), **options)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


def test_no_more_is_decoded_than_a_logout_token_has(logto: Logto) -> None:
    """Two megabytes of ``%41`` take half a second, and 150 MB, for anyone who sends them."""
    prefix = "logout_token="
    longest = prefix + "A" * (2**16 - len(prefix))
    assert [send(None, body=longest + more).status_code for more in ("", "A")] == [400, 413]


def test_get_is_not_answered() -> None:
    assert Client().get(ADDRESS).status_code == 405


def test_a_logout_token_without_a_known_key_is_503(logto: Logto) -> None:
    with logto.outage():
        response = send(logout_token(logto))
        assert (response.status_code, response.json()["code"]) == (
            503,
            AuthorizationServerUnavailable.code,
        )


@pytest.fixture
def logouts(recordings: dict[str, Any], settings: Any) -> Iterator[list[dict[str, Any]]]:
    """What a real Logto sent, and its keys, at that time."""
    recorded = recordings["revocation"]["logouts"]
    endpoint = "http://localhost:3001"
    clients = sorted({one["client_id"] for one in recorded["requests"]})
    settings.LOGTO = {
        **settings.LOGTO,
        "ENDPOINT": endpoint,
        "BACKCHANNEL_LOGOUT_CLIENT_IDS": clients,
    }
    published = Logto(endpoint)

    def fetch(url: str, timeout: float) -> object:
        return recorded["jwks"] if url.endswith("jwks") else published.metadata

    received_at = recorded["requests"][0]["received_at"]
    with override(Environment(fetch, lambda: received_at, is_shared=False)):
        yield recorded["requests"]


def test_real_logout_tokens_end_what_was_signed_out_of(logouts: list[dict[str, Any]]) -> None:
    for one in (*logouts, *logouts[::-1]):
        assert send(None, body=one["raw"]).status_code == 200
    known = get_revocations()
    assert known is not None
    alice = {"issuer": "http://localhost:3001/oidc", "user": "4ubr2sv15604"}
    at, sid = logouts[0]["received_at"] - 60, "6SvtnasRuXOalYKfEDbqo2xdsAt_7APhESlHizItdEE"
    web, third = logouts[0]["client_id"], logouts[1]["client_id"]
    # Without a session is the third of them alone.
    assert known.is_signed_out(**alice, client=web, session=sid, since=at)
    assert known.is_signed_out(**alice, client=web, session="another", since=at)
    assert not known.is_signed_out(**alice, client=third, session="another", since=at)
    assert not known.is_signed_out(**{**alice, "user": "bob"}, client=web, session=None, since=at)
