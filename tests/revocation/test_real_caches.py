"""Many processes write marks at once to real caches."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.running import free_port, running

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(os.name != "posix", reason="processes fork on POSIX systems only"),
]

PROCESSES, EACH = 8, 10
DJANGO = "django.core.cache.backends"


needs_redis = pytest.mark.skipif(
    shutil.which("redis-server") is None and "REQUIRE_REDIS" not in os.environ,
    reason="redis-server is not installed (Debian: apt-get install redis-server)",
)


@contextmanager
def redis(folder: Path) -> Iterator[dict[str, Any]]:
    port = free_port()
    options = f"--port {port} --bind 127.0.0.1 --appendonly no --dir {folder}".split(" ")
    ready = "Ready to accept connections"
    with running("redis-server", *options, "--save", "", until=ready):
        yield {"BACKEND": f"{DJANGO}.redis.RedisCache", "LOCATION": f"redis://127.0.0.1:{port}"}


@contextmanager
def database(folder: Path) -> Iterator[dict[str, Any]]:
    yield {
        "BACKEND": f"{DJANGO}.db.DatabaseCache",
        "LOCATION": "marks",
        "OPTIONS": {"MAX_ENTRIES": 10**6},
    }


def environment(cache: dict[str, Any], folder: Path) -> dict[str, str]:
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/db.sqlite3"}
    logto = {
        "ENDPOINT": "https://tenant.logto.test",
        "API_RESOURCE": "https://api.example.test",
        "CACHE": "default",
    }
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
        "SERVED_APPS": '["drf_logto.revocation"]',
        "SERVED_CACHES": json.dumps({"default": cache}),
        "SERVED_DATABASES": json.dumps({"default": database}),
        "SERVED_LOGTO": json.dumps(logto),
    }


CREATE_TABLE = (
    "from tests.support import served\n"
    "from django.core.management import call_command\n"
    "call_command('createcachetable')"
)


@pytest.mark.parametrize(
    "cache",
    [
        pytest.param(redis, marks=needs_redis, id="redis"),
        pytest.param(database, id="database"),
    ],
)
def test_no_mark_of_many_writers_is_lost(cache: Any, tmp_path: Path) -> None:
    with cache(tmp_path) as entry:
        ours = environment(entry, tmp_path)
        subprocess.run([sys.executable, "-c", CREATE_TABLE], env=ours, check=True)
        command = [sys.executable, "-m", "tests.support.revoking", str(PROCESSES), str(EACH)]
        said = subprocess.check_output(command, env=ours, text=True)
    _seconds, lost, _failed = said.split()
    assert lost == "0"
