"""Measures what a process pays for the revocations that it knows."""

import json
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from .tenant import API_RESOURCE, ENDPOINT, ISSUER

if TYPE_CHECKING:
    from drf_logto.verification.verifier import Verifier

COUNT = 100_000
_TIMES = 3
_AT_ONCE = 1000  # as writing must not take longer than some seconds


@dataclass(frozen=True, slots=True)
class Revocations:
    """What ``COUNT`` revocations in a Redis cost each process.

    Attributes:
        megabytes: by which the process is larger than one that knows none.
        reading: seconds until a new process knows them.
        asking: milliseconds of CPU time for a question that brings no new ones.
    """

    megabytes: float
    reading: float
    asking: float


def are_measurable() -> bool:
    """Whether Redis is on this machine."""
    return shutil.which("redis-server") is not None


def measure() -> Revocations:
    """Start a Redis, and processes that write and read: with and without revocations in turns."""
    measured = []
    for _ in range(_TIMES):
        with redis_server() as address:
            without = _in_a_process("read", address)
            _in_a_process("write", address)
            measured.append((without, _in_a_process("read", address)))
    return Revocations(
        megabytes=median(full["bytes"] - empty["bytes"] for empty, full in measured) / 1e6,
        reading=median(full["reading"] for _, full in measured),
        asking=median(full["asking"] for _, full in measured) * 1000,
    )


def verifier(count: int | None) -> "Verifier":
    """Return a new verifier that knows so many revocations of other users, None without the app.

    It goes by the settings of this moment, with a cache of its own in this process.
    """
    # They read Django's settings when they are imported.
    from django.conf import settings  # noqa: PLC0415
    from django.test import override_settings  # noqa: PLC0415

    from drf_logto.runtime import get_verifier  # noqa: PLC0415

    if count is None:
        with override_settings(LOGTO=dict(settings.LOGTO)):
            return get_verifier()
    cache = {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": secrets.token_hex(8),
        "OPTIONS": {"MAX_ENTRIES": 10**6},
    }
    with override_settings(
        INSTALLED_APPS=[*settings.INSTALLED_APPS, "drf_logto.revocation"],
        CACHES={"default": cache},
        LOGTO=settings.LOGTO | {"CACHE": "default"},
    ):
        revoke_others(count)
        return get_verifier()


def revoke_others(count: int) -> None:
    """Revoke so many users whom no token names."""
    from drf_logto.revocation import process  # noqa: PLC0415
    from drf_logto.revocation.marks import Mark  # noqa: PLC0415

    before = time.time()
    for written in range(0, count, _AT_ONCE):
        users = [secrets.token_hex(6) for _ in range(written, min(written + _AT_ONCE, count))]
        process.add(Mark(issuer=ISSUER, user=user, before=before) for user in users)


@contextmanager
def redis_server() -> Iterator[str]:
    """Run a Redis that writes no file; yield its address."""
    with TemporaryDirectory(prefix="benchmarks-") as directory:
        command = ["redis-server", "--port", "0", "--unixsocket", f"{directory}/redis"]
        command += ["--save", "", "--dir", directory]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
            try:
                # It says so once it can be reached.
                any("ready to accept" in line.lower() for line in process.stdout or ())
                yield f"unix://{directory}/redis"
            finally:
                process.terminate()


def _in_a_process(way: str, address: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.knowing", way, address]
    answer: dict[str, Any] = json.loads(subprocess.check_output(command))  # noqa: S603
    return answer


def settings_of(address: str) -> dict[str, Any]:
    """Return the settings of a process that shares its revocations in a Redis."""
    return {
        "INSTALLED_APPS": ["rest_framework", "drf_logto.revocation"],
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": address,
            }
        },
        "LOGTO": {"ENDPOINT": ENDPOINT, "API_RESOURCE": API_RESOURCE, "CACHE": "default"},
    }
