"""Workers of a real server that share a real Redis, which is emptied, ends and begins again."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.support.cache_servers import needs_redis, redis
from tests.support.revocations import Api, serving
from tests.support.running import free_port

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(os.name != "posix", reason="gunicorn runs on POSIX systems only"),
    needs_redis,
]
WORKERS, THREADS = 4, 8


def answers(api: Api, user: str) -> Iterator[tuple[int, str]]:
    """Ask until the test has seen enough, and not for ever."""
    token, end = api.token(user), time.monotonic() + 120
    while time.monotonic() < end:
        yield api.ask(token)


def await_all(api: Api, user: str, status: int) -> set[str]:
    """Return the workers, when each has answered so."""
    workers: set[str] = set()
    for found, worker in answers(api, user):
        workers |= {worker} if found == status else set()
        if len(workers) == WORKERS:
            return workers
    raise AssertionError


def statuses(api: Api, user: str) -> set[int]:
    token = api.token(user)
    return {api.ask(token)[0] for _ in range(32)}


def test_workers_refuse_a_suspended_user_though_the_cache_is_emptied(tmp_path: Path) -> None:
    with redis(tmp_path) as cache, serving(cache, WORKERS, THREADS) as api:
        await_all(api, "ada", 200)
        assert api.suspend("ada") == 204
        before = await_all(api, "ada", 401)
        with Redis.from_url(cache.cache["LOCATION"]) as client:
            client.flushall()
            assert statuses(api, "ada") == {401}
            assert statuses(api, "bob") == {200}
            next(answer for answer in answers(api, "bob") if is_written(client, "ada"))
        os.kill(int(min(before)), signal.SIGKILL)
        begun = next(answer for answer in answers(api, "ada") if answer[1] not in before)
    assert begun[0] == 401


def is_written(client: Any, user: str) -> bool:
    return any(user in str(client.get(key)) for key in client.keys("*:1:*[0-9]"))


def test_workers_learn_what_could_not_be_written_when_the_cache_is_back(tmp_path: Path) -> None:
    port = free_port()
    with redis(tmp_path, port) as cache:
        pass
    with serving(cache, WORKERS, THREADS) as api:
        await_all(api, "ada", 200)
        assert api.suspend("ada") == 503
        with redis(tmp_path, port):
            await_all(api, "ada", 401)
        assert statuses(api, "ada") == {401}
