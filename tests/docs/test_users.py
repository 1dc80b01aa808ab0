"""how-to/users.md and django-admin.md: what their code does in a project with its own users."""

import json
from pathlib import Path

import pytest

from tests.support.documents import Page
from tests.support.guides import guide

pytestmark = pytest.mark.servers

PAGE = Page("how-to/users.md")
CODE = [
    *PAGE.take("Set-up", "A user model of your own", "Objects of the user", "The browsable API"),
    *Page("how-to/django-admin.md").take(language="python"),
]

USING = PAGE.take(
    "Set-up", "Users that exist already", "Groups and staff", "The signal", language="python"
)

LINKED = """
import logging
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"

import django

django.setup()

from django.contrib.auth import get_user_model
from django.test.utils import setup_test_environment

from drf_logto.testing import Logto

setup_test_environment()
logging.disable()
linked = get_user_model().objects.create(pk=7, username="linked")

import somewhere

scopes = ["read:products", "write:products", "admin:site"]
for endpoint in ("https://your-tenant.logto.app", "https://auth.example.com"):
    with Logto(endpoint) as logto:
        token = logto.global_token(scopes, user="4ubr2sv15604")
        assert logto.client(token).get("/products/").status_code == 200
        linked.refresh_from_db()
        print(linked.is_staff, linked.groups.get(), get_user_model().objects.count())
with Logto() as logto:
    assert logto.client(logto.global_token(user="new")).get("/products/").status_code == 403
"""

SETTINGS = """
INSTALLED_APPS = ["drf_logto.browsable", *INSTALLED_APPS, "staff"]
AUTH_USER_MODEL = "staff.Member"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
OF_THE_PAGE = REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"]
REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = [
    "authentication.UserAuthentication",
    "own_sessions.OwnSessionAuthentication",
]
"""

SESSIONS = """
from authentication import UserAuthentication, UserSessionAuthentication


class OwnSessionAuthentication(UserAuthentication, UserSessionAuthentication):
    pass
"""

MODELS = """
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class Member(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(unique=True)
    team = models.CharField(max_length=20)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["team"]
    objects = BaseUserManager()


class Employee(models.Model):
    user = models.ForeignKey(Member, models.CASCADE)
"""

SERIALIZERS = """
from rest_framework import serializers

from .models import Employee


class EmployeeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Employee
        fields = ["id", "user"]
        read_only_fields = ["user"]
"""

URLS = """
from django.contrib import admin
from django.urls import include
from staff.views import EmployeeViewSet

employees = SimpleRouter()
employees.register("employees", EmployeeViewSet)
urlpatterns += [path("auth/", include("drf_logto.browsable.urls")), *employees.urls]
"""

ASKING = """
import json
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
import django

django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.test.utils import setup_test_environment
from django.utils.module_loading import import_string

from drf_logto.testing import Logto
from staff.models import Employee, Member

call_command("check")
call_command("makemigrations", "staff", verbosity=0)
call_command("migrate", verbosity=0)
setup_test_environment()
assert all(map(import_string, settings.OF_THE_PAGE))


def statuses(user, *scopes):
    client = logto.client(logto.global_token(scopes, user=user))
    return [client.get(path).status_code for path in ("/products/", "/employees/", "/employees/1/")]


with Logto() as logto:
    logto.client(logto.global_token(["read:products"], user="ada")).get("/products/")
    ada = Member.objects.get()
    Employee.objects.create(user=ada)
    seen = {
        "owner": statuses("ada", "read:profile"),
        "other": statuses("ben", "read:profile"),
        "department": statuses("cho", "manage:employees"),
    }
page = Client().get("/admin/login/").content.decode()
print(json.dumps([ada.email, ada.team, seen, "Log in with Logto" in page]))
"""


def test_a_project_with_its_own_users_does_what_the_pages_say(tmp_path: Path) -> None:
    project = guide(tmp_path, CODE)
    for name, code in {
        "project/settings.py": SETTINGS,
        "project/urls.py": URLS,
        "own_sessions.py": SESSIONS,
        "staff/__init__.py": "",
        "staff/models.py": MODELS,
        "staff/serializers.py": SERIALIZERS,
        "asking.py": ASKING,
    }.items():
        project.add(name, code)
    ran = project.run("asking.py")
    email, team, seen, has_button = json.loads(ran.splitlines()[-1])
    assert "no issues" in ran
    assert (email, team, has_button) == ("ada@users.example.com", "new", True)
    assert seen == {
        "owner": [403, 403, 200],
        "other": [403, 403, 403],
        "department": [403, 200, 200],
    }


def test_users_are_linked_and_have_the_groups_of_their_scopes(tmp_path: Path) -> None:
    project = guide(tmp_path, USING)
    endpoints = ["https://your-tenant.logto.app", "https://auth.example.com"]
    project.add("project/settings.py", f"LOGTO['ENDPOINT'] = {endpoints}")
    project.add("using.py", LINKED)
    assert project.check() == "System check identified no issues (0 silenced).\n"
    project.run("manage.py", "migrate")
    *_, first, second, greeting = project.run("using.py").splitlines()
    assert [first, second] == ["True catalogue editor 1"] * 2
    assert greeting.startswith("new is logto-")
