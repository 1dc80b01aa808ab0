"""Counts what several processes ask of Logto and of Redis together, and what memory they take.

``python -m benchmarks.capacity`` starts real processes, a Logto on loopback that counts, and a real
Redis. The clock of the processes is set, so that hours take no time; only the questions for
revocations are counted while they are asked. No figure is a duration.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from redis import Redis

from .report import environment
from .revocations import redis_server
from .server import Server, serving
from .tenant import API_RESOURCE, ENDPOINT, Tenant, new_tenant

TTL, COOLDOWN = 300, 30
"""Seconds, the defaults of ``JWKS_TTL`` and ``JWKS_COOLDOWN``."""

_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"]
_SPELLS = 4  # over which a figure is a mean
_REVOKED = 10_000
_COMMANDS = ("get", "set", "del", "mget")
_TITLES = (
    "processes",
    "`CACHE`",
    "requests to Logto at the start",
    "per `JWKS_TTL`",
    "per `JWKS_COOLDOWN` with unknown keys",
    "memory of a process",
    "commands to Redis per `JWKS_TTL`",
    "questions for revocations per second",
    "sent by Redis per second",
    "connections to Redis",
    "memory of Redis, and of a revocation",
    "requests to Logto per `JWKS_COOLDOWN` in an outage",
)


class Processes:
    """Processes that do the same at the same time."""

    def __init__(self, count: int, settings: dict[str, Any]) -> None:
        command = [sys.executable, "-m", "benchmarks.capacity_process", json.dumps(settings)]
        self._started = [
            subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for _ in range(count)
        ]
        self.all("id")

    def all(self, *call: Any) -> list[Any]:
        """Let each do it; return the answers."""
        for process in self._started:
            self._write(process, call)
        return [self._answer(process) for process in self._started]

    def first(self, *call: Any) -> Any:
        """Let one do it."""
        self._write(self._started[0], call)
        return self._answer(self._started[0])

    def end(self) -> None:
        """End them."""
        for process in self._started:
            process.communicate()

    def _write(self, process: "subprocess.Popen[str]", call: tuple[Any, ...]) -> None:
        if process.stdin:
            process.stdin.write(f"{json.dumps(call)}\n")
            process.stdin.flush()

    def _answer(self, process: "subprocess.Popen[str]") -> Any:
        return json.loads(process.stdout.readline() if process.stdout else "")


@contextmanager
def _processes(count: int, settings: dict[str, Any]) -> Iterator[Processes]:
    started = Processes(count, settings)
    try:
        yield started
    finally:
        started.end()


def _settings(server: Server, redis: str | None) -> dict[str, Any]:
    logto = {
        "ENDPOINT": ENDPOINT,
        "INTERNAL_ENDPOINT": server.address,
        "API_RESOURCE": API_RESOURCE,
        "HTTP_TIMEOUT": 60,  # however busy the machine is
    }
    settings: dict[str, Any] = {"INSTALLED_APPS": _APPS, "LOGTO": logto}
    if redis is not None:
        settings["CACHES"] = _caches(redis)
        settings["INSTALLED_APPS"] = [*_APPS, "drf_logto.revocation"]
        logto["CACHE"] = "default"
    return settings


def _caches(redis: str) -> dict[str, Any]:
    backend = "django.core.cache.backends.redis.RedisCache"
    return {"default": {"BACKEND": backend, "LOCATION": redis}}


class _Count:
    """What was asked since it was read last."""

    def __init__(self, server: Server, redis: str | None) -> None:
        self._server = server
        self._redis: Any = redis and Redis.from_url(redis)
        self._before: dict[str, int] = {}
        self.read()

    def read(self) -> dict[str, int]:
        now = {"logto": len(self._server.asked)}
        if self._redis:
            found = self._redis.info("all")
            asked = {name: found.get(f"cmdstat_{name}", {}).get("calls", 0) for name in _COMMANDS}
            now |= {"commands": sum(asked.values()), "questions": asked["mget"]}
            now["bytes"] = found["total_net_output_bytes"]
        counted = {name: value - self._before.get(name, 0) for name, value in now.items()}
        self._before = now
        return counted

    def memory(self) -> int:
        """Return the bytes that the entries take."""
        return sum(self._redis.memory_usage(key) for key in self._redis.scan_iter())

    def clients(self) -> int:
        """Return the number of connections besides this one."""
        return int(self._redis.info("clients")["connected_clients"]) - 1


def _measure(count: int, tenant: Tenant, *, shared: bool, seconds: float) -> Iterator[str]:
    """Yield the figures of so many processes in the order of ``_TITLES``."""
    with ExitStack() as stack:
        server = stack.enter_context(serving(tenant.jwks))
        redis = stack.enter_context(redis_server()) if shared else None
        processes = stack.enter_context(_processes(count, _settings(server, redis)))
        counter, now, token = _Count(server, redis), time.time(), tenant.tokens[0]

        def spells(length: float, token: str, expected: str = "accepted") -> dict[str, float]:
            """Return the mean of what is asked in one of some spells."""
            nonlocal now
            counter.read()
            for _ in range(_SPELLS):
                now += length
                answers = processes.all("verify", token, now)
                if set(answers) != {expected}:
                    raise RuntimeError(answers)
            return {name: value / _SPELLS for name, value in counter.read().items()}

        processes.all("verify", token, now)
        yield from (str(count), "yes" if shared else "no", str(counter.read()["logto"]))
        usual = spells(TTL, token)
        yield f"{usual['logto']:.1f}"
        yield f"{spells(COOLDOWN, tenant.unknown_keys[0], 'unknown_key')['logto']:.1f}"
        yield f"{sum(processes.all('memory')) / count / 1e6:.1f} MB"
        if shared:
            yield f"{usual['commands']:.1f}"
            yield from _revocations(processes, counter, token, seconds)
        else:
            yield from ("",) * 5
        server.documents.clear()
        spells(TTL, token)  # the keys are old, and the first fetches have failed
        yield f"{spells(COOLDOWN, token)['logto']:.1f}"


def _revocations(
    processes: Processes, counter: _Count, token: str, seconds: float
) -> Iterator[str]:
    counter.read()
    processes.all("be_busy", token, seconds)
    asked = counter.read()
    yield f"{asked['questions'] / seconds:.1f}"
    yield f"{asked['bytes'] / seconds / 1000:.1f} kB"
    yield str(counter.clients())
    before = counter.memory()
    processes.first("revoke", _REVOKED)
    yield f"{before / 1000:.1f} kB, {(counter.memory() - before) / _REVOKED:.0f} bytes"


def _memory_without() -> str:
    """Return the memory of a process without the package, and with a cache in Redis beside it."""
    with redis_server() as redis:
        memory = []
        for settings in ({}, {"CACHES": _caches(redis)}):
            with _processes(1, {"INSTALLED_APPS": _APPS, **settings}) as processes:
                processes.first("look", "a key")
                memory.append(f"{processes.first('memory') / 1e6:.1f} MB")
        return ", with a cache in Redis ".join(memory)


def main() -> None:
    """Measure, and print a line for each number of processes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=__doc__)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--seconds", type=float, default=20, help="of asking for revocations")
    options = parser.parse_args()
    for line in _lines(options.processes, options.seconds):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _lines(counts: list[int], seconds: float) -> Iterator[str]:
    tenant = new_tenant("ES384", 1)
    yield f"| {' | '.join(_TITLES)} |"
    yield f"|{'---|' * len(_TITLES)}"
    for count in counts:
        for shared in (False, True):
            figures = _measure(count, tenant, shared=shared, seconds=seconds)
            yield f"| {' | '.join(figures)} |"
    yield f"\nA process without the package: {_memory_without()}."
    yield environment()


if __name__ == "__main__":
    main()
