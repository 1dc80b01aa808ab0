"""Measures CPU time of the thread; the contenders of a scenario take turns."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import thread_time_ns

from .scenarios import Contender, Scenario
from .server import Server
from .tenant import Tenant
from .work import Work, advance

ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Cpu:
    """What one contender took.

    Attributes:
        microseconds: of one repetition.
        ratio: to the base in the same round; quartile, median, quartile.
    """

    microseconds: float
    ratio: list[float]


def measure(scenario: Scenario, tenant: Tenant, server: Server) -> dict[str, Cpu]:
    """Return what each contender took, by name."""
    works = {one.name: _started(one, tenant, server) for one in scenario.contenders}
    gc.collect()
    gc.freeze()
    took: dict[str, list[float]] = {name: [] for name in works}
    for number in range(ROUNDS):
        for contender in _rotated(scenario.contenders, number):
            whole, *less = (_nanoseconds(one, contender.batch) for one in works[contender.name])
            took[contender.name].append(whole - sum(less))
    gc.unfreeze()
    base = took[scenario.base.name]
    return {
        name: Cpu(median(times) / 1000, _quartiles(times, base)) for name, times in took.items()
    }


def _started(contender: Contender, tenant: Tenant, server: Server) -> list[Work]:
    """The work, and behind it what is subtracted of it."""
    return [start(tenant, server) for start in (contender.start, contender.less) if start]


def _nanoseconds(work: Work, times: int) -> float:
    started_at = thread_time_ns()
    advance(work, times)
    return (thread_time_ns() - started_at) / times


def _rotated(contenders: Sequence[Contender], by: int) -> Sequence[Contender]:
    """Rotate the order, so that no contender always runs after the same one."""
    by %= len(contenders)
    return (*contenders[by:], *contenders[:by])


def _quartiles(times: Sequence[float], base: Sequence[float]) -> list[float]:
    ratios = [own / of_base for own, of_base in zip(times, base, strict=True)]
    return quantiles(ratios, n=4, method="inclusive")
