"""A project of a new user, made of the code of pages."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any, cast

from django.core.management import call_command

from tests.support.documents import Block, Page

Visit = Callable[..., tuple[int, str]]


@dataclass(frozen=True)
class Project:
    """A folder with a Django project in it."""

    folder: Path

    def add(self, name: str, code: str) -> None:
        """Append code to a file."""
        with (self.folder / name).open("a") as file:
            file.write(f"\n{code}\n")

    def start(self, *arguments: str, **options: Any) -> "subprocess.Popen[str]":
        """Run one of the project's files."""
        ours = ("COVERAGE", "DJANGO")
        own = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        names = ("LOGTO_APP_ID", "LOGTO_APP_SECRET", "LOGTO_WEBHOOK_SIGNING_KEY")
        own |= dict.fromkeys(names, "only-for-tests")
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**own, "PYTHONPATH": ""},
            text=True,
            **options,
        )

    def check(self) -> str:
        """Return what ``manage.py check`` reports."""
        return self.run("manage.py", "check")

    def run(self, *arguments: str) -> str:
        """Run one of the project's files to its end, and return what it writes."""
        pipe, stdout = subprocess.PIPE, subprocess.STDOUT
        with self.start(*arguments, stdout=pipe, stderr=stdout) as process:
            return process.communicate(timeout=300)[0]

    @contextmanager
    def visits(self) -> Iterator[Visit]:
        """Send requests with tokens, such as ``"global_token", ["a"]``; get status and body."""
        log = self.folder / "visits.log"
        with (
            log.open("w") as stderr,
            self.start(
                "visits.py", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr
            ) as process,
        ):
            asked, answers = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)

            def visit(path: str, kind: str | None, *args: Any, **user: str) -> tuple[int, str]:
                print(json.dumps([path, kind, args, user]), file=asked, flush=True)
                answer = answers.readline()
                assert answer, log.read_text()
                status, body = json.loads(answer)
                return status, body

            yield visit
            asked.close()


OF_DJANGO = ("settings.py", "urls.py")
"""What django-admin startproject writes, and the pages add to."""


def files(blocks: Iterable[Block]) -> list[tuple[str, str]]:
    """The code of these blocks, each with the file that its first line names."""
    named = [(block.file or "somewhere.py", block.code) for block in blocks]
    return [(f"project/{name}" if name in OF_DJANGO else name, code) for name, code in named]


START = [
    *Page("quickstart.md").take(language="python"),
    *Page("reference/permissions.md").take(language="python"),
    *Page("how-to/custom-user.md").take(language="python"),
    *Page("how-to/plain-views.md").take(language="python"),
]


def start_project(folder: Path, *more: Iterable[Block]) -> Project:
    """Start a project as Django does, and add the code of the quickstart and of more blocks.

    Args:
        folder: an empty one.
        more: blocks of pages.
    """
    project = Project(folder)
    call_command("startproject", "project", folder)
    for name, code in files(chain(START, *more)):
        (folder / name).parent.mkdir(exist_ok=True)
        project.add(name, code)
    return project
