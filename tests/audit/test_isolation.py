"""What the audit may use: databases of a test, and nothing without one."""

from typing import Any

import pytest
from django.core import mail
from django.db import connections
from django.test import TestCase

from drf_logto.testing.audit import audit
from drf_logto.testing.audit.isolation import usable_databases


def test_a_database_that_a_test_may_not_use_is_left_alone() -> None:
    assert usable_databases() == []


class NoDatabase(TestCase):
    databases = set()


@pytest.mark.django_db
def test_a_database_that_is_open_and_forbidden_is_left_alone() -> None:
    test: Any = NoDatabase  # its hooks are not in the types
    connections["default"].ensure_connection()
    test._add_databases_failures()
    try:
        assert usable_databases() == []
    finally:
        test._remove_databases_failures()


def test_nothing_is_audited_outside_of_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(mail, "outbox")
    with pytest.raises(RuntimeError, match="call it in a test"):
        audit()
