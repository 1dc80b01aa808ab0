"""Error responses of Logto: what of them may be logged."""

from typing import Any

import pytest

from drf_logto.browsable.error_answers import ErrorAnswer

CODE = "GG5zveqYpp8Dvuk0cwaJblbpY_fiehdoTzb6f_jWczL"
SECRET = "XiEpVbTSB25knApzvckzuLTqy9mBqt3A"
ID_TOKEN = "eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiI0dWJyMnN2MTU2MDQifQ.ofbgav7aHmN9PwF"


def test_descriptions_of_logto_are_logged_as_they_are(recordings: dict[str, Any]) -> None:
    recorded = recordings["sign_in_errors"]
    for said in [one["body"] for one in recorded["token"]] + [
        one["query"] for one in recorded["callback"] if "error_description" in one["query"]
    ]:
        answer = ErrorAnswer.parse(said["error"], said["error_description"])
        # The ID of an application has the form of a secret.
        expected = said["error_description"].replace("nosuchclient000000000", "...")
        assert str(answer) == f"{said['error']} ({expected})"


@pytest.mark.parametrize(
    ("description", "logged"),
    [
        (f"code {CODE} is unknown", "code ... is unknown"),
        (f"secret={SECRET}.", "..."),
        (f"({ID_TOKEN})", "..."),
        ("browsable-api-secret", "..."),
        ("the post_logout_redirect_uri is unknown", "the post_logout_redirect_uri is unknown"),
        ('no "such"\r\ncode\x1b[31m \\', "no ?such???code?[31m ?"),
        ("\ud55c\uad6d\u2028\ud800", "????"),
        ("no " * 100, "no " * 66 + "..."),
        ("a" * 300, " ..."),
        (f"{'no ' * 60}{CODE}", "no " * 60 + "..."),
        (None, ""),
        (7, ""),
    ],
)
def test_a_logged_description_is_bounded_and_printable_and_has_no_secret(
    description: object, logged: str
) -> None:
    assert ErrorAnswer.parse("x", description).description == logged


@pytest.mark.parametrize("error", ["", "a b", "<script>", "a" * 41, CODE, 7, None])
def test_an_error_without_the_usual_form_is_not_logged(error: object) -> None:
    assert str(ErrorAnswer.parse(error, None)) == "an unknown error"
