"""A pytest plugin: the fixtures ``logto`` and ``logto_audit``."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from .logto import Logto

if TYPE_CHECKING:
    from .audit import AuditReport


@pytest.fixture
def logto() -> Iterator[Logto]:
    """Stand in for the Logto of the project's own ``LOGTO`` setting during one test."""
    with Logto() as logto:
        yield logto


@pytest.fixture
def logto_audit(db: None) -> "Callable[..., AuditReport]":
    """Audit the project's own API, in a test that may use pytest-django's database."""
    from .audit import audit  # noqa: PLC0415 - reads settings when imported

    return audit
