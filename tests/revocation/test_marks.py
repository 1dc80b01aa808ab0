"""Marks: which tokens are void, and since when."""

from typing import Any

import pytest

from drf_logto.revocation.marks import Mark, Marks, dump, parse
from tests.support.auth import auth_info

ISSUER = "https://tenant.logto.test/oidc"
A_DAY = 86400.0
IN_ORG = {"organization_id": "org-a"}
OF_ORG = {"aud": "urn:logto:organization:org-a"}


def marks(*known: Mark) -> Marks:
    result = Marks(A_DAY)
    result.add(known)
    return result


def mark(before: float = 100, **names: Any) -> Mark:
    return Mark(**{"issuer": ISSUER, "before": before, **names})


@pytest.mark.parametrize(
    ("names", "void", "valid"),
    [
        ({"user": "user-1"}, [{}, IN_ORG, OF_ORG], [{"sub": "user-2"}]),
        ({"organization": "org-a"}, [IN_ORG, OF_ORG], [{}, {"organization_id": "org-b"}]),
        ({"organization": ""}, [{}], [IN_ORG, OF_ORG]),
        (
            {"user": "user-1", "organization": "org-a"},
            [IN_ORG, OF_ORG],
            [{}, {**IN_ORG, "sub": "user-2"}, {"organization_id": "org-b"}],
        ),
        ({"user": "user-1", "organization": ""}, [{}], [IN_ORG, {"sub": "user-2"}]),
        ({"client": "application-1"}, [{}, IN_ORG, {"sub": "x"}], [{"client_id": "other"}]),
        (
            {"user": "user-1", "client": "application-1"},
            [{}, IN_ORG],
            [{"client_id": "other"}, {"sub": "user-2"}],
        ),
        ({"user": "admin"}, [{}, IN_ORG, OF_ORG], [{"act": None}, {"act": {"sub": "other"}}]),
        ({"user": "admin"}, [], [{"act": {"sub": "x", "act": {"sub": "admin"}}}]),  # acted before
        ({"user": "admin", "organization": "org-a"}, [IN_ORG, OF_ORG], [{}]),
        ({"user": "admin", "client": "application-1"}, [{}], [{"client_id": "other"}]),
        ({"token": "token-1"}, [{}], [{"jti": "token-2"}, {"jti": None}]),
        ({}, [{}, IN_ORG, {"sub": "x", "jti": None}], []),
        ({"issuer": "https://other.test/oidc"}, [], [{}]),
        ({"session": ""}, [], [{}]),
    ],
    ids=str,
)
def test_a_mark_voids_the_tokens_that_have_all_that_it_names(
    names: dict[str, Any], void: list[dict[str, Any]], valid: list[dict[str, Any]]
) -> None:
    known = marks(mark(**names))
    assert [known.is_void(auth_info(**one)) for one in void] == [True] * len(void)
    assert [known.is_void(auth_info(**one)) for one in valid] == [False] * len(valid)


@pytest.mark.parametrize(
    ("issued_at", "is_void"), [(99, True), (100.5, True), (100.6, False), ("100", True)]
)
def test_a_token_is_void_if_it_was_issued_at_or_before_the_mark(
    issued_at: Any, is_void: bool
) -> None:
    assert marks(mark(100.5)).is_void(auth_info(iat=issued_at)) is is_void


def test_marks_grow_in_every_order() -> None:
    known = marks(mark(100, user="user-1"), mark(50, user="user-1"), mark(70, user="user-1"))
    assert list(known) == [mark(100, user="user-1")]
    assert (len(known), known.version) == (1, 1)
    assert known.covers(mark(99, user="user-1"))
    assert not known.covers(mark(101, user="user-1"))


def test_a_mark_ends_when_it_can_void_no_token() -> None:
    known = marks(mark(100, user="user-1"), mark(101, user="user-2"))
    known.end(100 + A_DAY)
    assert len(known) == 2
    known.end(100.5 + A_DAY)
    assert list(known) == [mark(101, user="user-2")]


@pytest.mark.parametrize(
    ("names", "session", "since", "is_over"),
    [
        ({"session": "sid-1"}, "sid-1", 100, True),
        ({"session": "sid-1"}, "sid-1", 101, False),
        ({"session": "sid-1"}, "sid-2", 100, False),
        ({"session": "sid-1"}, None, 100, False),
        ({"user": "user-1", "session": ""}, "sid-1", 100, True),
        ({"user": "user-1", "session": ""}, None, 100, True),
        ({"user": "user-1", "session": ""}, None, 101, False),
        ({"user": "user-2", "session": ""}, None, 100, False),
        ({"user": "user-1"}, "sid-1", 100, False),
        ({}, None, 100, False),
    ],
)
def test_a_session_is_over_since_the_user_signed_out(
    names: dict[str, Any], session: str | None, since: float, is_over: bool
) -> None:
    known = marks(mark(client="application-1", **names))
    facts: dict[str, Any] = {"issuer": ISSUER, "user": "user-1", "session": session}
    assert known.is_over(client="application-1", since=since, **facts) is is_over
    assert not known.is_over(client="application-2", since=since, **facts)


def test_marks_survive_the_cache() -> None:
    written = [mark(user="a", organization=""), mark(100.25, client="b", session="c", token="d")]
    assert parse(dump(written)) == written


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "{",
        "[" * 100_000,
        "{}",
        "[7]",
        '[["issuer"]]',
        '[[null, "a", null, null, null, null, 5]]',
        '[["i", 7, null, null, null, null, 5]]',
        '[["i", "a", null, null, null, null, "5"]]',
        '[["i", "a", null, null, null, null, NaN]]',
        f'[["i", "{"a" * 201}", null, null, null, null, 5]]',
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_another_program_wrote_holds_no_mark(value: object) -> None:
    assert parse(value) == []
