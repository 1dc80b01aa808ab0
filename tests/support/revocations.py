"""A project of several processes that revokes and shares a real cache."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

from drf_logto.testing import Logto

from .cache_servers import CacheServer
from .loopback import loopback_server
from .running import free_port, running
from .webhooks import KEY, WEBHOOK, signature


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


@dataclass(frozen=True, slots=True)
class Api:
    """An API that workers of gunicorn serve, and the tenant that it trusts."""

    address: tuple[str, int]
    tenant: Logto

    def ask(self, token: str) -> tuple[int, str]:
        """Return the status of the response, and the process that sent it."""
        return self._send("GET", "/", headers={"Authorization": f"Bearer {token}"})

    def suspend(self, user: str) -> int:
        """Send a webhook as Logto does, and return the status of the response."""
        event = {
            "event": "User.SuspensionStatus.Updated",
            "createdAt": datetime.now(UTC).isoformat(),
            "data": {"id": user, "isSuspended": True},
        }
        body = json.dumps(event)
        headers = {"logto-signature-sha-256": signature(body), "content-type": "application/json"}
        return self._send("POST", WEBHOOK, body, headers)[0]

    def _send(self, *request: Any, **more: Any) -> tuple[int, str]:
        with closing(HTTPConnection(*self.address, timeout=60)) as connection:
            connection.request(*request, **more)
            response = connection.getresponse()
            response.read()
            return response.status, response.headers["Process"]

    def token(self, user: str) -> str:
        """Return a token of a user that was issued a minute ago."""
        issued = {"iat": int(time.time()) - 60}
        return self.tenant.global_token(["read:products"], user=user, claims=issued)


@contextmanager
def serving(cache: CacheServer, workers: int, threads: int) -> Iterator[Api]:
    """Serve a project with gunicorn that receives webhooks."""
    port = free_port()
    command = [
        *("-m", "gunicorn", "tests.support.served:wsgi", f"--bind=127.0.0.1:{port}", "--preload"),
        *(f"--workers={workers}", f"--threads={threads}", "--worker-tmp-dir=/dev/shm"),
    ]
    with loopback_server() as server:
        tenant = Logto(server.address, "https://api.example.test")
        server.serve_logto(tenant)
        ours = environment(cache, ENDPOINT=server.address, WEBHOOK_SIGNING_KEYS=[KEY])
        ready = "Booting worker"
        with running(sys.executable, *command, until=ready, times=workers, environment=ours):
            yield Api(("127.0.0.1", port), tenant)


def write_at_once(server: CacheServer, processes: int, each: int) -> dict[str, Any]:
    """Return what ``tests.support.revoking`` prints."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    ours |= environment(server)
    command = [sys.executable, "-m", "tests.support.revoking", str(processes), str(each)]
    outcome: dict[str, Any] = json.loads(subprocess.check_output(command, env=ours, text=True))
    return outcome
