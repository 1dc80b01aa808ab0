"""A project of several processes that revokes and shares a real cache."""

import json
import os
import subprocess
import sys
from typing import Any

from .cache_servers import CacheServer


def environment(server: CacheServer, **logto: Any) -> dict[str, str]:
    """Return what ``tests.support.served`` reads."""
    return {
        "SERVED_APPS": '["drf_logto.revocation"]',
        "SERVED_CACHES": json.dumps({"default": server.cache}),
        "SERVED_DATABASES": json.dumps(server.databases),
        "SERVED_LOGTO": json.dumps(
            {
                "ENDPOINT": "https://tenant.logto.test",
                "API_RESOURCE": "https://api.example.test",
                "CACHE": "default",
                **logto,
            }
        ),
    }


def write_at_once(server: CacheServer, processes: int, each: int) -> dict[str, Any]:
    """Return what ``tests.support.revoking`` prints."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    ours |= environment(server)
    command = [sys.executable, "-m", "tests.support.revoking", str(processes), str(each)]
    outcome: dict[str, Any] = json.loads(subprocess.check_output(command, env=ours, text=True))
    return outcome
