"""AuthInfo: what a view learns of a token."""

import dataclasses
import json
from typing import Any

import pytest

from drf_logto.auth_info import TokenKind
from tests.support.auth import auth_info


def test_its_facts_are_those_of_the_payload() -> None:
    auth = auth_info()
    assert (auth.sub, auth.client_id) == ("user-1", "application-1")
    assert (auth.scopes, auth.audience) == (("write:a", "read:a"), ("https://api.example.test",))
    assert (auth.issuer, auth.expires_at) == ("https://tenant.logto.test/oidc", 200)
    assert (auth.kind, auth.organization_id) == (TokenKind.GLOBAL, None)


def test_the_organization_makes_the_kind() -> None:
    of_audience = auth_info(aud="urn:logto:organization:org-a")
    assert (of_audience.kind, of_audience.organization_id) == (TokenKind.ORGANIZATION, "org-a")
    of_claim = auth_info(organization_id="org-a")
    assert of_claim.kind is TokenKind.ORGANIZATION_RESOURCE
    assert of_claim.organization_id == "org-a"


def test_two_of_the_same_payload_are_equal() -> None:
    assert len({auth_info(), auth_info(), auth_info(sub="user-2")}) == 2


def test_to_dict_gives_the_five_keys_ready_for_json() -> None:
    assert json.loads(json.dumps(auth_info().to_dict())) == {
        "sub": "user-1",
        "client_id": "application-1",
        "organization_id": None,
        "scopes": ["write:a", "read:a"],
        "audience": ["https://api.example.test"],
    }


def test_it_is_immutable() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        auth_info().payload = b"{}"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        auth_info().sub = "somebody else"  # type: ignore[misc]


def test_what_is_done_to_its_claims_does_not_last() -> None:
    auth = auth_info()
    auth.claims["act"]["sub"] = "somebody else"
    assert auth.claims["act"] == {"sub": "admin"}


def test_it_shows_a_machine_from_a_user() -> None:
    assert auth_info(sub="application-1").is_machine
    assert not auth_info().is_machine


def test_the_less_asked_claims_are_attributes_too() -> None:
    auth = auth_info()
    assert (auth.issued_at, auth.token_id, auth.actor) == (100, "token-1", "admin")


@pytest.mark.parametrize(
    "claims",
    [
        {"iat": "100", "jti": 7, "act": "admin"},
        {"iat": True, "jti": None, "act": {"sub": 7}},
        {"iat": 10**400, "jti": [], "act": []},
        {"iat": -1, "jti": {}, "act": {"sub": None}},
    ],
)
def test_a_claim_of_another_type_is_none(claims: dict[str, Any]) -> None:
    auth = auth_info(**claims)
    assert (auth.issued_at, auth.token_id, auth.actor) == (None, None, None)


def test_its_repr_shows_who_and_what() -> None:
    expected = "AuthInfo(sub='user-1', kind=TokenKind.GLOBAL, scopes=('write:a', 'read:a'))"
    assert repr(auth_info()) == expected
