"""Ten planted leaks: the audit finds each of them, and nothing in the repaired views."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import include, path
from rest_framework.routers import SimpleRouter

from drf_logto.testing.audit import AuditReport, audit
from tests.audit.leaks import LEAKS, Leak

pytestmark = pytest.mark.django_db


@pytest.fixture
def audited(route: Callable[..., None], objects: dict[str, Any]) -> Callable[..., AuditReport]:
    """Audit a project with the view of a leak, or its repaired twin."""

    def run(view: type[Any], leak: Leak) -> AuditReport:
        router = SimpleRouter()
        router.register(leak.prefix, view, basename="page")
        route(path("", include(router.urls)))
        return audit(objects, path=leak.path)

    return run


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_found_where_it_is(audited: Any, name: str) -> None:
    leak: Leak = LEAKS[name]
    report = audited(leak.view, leak)
    said = [one for one in report.failures if (one.method, one.path) == (leak.method, leak.path)]
    assert said, str(report)
    assert leak.says in "; ".join(one.text for one in said)
    assert "(tests/audit/leaks.py:" in said[0].cause


@pytest.mark.parametrize("name", LEAKS)
def test_a_repaired_view_is_clean(audited: Any, name: str) -> None:
    leak: Leak = LEAKS[name]
    report = audited(leak.repaired, leak)
    report.assert_clean()
    assert report.not_audited == []
