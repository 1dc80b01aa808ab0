"""The pages of the reference: their sections, their tables, and the names in them."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from textwrap import dedent
from typing import Any

from tests.support.documents import FENCE, Page

_HEADING = re.compile(r"^(#+) (.+)\n", re.MULTILINE)
_TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)
_NAME = re.compile(r"^\*{0,2}(--[\w-]+|[\w./ -]+)")


@cache
def sections(page: str, language: str) -> list[tuple[int, str, str]]:
    """The level, the heading and the text of each section, without the sections below it."""
    _, *parts = _HEADING.split(FENCE.sub("", Page(f"reference/{page}.md", language).text))
    found = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return [(len(level), title.replace("`", ""), body) for level, title, body in found]


def section(page: str, heading: str, language: str) -> str:
    """The text below the heading that is called so in English."""
    titles = [title for _, title, _ in sections(page, "en")]
    return sections(page, language)[titles.index(heading)][2]


def rows(page: str, heading: str, language: str, *, table: int = 0) -> list[list[str]]:
    """The cells of a table below a heading."""
    _head, _line, *found = _TABLE.findall(section(page, heading, language))[table].splitlines()
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in found]


def row(page: str, heading: str, language: str, first: str, *, table: int = 0) -> list[str]:
    """The cells of the row that begins with a piece of code."""
    found = rows(page, heading, language, table=table)
    return next(cells for cells in found if first in codes(cells[0]))


def codes(cell: str) -> list[str]:
    """The pieces of code in a cell or a section."""
    return re.findall("`([^`]+)`", cell)


def names(cell: str) -> list[str]:
    """What begins each piece of code in a cell."""
    return [name for code in codes(cell) for name in _NAME.findall(code)]


@dataclass(frozen=True)
class Headings:
    """The headings of a page on one level."""

    page: str
    level: int

    def listed(self, language: str) -> list[str]:
        return [title for level, title, _ in sections(self.page, language) if level == self.level]


@dataclass(frozen=True)
class Rows:
    """The names in the first cells of a table; the whole code, if it is not only a name."""

    page: str
    heading: str
    table: int = 0
    whole: bool = False

    def listed(self, language: str) -> list[str]:
        found = rows(self.page, self.heading, language, table=self.table)
        read = codes if self.whole else names
        return [name for first, *_ in found for name in read(first)]


def keys_of(function: Callable[..., Any]) -> Iterator[str]:
    """The keys that a function writes into dicts."""
    for node in ast.walk(ast.parse(dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Dict):
            yield from (str(one.value) for one in node.keys if isinstance(one, ast.Constant))
