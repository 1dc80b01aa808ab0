"""Many processes write marks at once to real caches."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from redis import Redis

from tests.support import cache_servers
from tests.support.cache_servers import needs_memcached, needs_postgresql, needs_redis
from tests.support.revocations import write_at_once

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(os.name != "posix", reason="processes fork on POSIX systems only"),
]

PROCESSES, EACH = 16, 6  # python -m benchmarks.revocation writes more


@pytest.mark.parametrize(
    "cache",
    [
        pytest.param(cache_servers.redis, marks=needs_redis, id="redis"),
        pytest.param(cache_servers.memcached, marks=needs_memcached, id="memcached"),
        pytest.param(cache_servers.sqlite, id="sqlite"),
        pytest.param(cache_servers.database, marks=needs_postgresql, id="postgresql"),
    ],
)
def test_every_process_knows_the_marks_of_many_writers(cache: Any, tmp_path: Path) -> None:
    with cache(tmp_path) as server:
        assert write_at_once(server, PROCESSES, EACH)["unknown"] == 0


@needs_redis
@pytest.mark.usefixtures("revocation")
def test_a_redis_that_deletes_entries_is_found(settings: Any, tmp_path: Path) -> None:
    with cache_servers.redis(tmp_path) as server:
        with Redis.from_url(server.cache["LOCATION"]) as client:
            client.config_set("maxmemory", "100mb")
            client.config_set("maxmemory-policy", "allkeys-lru")
        settings.CACHES = {**settings.CACHES, "redis": server.cache}
        settings.LOGTO = {**settings.LOGTO, "CACHE": "redis"}
        found = run_checks(include_deployment_checks=True)
    assert "drf_logto.W036" in {one.id for one in found}
