"""One of the processes that ``benchmarks.capacity`` counts; it does what standard input says."""

import gc
import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.cache import cache

_PAUSE = 0.05  # seconds between two requests of a busy process


class _Process:
    def __init__(self) -> None:
        # With the package or without it: that is what is compared.
        from drf_logto.runtime import Environment, get_verifier, override  # noqa: PLC0415

        self.time = time.time()
        self._environment = override(Environment(now=lambda: self.time))
        self._environment.__enter__()
        self._verifier = get_verifier

    def verify(self, token: str, at: float) -> str:
        """Return how a request with the token ends at this time, when no fetch runs any more."""
        from drf_logto.exceptions import LogtoError  # noqa: PLC0415

        self.time, code = at, "accepted"
        try:
            self._verifier().verify(token)
        except LogtoError as refusal:
            code = refusal.code
        for thread in threading.enumerate():
            if thread.name == "drf_logto-jwks":
                thread.join()
        return code

    def be_busy(self, token: str, seconds: float) -> int:
        """Verify a token again and again; return how often."""
        ends_at, count = time.monotonic() + seconds, 0
        while time.monotonic() < ends_at:
            self._verifier().verify(token)
            count += 1
            time.sleep(_PAUSE)
        return count

    def revoke(self, count: int) -> None:
        """Revoke so many users."""
        from .revocations import revoke_others  # noqa: PLC0415

        revoke_others(count)


def _memory() -> int:
    """Return the bytes that this process shares with no other."""
    gc.collect()
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) * 1024


def main(given: str) -> None:
    """Answer each line, a JSON list of a name and arguments, with a line of JSON."""
    settings.configure(**json.loads(given))
    django.setup()
    importlib.import_module("rest_framework.views")  # as every API has it
    calls: dict[str, Callable[..., Any]] = {"memory": _memory, "id": os.getpid, "look": cache.get}
    if hasattr(settings, "LOGTO"):
        process = _Process()
        calls |= {name: getattr(process, name) for name in ("verify", "be_busy", "revoke")}
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        sys.stdout.write(f"{json.dumps(calls[name](*arguments))}\n")
        sys.stdout.flush()


main(*sys.argv[1:])
