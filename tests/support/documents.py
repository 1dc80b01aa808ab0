"""The pages of the documentation, and the code in them."""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
LANGUAGES = ("en", "ko")
FENCE = re.compile(r"^```([\w-]+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PART = re.compile(
    r"^(?P<level>#+) (?P<heading>[^\n]+)$"
    r"|^(?:<!-- not run: (?P<reason>[^\n]+) -->\n)?```(?P<language>[\w-]+)\n(?P<code>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)

TAKEN: defaultdict[str, set[int]] = defaultdict(set)
"""The numbers of the blocks that tests have taken, by page."""


def text(page: str | Path) -> str:
    return (ROOT / page).read_text("utf-8")


def tokens(page: str) -> list[Any]:
    """What a parser of CommonMark finds in a page."""
    markdown = pytest.importorskip("markdown_it", reason="in the dependency group 'docs'")
    return [*markdown.MarkdownIt("commonmark").enable("table").parse(page)]


@dataclass(frozen=True)
class Block:
    """A block of code.

    ``headings`` are those above it, the page's title first. ``reason`` says why no test runs it.
    """

    number: int
    headings: tuple[str, ...]
    language: str
    code: str
    reason: str

    @property
    def file(self) -> str:
        """The file that the comment in its first line names, or nothing."""
        found = re.match(r"(?:#|//|--) ([\w./-]+\.\w+)(?:,.*)?\n", self.code)
        return found[1] if found else ""


class Page:
    """A page of the documentation, by its name in the folder of its language, or of the checkout.

    A test module takes the blocks that it runs when it is imported, so that
    ``tests/docs/test_code_blocks.py`` finds those that no test takes.
    """

    def __init__(self, name: str, language: str = "en") -> None:
        self.name = name
        self.text = text(ROOT / name if (ROOT / name).exists() else DOCS / language / name)
        self.blocks = [*_blocks(self.text)]

    def take(self, *headings: str, language: str = "", file: str = "") -> list[Block]:
        """Return the blocks that a test runs: of the page, or under one of these headings."""
        found = [
            block
            for block in self.blocks
            if not block.reason
            and (not headings or {*headings} & {*block.headings})
            and language in {"", block.language}
            and file in {"", block.file}
        ]
        assert found, f"{self.name} has no such block"
        TAKEN[self.name].update(block.number for block in found)
        return found


def _blocks(page: str) -> "list[Block]":
    headings: list[str] = []
    found: list[Block] = []
    for part in _PART.finditer(page):
        if part["heading"]:
            headings = [*headings[: len(part["level"]) - 1], part["heading"]]
        else:
            place, reason = tuple(headings), part["reason"] or ""
            found.append(Block(len(found), place, part["language"], part["code"], reason))
    return found
