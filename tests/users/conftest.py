"""A project whose users are Logto's."""

from typing import Any

import pytest
from django.db import connection
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


_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
_LOG = (
    "CREATE TABLE django_admin_log (id integer PRIMARY KEY, action_time, user_id, content_type_id,"
    " object_id, object_repr, action_flag, change_message)"
)
_APPS = ["django.contrib.admin", "django.contrib.messages"]
_MIDDLEWARE = [
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]


@pytest.fixture
def django_admin(settings: Any, db: None) -> None:
    """A project with Django's admin, as it is set up."""
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "OPTIONS": {"context_processors": _PROCESSORS}}]
    settings.INSTALLED_APPS = list(dict.fromkeys([*settings.INSTALLED_APPS, *_APPS]))
    settings.MIDDLEWARE = list(dict.fromkeys([*settings.MIDDLEWARE, *_MIDDLEWARE]))
    with connection.cursor() as cursor:
        # The log of the site, which is empty; a user who is deleted leaves it.
        cursor.execute(_LOG)
