"""``manage.py logto``: which subcommand runs, and how it exits."""

from typing import Any

import pytest
from django.core.management import call_command

from drf_logto.management.commands.logto import Command
from tests.management.conftest import Run
from tests.management.test_output import Terminal


@pytest.mark.parametrize("arguments", [[], ["revok"], ["revoke", "--usr", "x"], ["revoke"]])
def test_arguments_that_cannot_work_exit_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        Command().run_from_argv(["manage.py", "logto", *arguments])
    assert ended.value.code == 2


def test_a_subcommand_needs_its_application(logto_command: Run) -> None:
    assert logto_command("revoke", "--user", "user-1") == (
        2,
        "Add 'drf_logto.revocation' to INSTALLED_APPS: logto revoke is part of it.",
    )


@pytest.mark.usefixtures("installed")
def test_settings_that_cannot_work_are_a_usage_error(logto_command: Run, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "CACHE": None}
    code, output = logto_command("revoke", "--user", "user-1")
    assert code == 2
    assert "LOGTO['CACHE'] is missing" in output


def test_a_terminal_gets_a_message_in_lines_of_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    with pytest.raises(SystemExit):
        Command(stderr=stream).run_from_argv(["manage.py", "logto", "revoke", "--user", "user-1"])
    lines = stream.getvalue().splitlines()
    assert len(lines) > 2
    assert max(map(len, lines)) < 60  # with colours


@pytest.mark.parametrize(
    ("arguments", "verbosity"),
    [
        (["users"], 1),
        (["users", "--verbosity", "2"], 2),
        (["users", "-v0", "--no-color"], 0),
        (["--verbosity", "2", "users"], 2),
        (["--verbosity", "2", "users", "--verbosity", "3"], 3),
    ],
)
def test_options_of_django_may_come_after_the_subcommand(
    arguments: list[str], verbosity: int
) -> None:
    options = Command().create_parser("manage.py", "logto").parse_args(arguments)
    assert options.verbosity == verbosity
    assert options.no_color is ("--no-color" in arguments)


def test_the_help_lists_the_subcommands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("logto", "--help")
    assert ended.value.code == 0
    assert "revoke" in capsys.readouterr().out
