"""A pytest plugin: the fixture ``logto``."""

from collections.abc import Iterator

import pytest

from .logto import Logto


@pytest.fixture
def logto() -> Iterator[Logto]:
    """Stand in for the Logto of the project's own ``LOGTO`` setting during one test."""
    with Logto() as logto:
        yield logto
