"""The algebra of permissions: a composition answers as its boolean reading does, and says why."""

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from typing import Any

import pytest
from hypothesis import strategies as st

from drf_logto.testing import Logto
from tests.support.algebra import (
    ANYTHING,
    ASKED,
    GRANTED,
    NARROWED,
    OURS,
    Answer,
    Asked,
    Either,
    Permission,
    answers,
    composed,
    generated,
    is_said,
    let_in,
    most_actionable,
    refusals,
    told_by,
    without_not,
)


@pytest.fixture(scope="module")
def answer() -> Iterator[Answer]:
    with Logto() as logto:
        yield answers(logto)


# Granted or not


@generated(st.lists(ANYTHING, max_size=2), ASKED, times=2.5)
def test_a_composition_grants_what_its_boolean_reading_grants(
    answer: Answer, permissions: list[Permission], asked: Asked
) -> None:
    response = answer(permissions, asked)
    denied = refusals(permissions, asked) is not None
    assert (response.status_code in GRANTED) is not denied
    context = response.renderer_context
    for permission in permissions:
        made, about = permission.made()(), (context["request"], context["view"])
        assert made.has_permission(*about) is permission.grants(asked)
        granted = made.has_object_permission(*about, asked.is_public)
        assert granted is permission.grants_object(asked)


@generated(composed(OURS), ASKED, times=1.5)
def test_permissions_of_this_package_grant_the_objects_of_what_they_grant(
    answer: Answer, permission: Permission, asked: Asked
) -> None:
    context = answer([permission], asked).renderer_context
    made, about = permission.made()(), (context["request"], context["view"])
    assert made.has_object_permission(*about, object()) is made.has_permission(*about)


# What is reported


@generated(st.lists(ANYTHING, min_size=1, max_size=2), ASKED, times=4)
def test_the_refusal_that_is_reported_is_a_real_one_and_the_most_actionable(
    answer: Answer, permissions: list[Permission], asked: Asked
) -> None:
    response = answer(permissions, asked)
    reported, challenge = response.data, response.headers.get("WWW-Authenticate")
    expected = refusals(permissions, asked)
    if expected is None:
        assert challenge is None
    elif asked.held is None:
        assert (response.status_code, challenge) == (401, 'Bearer realm="api"')
        assert reported.keys() == {"detail"}
    elif not expected:
        assert (response.status_code, challenge) == (403, None)
        assert reported.keys() == {"detail"}
    else:
        assert response.status_code == 403
        assert (reported["code"], reported["detail"], challenge) in [
            (one.code, one.sentence, one.challenge) for one in most_actionable(expected)
        ]


@generated(st.lists(OURS, min_size=2, max_size=4), ASKED, times=1.5)
def test_of_alternatives_the_most_actionable_is_reported_in_any_order(
    answer: Answer, alternatives: list[Any], asked: Asked
) -> None:
    """Said once more without the tree: of all of them, none is more actionable."""
    reported = {
        answer([reduce(Either, order)], asked).headers.get("WWW-Authenticate")
        for order in (alternatives, alternatives[::-1])
    }
    own = told_by(alternatives, asked)
    if len(own) < len(alternatives):
        assert reported == {None}
    elif asked.held is None:
        assert reported == {'Bearer realm="api"'}
    else:
        assert reported <= {one.challenge for one in most_actionable(own)}


# Who gets in


@generated(st.lists(without_not(OURS | NARROWED), min_size=1, max_size=2), ASKED, times=1)
def test_without_a_negation_no_kind_gets_in_that_none_names(
    answer: Answer, permissions: list[Permission], asked: Asked
) -> None:
    assert let_in(answer, permissions, asked) == []
    assert not is_said(permissions, asked)


@generated(st.lists(ANYTHING, min_size=1, max_size=2), ASKED, times=2)
def test_whatever_lets_in_a_kind_that_none_names_is_reported_by_a_check(
    answer: Answer, permissions: list[Permission], asked: Asked
) -> None:
    """But for permissions of DRF and the project that let it in by themselves."""
    unexpected = [
        one
        for one in let_in(answer, permissions, asked)
        if not all(permission.grants_by_others(one) for permission in permissions)
    ]
    assert not unexpected or is_said(permissions, asked, of_bearers=True)


@generated(st.lists(composed(OURS), min_size=1, max_size=2), ASKED, times=2)
def test_of_this_package_alone_the_check_reports_exactly_what_is_open_to_everyone(
    answer: Answer, permissions: list[Permission], asked: Asked
) -> None:
    anonymous = replace(asked, held=None, is_public=None)
    is_open = answer(permissions, anonymous).status_code in GRANTED
    assert is_said(permissions, asked) is is_open
