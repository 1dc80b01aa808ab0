"""Fuzz every target in turn, each with its share of the time or with so many runs."""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from .targets import TARGETS

_FOLDER = Path(__file__).parent
_FINDINGS = _FOLDER / "findings"
_MAX_LENGTH = 4096


def main() -> None:
    """Read the command line, fuzz, and tell which targets have findings."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="target", help=", ".join(TARGETS))
    limit = parser.add_mutually_exclusive_group()
    limit.add_argument("--seconds", type=int, default=60, help="for all targets together")
    limit.add_argument("--runs", type=int, help="for each target, instead of a time")
    options = parser.parse_args()
    names = options.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if options.runs:
        bound = f"-runs={options.runs}"
    else:
        bound = f"-max_total_time={max(1, options.seconds // len(names))}"
    broken = [name for name in names if not _fuzz(name, bound)]
    if broken:
        sys.exit(f"Findings in {', '.join(broken)}: the inputs are in {_FINDINGS}.")


def _fuzz(name: str, bound: str) -> bool:
    """Whether the target holds; what libFuzzer learns on the way is forgotten."""
    _FINDINGS.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="fuzz-") as learned:
        arguments = [
            bound,
            f"-artifact_prefix={_FINDINGS}/{name}-",
            f"-dict={_FOLDER / 'dictionary.txt'}",
            f"-max_len={_MAX_LENGTH}",
            "-timeout=20",
            "-print_final_stats=1",
            learned,
            str(_FOLDER / "corpus" / name),
        ]
        sys.stdout.write(f"\n{name}\n")
        sys.stdout.flush()
        command = [sys.executable, "-m", "fuzz.engine", name, *arguments]
        return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - itself


if __name__ == "__main__":
    main()
