"""Many processes write marks at once to real caches."""

import os
from pathlib import Path
from typing import Any

import pytest

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
