"""Runs in the processes whose instructions are counted by valgrind."""

import gc
import json
import os
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from .project import set_up_django, trusting
from .scenarios import SCENARIOS
from .tenant import Tenant, load
from .work import Start, advance

_BATCHES = 10


def main(directory: str) -> None:
    """Print, for each contender, its repetitions and the processes that did them once and twice.

    Repetitions of what is subtracted are negative.
    """
    set_up_django()
    tenants = {path.name: load(path) for path in Path(directory).iterdir()}
    processes = []
    for scenario in SCENARIOS:
        for contender in scenario.contenders:
            times = contender.batch * _BATCHES
            tenant = tenants[scenario.algorithm]
            for sign, start in ((1, contender.start), (-1, contender.less)):
                if start is not None:
                    once, twice = (_in_a_process(start, tenant, n) for n in (times, 2 * times))
                    key = scenario.title, contender.name
                    processes.append((*key, sign * times, once, twice))
    json.dump(processes, sys.stdout)


def _in_a_process(start: Start, tenant: Tenant, times: int) -> int:
    """Return the id of the process that did the work; it is over."""
    pid = os.fork()
    if not pid:
        _work(start, tenant, times)
    if os.waitpid(pid, 0)[1]:
        sys.exit("a contender failed")
    return pid


def _work(start: Start, tenant: Tenant, times: int) -> NoReturn:
    try:
        with trusting(tenant) as server:
            work = start(tenant, server)
            gc.collect()
            gc.freeze()
            advance(work, times)
            os._exit(0)  # so that nothing else is counted
    finally:
        traceback.print_exc()
        os._exit(1)


main(sys.argv[1])
