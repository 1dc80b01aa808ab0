"""Which databases the audit may use."""

from drf_logto.testing.audit.isolation import usable_databases


def test_a_database_that_a_test_may_not_use_is_left_alone() -> None:
    assert usable_databases() == []
