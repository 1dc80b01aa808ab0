"""Counts instructions with ``valgrind --tool=callgrind``.

Each contender does its work in one process, and twice as much of it in another: what the two differ
by is the work and nothing else.
"""

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

Counted = Mapping[tuple[str, str], float]
"""Instructions of one repetition, by scenario's title and contender's name."""

_COUNTED_PROCESS = re.compile(r"==(\d+)== Collected : (\d+)")


def are_countable() -> bool:
    """Whether valgrind is on this machine."""
    return shutil.which("valgrind") is not None


def count(tenants: Path) -> Counted:
    """Return what every contender of every scenario takes.

    Args:
        tenants: the directory where each tenant was saved under its algorithm.
    """
    counted = subprocess.run(  # noqa: S603 - nothing foreign in it
        [
            *("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"),
            *(sys.executable, "-m", "benchmarks.counted", str(tenants)),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    if counted.returncode:
        sys.exit(counted.stderr)
    collected = {int(pid): int(total) for pid, total in _COUNTED_PROCESS.findall(counted.stderr)}
    result: dict[tuple[str, str], float] = defaultdict(float)
    for title, name, times, once, twice in json.loads(counted.stdout):
        result[title, name] += (collected[twice] - collected[once]) / times
    return result
