"""The code of the reference is run, and what it shows is what is answered."""

import json
import shlex
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import RequestFactory
from rest_framework.views import APIView

from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes
from drf_logto.testing import Logto
from drf_logto.testing.audit import AuditReport
from sandbox.models import Document
from sandbox.urls import router
from tests.support.documents import Block, Page

COMMAND, ROUTES = Page("reference/commands.md").take("routes")
(ANSWER,) = Page("reference/refusals.md").take(language="text")
(REFUSING,) = Page("reference/refusals.md").take(language="python")
TESTS = Page("reference/testing.md").take(language="python")


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> None:
    settings.ROOT_URLCONF = "sandbox.urls"


def run(block: Block, **names: Any) -> Any:
    """Run a block, and return the last thing that it defines."""
    exec(compile(block.code, "block", "exec"), names)
    return [*names.values()][-1]


def request_with(token: str) -> Any:
    return RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"})


def test_the_routes_are_those_of_the_sandbox() -> None:
    _prompt, _python, _manage, *arguments = shlex.split(COMMAND.code)
    output = StringIO()
    call_command(*arguments, stdout=output)
    assert ROUTES.code.strip() in output.getvalue()


class Products(APIView):
    permission_classes = [HasScopes("read:products")]


def test_a_refusal_is_answered_as_it_is_shown(logto: Logto, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.urls"  # without the metadata of the API, which a challenge names
    response: Any = Products.as_view()(request_with(logto.global_token())).render()
    status = f"HTTP/1.1 {response.status_code} {response.reason_phrase}"
    challenge = f"WWW-Authenticate: {response['WWW-Authenticate']}"
    body = json.dumps(json.loads(response.content))
    assert " ".join(ANSWER.code.split()) == f"{status} {challenge} {body}"


def test_a_refusal_of_a_project_has_its_code(logto: Logto) -> None:
    permission = run(REFUSING, has_plan=lambda auth: auth.organization_id is not None)
    view = require_access_token(HasScopes | permission)(lambda request: None)
    assert json.loads(view(request_with(logto.global_token())).content) == {
        "error": "The plan of this organization has expired.",
        "code": "plan_expired",
    }


def test_a_test_of_an_outage_passes(logto: Logto) -> None:
    run(TESTS[0])(logto)


def test_the_audits_pass(
    logto_audit: Callable[..., AuditReport], route: Callable[..., None]
) -> None:
    urls: list[Any] = router.urls
    route(*(one for one in urls if one.name == "document-list"))
    documents = [
        Document.objects.create(organization_id=one, title=one) for one in ("acme", "globex")
    ]
    run(TESTS[1])(logto_audit)
    run(TESTS[2])(logto_audit, *documents)
