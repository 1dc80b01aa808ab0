"""What the subcommands write: sentences as wide as the terminal, verdicts in colour, JSON."""

import enum
import json
import shutil
import textwrap
from typing import Any

from django.core.management import BaseCommand, CommandParser
from django.core.management.base import OutputWrapper

_WIDTH = 100  # columns where there is no terminal
_NARROW, _WIDE = 40, 120
_LABEL = 10  # columns of a verdict


class Verdict(enum.StrEnum):
    """What a command finds of one fact."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    SKIPPED = "skipped"

    def counted(self, number: int) -> str:
        """Return how many facts have it, in words."""
        is_plural = number != 1 and self in {Verdict.WARNING, Verdict.ERROR}
        return f"{number} {self}{'s' if is_plural else ''}"


_STYLES = {
    Verdict.OK: "SUCCESS",
    Verdict.WARNING: "WARNING",
    Verdict.ERROR: "ERROR",
    Verdict.SKIPPED: "HTTP_NOT_MODIFIED",  # which is not red, as a notice is
}


def add_json(parser: CommandParser) -> None:
    """Declare ``--json``."""
    parser.add_argument("--json", action="store_true", help="write JSON")


def wrap_errors(command: BaseCommand) -> None:
    """Let a terminal get what goes to the standard error in lines of its own width."""
    style: Any = command.style
    command.stderr.style_func = lambda text: style.ERROR(
        "".join(f"{_filled(line, _width(command.stderr))}\n" for line in text.splitlines())
    )


class Output:
    """Writes to the standard output of a command.

    A terminal gets lines of its own width, at least 40 and at most 120 columns, and colours unless
    ``--no-color`` is given. A pipe gets lines of 100 columns.
    """

    def __init__(self, command: BaseCommand) -> None:
        self._stream = command.stdout
        self._style: Any = command.style
        self.width = _width(self._stream)

    def json(self, value: object) -> None:
        """Write one JSON document."""
        text = json.dumps(value, ensure_ascii=False, indent=2)
        self._stream.write("".join(map(_printable, text)))

    def heading(self, text: str) -> None:
        """Write the name of what follows, after an empty line."""
        self._stream.write("")
        self._stream.write(text, self._style.MIGRATE_HEADING)

    def text(self, text: str, *, indent: int = 0, hanging: int = 0) -> None:
        """Write text, wrapped between words.

        Args:
            text: of one paragraph.
            indent: columns before every line.
            hanging: columns more before every line but the first.
        """
        self._stream.write(self._wrapped(text, indent, indent + hanging))

    def verdict(self, verdict: Verdict, fact: str, remedy: str = "") -> None:
        """Write a fact with its verdict, and below it what to do."""
        lines = self._wrapped(fact, _LABEL, _LABEL)[_LABEL:]
        style = getattr(self._style, _STYLES[verdict])
        self._stream.write(f"{style(f'{verdict:<{_LABEL}}')}{lines}")
        if remedy:
            self._stream.write(self._wrapped(remedy, _LABEL, _LABEL))

    def _wrapped(self, text: str, first: int, others: int) -> str:
        return _filled(text, self.width, " " * first, " " * others) or " " * first


def _printable(character: str) -> str:
    """A character of JSON; one that a terminal would obey, or cannot show, as its escape."""
    is_shown = character.isprintable() or character == "\n"
    return character if is_shown else json.dumps(character)[1:-1]


def _width(stream: OutputWrapper) -> int:
    columns = shutil.get_terminal_size().columns if stream.isatty() else _WIDTH
    return min(max(columns, _NARROW), _WIDE)


def _filled(text: str, width: int, first: str = "", others: str = "") -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
