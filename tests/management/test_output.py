"""What the subcommands write, to a terminal and to a pipe."""

import json
import re
from io import StringIO

import pytest
from django.core.management import BaseCommand

from drf_logto.management.output import Output, Verdict, wrap_errors

LONG = "The authorization server answers at an address of its own, as its metadata says. " * 2


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def output_to(stream: StringIO, **options: bool) -> Output:
    return Output(BaseCommand(stdout=stream, **options))  # type: ignore[arg-type]


@pytest.fixture(params=[(20, 40), (80, 80), (120, 120), (300, 120)])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    columns, width = request.param
    monkeypatch.setenv("COLUMNS", str(columns))
    return int(width)


def test_text_is_as_wide_as_the_terminal(width: int) -> None:
    stream = Terminal()
    output_to(stream, no_color=True).text(LONG, indent=4, hanging=2)
    lines = stream.getvalue().splitlines()
    assert width - 20 < max(map(len, lines)) <= width
    assert lines[0].startswith("    The")
    assert all(line.startswith("      ") for line in lines[1:])
    assert " ".join(stream.getvalue().split()) == LONG.strip()


@pytest.mark.usefixtures("width")
def test_a_pipe_gets_lines_of_one_width_and_no_colours() -> None:
    stream = StringIO()
    output = output_to(stream)
    assert output.width == 100
    output.heading("Settings")
    output.verdict(Verdict.ERROR, "LOGTO is missing.", "Add it.")
    assert stream.getvalue() == "\nSettings\nerror     LOGTO is missing.\n          Add it.\n"


def test_a_verdict_has_its_colour_on_a_terminal() -> None:
    stream = Terminal()
    output = output_to(stream, force_color=True)
    for verdict in Verdict:
        output.verdict(verdict, "A fact.")
    lines = stream.getvalue().splitlines()
    assert all("\x1b[" in line for line in lines)
    assert len({line.partition("m")[0] for line in lines}) == len(Verdict)


def test_a_long_word_is_not_broken() -> None:
    stream = StringIO()
    output_to(stream).text("x" * 150)
    assert stream.getvalue() == "x" * 150 + "\n"


def test_an_empty_text_is_an_empty_line() -> None:
    stream = StringIO()
    output_to(stream).text("")
    assert stream.getvalue() == "\n"


def test_json_keeps_the_letters_of_every_language() -> None:
    stream = StringIO()
    output_to(stream).json({"name": "조직"})
    assert json.loads(stream.getvalue()) == {"name": "조직"}
    assert "조직" in stream.getvalue()


def test_json_has_no_character_that_changes_what_a_terminal_shows() -> None:
    stream = StringIO()
    value = {"a\x1b\x9b\u202e": ["b\n\ud800", "\U000e0001"]}
    output_to(stream).json(value)
    assert json.loads(stream.getvalue()) == value
    assert stream.getvalue().replace("\n", "").isprintable()


@pytest.mark.parametrize("colours", [{"no_color": True}, {"force_color": True}], ids=str)
def test_a_terminal_gets_errors_as_wide_as_it_is(width: int, colours: dict[str, bool]) -> None:
    stream = Terminal()
    command = BaseCommand(stderr=stream, **colours)  # type: ignore[arg-type]
    wrap_errors(command)
    command.stderr.write(f"CommandError: {LONG}\nThe next.")
    written = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    *lines, last = written.splitlines()
    assert width - 20 < max(map(len, lines)) <= width
    assert (" ".join(lines), last) == (f"CommandError: {LONG}".strip(), "The next.")
    assert ("\x1b[" in stream.getvalue()) == ("force_color" in colours)


def test_a_pipe_gets_an_error_in_one_line() -> None:
    stream = StringIO()
    command = BaseCommand(stderr=stream)
    wrap_errors(command)
    command.stderr.write(LONG)
    assert stream.getvalue() == f"{LONG}\n"


def test_only_errors_and_warnings_have_a_plural() -> None:
    counts = ", ".join(one.counted(number) for number in (0, 1, 2) for one in Verdict)
    assert counts == (
        "0 ok, 0 warnings, 0 errors, 0 skipped, 1 ok, 1 warning, 1 error, 1 skipped, "
        "2 ok, 2 warnings, 2 errors, 2 skipped"
    )
