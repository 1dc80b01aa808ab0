"""Measures revocation in many processes, with real servers: ``python -m benchmarks.revocation``."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.client import NO_CONTENT, OK
from itertools import chain, cycle
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import django
from django.conf import settings
from redis import Redis

settings.configure()
django.setup()

from tests.support import cache_servers  # noqa: E402 - settings come first
from tests.support.revocations import Api, serving, write_at_once  # noqa: E402
from tests.support.running import free_port  # noqa: E402

_WRITERS, _MARKS = 16, 10_000
_WORKERS, _THREADS, _CLIENTS = 4, 8, 6
_ROUNDS, _USERS = 10, 10
_WATCHED = 1.5  # seconds after the last revocation of a round
_REQUESTS = 500


def main() -> None:
    """Print one line for each figure."""
    with TemporaryDirectory(prefix="benchmarks-") as folder:
        for line in chain(_served(Path(folder)), _written(Path(folder))):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


def _served(folder: Path) -> Iterator[str]:
    port = free_port()
    with ExitStack() as running, ExitStack() as first:
        cache = first.enter_context(cache_servers.redis(folder, port))
        api = running.enter_context(serving(cache, _WORKERS, _THREADS))
        yield _delays("Redis in order", api, lambda: None)
        with Redis.from_url(cache.cache["LOCATION"]) as client:
            yield _delays("Redis emptied right after it", api, client.flushall)
        yield _latency("Redis in order", api)
        os.kill(cache.process or 0, signal.SIGSTOP)
        yield _latency("Redis hangs", api)
        first.close()
        yield _restarts(api, folder, port)


def _written(folder: Path) -> Iterator[str]:
    servers = cache_servers.redis, cache_servers.memcached, cache_servers.sqlite
    for server in (*servers, cache_servers.database):
        with server(folder) as cache:
            outcome = write_at_once(cache, _WRITERS, _MARKS // _WRITERS)
        yield f"{_MARKS} marks of {_WRITERS} processes, {server.__name__}: {outcome}"


def _delays(title: str, api: Api, meddle: Callable[[], object]) -> str:
    seconds, lost = [], 0
    for number in range(_ROUNDS):
        users = [f"{title} {number} {user}" for user in range(_USERS)]
        answered: dict[str, float] = {}
        with _asking(api, users) as let_in:
            time.sleep(0.3)
            for user in users:
                if api.suspend(user) == NO_CONTENT:
                    answered[user] = time.monotonic()
            meddle()
            time.sleep(_WATCHED)
        seconds += [max(let_in.get(user, 0) - at, 0) for user, at in answered.items()]
        lost += _lost(api, answered)
    return _row(f"from the response to the last request let in, {title}", seconds, lost)


def _restarts(api: Api, folder: Path, port: int) -> str:
    seconds, lost = [], 0
    for number in range(_ROUNDS):
        users = [f"before {number}", f"meanwhile {number}"]
        with cache_servers.redis(folder, port):
            api.suspend(users[0])
        api.suspend(users[1])
        with cache_servers.redis(folder, port), _asking(api, users) as let_in:
            began = time.monotonic()
            time.sleep(2 * _WATCHED)
        seconds += [max(let_in.get(user, 0) - began, 0) for user in users]
        lost += _lost(api, users)
    return _row("from the start of another Redis to the last request let in", seconds, lost)


def _lost(api: Api, users: Iterable[str]) -> int:
    """Return how many are still let in by some worker."""
    return sum(any(api.ask(api.token(user))[0] == OK for _ in "1234567890") for user in users)


@contextmanager
def _asking(api: Api, users: Sequence[str]) -> Iterator[dict[str, float]]:
    """Send requests of users all the time; yield when each was last let in."""
    let_in: dict[str, float] = {}
    is_over = threading.Event()
    tokens = [(user, api.token(user)) for user in users]

    def ask(first: int) -> None:
        for user, token in cycle(tokens[first:] + tokens[:first]):
            if is_over.is_set():
                return
            status, _ = api.ask(token)
            if status == OK:
                let_in[user] = time.monotonic()

    clients = [threading.Thread(target=ask, args=(first,)) for first in range(_CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield let_in
    finally:
        is_over.set()
        for client in clients:
            client.join()


def _latency(title: str, api: Api) -> str:
    api.suspend("ada")
    token, seconds = api.token("ada"), []
    for _ in range(_REQUESTS):
        began = time.monotonic()
        api.ask(token)
        seconds.append(time.monotonic() - began)
    return _row(f"a request of a suspended user, {title}", seconds)


def _row(title: str, seconds: Sequence[float], lost: int = 0) -> str:
    figures = f"{1000 * median(seconds):.1f} ms at the median, {1000 * max(seconds):.0f} ms at most"
    return f"{title}: {len(seconds)}; {figures}; {lost} lost"


main()
