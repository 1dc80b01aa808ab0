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


WITHOUT_AUTHLIB = """
import sys

sys.modules["authlib"] = None  # as if it were not installed

import django
from django.conf import settings

settings.configure(INSTALLED_APPS=["drf_logto.browsable"])
django.setup()
"""


def test_a_sign_in_without_its_extra_says_what_to_install() -> None:
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_AUTHLIB], capture_output=True, text=True, check=False
    )
    assert "pip install 'drf-logto-auth[browsable]'" in result.stderr.splitlines()[-1]


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
