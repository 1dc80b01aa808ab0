"""What is said of a token, whether it is valid or not."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from drf_logto.auth_info import TokenKind
from drf_logto.exceptions import LogtoError, NoScopeDeclared, WrongAudience
from drf_logto.explanation import remedies
from drf_logto.explanation.credentials import CREDENTIALS
from drf_logto.explanation.remedies import remedy_of
from drf_logto.explanation.tokens import TITLES, Refusal, explain_token
from drf_logto.runtime import get_verifier
from drf_logto.testing import ABSENT, Logto
from drf_logto.verification.examination import LENGTH, SHAPE
from drf_logto.verification.rules import RULES
from tests.support.documents import text
from tests.support.refusals import leaves
from tests.support.verifier_setup import NOW

MANAGEMENT = "https://default.logto.app/api"


@pytest.fixture
def logto() -> Iterator[Logto]:
    with Logto(now=lambda: NOW) as logto:
        yield logto


RECOGNIZED: list[tuple[str, Callable[[Logto], str]]] = [
    ("access token", lambda logto: logto.global_token()),
    ("access token", lambda logto: logto.organization_token("org-1", expires_in=-5)),
    ("ID token", lambda logto: logto.id_token()),
    (
        "logout token",
        lambda logto: logto.id_token(headers={"typ": "logout+jwt"}, claims={"events": {}}),
    ),
    ("JWT", lambda logto: logto.global_token(headers={"typ": "JWT"})),
    ("opaque token", lambda logto: logto.opaque_token()),
    ("no token", lambda logto: "undefined"),
    ("no token", lambda logto: f'"{logto.global_token()}"'),
    ("text that is too long", lambda logto: "a" * 20000),
    (
        "access token of another issuer",
        lambda logto: logto.global_token(claims={"iss": "https://other.logto.app/oidc"}),
    ),
    ("Management API token", lambda logto: logto.global_token(claims={"aud": [MANAGEMENT]})),
    (
        "Management API token",
        lambda logto: logto.global_token(claims={"aud": "https://own.test/management"}),
    ),
    (
        "token for the reserved resource",
        lambda logto: logto.global_token(claims={"aud": "urn:logto:resource:organizations"}),
    ),
    (
        "access token for another API resource",
        lambda logto: logto.global_token(claims={"aud": "https://other.example.test"}),
    ),
]


def test_what_a_text_is_is_recognized(logto: Logto, logto_options: Any) -> None:
    logto_options(MANAGEMENT_API_RESOURCE="https://own.test/management")
    for name, token in RECOGNIZED:
        credential = explain_token(token(logto)).credential
        assert credential.name == name
        assert bool(credential.remedy) == (name != "access token")
    assert {name for name, _ in RECOGNIZED} == {one.name for one in CREDENTIALS}


def test_what_a_real_logto_gave_is_recognized(logto: Logto, recordings: dict[str, Any]) -> None:
    answers = recordings["tokens"]["tokens"]
    for case, name in (
        ("user_code_exchange_no_resource", "opaque token"),
        ("m2m_api_all", "access token of another issuer"),
    ):
        assert explain_token(answers[case]["response"]["access_token"]).credential.name == name
    assert explain_token(answers["user_api"]["response"]["id_token"]).credential.name == "ID token"


def test_a_valid_token_has_its_facts(logto: Logto) -> None:
    explained = explain_token(logto.organization_resource_token("org-1", ["read:a", "write:a"]))
    assert explained.is_verified
    assert explained.refusal is None
    assert explained.auth is not None
    assert (explained.kind, explained.organization) == (TokenKind.ORGANIZATION_RESOURCE, "org-1")
    assert explained.scopes == ("read:a", "write:a")
    assert explained.lifetime == "1\xa0hour"
    assert [one.name for one in explained.header] == ["alg", "typ", "kid"]
    claims = {one.name: one for one in explained.claims}
    assert claims["exp"].future == "1\xa0hour"
    assert claims["exp"].moment.endswith("Z")
    assert all(one.is_kept for one in explained.rules)


def test_a_token_that_is_not_verified_has_what_it_says(logto: Logto) -> None:
    explained = explain_token(logto.global_token(["a"], claims={"iss": "https://evil.test/oidc"}))
    assert not explained.is_verified
    assert explained.auth is None
    assert (explained.kind, explained.scopes) == (TokenKind.GLOBAL, ("a",))
    (broken,) = [one for one in explained.rules if one.refusal]
    assert broken.refusal is not None
    assert broken.refusal.code == "invalid_issuer"
    assert "received 'https://evil.test/oidc'" in broken.refusal.reason
    assert broken.refusal.remedy.startswith("Compare ENDPOINT")
    assert [one.value for one in broken.found] == ['"https://evil.test/oidc"']
    because = {one.name: one.because_of for one in explained.rules if one.because_of}
    assert because == dict.fromkeys(["key", "key type", "signature"], "Issuer")


@pytest.mark.parametrize(
    "claims",
    [{"aud": 7, "scope": []}, {"aud": [], "scope": 7}, {"aud": {}, "scope": {"a": 1}}],
)
def test_what_the_claims_do_not_say_is_not_known(logto: Logto, claims: Any) -> None:
    explained = explain_token(
        logto.global_token(claims={**claims, "iat": ABSENT, "organization_id": ""})
    )
    assert (explained.kind, explained.organization, explained.scopes) == (None, None, None)
    assert explained.lifetime == ""


def test_a_text_without_parts_has_no_claims(logto: Logto) -> None:
    explained = explain_token("undefined")
    assert (explained.header, explained.claims, explained.lifetime) == ((), (), "")
    assert (explained.kind, explained.scopes) == (None, None)


def test_no_part_of_a_token_is_in_its_explanation(logto: Logto) -> None:
    for token in (logto.global_token(), logto.id_token(), logto.opaque_token()):
        explained = repr(explain_token(token, always_fetches=True))
        assert not any(part in explained for part in token.split("."))


def test_a_value_is_bounded_and_printable(logto: Logto) -> None:
    explained = explain_token(logto.global_token(claims={"x" * 600: "\x1b[2J\u202e" + "y" * 600}))
    claim = explained.claims[-1]
    assert len(claim.name) == 501
    assert claim.value.startswith('"\\u001b[2J\\u202eyyy')
    assert len(claim.value) < 520
    assert claim.value.endswith("…")
    many = explain_token(
        logto.organization_token("o" * 600, [f"s{one}" for one in range(200)] + ["x" * 600])
    )
    assert many.scopes is not None
    assert many.organization is not None
    assert (len(many.scopes), len(many.organization)) == (50, 501)
    many = explain_token(logto.global_token(claims={f"c{one}": one for one in range(200)}))
    assert len(many.claims) == 50


def test_what_a_broken_rule_lacks_is_said_to_be_absent(logto: Logto) -> None:
    found = {one.name: one.found for one in explain_token(logto.id_token()).rules}
    assert [(one.name, one.value) for one in found["type"]] == [("typ", "absent")]
    assert [(one.name, one.value) for one in found["client id"]] == [("client_id", "absent")]
    assert found["start"] == ()


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
NAMES = st.sampled_from(["typ", "alg", "kid", "iss", "aud", "sub", "exp", "nbf", "iat", "scope"])
CHANGES = st.dictionaries(NAMES | st.just("organization_id"), ANY_JSON, max_size=3)


@given(CHANGES, CHANGES, st.text(max_size=50) | st.none())
def test_everything_can_be_explained_and_is_judged_as_in_a_request(
    headers: dict[str, Any], claims: dict[str, Any], text: str | None
) -> None:
    with Logto(now=lambda: NOW) as logto:
        token = logto.global_token(headers=headers, claims=claims) if text is None else text
        with override("ko"):
            explained = explain_token(token, always_fetches=True)
        try:
            get_verifier().verify(token)
        except LogtoError as refused:
            refusal: LogtoError | None = refused
        else:
            refusal = None
    assert repr(explained.refusal) == repr(refusal)
    assert (explained.auth is None) == (refusal is not None)


def test_every_rule_has_a_title() -> None:
    assert list(TITLES) == [LENGTH, SHAPE, *(rule.name for rule in RULES)]


@pytest.mark.parametrize("refusal", [*leaves()], ids=lambda one: one.__name__)
def test_a_refusal_of_a_token_has_a_remedy(refusal: type[LogtoError]) -> None:
    if refusal.code not in {"context_lost"}:  # which no token is refused with
        assert refusal.code in remedies._CODES


@pytest.mark.parametrize(
    "document", ["docs/en/reference/refusals.md", "docs/ko/reference/refusals.md"]
)
def test_a_remedy_is_that_of_the_reference(document: str) -> None:
    language = "ko" if "/ko/" in document else "en"
    section = r"^### `([a-z_]+)`\n(?:(?!#).*\n)+?\*\*(?:What to do|할 일)\*\*: (.+)$"
    remedy = dict(re.findall(section, text(document), re.MULTILINE))
    with override(language):
        for code in remedies._CODES:
            refusal = LogtoError()
            refusal.code = code
            written = remedy[code].replace("`", "").lower()
            assert remedy_of(refusal).rstrip(".").lower() in written, code


def test_a_view_without_scopes_has_a_remedy_of_its_own() -> None:
    assert remedy_of(NoScopeDeclared("HasScopes")).startswith("Declare scopes")


def test_a_refusal_of_a_project_has_no_remedy() -> None:
    refusal = LogtoError()
    refusal.code, refusal.message, refusal.status = "unpaid", "Pay first.", 403
    refusal.because("\x1b" + "x" * 6000)
    found = Refusal.of(refusal)
    assert (found.code, found.sentence, found.remedy) == ("unpaid", "Pay first.", "")
    assert found.reason.startswith("\\u001bxxx")
    assert len(found.reason) < 5020


def test_an_explanation_is_in_the_language_of_the_request(logto: Logto) -> None:
    with override("ko"):
        explained = explain_token(logto.id_token())
        assert (
            explained.credential.description
            == "ID 토큰입니다. 누가 로그인했는지 애플리케이션에 알려 줍니다."
        )
        assert Refusal.of(WrongAudience()).remedy.startswith("API_RESOURCE 중 하나")
        assert explained.rules[0].title == "토큰의 길이"
