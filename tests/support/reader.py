"""A reader of a tutorial, who does what the page says in an empty folder and an empty tenant."""

import doctest
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

from sandbox.stand_in import running_stand_in
from tests.support.console import Console
from tests.support.documents import Block, Page
from tests.support.running import free_port
from tests.support.terminal import Terminal

Table = Mapping[str, str]
"""The cells of the first column, each with the cell of the second."""
Clicks = Mapping[str, "Callable[[Reader, list[Table]], None]"]
"""What is done in the console in a section, by its number, with the tables in it."""

_SECTION = re.compile(r"^## ", re.MULTILINE)
_TABLE = re.compile(r"^\|.+\|\n\|[-|]+\|\n((?:\|.+\|\n)+)", re.MULTILINE)
_ROW = re.compile(r"^\| (.+) \| (.+) \|$", re.MULTILINE)
UNTIL_IT_ANSWERS = "--retry 60 --retry-delay 1 --retry-connrefused"
_HOW = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_VARIABLE = (
    (r'\b(jti|kid) "[^"]+"', r'\1 ""'),
    (r"\b[0-9]{10} \([0-9TZ:-]+, [^)]+\)", "time"),
    (r"\bwithin [0-9]+ ms", "within ms"),
    (r"\bin [0-9.]+s\b", "in s"),
    (r"\b[0-9]+ (ok|skipped)\b", r"\1"),
)
"""What differs from one run to the next."""


class Reader:
    """Follows a page.

    Args:
        opened: ends the terminal and the stand-in of Logto.
        home: an empty folder.
    """

    def __init__(self, opened: ExitStack, home: Path) -> None:
        self.folder = home / "project"
        self.folder.mkdir()
        stand_in = opened.enter_context(running_stand_in())
        self.console = Console(stand_in)
        self.terminal = opened.enter_context(Terminal(self.folder, home))
        port = str(free_port())
        self.server = f"127.0.0.1:{port}"
        self.values = {
            "https://your-tenant.logto.app": stand_in.logto.endpoint,
            "127.0.0.1:8000": self.server,
            "manage.py runserver": f"manage.py runserver {port}",
        }
        """What the reader has, by what stands on the page."""

    def follow(self, page: Page, blocks: Collection[Block], clicks: Clicks) -> None:
        """Do all that a page says, section by section, and compare what is printed.

        Args:
            page: the tutorial.
            blocks: those of its blocks that are run.
            clicks: for the console.
        """
        done: list[Block] = []
        for section in _SECTION.split(page.text)[1:]:
            heading = section.partition("\n")[0]
            click = clicks.get(heading.partition(".")[0])
            if click is not None:
                click(self, _tables(section))
            of_section = [block for block in blocks if heading in block.headings]
            self._do(of_section)
            done += of_section
        assert done == [*blocks], "A block is in no section, or two sections have one heading."

    def _do(self, blocks: Iterable[Block]) -> None:
        printed = ""
        for block, following in pairwise([*blocks, None]):
            assert block is not None
            code = self._own(block.code)
            if block.language == "sh":
                printed = self.terminal.run(code)
                is_shown = following and following.language not in {"sh", "python"}
                assert is_shown or not self.terminal.failed, printed
                if "manage.py runserver" in code:
                    self.terminal.run(f"curl {UNTIL_IT_ANSWERS} {self.server} > /dev/null 2>&1")
            elif block.language == "python":
                is_addition = "," in block.code.partition("\n")[0]
                with (self.folder / block.file).open("a" if is_addition else "w") as file:
                    file.write(code)
            else:
                _compare(code, printed)

    def _own(self, block: str) -> str:
        for written, own in self.values.items():
            block = block.replace(written, own)
        return block


def _tables(section: str) -> list[Table]:
    return [
        {_plain(name): _plain(value) for name, value in _ROW.findall(rows)}
        for rows in _TABLE.findall(section)
    ]


def _plain(cell: str) -> str:
    return cell.strip("*`")


def _compare(expected: str, printed: str) -> None:
    for pattern, replacement in _VARIABLE:
        expected = re.sub(pattern, replacement, expected)
        printed = re.sub(pattern, replacement, printed)
    is_equal = doctest.OutputChecker().check_output(expected, printed, _HOW)
    assert is_equal, f"The page says:\n{expected}\nIt is:\n{printed}"
