"""AuthInfo: what a view learns of a token."""

import dataclasses
import json
from typing import Any

import pytest

from drf_logto.auth_info import AuthInfo, TokenKind


def auth_info(**changes: Any) -> AuthInfo:
    payload = changes.pop("payload", {"iat": 100, "jti": "token-1", "act": {"sub": "admin"}})
    return AuthInfo(
        **{
            "sub": "user-1",
            "client_id": "application-1",
            "organization_id": None,
            "scopes": ("write:a", "read:a"),
            "audience": ("https://api.example.test",),
            "kind": TokenKind.GLOBAL,
            "issuer": "https://tenant.logto.test/oidc",
            "expires_at": 200,
            "payload": json.dumps(payload).encode(),
            **changes,
        }
    )


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
        auth_info().sub = "somebody else"  # type: ignore[misc]


def test_what_is_done_to_its_claims_does_not_last() -> None:
    auth = auth_info()
    auth.claims["act"]["sub"] = "somebody else"
    assert auth.claims["act"] == {"sub": "admin"}


def test_it_tells_a_machine_from_a_user() -> None:
    assert auth_info(sub="application-1").is_machine
    assert not auth_info().is_machine


def test_the_less_asked_claims_are_attributes_too() -> None:
    auth = auth_info()
    assert (auth.issued_at, auth.token_id, auth.actor) == (100, "token-1", "admin")


@pytest.mark.parametrize(
    "payload",
    [{}, {"iat": "100", "jti": 7, "act": "admin"}, {"iat": True, "jti": None, "act": {"sub": 7}}],
)
def test_a_claim_of_another_type_is_none(payload: dict[str, Any]) -> None:
    auth = auth_info(payload=payload)
    assert (auth.issued_at, auth.token_id, auth.actor) == (None, None, None)


def test_its_repr_holds_no_payload() -> None:
    assert "token-1" not in repr(auth_info())
