"""A project that a real server serves: its LOGTO and CACHES settings come from the environment."""

import json
import os
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

settings.configure(
    SECRET_KEY="only-for-tests",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF="tests.support.served",
    INSTALLED_APPS=[
        "rest_framework",
        "drf_logto",
        *json.loads(os.environ.get("SERVED_APPS", "[]")),
    ],
    MIDDLEWARE=["tests.support.served.name_process"],
    DATABASES=json.loads(os.environ.get("SERVED_DATABASES", "{}")),
    LOGTO=json.loads(os.environ["SERVED_LOGTO"]),
    CACHES=json.loads(os.environ["SERVED_CACHES"]),
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["drf_logto.authentication.LogtoJWTAuthentication"],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.urls import include, path  # noqa: E402 - settings come first
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from drf_logto.permissions import HasScopes  # noqa: E402


def name_process(get_response: Any) -> Any:
    """Let every response name its process."""

    def middleware(request: Any) -> Any:
        response = get_response(request)
        response["Process"] = os.getpid()
        return response

    return middleware


class Products(APIView):
    permission_classes = [HasScopes("read:products")]

    def get(self, request: Any) -> Response:
        return Response({"process": os.getpid()})


urlpatterns: list[Any] = [path("", Products.as_view())]
if apps.is_installed("drf_logto.revocation"):
    urlpatterns.append(path("logto/", include("drf_logto.revocation.urls")))
wsgi = get_wsgi_application()
asgi = get_asgi_application()
