"""A project that Logto sends webhooks to."""

from typing import Any

import pytest
from django.urls import include, path

from tests.support.views import Route
from tests.support.webhooks import KEY


@pytest.fixture
def webhooks(revocation: None, route: Route, settings: Any) -> None:
    route(path("logto/", include("drf_logto.revocation.urls")))
    settings.LOGTO = {**settings.LOGTO, "WEBHOOK_SIGNING_KEYS": [KEY]}
