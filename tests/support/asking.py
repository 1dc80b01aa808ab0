"""Processes that need a machine token, all at once; LOGTO and CACHES are the environment's.

It prints as JSON what each of them got: the token, or the name of the exception.
"""

import json
import multiprocessing
import sys
from typing import Any

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.outgoing import machine_token
from tests.support import served  # noqa: F401 - it sets Django up


def main(processes: int) -> None:
    fork = multiprocessing.get_context("fork")
    together, outcomes = fork.Barrier(processes), fork.SimpleQueue()
    _ask()  # what a child inherits of this must not do harm
    for _ in range(processes):
        fork.Process(target=_ask_together, args=(together, outcomes)).start()
    sys.stdout.write(json.dumps([outcomes.get() for _ in range(processes)]))


def _ask_together(together: Any, outcomes: Any) -> None:
    together.wait()
    outcomes.put(_ask())


def _ask() -> str:
    try:
        return machine_token(resource="https://orders.example.test", scopes="read:orders")
    except AuthorizationServerUnavailable as failure:
        return type(failure).__name__


main(int(sys.argv[1]))
