"""How a project meets the package: by dotted paths in its settings, in a fresh process."""

import os
import subprocess
import sys

import pytest

PROJECT = """
import django
from django.conf import settings

settings.configure(
    SECRET_KEY="x",
    ROOT_URLCONF="__main__",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=[{apps}],
    LOGTO={{"ENDPOINT": "https://tenant.logto.app", "API_RESOURCE": "https://api.example.test"}},
    REST_FRAMEWORK={{
        "DEFAULT_AUTHENTICATION_CLASSES": ["drf_logto.authentication.LogtoJWTAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["drf_logto.permissions.HasScopes"],
        "UNAUTHENTICATED_USER": None,
    }},
)
django.setup()
import {first}
from django.core.management import call_command
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView
from drf_logto.testing import Logto


class Products(APIView):
    required_scopes = ["read:products"]

    def get(self, request):
        return Response(request.auth.to_dict())


urlpatterns = [path("", Products.as_view())]
call_command("check", fail_level="WARNING")
with Logto() as logto:
    print(logto.client(logto.global_token(["read:products"])).get("/").status_code)
    print(logto.client(logto.global_token()).get("/").status_code)
    print(logto.client(logto.global_token()).options("/").status_code)
"""


@pytest.mark.parametrize("apps", ['"rest_framework", "drf_logto"', '"drf_logto"', ""])
@pytest.mark.parametrize(
    "first",
    [
        "rest_framework.views",
        "drf_logto.permissions",
        "drf_logto.authentication",
        "drf_logto.decorators",
        "drf_logto.testing",
    ],
)
def test_dotted_paths_work_whatever_is_imported_first(apps: str, first: str) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROJECT.format(apps=apps, first=first)],
        env=own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.split()[-3:] == ["200", "403", "200"], result.stderr


WITHOUT = """
import sys

sys.modules["{missing}"] = None  # as if it were not installed

import django
from django.conf import settings

settings.configure(
    ROOT_URLCONF="__main__", DATABASES={{}}, INSTALLED_APPS={apps}, REST_FRAMEWORK={rest_framework}
)
django.setup()
from django.core.management import call_command
from django.urls import include, path
import rest_framework.views

urlpatterns = {urls}
call_command("check")
"""
APPS = ["rest_framework", "drf_logto"]
SESSION = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "drf_logto.browsable.authentication.LogtoSessionAuthentication"
    ]
}
SCHEMA = {"DEFAULT_SCHEMA_CLASS": "drf_logto.openapi.AutoSchema"}
URLS = '[path("auth/", include("drf_logto.browsable.urls"))]'


@pytest.mark.parametrize(
    ("missing", "apps", "rest_framework", "urls", "extra"),
    [
        ("authlib", ["drf_logto.browsable", *APPS], {}, "[]", "browsable"),
        ("joserfc", APPS, SESSION, "[]", "browsable"),
        ("cachetools", APPS, {}, URLS, "browsable"),
        ("drf_spectacular", APPS, SCHEMA, "[]", "openapi"),
    ],
)
def test_what_needs_an_extra_says_what_to_install(
    missing: str, apps: list[str], rest_framework: dict[str, object], urls: str, extra: str
) -> None:
    project = WITHOUT.format(missing=missing, apps=apps, rest_framework=rest_framework, urls=urls)
    result = subprocess.run(
        [sys.executable, "-c", project], capture_output=True, text=True, check=False
    )
    assert f"pip install 'drf-logto-auth[{extra}]'" in result.stderr, result.stderr


WITHOUT_FORK = """
import os

del os.fork, os.register_at_fork  # as on Windows

import django

django.setup()
from drf_logto import authentication, checks, decorators, openapi, runtime
from drf_logto.browsable import authentication

print(runtime.get_verifier() is runtime.get_verifier())
"""


def test_the_package_is_imported_where_no_process_forks() -> None:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_FORK],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout == "True\n", result.stderr
