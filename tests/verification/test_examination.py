"""Every rule of the verifier, asked of one token."""

from typing import Any

import pytest

from drf_logto.revocation.marks import Mark
from drf_logto.revocation.news import RevocationList
from drf_logto.testing import ABSENT
from drf_logto.verification.examination import LENGTH, SHAPE, Examination, examine
from drf_logto.verification.rules import RULES
from tests.support.store import Store
from tests.support.verifier_setup import API, NOW, Setup, parts, segment

EVERY_RULE = [LENGTH, SHAPE, *(rule.name for rule in RULES)]
OF_KEY = {"key", "key type", "signature", "revocation"}


@pytest.fixture
def setup() -> Setup:
    """A verifier that accepts one application's tokens, and refuses those of user-2."""
    known = RevocationList(
        Store(), lifetime=86400, is_closed=False, now=lambda: NOW, monotonic=lambda: NOW
    )
    setup = Setup(client_ids=["application-1"], revocations=known)
    known.add([Mark(issuer=setup.logto.issuer, user="user-2", before=NOW)])
    return setup


def broken(examination: Examination) -> dict[str, str]:
    """The code of each broken rule."""
    return {one.rule: one.refusal.code for one in examination.findings if one.refusal}


def not_asked(examination: Examination) -> set[str]:
    return {one.rule for one in examination.findings if one.because_of}


def test_a_valid_token_keeps_every_rule(setup: Setup) -> None:
    examination = examine(setup.verifier, setup.global_token())
    assert [one.rule for one in examination.findings] == EVERY_RULE
    assert all(one.is_kept for one in examination.findings)
    assert examination.refusal is None


@pytest.mark.parametrize(
    ("rule", "code", "headers", "claims", "others"),
    [
        ("type", "not_an_access_token", {"typ": "JWT"}, {}, OF_KEY),
        ("algorithm", "unsupported_algorithm", {"alg": "none"}, {}, OF_KEY),
        ("key id", "missing_key_id", {"kid": ABSENT}, {}, OF_KEY),
        ("extensions", "critical_header", {"crit": ["exp"]}, {}, OF_KEY),
        ("content", "malformed_token", {"cty": "JWT"}, {}, OF_KEY),
        ("issuer", "invalid_issuer", {}, {"iss": "https://evil.test/oidc"}, OF_KEY),
        ("key", "unknown_key", {"kid": "unknown"}, {}, OF_KEY - {"key"}),
        ("key type", "algorithm_mismatch", {"alg": "RS256"}, {}, {"signature", "revocation"}),
        ("expiration", "invalid_exp_claim", {}, {"exp": "soon"}, {"revocation"}),
        ("expiration", "token_expired", {}, {"exp": NOW}, {"revocation"}),
        ("start", "invalid_nbf_claim", {}, {"nbf": "now"}, set()),
        ("start", "token_not_yet_valid", {}, {"nbf": NOW + 1}, set()),
        ("subject", "invalid_sub_claim", {}, {"sub": ""}, {"revocation"}),
        ("client id", "invalid_client_id_claim", {}, {"client_id": 7}, {"client", "revocation"}),
        ("scope", "invalid_scope_claim", {}, {"scope": []}, set()),
        (
            "organization",
            "invalid_organization_id_claim",
            {},
            {"organization_id": ""},
            {"kind", "revocation"},
        ),
        (
            "audience",
            "invalid_aud_claim",
            {},
            {"aud": [7]},
            {"kind", "API resource", "revocation"},
        ),
        (
            "kind",
            "ambiguous_audience",
            {},
            {"aud": ["urn:logto:organization:a", API]},
            {"revocation"},
        ),
        ("kind", "invalid_aud_claim", {}, {"aud": "urn:logto:organization:"}, {"revocation"}),
        (
            "kind",
            "contradictory_organization",
            {},
            {"aud": "urn:logto:organization:a", "organization_id": "b"},
            {"revocation"},
        ),
        ("API resource", "wrong_audience", {}, {"aud": "https://other.test"}, set()),
        ("client", "wrong_client", {}, {"client_id": "application-2"}, set()),
        ("revocation", "token_revoked", {}, {"sub": "user-2"}, set()),
        ("revocation", "lifetime_too_long", {}, {"iat": ABSENT}, set()),
    ],
)
def test_a_broken_rule_is_the_only_one(
    setup: Setup, rule: str, code: str, headers: Any, claims: Any, others: set[str]
) -> None:
    token = setup.logto.global_token(headers=headers, claims=claims)
    examination = examine(setup.verifier, token)
    assert broken(examination) == {rule: code}
    assert not_asked(examination) == others
    assert examination.refusal is not None
    assert examination.refusal.code == code


def test_a_signature_that_is_not_valid_is_the_only_broken_rule(setup: Setup) -> None:
    header, payload, _ = parts(setup.global_token())
    examination = examine(setup.verifier, f"{header}.{payload}.{segment(b'signature')}")
    assert broken(examination) == {"signature": "invalid_signature"}
    assert not_asked(examination) == {"revocation"}


@pytest.mark.parametrize(
    ("token", "rule", "code"),
    [
        ("a" * 16385, LENGTH, "token_too_long"),
        ("a" * 43, SHAPE, "opaque_token"),
        ("\xe9", SHAPE, "malformed_token"),
    ],
)
def test_what_cannot_be_read_is_asked_nothing_else(
    setup: Setup, token: str, rule: str, code: str
) -> None:
    examination = examine(setup.verifier, token)
    assert broken(examination) == {rule: code}
    assert not_asked(examination) == set(EVERY_RULE[EVERY_RULE.index(rule) + 1 :])
    assert [one.rule for one in examination.findings] == EVERY_RULE
    assert {one.because_of for one in examination.findings} <= {None, rule}


def test_several_broken_rules_are_all_found(setup: Setup) -> None:
    token = setup.logto.id_token(expires_in=-1)
    examination = examine(setup.verifier, token)
    assert list(broken(examination)) == ["type", "expiration", "client id", "API resource"]
    assert examination.refusal is not None
    assert examination.refusal.code == "not_an_access_token"


def test_a_key_is_fetched_for_a_token_that_already_failed_only_where_that_is_asked(
    setup: Setup,
) -> None:
    token = setup.logto.id_token()
    assert "key" in not_asked(examine(setup.verifier, token))
    assert setup.loads == 0
    examination = examine(setup.verifier, token, always_fetches=True)
    assert setup.loads == 1
    assert "signature" not in {*not_asked(examination), *broken(examination)}
    unknown = setup.logto.id_token(claims={"iss": "https://evil.test/oidc"})
    assert "key" in not_asked(examine(setup.verifier, unknown, always_fetches=True))
    assert setup.loads == 1


def test_a_refusal_that_is_found_has_no_frames(setup: Setup) -> None:
    for token in ("e30.e30.e30", setup.global_token(iss="https://evil.test/oidc")):
        refusal = examine(setup.verifier, token).refusal
        assert refusal is not None
        assert refusal.__traceback__ is None
