"""Processes that revoke users one by one, all at once; LOGTO and CACHES are the environment's.

It prints as JSON how many seconds passed until nothing waited to be written, how long calls took at
the median and at most, how many failed, and how many users a process does not know in the end.
"""

import json
import multiprocessing
import sys
import time
from statistics import median
from typing import Any

from django.core.management import call_command
from django.db import connections

from drf_logto.revocation.marks import Mark
from drf_logto.runtime import get_revocations
from drf_logto.shared_cache import CacheUnavailable
from tests.support import served  # noqa: F401 - it sets Django up

_BEFORE = time.time()
_LONGEST = 60  # seconds for which a process that does not know all asks again


def main(processes: int, count: int) -> None:
    call_command("createcachetable")
    connections.close_all()
    get_revocations()  # so that what it imports is imported once
    fork = multiprocessing.get_context("fork")
    together, outcomes = fork.Barrier(processes + 1), fork.SimpleQueue()
    for name in range(processes):
        fork.Process(target=_revoke, args=(name, processes, count, together, outcomes)).start()
    together.wait()
    began = time.monotonic()
    together.wait()
    seconds = time.monotonic() - began
    done = [outcomes.get() for _ in range(processes)]
    calls = [took for took, _, _ in done for took in took]
    outcome = {
        "seconds": round(seconds, 1),
        "median": round(median(calls), 3),
        "maximum": round(max(calls), 3),
        "failed": sum(failed for _, failed, _ in done),
        "unknown": max(unknown for _, _, unknown in done),
    }
    sys.stdout.write(json.dumps(outcome))


def _revoke(name: int, processes: int, count: int, together: Any, outcomes: Any) -> None:
    known: Any = get_revocations()
    calls, failed = [], 0
    together.wait()
    for number in range(count):
        began = time.monotonic()
        try:
            known.add([_mark(name, number)])
        except CacheUnavailable:
            failed += 1
        calls.append(time.monotonic() - began)
    while not known.catch_up():
        time.sleep(0.01)
    together.wait()
    users = [_mark(name, number) for name in range(processes) for number in range(count)]
    end, unknown = time.monotonic() + _LONGEST, len(users)
    while unknown and time.monotonic() < end:
        known.catch_up()
        unknown = sum(not known._marks.covers(user) for user in users)
    outcomes.put((calls, failed, unknown))


def _mark(name: int, number: int) -> Mark:
    issuer = "https://tenant.logto.test/oidc"
    return Mark(issuer=issuer, user=f"{name}-{number}", before=_BEFORE)


main(*map(int, sys.argv[1:]))
