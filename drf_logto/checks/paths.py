"""The path of a route, read from its regular expressions: static words and captured keywords."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<named>\(\?P<(?P<name>\w+)>)
    | (?P<look>\(\?<?[=!])
    | (?P<plain>\(\?[a-zA-Z-]*[:>])
    | (?P<void>\(\?[^)]*\) | \{\d*,?\d*\} | [\^$*+?])
    | (?P<open>\()
    | (?P<close>\))
    | (?P<any>\[\^?\]?(?:\\.|[^\]\\])*\] | \\[a-zA-Z0-9] | [.|])
    | \\?(?P<literal>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Keyword:
    """What a group of a route captures.

    Attributes:
        name: None for a group without a name.
    """

    name: str | None


Segment = tuple[str | Keyword, ...]
"""What stands between two slashes, in order; a string is static."""


def segments(*patterns: str) -> tuple[Segment, ...]:
    """Return the segments of a route.

    What a character class stands for is left out, and of alternatives each is there.

    Args:
        patterns: the regular expression of the route, after those of the routes that include it.
    """
    found: list[list[str | Keyword]] = [[]]
    for pattern in patterns:
        groups: list[bool] = []  # for each open one, whether it hides what it holds
        for token in _TOKEN.finditer(pattern):
            kind = token.lastgroup
            if kind in {"named", "open"} and not any(groups):
                found[-1].append(Keyword(token["name"]))
            if kind in {"named", "open", "look", "plain"}:
                groups.append(kind == "look")
            elif kind == "close" and groups:
                groups.pop()
            elif kind in {"any", "literal"} and not any(groups):
                _add(token["literal"], found)
    return tuple(tuple(piece for piece in segment if piece) for segment in found)


def _add(literal: str | None, found: list[list[str | Keyword]]) -> None:
    """Add a character, or the end of a word where there is none."""
    if literal == "/":
        found.append([])
    elif literal is None or not found[-1] or not isinstance(found[-1][-1], str):
        found[-1].append(literal or "")
    else:
        found[-1][-1] += literal
