"""The project with a sign-in, a stand-in for Logto on loopback, and a browser."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from drf_logto.runtime import Environment, override
from drf_logto.testing import Logto
from sandbox.stand_in.server import StandIn, running_stand_in
from sandbox.tenant import API_RESOURCE, BROWSABLE_API
from tests.browsable.browser import Browser
from tests.browsable.liar import Liar
from tests.support.loopback import LoopbackServer


def _configure(settings: Any, endpoint: str) -> None:
    settings.LOGTO = {
        "ENDPOINT": endpoint,
        "API_RESOURCE": API_RESOURCE,
        "APP_ID": BROWSABLE_API.id,
        "APP_SECRET": BROWSABLE_API.secret,
    }
    settings.ROOT_URLCONF = "tests.browsable.project"


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with running_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def project(settings: Any, stand_in: StandIn) -> Iterator[Any]:
    """The settings of a project whose clock is that of its Logto."""
    _configure(settings, stand_in.logto.endpoint)
    with override(Environment(now=stand_in.logto.now)):
        yield settings
    cache.clear()


@pytest.fixture
def browser(project: Any) -> Browser:
    return Browser()


@pytest.fixture
def liar(settings: Any, server: LoopbackServer) -> Iterator[Liar]:
    """A Logto whose answers a test makes up, and the project that trusts it.

    Its clock moves only when a test advances it.
    """
    started = int(time.time())
    liar = Liar(server, Logto(server.address, API_RESOURCE, now=lambda: started))
    _configure(settings, server.address)
    with override(Environment(now=liar.logto.now)):
        yield liar
    cache.clear()
