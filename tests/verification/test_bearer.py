"""RFC 6750: the Authorization header in, the challenge out."""

import re

import pytest

from drf_logto.exceptions import (
    AuthorizationServerUnavailable,
    InsufficientScope,
    LogtoError,
    MalformedHeader,
    MalformedToken,
    WrongTokenKind,
)
from drf_logto.verification import bearer


@pytest.mark.parametrize(
    "header", ["", " ", "Basic dXNlcjpwdw==", "Token a", "Bear er", "Bearers a", "é"]
)
def test_another_scheme_is_ignored(header: str) -> None:
    assert bearer.credentials(header) is None


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER  abc ", "\tBearer abc"])
def test_the_scheme_is_read_in_any_case(header: str) -> None:
    assert bearer.credentials(header) == "abc"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Bearer a,b",
        "Bearer a, Bearer b",
        "Bearer\ta",
        "Bearer\xa0a",
        "Bearer a\tb",
        "Bearer \ta",
        "Bearer a\xa0b",
        "Bearer a\n",
        "Beareré abc",
        "Bearer:abc",
        'Bearer"abc"',
        "Basic dXNlcjpwdw==,Bearer abc",
        "Basic dXNlcjpwdw==, bearer",
        ",Bearer abc",
    ],
)
def test_bearer_without_exactly_one_credential_is_malformed(header: str) -> None:
    with pytest.raises(MalformedHeader):
        bearer.credentials(header)


@pytest.mark.parametrize("header", ["Bearer Bearer a", "bearer BEARER  a", "Bearer bearer a,b"])
def test_the_scheme_twice_is_named(header: str) -> None:
    with pytest.raises(MalformedHeader, match="'Bearer' twice"):
        bearer.credentials(header)


def test_every_character_that_a_token_may_have_is_kept() -> None:
    assert bearer.credentials("Bearer aZ09-._~+/==") == "aZ09-._~+/=="


@pytest.mark.parametrize(
    "refusal",
    [
        None,
        MalformedHeader(),
        WrongTokenKind("global"),
        InsufficientScope(("read:a", "write:a")),
        AuthorizationServerUnavailable("down"),
    ],
)
def test_a_challenge_has_a_parameter_and_none_twice(refusal: LogtoError | None) -> None:
    scheme, _, parameters = bearer.challenge("api", refusal).partition(" ")
    names = re.findall(r'(\w+)="[^"]*"(?:, |$)', parameters)
    assert scheme == "Bearer"
    assert names[0] == "realm"
    assert len(names) == len(set(names)) == parameters.count('="')


def test_a_challenge_without_credentials_carries_no_error() -> None:
    assert bearer.challenge("api") == 'Bearer realm="api"'


def test_a_challenge_shows_error_and_description() -> None:
    assert bearer.challenge("api", MalformedToken()) == (
        'Bearer realm="api", error="invalid_token", '
        'error_description="The access token is not a well-formed JWT."'
    )


def test_a_challenge_names_the_required_scopes() -> None:
    assert 'scope="read:a write:a"' in bearer.challenge(
        "api", InsufficientScope(("read:a", "write:a"))
    )


def test_nothing_leaves_the_quotes_of_a_challenge() -> None:
    challenge = bearer.challenge("api", InsufficientScope(('a"', "b\\", "c\r\nSet-Cookie: d", "é")))
    assert challenge.endswith('scope="a? b? c??Set-Cookie: d ?"')
