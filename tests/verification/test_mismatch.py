"""The clause of a log line that names what was received and what was expected."""

import pytest

from drf_logto.verification.mismatch import mismatch

API = "https://api.test"


class Lazy:
    """Text that is not a string, so that nothing received equals it."""

    def __str__(self) -> str:
        return API


@pytest.mark.parametrize(
    ("received", "expected", "clause"),
    [
        ([], [API], f"received nothing, expected '{API}'"),
        ([API], [], f"received '{API}', expected nothing"),
        ([f"{API}//"], [API], "; they differ by a trailing slash"),
        (["api.test"], [API], "; they differ by the scheme"),
        (["HTTP://api.test/"], [API], "; they differ by the scheme and a trailing slash"),
        (["https://API.test"], ["urn:x", API], "; they differ by the case of letters"),
        (["a", "b"], ["x", "a, b"], "; several values stand in one string"),
        ([API], [Lazy()], f"received '{API}', expected '{API}'"),
        (["https://other.test"], [API], f"received 'https://other.test', expected '{API}'"),
        (["http://"], [API], f"received 'http://', expected '{API}'"),
    ],
)
def test_both_sides_are_named_and_a_small_difference(
    received: list[str], expected: list[object], clause: str
) -> None:
    said = mismatch(received, expected)
    if clause.startswith(";"):
        assert said.endswith(clause)
    else:
        assert said == clause


def test_ten_values_of_each_side_are_named() -> None:
    many = [f"v{number}" for number in range(30)]
    assert mismatch(many, many[20:]) == (
        f"received {', '.join(map(repr, many[:10]))}, ..., "
        f"expected {', '.join(map(repr, many[20:]))}"
    )
