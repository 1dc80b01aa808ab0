"""Measures the memory that a cached token takes."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TOKENS = 100_000


def per_token(tenant: Path) -> tuple[float, float]:
    """Return bytes per token: what Python allocates, and by how much its process grows.

    Args:
        tenant: where a tenant with ``TOKENS`` tokens was saved.
    """

    def measured(way: str) -> float:
        command = [sys.executable, "-m", "benchmarks.caching", str(tenant), way]
        return float(subprocess.check_output(command))  # noqa: S603

    with ThreadPoolExecutor() as both:
        allocated, grown = both.map(measured, ("allocated", "grown"))
    return allocated, grown


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
