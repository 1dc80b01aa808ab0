"""how-to/celery.md: its tasks, with Redis and Celery's own worker."""

import base64
import json
import subprocess
from pathlib import Path

import jwt
import pytest

from sandbox.organizations import ACME
from sandbox.stand_in import running_stand_in
from sandbox.tenant import BACK_OFFICE
from tests.support.cache_servers import needs_redis
from tests.support.cache_servers import redis as running_redis
from tests.support.documents import Page
from tests.support.guides import guide
from tests.support.loopback import LoopbackServer, document

pytest.importorskip("celery", reason="in the dependency group 'frameworks', which py has")

pytestmark = [pytest.mark.servers, needs_redis]

CODE = Page("how-to/celery.md").take(language="python")
(WORKER,) = Page("how-to/celery.md").take(language="sh")

ENDPOINT = "https://your-tenant.logto.app"
USERS = ("late", "suspended", "ada")

# The verifier's clock is an hour behind, so that a token is accepted which has expired for Celery.
REQUESTS = """
import json
import os
import time

os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
import django

django.setup()
from django.core.management import call_command
from django.test.utils import setup_test_environment

from drf_logto.testing import Logto
from drf_logto.users.models import LogtoIdentity
from shop.tasks import export_documents

call_command("migrate", verbosity=0)
setup_test_environment()


def post(**options):
    token = logto.organization_resource_token("acme", ["read:documents"], **options)
    return logto.client(token).post("/exports/").status_code


with Logto(now=lambda: time.time() - 3600) as logto:
    statuses = [post(user="late", expires_in=60), post(machine="app-1")]
    statuses += [post(user=user, expires_in=7200) for user in ("suspended", "ada")]
    suspended, ada = (LogtoIdentity.objects.get(subject=name) for name in ("suspended", "ada"))
    suspended.user.is_active = False
    suspended.user.save()
    with logto.outage():
        failed = export_documents.apply(args=[ada.issuer, "ada", "acme"])
print(json.dumps([statuses, type(failed.result).__name__]))
"""


def test_a_task_acts_as_a_machine_and_no_token_is_in_the_broker(
    tmp_path: Path, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import redis

    server.answers["/documents"] = document(["plan.txt", "budget.txt"])
    with running_stand_in() as logto, running_redis(tmp_path) as broker:
        logto.logto.api_resource = server.address
        values = {ENDPOINT: logto.logto.endpoint, "https://documents.example.com": server.address}
        project = guide(tmp_path, CODE, values)
        address = str(broker.cache["LOCATION"])
        environment = {
            "CELERY_BROKER_URL": address,
            "LOGTO_MACHINE_APP_ID": BACK_OFFICE.id,
            "LOGTO_MACHINE_APP_SECRET": BACK_OFFICE.secret,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        project.add("requesting.py", REQUESTS)
        statuses, failure = json.loads(project.run("requesting.py").splitlines()[-1])
        assert (statuses, failure) == ([202, 403, 202, 202], "AuthorizationServerUnavailable")

        with redis.Redis.from_url(address) as client:
            queued = [json.loads(message) for message in client.lrange("celery", 0, -1)]
        bodies = [base64.b64decode(message["body"]).decode() for message in queued]
        assert [user in body for user, body in zip(USERS, bodies[::-1], strict=True)] == [True] * 3
        assert "eyJ" not in str(bodies)

        _, *command = WORKER.code.split()
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with project.start(*command, **pipes) as worker:
            for _ in range(2):
                assert any("] succeeded in" in line for line in worker.stdout or ())
            worker.terminate()
            worker.communicate(timeout=30)
    (sent,) = (
        headers["Authorization"].removeprefix("Bearer ")
        for path, headers in zip(server.asked, server.headers, strict=True)
        if path == "/documents"
    )
    claims = jwt.decode(sent, options={"verify_signature": False})
    used = [claims[name] for name in ("sub", "organization_id", "scope")]
    assert used == [BACK_OFFICE.id, ACME, "read:documents"]
