"""drf_logto.testing: what users test their own APIs with."""

import inspect
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto import verify
from drf_logto.auth_info import TokenKind
from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.outgoing import machine_token
from drf_logto.outgoing.management_api import management_api
from drf_logto.permissions import HasScopes
from drf_logto.testing import ABSENT, Logto, TokenOptions

Route = Callable[..., None]


class Seen(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request: Any) -> Response:
        return Response({"sub": request.auth.sub, "claims": request.auth.claims})


@pytest.fixture(autouse=True)
def urls(route: Route) -> None:
    route(
        path("", Seen.as_view()),
        path("products/", Seen.as_view(permission_classes=[HasScopes("read:products")])),
    )


def header_and_claims(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    decoded = jwt.decode_complete(token, options={"verify_signature": False})
    return decoded["header"], decoded["payload"]


def test_five_lines_are_a_test(logto: Logto) -> None:
    reader = logto.client(logto.global_token(["read:products"]))
    stranger = logto.client(logto.global_token([]))
    assert reader.get("/products/").status_code == 200
    assert stranger.get("/products/").status_code == 403


def test_tokens_look_like_those_that_a_real_logto_issued(
    logto: Logto, recordings: dict[str, Any]
) -> None:
    recorded = recordings["tokens"]["tokens"]
    pairs = {
        "m2m_api_all": logto.global_token(["read:products"], machine="backend"),
        "m2m_api_no_scope_param": logto.global_token(machine="backend"),
        "user_other": logto.global_token(),
        "m2m_org_a": logto.organization_token("org-a", ["invite:member"], machine="backend"),
        "m2m_org_a_no_scope_param": logto.organization_token("org-a", machine="backend"),
        "user_org_a": logto.organization_token("org-a", ["invite:member"]),
        "m2m_org_a_api": logto.organization_resource_token("org-a", ["a"], machine="backend"),
        "m2m_org_a_api_no_scope_param": logto.organization_resource_token("org-a", machine="b"),
        "user_org_a_api": logto.organization_resource_token("org-a", ["read:data"]),
    }
    for name, token in pairs.items():
        real_header, real_claims = header_and_claims(recorded[name]["response"]["access_token"])
        header, claims = header_and_claims(token)
        assert header.keys() == real_header.keys(), name
        assert claims.keys() == real_claims.keys(), name
        assert (claims["sub"] == claims["client_id"]) is name.startswith("m2m"), name


def test_tokens_are_those_of_a_client_that_may_use_the_api(logto: Logto, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "CLIENT_IDS": ["app-1", "app-2"]}
    other = {"client_id": "app-3"}
    for token, status in (
        (logto.global_token(), 200),
        (logto.organization_token("org-a"), 200),
        (logto.global_token(machine="app-2"), 200),
        (logto.global_token(machine="backend"), 403),
        (logto.global_token(claims=other), 403),
    ):
        assert logto.client(token).get("/").status_code == status


def test_keys_look_like_those_of_a_real_logto(logto: Logto, recordings: dict[str, Any]) -> None:
    logto.rotate("RS256")
    real = recordings["jwks_after_rotation_to_rsa"]["keys"]
    assert [set(key) for key in logto.jwks["keys"]] == [set(key) for key in real]


def test_an_id_token_looks_like_a_real_one(logto: Logto, recordings: dict[str, Any]) -> None:
    recorded = recordings["tokens"]["tokens"]["user_code_exchange_no_resource"]["response"]
    header, claims = header_and_claims(logto.id_token())
    real_header, real_claims = header_and_claims(recorded["id_token"])
    assert header.keys() == real_header.keys()
    assert claims.keys() <= real_claims.keys()
    assert len(logto.opaque_token()) == len(recorded["access_token"])


def test_an_id_token_can_say_something_else(logto: Logto) -> None:
    token = logto.id_token("alice", claims={"aud": "shop", "nonce": "n"}, headers={"x": 1})
    header, claims = header_and_claims(token)
    assert (claims["sub"], claims["aud"], claims["nonce"]) == ("alice", "shop", "n")
    assert header.keys() == {"alg", "kid", "x"}


def test_the_metadata_is_a_part_of_that_of_a_real_one(recordings: dict[str, Any]) -> None:
    real = recordings["openid_configuration"]
    for name, value in Logto("http://localhost:3001", "https://api.example.test").metadata.items():
        if isinstance(value, list):
            assert set(value) <= set(real[name])
        else:
            assert value == real[name]


def test_any_claim_and_header_can_be_set_or_left_out(logto: Logto) -> None:
    token = logto.global_token(claims={"sub": "me", "jti": ABSENT}, headers={"typ": ABSENT, "x": 1})
    header, claims = header_and_claims(token)
    assert (header["x"], claims["sub"]) == (1, "me")
    assert "typ" not in header
    assert "jti" not in claims


def test_users_and_machines_have_tokens(logto: Logto) -> None:
    assert logto.client(logto.global_token(user="alice")).get("/").json()["sub"] == "alice"
    assert logto.client(logto.global_token(machine="backend")).get("/").json()["sub"] == "backend"


def test_a_token_can_have_expired_and_can_expire(logto: Logto) -> None:
    assert logto.client(logto.global_token(expires_in=-1)).get("/").status_code == 401
    client = logto.client(logto.global_token(expires_in=60))
    assert client.get("/").status_code == 200
    logto.advance(60)
    assert client.get("/").status_code == 401


def test_the_newest_token_is_accepted_at_once_after_each_rotation(logto: Logto) -> None:
    before = logto.client(logto.global_token())
    assert before.get("/").status_code == 200
    for algorithm in ("RS256", "ES384"):
        logto.rotate(algorithm)
        assert logto.client(logto.global_token()).get("/").status_code == 200
    assert before.get("/").json()["code"] == "unknown_key"


def test_the_api_answers_again_at_once_after_an_outage(logto: Logto) -> None:
    client = logto.client(logto.global_token())
    with logto.outage():
        assert client.get("/").status_code == 503
    assert client.get("/").status_code == 200


def test_only_tokens_with_known_keys_are_accepted_during_an_outage(logto: Logto) -> None:
    known = logto.client(logto.global_token())
    assert known.get("/").status_code == 200
    with logto.outage():
        logto.rotate()
        for _ in range(2):
            assert logto.client(logto.global_token()).get("/").status_code == 503
            assert known.get("/").status_code == 200
    assert logto.client(logto.global_token()).get("/").status_code == 200


def test_an_outage_ends_with_the_last_that_began_whichever_ends_first(logto: Logto) -> None:
    """Outages of several threads overlap."""
    client, first, second = logto.client(logto.global_token()), logto.outage(), logto.outage()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert client.get("/").status_code == 503
    second.__exit__(None, None, None)
    assert client.get("/").status_code == 200


def test_a_logto_that_is_entered_twice_stands_in_until_it_is_left_twice(logto: Logto) -> None:
    with logto:
        assert logto.client(logto.global_token()).get("/").status_code == 200
    assert logto.client(logto.global_token()).get("/").status_code == 200


def test_a_client_without_a_token_sends_none(logto: Logto) -> None:
    assert logto.client().get("/").status_code == 401


def test_it_works_without_pytest_too() -> None:
    with Logto(algorithm="RS256") as logto:
        assert logto.client(logto.global_token()).get("/").status_code == 200
        assert logto.fetched[-1] == "https://tenant.logto.test/oidc/jwks"


def test_another_logto_can_be_stood_in_for(logto: Logto) -> None:
    stranger = Logto("https://stranger.logto.test", "https://other.test")
    response = logto.client(stranger.global_token()).get("/")
    assert response.json()["code"] == "invalid_issuer"


def test_the_typed_options_are_those_that_are_accepted() -> None:
    parameters = inspect.signature(Logto.issue).parameters.values()
    accepted = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
    assert set(TokenOptions.__annotations__) == accepted


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"resource": "https://api.example.test"}, TokenKind.GLOBAL),
        ({"organization": "o1"}, TokenKind.ORGANIZATION),
        (
            {"resource": "https://api.example.test", "organization": "o1"},
            TokenKind.ORGANIZATION_RESOURCE,
        ),
    ],
)
def test_a_machine_token_is_issued_with_every_scope_that_is_asked_for(
    logto: Logto, logto_options: Any, arguments: dict[str, str], kind: TokenKind
) -> None:
    logto_options(MACHINE_APP_ID="machine-1", MACHINE_APP_SECRET="hush")
    auth = verify(machine_token(**arguments, scopes=["b", "a"]))
    assert (auth.kind, auth.client_id, auth.is_machine) == (kind, "machine-1", True)
    assert (auth.organization_id, auth.scopes) == (arguments.get("organization"), ("a", "b"))


@pytest.mark.usefixtures("logto")
def test_nothing_else_is_asked_for_over_the_network(logto_options: Any) -> None:
    logto_options(MANAGEMENT_APP_ID="machine-1", MANAGEMENT_APP_SECRET="hush")
    with pytest.raises(AuthorizationServerUnavailable):
        management_api().get("/hooks")


def test_no_machine_token_is_issued_during_an_outage(logto: Logto, logto_options: Any) -> None:
    logto_options(MACHINE_APP_ID="machine-1", MACHINE_APP_SECRET="hush")
    with logto.outage(), pytest.raises(AuthorizationServerUnavailable):
        machine_token(organization="o1")
