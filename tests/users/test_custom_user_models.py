"""Projects with a user model of their own, each in a process."""

import json
import subprocess
import sys
from typing import Any

import pytest

PROJECT = """
import json
import sys
import django
from django.conf import settings
from rest_framework.settings import api_settings

model, authentication, options = json.loads(sys.argv[1])
settings.configure(
    SECRET_KEY="only-for-tests",
    ROOT_URLCONF="__main__",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework",
        "drf_logto", "tests.support.people", "drf_logto.users"],
    AUTH_USER_MODEL=model,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    LOGTO={"ENDPOINT": "https://tenant.logto.test", "API_RESOURCE": "https://api.example.test",
        **options},
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [authentication]},
)
django.setup()
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from django.core.management import call_command
from drf_logto.conf import get_settings
from tests.support.auth import auth_info


urlpatterns = []
call_command("migrate", run_syncdb=True, verbosity=0)
found = [f"{one.id}: {one.msg}" for one in run_checks()]
[used] = api_settings.DEFAULT_AUTHENTICATION_CLASSES
names = []
if not found and get_settings().create_users:
    names = [used().get_user(auth_info(sub="ada")).get_username() for each in range(2)]
print(json.dumps([found, names, get_user_model().objects.count()]))
"""
DEFAULT = "drf_logto.users.authentication.LogtoUserAuthentication"
CANNOT = "LogtoUserAuthentication cannot create a user of people"


def run(model: str, authentication: str = DEFAULT, **options: Any) -> tuple[list[str], Any, int]:
    arguments = json.dumps([model, authentication, options])
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROJECT, arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found, names, count = json.loads(result.stdout)
    return found, names, count


def test_another_username_is_as_long_as_it_may_be() -> None:
    found, [first, second], count = run("people.ByHandle")
    assert (found, count) == ([], 1)
    assert first == second
    assert first.startswith("logto-")
    assert len(first) == 30


@pytest.mark.parametrize(
    ("model", "faults"),
    [
        (
            "ByEmail",
            "email takes no random text of 22 characters, team must be given",
        ),
        ("ByNumber", "number takes no random text of 22 characters"),
    ],
)
def test_a_model_that_needs_more_is_reported(model: str, faults: str) -> None:
    found, _names, _count = run(f"people.{model}")
    assert found == [f"drf_logto.E042: {CANNOT}.{model}: {faults}."]


def test_nothing_is_reported_if_no_user_is_created() -> None:
    assert run("people.ByNumber", CREATE_USERS=False) == ([], [], 0)


def test_rights_that_a_model_has_no_field_for_are_reported() -> None:
    options: dict[str, Any] = {
        "GROUPS": {"editors": "a"},
        "STAFF_SCOPE": "b",
        "CREATE_USERS": False,
    }
    found, _names, _count = run("people.ByHandle", **options)
    assert found == [
        "drf_logto.E043: LOGTO['GROUPS'] is set, but people.ByHandle has no field 'groups'.",
        "drf_logto.E043: LOGTO['STAFF_SCOPE'] is set, but people.ByHandle has no field 'is_staff'.",
    ]


def test_a_project_gives_what_its_model_needs() -> None:
    found, names, count = run("people.ByEmail", "tests.support.people.authentication.OfProject")
    assert (found, names, count) == ([], ["ada@example.test"] * 2, 1)
