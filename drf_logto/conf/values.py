"""Parsers of values that may stand in a setting; each returns the value or raises Invalid."""

import re
from collections.abc import Callable

VISIBLE_TEXT = re.compile(r"[\x21-\x7e]+")
"""An id or a secret, as Logto shows it."""


class Invalid(Exception):
    """A value cannot work: which kind of fault it is (see ``Problem``), and why."""

    def __init__(self, kind: str, reason: str) -> None:
        self.kind = kind
        self.reason = reason


def one_or_more(parse_one: Callable[[object], str]) -> Callable[[object], tuple[str, ...]]:
    """Return a parser of one value or a list of some; each is there once."""

    def parse_all(value: object) -> tuple[str, ...]:
        values = value if isinstance(value, (list, tuple)) else [value]
        if not values:
            raise Invalid("value", "must not be empty.")
        return tuple(dict.fromkeys(parse_one(one) for one in values))

    return parse_all


def number(least: float, most: float, *, whole: bool = False) -> Callable[[object], float]:
    """Return a parser of numbers in a range, which has its ends."""
    kinds = (int,) if whole else (int, float)

    def parse_number(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise Invalid("value", f"must be a {'whole ' if whole else ''}number.")
        if not least <= value <= most:
            raise Invalid("value", f"must be at least {least} and at most {most}.")
        return value

    return parse_number


def text(pattern: re.Pattern[str], description: str) -> Callable[[object], str]:
    """Return a parser of strings that a pattern matches as a whole."""

    def parse_text(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise Invalid("value", f"must be {description}.")
        return value

    return parse_text


def optional(parse_one: Callable[[object], str]) -> Callable[[object], str | None]:
    """Return a parser that takes None as well, and names an empty string as such."""

    def parse_if_given(value: object) -> str | None:
        if value == "":  # what an environment variable without a value gives
            raise Invalid("value", "is an empty string. Leave it out, or write None.")
        return None if value is None else parse_one(value)

    return parse_if_given


def boolean(value: object) -> bool:
    """Return True or False."""
    if not isinstance(value, bool):
        raise Invalid("value", "must be True or False.")
    return value
