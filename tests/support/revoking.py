"""Processes that revoke users one by one, all at once; LOGTO and CACHES are the environment's.

It says how many seconds passed until nothing waited to be written, how many users are unknown to a
process that starts then, and how many calls the cache did not answer.
"""

import os
import sys
import time
import traceback
from typing import Any

from drf_logto.revocation.marks import Mark
from drf_logto.shared_cache import CacheUnavailable
from tests.support import served  # noqa: F401 - it sets Django up

_BEFORE = time.time()


def main(processes: int, count: int) -> None:
    begin, let_begin = os.pipe()
    children = [_in_a_process(name, count, begin) for name in range(processes)]
    began = time.monotonic()
    os.write(let_begin, b"." * processes)
    failed = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    took = time.monotonic() - began
    known = _revocations()
    known.catch_up()
    users = [_mark(name, number) for name in range(processes) for number in range(count)]
    lost = sum(not known._marks.covers(user) for user in users)
    sys.stdout.write(f"{took:.2f} {lost} {sum(failed)}\n")


def _revocations() -> Any:
    from drf_logto.runtime import get_revocations

    return get_revocations()


def _mark(name: int, number: int) -> Mark:
    issuer = "https://tenant.logto.test/oidc"
    return Mark(issuer=issuer, user=f"{name}-{number}", before=_BEFORE)


def _in_a_process(name: int, count: int, begin: int) -> int:
    pid = os.fork()
    if not pid:
        try:
            os._exit(_revoke(name, count, begin))
        finally:
            traceback.print_exc()
            os._exit(255)
    return pid


def _revoke(name: int, count: int, begin: int) -> int:
    known = _revocations()
    known.catch_up()
    os.read(begin, 1)
    failed = 0
    for number in range(count):
        try:
            known.add([_mark(name, number)])
        except CacheUnavailable:
            failed += 1
    while not known.catch_up():
        time.sleep(0.01)
    return min(failed, 254)


main(*map(int, sys.argv[1:]))
