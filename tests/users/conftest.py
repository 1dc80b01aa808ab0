"""A project whose users are Logto's."""

from typing import Any

import pytest
from django.urls import path

from drf_logto.users.authentication import LogtoUserAuthentication
from tests.support.views import Route, Seen

ISSUER = "https://tenant.logto.test/oidc"


@pytest.fixture
def project(route: Route, settings: Any, db: None) -> None:
    settings.REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": ["drf_logto.users.authentication.LogtoUserAuthentication"]
    }
    view = Seen.as_view(authentication_classes=[LogtoUserAuthentication])
    route(path("", view))
