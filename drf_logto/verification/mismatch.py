"""Says for the log what was received and what was expected."""

import re
from collections.abc import Iterable
from itertools import islice

from ..telemetry import quoted

_NAMED = 10  # values of each side

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def mismatch(received: Iterable[str], expected: Iterable[object]) -> str:
    """Return a clause for the log that names both sides, and how they differ where it is little.

    Args:
        received: values from outside, of which not all are expected.
        expected: values of the project; what is no string is nothing that can be received.
    """
    found, wanted = _first(received), _first(map(str, expected))
    clause = f"received {_listed(found)}, expected {_listed(wanted)}"
    hints = (_difference(one, other) for one in found for other in wanted)
    hint = next(filter(None, hints), None)
    return f"{clause}; {hint}" if hint else clause


def _first(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(values, _NAMED + 1))


def _listed(values: tuple[str, ...]) -> str:
    more = ["..."] if len(values) > _NAMED else []
    return ", ".join([*map(quoted, values[:_NAMED]), *more]) or "nothing"


def _difference(received: str, expected: str) -> str | None:
    """How two values differ that are easily taken for the same; None where they differ more."""
    if received == expected:
        return None
    if received in re.split(r"[,\s]+", expected):
        return "several values stand in one string"
    one, other = _parts(received), _parts(expected)
    if one[1].casefold() != other[1].casefold():
        return None
    names = ("the scheme", "the case of letters", "a trailing slash")
    differing = [name for name, a, b in zip(names, one, other, strict=True) if a != b]
    return f"they differ by {' and '.join(differing)}"


def _parts(value: str) -> tuple[str, str, str]:
    """Scheme, what is between, and the slashes at the end."""
    scheme = _SCHEME.match(value)
    rest = value[scheme.end() :] if scheme else value
    between = rest.rstrip("/")
    return scheme[0] if scheme else "", between, rest[len(between) :]
