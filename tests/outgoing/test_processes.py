"""Several processes with a real Redis: how many tokens they ask for together."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis

from tests.support import cache_servers
from tests.support.cache_servers import CacheServer, needs_redis
from tests.support.loopback import Connection, LoopbackServer, document
from tests.support.machines import SECRET, TokenEndpoint

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(os.name != "posix", reason="processes fork on POSIX systems only"),
    needs_redis,
]

PROCESSES = 8
Ask = Callable[..., list[str]]


@pytest.fixture
def redis(tmp_path: Any) -> Iterator[CacheServer]:
    with cache_servers.redis(tmp_path) as server:
        yield server


@pytest.fixture
def endpoint(server: LoopbackServer) -> TokenEndpoint:
    return TokenEndpoint(server)


@pytest.fixture
def ask(endpoint: TokenEndpoint, redis: CacheServer) -> Ask:
    """Let processes ask at once; return their tokens."""

    def tokens(**options: Any) -> list[str]:
        logto = {**endpoint.logto, "CACHE": "default", "HTTP_TIMEOUT": 60, **options}
        environment = {
            "SERVED_CACHES": json.dumps({"default": redis.cache}),
            "SERVED_LOGTO": json.dumps(logto),
        }
        own = {name: one for name, one in os.environ.items() if not name.startswith("COVERAGE")}
        found: list[str] = json.loads(
            subprocess.run(
                [sys.executable, "-m", "tests.support.asking", str(PROCESSES)],
                env={**own, **environment},
                stdout=subprocess.PIPE,
                check=True,
            ).stdout
        )
        return found

    return tokens


def test_processes_have_the_token_of_the_first_from_a_cache_that_learns_nothing(
    ask: Ask, endpoint: TokenEndpoint, redis: CacheServer
) -> None:
    assert ask() == ["token-1"] * PROCESSES
    with Redis.from_url(redis.cache["LOCATION"]) as client:
        (key,) = client.keys("*machine_token*")
        value = client.get(key)
        assert 0 < client.ttl(key) <= 3600
    for secret in ("token-1", SECRET, "machine-1", "orders", "read"):
        assert secret not in f"{key!r} {value!r}"


def test_one_process_asks_while_the_others_use_what_it_writes(
    ask: Ask, endpoint: TokenEndpoint
) -> None:
    """What is asked for before they begin has no answer that can be used."""

    def fail_once(connection: Connection) -> None:
        endpoint.works()
        document({})(connection)

    endpoint.server.answers["/oidc/token"] = fail_once
    assert ask() == ["token-2"] * PROCESSES


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP], ids=["down", "hanging"])
def test_a_redis_out_of_order_costs_a_request_for_each_process(
    ask: Ask, endpoint: TokenEndpoint, redis: CacheServer, fault: signal.Signals
) -> None:
    assert redis.process is not None
    os.kill(redis.process, fault)
    tokens = ask(HTTP_TIMEOUT=5)
    assert all(token.startswith("token-") for token in tokens)
    assert endpoint.asked == PROCESSES + 1
