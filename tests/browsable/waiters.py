"""Processes that wait for the lock of a dead process; prints how many entered, and overlaps.

Run as ``python -m tests.browsable.waiters``; the session store is what SESSIONS says, in JSON.
"""

import json
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command

PROCESSES = 8
TIMEOUT = 0.3


def die_with_the_lock() -> None:
    from drf_logto.browsable import sign_in_store

    sign_in_store.lock("key", TIMEOUT).__enter__()
    os._exit(0)


def enter(ready: Any, entered: Any, overlaps: Any, inside: Path) -> None:
    from drf_logto.browsable import sign_in_store

    ready.wait()
    with sign_in_store.lock("key", TIMEOUT):
        try:
            inside.touch(exist_ok=False)
        except FileExistsError:
            with overlaps.get_lock():
                overlaps.value += 1
        with entered.get_lock():
            entered.value += 1
        for _ in range(1_000):  # time for another process to enter, if it can
            inside.exists()
        inside.unlink(missing_ok=True)


def main(folder: str) -> None:
    settings.configure(SECRET_KEY="only-for-tests", **json.loads(os.environ["SESSIONS"]))
    django.setup()
    if settings.SESSION_ENGINE.endswith(".db"):
        call_command("migrate", verbosity=0)
    context = multiprocessing.get_context("fork")
    dead = context.Process(target=die_with_the_lock)
    dead.start()
    dead.join()
    ready, entered, overlaps = context.Barrier(PROCESSES), context.Value("i"), context.Value("i")
    shared = (ready, entered, overlaps, Path(folder, "inside"))
    waiters = [context.Process(target=enter, args=shared) for _ in range(PROCESSES)]
    for one in waiters:
        one.start()
    for one in waiters:
        one.join()
    json.dump({"entered": entered.value, "overlaps": overlaps.value}, sys.stdout)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(folder)
