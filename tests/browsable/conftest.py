"""The project with a sign-in, a stand-in for Logto on loopback, and a browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from drf_logto.runtime import Surroundings, within
from sandbox.stand_in.server import StandIn, running_stand_in
from sandbox.tenant import API_RESOURCE, BROWSABLE_API
from tests.browsable.browser import Browser


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with running_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def project(settings: Any, stand_in: StandIn) -> Iterator[Any]:
    """The settings of a project whose clock is that of its Logto."""
    settings.LOGTO = {
        "ENDPOINT": stand_in.logto.endpoint,
        "API_RESOURCE": API_RESOURCE,
        "APP_ID": BROWSABLE_API.id,
        "APP_SECRET": BROWSABLE_API.secret,
    }
    settings.REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "drf_logto.authentication.LogtoJWTAuthentication",
            "drf_logto.browsable.authentication.LogtoSessionAuthentication",
        ],
    }
    settings.ROOT_URLCONF = "tests.browsable.project"
    with within(Surroundings(now=stand_in.logto.now)):
        yield settings
    cache.clear()


@pytest.fixture
def browser(project: Any) -> Browser:
    return Browser()
