"""Real servers with several processes: what they ask of Logto together, and of a real Redis."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from redis import Redis

from drf_logto.testing import Logto
from tests.support import cache_servers
from tests.support.cache_servers import CacheServer, needs_redis
from tests.support.loopback import LoopbackServer
from tests.support.running import free_port, running

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(os.name != "posix", reason="gunicorn runs on POSIX systems only"),
]

WORKERS, THREADS = 4, 8
Ask = Callable[[str], tuple[int, Any]]


@pytest.fixture
def tenant(server: LoopbackServer) -> Logto:
    tenant = Logto(server.address, "https://api.example.test")
    server.serve_logto(tenant)
    return tenant


@pytest.fixture
def serve(server: LoopbackServer) -> Callable[..., Any]:
    """Serve the project with gunicorn or uvicorn, its keys shared in this cache or not at all."""

    @contextmanager
    def served(
        cache: dict[str, Any] | None = None, kind: str = "preloaded", **logto: Any
    ) -> Iterator[Ask]:
        port = free_port()
        none = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        environment = {
            "SERVED_CACHES": json.dumps({"default": none, "keys": cache or none}),
            "SERVED_LOGTO": json.dumps(
                {
                    "ENDPOINT": server.address,
                    "API_RESOURCE": "https://api.example.test",
                    "CACHE": "keys" if cache else None,
                    # However busy the machine is, a cache in order does not count as slow.
                    "HTTP_TIMEOUT": 60,
                    **logto,
                }
            ),
        }
        gunicorn = [
            *("-m", "gunicorn", "tests.support.served:wsgi", f"--bind=127.0.0.1:{port}"),
            *(f"--workers={WORKERS}", f"--threads={THREADS}", "--worker-tmp-dir=/dev/shm"),
        ]
        command, until, times = {
            "asgi": (
                ["-m", "uvicorn", "tests.support.served:asgi", f"--port={port}"],
                "running on",
                1,
            ),
            "forked": (gunicorn, "Booting worker", WORKERS),
            # Imported once, before it forks: as good wherever that is not the point, and faster.
            "preloaded": ([*gunicorn, "--preload"], "Booting worker", WORKERS),
        }[kind]
        with running(sys.executable, *command, until=until, times=times, environment=environment):
            yield lambda token: ask(f"http://127.0.0.1:{port}/", token)

    return served


def ask(url: str, token: str) -> tuple[int, Any]:
    request = Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urlopen(request, timeout=60) as response:
            return response.status, json.load(response)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def ask_at_once(ask: Ask, tokens: list[str]) -> list[tuple[int, Any]]:
    with ThreadPoolExecutor(len(tokens)) as pool:
        return list(pool.map(ask, tokens))


def jwks_fetches(server: LoopbackServer) -> int:
    return server.asked.count("/oidc/jwks")


def file_cache(folder: Any) -> dict[str, Any]:
    return {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(folder),
    }


@pytest.fixture
def redis(tmp_path: Any) -> Iterator[CacheServer]:
    """A real Redis of this test alone."""
    with cache_servers.redis(tmp_path) as server:
        yield server


TOGETHER = WORKERS * THREADS


@pytest.mark.parametrize("kind", ["forked", "preloaded"])
def test_workers_without_a_cache_ask_once_each(
    server: LoopbackServer, tenant: Logto, serve: Any, kind: str
) -> None:
    with serve(None, kind) as api:
        answers = ask_at_once(api, [tenant.global_token(["read:products"])] * TOGETHER)
    assert {status for status, _ in answers} == {200}
    assert 1 <= jwks_fetches(server) <= WORKERS


def test_workers_with_a_cache_that_takes_no_turns_ask_once_each_at_most(
    server: LoopbackServer, tenant: Logto, serve: Any, tmp_path: Any
) -> None:
    """Django's file cache adds in two steps, so two processes can both believe to be first."""
    with serve(file_cache(tmp_path)) as api:
        answers = ask_at_once(api, [tenant.global_token(["read:products"])] * TOGETHER)
    assert {status for status, _ in answers} == {200}
    assert 1 <= jwks_fetches(server) <= WORKERS


def test_asgi_asks_once(server: LoopbackServer, tenant: Logto, serve: Any) -> None:
    with serve(None, "asgi") as api:
        answers = ask_at_once(api, [tenant.global_token(["read:products"])] * TOGETHER)
        assert {status for status, _ in answers} == {200}
        assert jwks_fetches(server) == 1
        assert api(tenant.global_token())[1]["code"] == "insufficient_scope"


@needs_redis
@pytest.mark.parametrize("kind", ["forked", "preloaded"])
def test_workers_with_redis_ask_once_together_and_a_flood_forces_one_fetch_more(
    server: LoopbackServer, tenant: Logto, serve: Any, redis: Any, kind: str
) -> None:
    good = tenant.global_token(["read:products"])
    with serve(redis.cache, kind) as api:
        answers = ask_at_once(api, [good] * TOGETHER)
        assert {status for status, _ in answers} == {200}
        assert jwks_fetches(server) == 1
        flood = [tenant.global_token(headers={"kid": f"random-{n}"}) for n in range(TOGETHER)]
        for _ in range(3):
            answers = ask_at_once(api, flood)
            assert {body["code"] for _, body in answers} == {"unknown_key"}
        assert api(good)[0] == 200
    assert jwks_fetches(server) == 2


@needs_redis
def test_a_rotation_reaches_every_worker(
    server: LoopbackServer, tenant: Logto, serve: Any, redis: Any
) -> None:
    with serve(redis.cache) as api:
        ask_at_once(api, [tenant.global_token(["read:products"])] * TOGETHER)
        tenant.rotate()
        server.serve_logto(tenant)
        answers = ask_at_once(api, [tenant.global_token(["read:products"])] * TOGETHER)
    assert {status for status, _ in answers} == {200}
    assert jwks_fetches(server) == 2


@needs_redis
def test_a_restart_during_an_outage_starts_from_the_copy_in_redis(
    server: LoopbackServer, tenant: Logto, serve: Any, redis: Any
) -> None:
    good = tenant.global_token(["read:products"])
    with serve(redis.cache) as api:
        assert api(good)[0] == 200
    server.answers.clear()
    with serve(redis.cache) as api:
        answers = ask_at_once(api, [good] * TOGETHER)
    assert {status for status, _ in answers} == {200}
    assert jwks_fetches(server) == 1


@needs_redis
@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP], ids=["down", "hanging"])
def test_a_redis_out_of_order_breaks_no_request(
    server: LoopbackServer, tenant: Logto, serve: Any, redis: Any, fault: signal.Signals
) -> None:
    good = tenant.global_token(["read:products"])
    with serve(redis.cache, HTTP_TIMEOUT=5) as api:
        os.kill(redis.process, fault)
        answers = ask_at_once(api, [good] * TOGETHER)
    assert {status for status, _ in answers} == {200}
    assert 1 <= jwks_fetches(server) <= WORKERS


@needs_redis
def test_rubbish_in_redis_breaks_no_request(
    server: LoopbackServer, tenant: Logto, serve: Any, redis: Any
) -> None:
    good = tenant.global_token(["read:products"])
    with serve(redis.cache) as api:
        assert api(good)[0] == 200
    with Redis.from_url(redis.cache["LOCATION"]) as client:
        (key,) = client.keys("*:copy")
        client.set(key, b"\x80rubbish")
    with serve(redis.cache) as api:
        assert api(good)[0] == 200
    assert jwks_fetches(server) == 2
