"""A machine whose Logto is a loopback server."""

from collections.abc import Iterator
from typing import Any

import pytest

from drf_logto.runtime import Environment, override
from tests.support.clock import Clock
from tests.support.loopback import LoopbackServer
from tests.support.machines import TokenEndpoint


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def endpoint(server: LoopbackServer, settings: Any, clock: Clock) -> Iterator[TokenEndpoint]:
    """The token endpoint of the project's Logto."""
    endpoint = TokenEndpoint(server)
    settings.LOGTO = endpoint.logto
    with override(Environment(now=clock)):
        yield endpoint
