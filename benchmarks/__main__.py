"""Measure everything and print the table."""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from . import cpu, fetches, instructions, memory, report, revocations
from .project import set_up_django, trusting
from .scenarios import SCENARIOS, Scenario
from .tenant import Tenant, new_tenant, save

_TOKENS = {"ES384": 401, "RS256": 2001}  # one to warm up, the others once each in all rounds

Tenants = Mapping[str, Tenant]
"""By algorithm."""


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--instructions",
        action="store_true",
        help="count instructions as well, with valgrind; takes some minutes",
    )
    _with_fixed_hashes()
    with_instructions = parser.parse_args().instructions
    if with_instructions and not instructions.are_countable():
        sys.exit("Instructions are counted by valgrind, and this machine has none.")
    for line in _lines(with_instructions=with_instructions):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _lines(*, with_instructions: bool) -> Iterator[str]:
    set_up_django()
    tenants = {algorithm: new_tenant(algorithm, count) for algorithm, count in _TOKENS.items()}
    counted = _instructions(tenants) if with_instructions else {}
    yield report.HEADINGS
    for scenario in SCENARIOS:
        yield from _compared(scenario, tenants[scenario.algorithm], counted)
    yield _memory()
    yield from _revocations()
    yield from _fetches(tenants)
    yield ""
    yield report.environment()


def _with_fixed_hashes() -> None:
    """Start again where the hashes of strings are random: their order in tables takes time."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(  # noqa: S606 - itself
            sys.executable, sys.orig_argv, os.environ | {"PYTHONHASHSEED": "0"}
        )


def _compared(scenario: Scenario, tenant: Tenant, counted: instructions.Counted) -> Iterator[str]:
    with trusting(tenant) as server:
        measured = cpu.measure(scenario, tenant, server)
    base = counted.get((scenario.title, scenario.base.name))
    for contender in scenario.contenders:
        took, own = measured[contender.name], counted.get((scenario.title, contender.name))
        low, middle, high = map(scenario.format, took.ratio)
        yield report.row(
            scenario.title,
            contender.name,
            scenario.target if contender is scenario.others[0] else "",
            f"{middle} ({low} to {high})",
            scenario.format(own / base) if own and base else "",
            f"{took.microseconds:.1f}",
        )


def _instructions(tenants: Tenants) -> instructions.Counted:
    with TemporaryDirectory(prefix="benchmarks-") as directory:
        for algorithm, tenant in tenants.items():
            save(tenant, Path(directory, algorithm))
        return instructions.count(Path(directory))


def _memory() -> str:
    with TemporaryDirectory(prefix="benchmarks-") as directory:
        path = Path(directory, "ES256")
        save(new_tenant("ES256", memory.TOKENS), path)
        allocated, grown = memory.per_token(path)
    return report.row(
        f"memory of a cached token at {memory.TOKENS}",
        "drf_logto",
        "≤ 700 bytes",
        f"{allocated:.0f} bytes (the process grows by {grown:.0f})",
    )


def _revocations() -> Iterator[str]:
    if not revocations.are_measurable():
        yield report.row(f"{revocations.COUNT:,} revocations", "", "", "there is no redis-server")
        return
    title, measured = f"{revocations.COUNT:,} revocations in Redis", revocations.measure()
    yield report.row(f"memory of {title}", "", "≤ 50 MB", f"{measured.megabytes:.1f} MB")
    yield report.row(f"reading {title} at start", "", "", f"{measured.reading:.2f} s")
    yield report.row(f"asking for news of {title}", "", "", f"{measured.asking:.2f} ms of CPU time")


def _fetches(tenants: Tenants) -> Iterator[str]:
    for scenario in SCENARIOS:
        if scenario.fetches:
            counts = fetches.count(scenario, tenants[scenario.algorithm])
            counted = ", ".join(f"{name} {count}" for name, count in counts.items())
            yield report.row(f"fetches for {fetches.TIMES} {scenario.fetches}", "", "0", counted)


main()
