"""The lock has one holder at a time between processes that share a store."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.support.cache_servers import needs_redis, redis

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(os.name != "posix", reason="the processes are forked"),
]
BACKENDS = "django.contrib.sessions.backends"


def outcome(sessions: dict[str, Any]) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.browsable.waiters"],
        env={**os.environ, "SESSIONS": json.dumps(sessions)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


@needs_redis
def test_one_process_at_a_time_takes_over_the_lock_of_a_dead_one_in_redis(tmp_path: Any) -> None:
    with redis(tmp_path) as server:
        caches = {"default": server.cache}
        entered = outcome({"SESSION_ENGINE": f"{BACKENDS}.cache", "CACHES": caches})
    assert entered == {"entered": 8, "overlaps": 0}


def test_one_process_at_a_time_takes_over_the_lock_of_a_dead_one_in_a_database(
    tmp_path: Any,
) -> None:
    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path / "sessions.sqlite3"),
        "OPTIONS": {"timeout": 60},
    }
    entered = outcome(
        {
            "SESSION_ENGINE": f"{BACKENDS}.db",
            "DATABASES": {"default": database},
            "INSTALLED_APPS": ["django.contrib.sessions"],
        }
    )
    assert entered == {"entered": 8, "overlaps": 0}
