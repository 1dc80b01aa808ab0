"""A project with revocation, and its commands."""

from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from drf_logto.runtime import Environment, override

NOON = 1795266156.0
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def installed(revocation: None) -> Iterator[None]:
    """Revocation in a process of its own, at noon."""
    with override(Environment(now=lambda: NOON, is_shared=False)):
        yield


@pytest.fixture
def logto_command() -> Run:
    """Run a subcommand of ``manage.py logto``; return its exit code, and what it wrote."""

    def run(*arguments: str, stdin: str | StringIO | None = "") -> tuple[int, str]:
        output = StringIO()
        try:
            given = StringIO(stdin) if isinstance(stdin, str) else stdin
            call_command("logto", *arguments, stdin=given, stdout=output)
        except CommandError as error:
            return error.returncode, f"{output.getvalue()}{error}"
        return 0, output.getvalue()

    return run
