"""A terminal in which a reader runs the commands of a page, one block after the other."""

import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import IO, cast

_END = "--- end of the block ---"
_NOT_OF_A_READER = ("COV", "DJANGO", "PYTEST", "PYTHON", "LOGTO")


class Terminal:
    """One session of bash in a folder, as a context manager; its jobs end with it.

    Args:
        folder: where it starts.
        home: of its user, outside the folder.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        # As on a terminal, curl shows no progress.
        (home / ".curlrc").write_text("silent\nshow-error\n")
        self._block, self._failed = home / "block.sh", home / "failed.txt"
        self._process = subprocess.Popen(
            ["bash", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**_environment(), "HOME": str(home)},
            text=True,
        )
        self._stdin = cast("IO[str]", self._process.stdin)
        self._stdout = cast("IO[str]", self._process.stdout)
        # Jobs, as in an interactive shell; and a note of each command that fails.
        self.run(f"set -m; trap 'echo \"$BASH_COMMAND\" >> {self._failed}' ERR")

    @property
    def failed(self) -> list[str]:
        """The commands of the last block that ended with another status than 0."""
        return self._failed.read_text().splitlines()

    def run(self, commands: str) -> str:
        """Run commands, and return what they print."""
        self._block.write_text(commands)
        self._failed.write_text("")
        print(f". {self._block} < /dev/null; printf '\\n{_END}\\n'", file=self._stdin, flush=True)
        printed = takewhile(lambda line: line != f"{_END}\n", self._stdout)
        return "".join(printed).removesuffix("\n")

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        with self._process as process:
            process.communicate('for job in $(jobs -p); do kill -- "-$job"; done', timeout=120)


def _environment() -> Mapping[str, str]:
    own = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_OF_A_READER)}
    path = f"{Path(sys.executable).parent}:{own['PATH']}"
    # On a terminal, Python writes both its outputs line by line.
    return {**own, "PATH": path, "PYTHONUNBUFFERED": "1", "no_proxy": "*"}
