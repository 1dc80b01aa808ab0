"""manage.py logto audit: what it writes, how it exits, and that it makes databases of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from inspect import getsourcelines
from typing import Any

import pytest
from django.urls import path
from rest_framework.views import APIView

from drf_logto.permissions import HasScopes
from tests.support.teams.models import Team

Run = Callable[..., tuple[int, str]]


class Runner:
    """Leaves the tests the databases that they have."""

    def __init__(self, **options: Any) -> None:
        assert options == {"verbosity": 0, "interactive": False}

    def setup_databases(self) -> None:
        """Make none."""

    def teardown_databases(self, made: None) -> None:
        """Remove none."""

    setup_test_environment = teardown_test_environment = setup_databases


class Guarded(APIView):
    permission_classes = [HasScopes("read:a")]

    def get(self, request: Any) -> Any:
        raise NotImplementedError

    post = get


class Open(Guarded):
    permission_classes = []


def objects() -> dict[str, Any]:
    return {
        "team": tuple(
            Team.objects.create(slug=name, organization_id=f"org-{name}") for name in ("a", "b")
        )
    }


def nothing() -> None:
    """Forgets to return what it creates."""


def pair() -> dict[str, Any]:
    return {"team": ()}


@pytest.fixture
def project(settings: Any, route: Callable[..., None], db: None) -> None:
    settings.TEST_RUNNER = f"{Runner.__module__}.Runner"
    route(
        path("guarded/", Guarded.as_view()),
        path("open/", Open.as_view()),
        path("plain/", lambda request: None),  # type: ignore[arg-type,return-value]
    )


REPORT = """
Who got in
  /guarded/
    GET, POST: global token with read:a
  /open/
    GET, POST: anybody

Failures
error     GET, POST /open/: a request without a token gets in; the view raises NotImplementedError.
          Cause: there is no permission on tests.management.test_audit_command.Open
          (tests/management/test_audit_command.py:{line}).

Not audited
skipped   any method /plain/: neither REST Framework nor this package guards it.

2 failures in 4 operations, 1 not audited; 60 requests sent.
2 failures to correct, see above."""


def test_the_command_writes_who_got_in_and_what_is_wrong(project: None, logto_command: Run) -> None:
    assert logto_command("audit") == (3, REPORT.format(line=getsourcelines(Open)[1]))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--path", "/guarded/"), 0),
        (("--public", "/open/"), 0),
        (("--path", "/nothing/"), 2),
        (("--json", "--markdown"), 2),
        (("--path", "/guarded/", "--objects", f"{__name__}.objects"), 0),
        (("--path", "/guarded/", "--objects", f"{__name__}.pair"), 2),
        (("--objects", f"{__name__}.nothing"), 2),
        (("--objects", f"{__name__}.missing"), 2),
        (("--objects", f"{__name__}.REPORT"), 2),
    ],
)
def test_the_exit_code_says_what_came_of_it(
    project: None, logto_command: Run, arguments: tuple[str, ...], code: int
) -> None:
    assert logto_command("audit", *arguments)[0] == code


def test_the_report_is_written_as_markdown(project: None, logto_command: Run) -> None:
    code, text = logto_command("audit", "--markdown", "--path", "/guarded/")
    assert code == 0
    assert text.startswith("# Audit\n\n0 failures in 2 operations, 0 not audited; 30 requests")
    assert "| `/guarded/` | GET | global token with read:a |\n" in text


# It makes databases, for which there must be none of the tests.
def test_the_sandbox_is_clean_on_databases_of_the_command() -> None:
    command = [sys.executable, "-m", "django", "logto", "audit", "--json"]
    project = {
        "DJANGO_SETTINGS_MODULE": "sandbox.settings",
        "LOGTO_ENDPOINT": "https://tenant.logto.test",
        "LOGTO_API_RESOURCE": "https://api.example.test",
    }
    done = subprocess.run(
        command, env={**os.environ, **project}, capture_output=True, text=True, check=True
    )
    report = json.loads(done.stdout)
    assert report["failures"] == []
    assert {one["path"] for one in report["not_audited"]} == {
        "/.well-known/oauth-protected-resource{rest}",
        "/api/schema/swagger-ui/oauth2-redirect.html",
    }
    assert done.stderr == ""
