"""how-to/audit-trail.md and monitoring.md: their code, with the packages they are about."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import ROOT, Page

pytestmark = pytest.mark.servers  # each is a process of its own

for library in ("auditlog", "easyaudit", "sentry_sdk", "django_structlog", "opentelemetry.sdk"):
    pytest.importorskip(library, reason="in the dependency group 'frameworks', which py has")

PAGE = Page("how-to/audit-trail.md")
CODE = [*PAGE.take(language="python"), *Page("how-to/monitoring.md").take(language="python")]
(EXAMPLE,) = PAGE.take(language="json")

SETTINGS = """
SECRET_KEY = "only-for-tests"
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "shop.urls"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "rest_framework",
    "drf_logto",
    "drf_logto.users",
    "shop",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
LOGTO = {"ENDPOINT": "https://tenant.logto.test", "API_RESOURCE": "https://api.example.test"}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["drf_logto.authentication.LogtoJWTAuthentication"],
}
"""

USERS = """
REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = [
    "drf_logto.users.authentication.LogtoUserAuthentication",
]
"""

MODELS = """
from django.db import models


class Product(models.Model):
    name = models.CharField(max_length=100)
"""

URLS = """
from django.http import JsonResponse
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes
from shop.models import Product


class Products(APIView):
    permission_classes = [HasScopes("write")]

    def post(self, request):
        if "fault" in request.data:
            raise ValueError(request.data["fault"])
        return Response({"id": Product.objects.create(name="tea").pk}, status=201)


@require_access_token(HasScopes("write"))
def plain(request):
    return JsonResponse({"id": Product.objects.create(name="tea").pk}, status=201)


urlpatterns = [path("products/", Products.as_view()), path("plain/", plain)]
"""

START = """
import json
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django

django.setup()
from django.core.management import call_command

call_command("migrate", run_syncdb=True, verbosity=0)
from django.contrib.auth.models import User

from drf_logto.testing import Logto
from drf_logto.users.models import LogtoIdentity

logto = Logto().__enter__()
write, read = (logto.global_token([name], user="grace") for name in ("write", "read"))


def post(token, url="/products/", **data):
    return logto.client(token).post(url, data).status_code


def tell(facts):
    print(json.dumps(facts, default=str))
"""

FILES = {
    "settings.py": SETTINGS,
    "shop/__init__.py": "",
    "shop/models.py": MODELS,
    "shop/urls.py": URLS,
}

Run = Callable[..., Any]


def blocks(heading: str) -> list[str]:
    return [block.code for block in CODE if heading in block.headings]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a script in a project with the blocks of a section, and return what it tells."""

    def run(
        heading: str, script: str, *, settings: str = "", files: Mapping[str, str] = FILES
    ) -> Any:
        files = {**FILES, **files, "start.py": START + script}
        for block in blocks(heading):
            name = block.split("\n", 1)[0].removeprefix("# ")
            files[name] = files.get(name, "") + block
        files["settings.py"] += settings
        for path, content in files.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(content)
        environment = {"PYTHONPATH": str(ROOT), "SENTRY_DSN": "http://key@127.0.0.1/1"}
        done = subprocess.run(
            [sys.executable, "start.py"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "eyJ" not in done.stdout + done.stderr
        return json.loads(done.stdout), done.stderr

    return run


def test_the_audit_trail_is_a_line_for_each_request(run: Run) -> None:
    statuses, trail = run("Audit trail", "tell([post(write), post(read), post(None)])")
    assert statuses == [201, 403, 401]
    lines = [json.loads(line) for line in trail.splitlines() if line.startswith("{")]
    assert [(one["event"], one.get("code"), one["subject"]) for one in lines] == [
        ("access_granted", None, "grace"),
        ("access_refused", "insufficient_scope", "grace"),
        ("access_refused", "not_authenticated", None),
    ]


def test_the_lines_of_the_audit_trail_have_the_keys_of_the_page(run: Run) -> None:
    _, trail = run("Audit trail", "tell(post(read))")
    (line,) = [line for line in trail.splitlines() if line.startswith("{")]
    assert [*json.loads(line)] == [*json.loads(EXAMPLE.code)]


AUDITED = """
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from shop.models import Product

auditlog.register(Product)
statuses = [post(write), post(write, "/plain/"), post(read), post(read, "/plain/")]
actors = [entry.actor for entry in LogEntry.objects.order_by("pk")]
tell([statuses, [LogtoIdentity.objects.get(user=one).subject if one else None for one in actors]])
"""

EASILY_AUDITED = """
from easyaudit.models import CRUDEvent

statuses = [post(write), post(write, "/plain/"), post(read), post(read, "/plain/")]
events = CRUDEvent.objects.filter(content_type__model="product").order_by("pk")
users = [event.user for event in events]
tell([statuses, [LogtoIdentity.objects.get(user=one).subject if one else None for one in users]])
"""


@pytest.mark.parametrize(
    ("heading", "script"),
    [("django-auditlog", AUDITED), ("django-easy-audit", EASILY_AUDITED)],
)
@pytest.mark.parametrize(("settings", "actor"), [(USERS, "grace"), ("", None)])
def test_an_audit_log_has_the_user_of_a_token_where_the_project_has_one(
    run: Run, heading: str, script: str, settings: str, actor: str | None
) -> None:
    recorded, _ = run(heading, script, settings=settings)
    assert recorded == [[201, 201, 403, 403], [actor, actor]]


FAILING = """
def failing(get_response):
    def middleware(request):
        if "fault" in request.GET:
            raise ValueError("before the view")
        return get_response(request)

    return middleware
"""

REPORTED = """
import sentry_sdk
from sentry_sdk.transport import Transport


class Kept(Transport):
    events = []

    def capture_envelope(self, envelope):
        self.events += filter(None, [envelope.get_event()])


sentry_sdk.get_client().transport = Kept()
for url, data in [("/products/", {"fault": "in the view"}), ("/products/?fault=1", {})]:
    try:
        post(write, url, **data)
    except ValueError:
        pass
text = json.dumps(Kept.events, default=str)
assert not [part for part in write.split(".")[1:] if part in text]
tell([[one["exception"]["values"][-1]["value"], one["user"]] for one in Kept.events])
"""


def test_sentry_has_the_bearer_in_views_and_in_other_middleware(run: Run) -> None:
    settings = 'MIDDLEWARE += ["shop.middleware.failing"]\n'
    files = {"shop/middleware.py": FAILING}
    reported, _ = run("Sentry", REPORTED, settings=settings, files=files)
    user = {"id": "https://tenant.logto.test/oidc|grace", "username": "grace"}
    assert reported == [["in the view", user], ["before the view", user]]


DESCRIBED = REPORTED.replace(
    "sentry_sdk.get_client()",
    "sentry_sdk.init(dsn=os.environ['SENTRY_DSN'])\nimport error_reports\nsentry_sdk.get_client()",
).replace('one["user"]]', 'one.get("user"), one.get("tags")]')


def test_sentry_has_what_a_receiver_gives_it(run: Run) -> None:
    reported, _ = run("Sentry", DESCRIBED)
    tags = {"client_id": "application-1", "organization": "none"}
    assert reported == [["in the view", {"id": "grace"}, tags]]


LOGGED = """
import log_context
import structlog
from structlog.testing import capture_logs

with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
    for token in (write, read, None):
        post(token)
keys = ("event", "code", "user_id", "client_id")
tell([[one.get(key) for key in keys] for one in lines])
"""


def test_structlog_has_the_bearer_in_each_line(run: Run) -> None:
    lines, _ = run("structlog", LOGGED)
    bearer = ["grace", "application-1"]
    assert lines == [
        ["request_started", None, *bearer],
        ["request_finished", 201, *bearer],
        ["request_started", None, *bearer],
        ["request_finished", 403, *bearer],
        ["request_started", None, "", None],
        ["request_finished", 401, "", None],
    ]


COUNTED = """
import metrics
from prometheus_client import generate_latest

for token in (write, write, read, None):
    post(token)
tell([line for line in generate_latest().decode().splitlines() if line.startswith("logto_")])
"""


def test_prometheus_counts_requests_and_tokens(run: Run) -> None:
    lines, _ = run("Prometheus", COUNTED)
    assert set(lines) >= {
        'logto_granted_total{route="products/"} 2.0',
        'logto_refused_total{code="insufficient_scope",route="products/"} 1.0',
        'logto_refused_total{code="not_authenticated",route="products/"} 1.0',
        "logto_verified_total 2.0",
        "logto_cached_total 1.0",
        "logto_fetched_total 1.0",
        "logto_fetches_failed_total 0.0",
    }


TRACED = """
import tracing
from opentelemetry import trace
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

kept = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(kept))
DjangoInstrumentor().instrument(tracer_provider=provider)
for token in (write, read, None):
    post(token)
keys = ("enduser.id", "logto.client_id", "logto.organization_id", "logto.refused")
spans = [span.attributes for span in kept.get_finished_spans()]
tell([[span.get(key) for key in keys] for span in spans])
"""


def test_opentelemetry_has_the_bearer_in_the_span_of_the_request(run: Run) -> None:
    spans, _ = run("OpenTelemetry", TRACED)
    assert spans == [
        ["grace", "application-1", None, None],
        ["grace", "application-1", None, "insufficient_scope"],
        [None, None, None, "not_authenticated"],
    ]
