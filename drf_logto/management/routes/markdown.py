"""Writes the records as Markdown: the same text on every machine."""

import re
from collections.abc import Iterable

from ...operations import Operation
from .records import other_routes, records

OTHER_ROUTES = "Plain Django views: what protects them is not known"


def markdown(operations: Iterable[Operation], command: str) -> str:
    """Return the page.

    Args:
        operations: those that are shown, in order.
        command: that shows them.
    """
    shown = [*operations]
    lines = ["# Permissions", "", f"Who may do what, as {_code(command)} writes it."]
    for record in records(shown, _code):
        lines += ["", f"## {_code(record.path)}", ""]
        lines += [f"- {label}: {access}" for label, access in record.lines]
        lines += [f"- {name}: {value}" for name, value in record.facts]
    if others := [*other_routes(shown, _code)]:
        lines += ["", f"## {OTHER_ROUTES}", "", *(f"- {one}" for one in others)]
    return "\n".join([*lines, ""])


def _code(value: str) -> str:
    """A code span; one with backticks is written with one more of them (CommonMark 6.1)."""
    longest = max(map(len, re.findall("`+", value)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {value} {fence}" if longest else f"`{value}`"
