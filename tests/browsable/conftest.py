"""The project with a sign-in, a stand-in for Logto on loopback, and a browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from drf_logto.runtime import Environment, override
from sandbox.stand_in.server import StandIn, running_stand_in
from tests.browsable.browser import Browser
from tests.support.fake_logto import configure_sign_in


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with running_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def project(settings: Any, stand_in: StandIn) -> Iterator[Any]:
    """The settings of a project whose clock is that of its Logto."""
    configure_sign_in(settings, stand_in.logto.endpoint)
    with override(Environment(now=stand_in.logto.now)):
        yield settings
    cache.clear()


@pytest.fixture
def browser(project: Any) -> Browser:
    return Browser()
