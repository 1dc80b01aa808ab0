"""A project that a new user builds from an empty folder, by the README alone."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.test_docs import FENCE, text

pytestmark = pytest.mark.servers

SETTINGS = """
SECRET_KEY = "only-for-tests"
ROOT_URLCONF = "urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""

URLS = """
from django.urls import path

from plain_views import reports, whoami
from views import MemberView, ReportViewSet, TemplateView

router.register("reports", ReportViewSet, "report")
urlpatterns = [
    *router.urls,
    path("templates/", TemplateView.as_view()),
    path("teams/<team>/members/", MemberView.as_view()),
    path("whoami/", whoami),
    path("plain-reports/", reports),
]
"""

MANAGE = """
import os
import sys

from django.core.management import execute_from_command_line

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
execute_from_command_line(sys.argv)
"""

VISIT = """
import json
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

import django

django.setup()

from django.contrib.auth import get_user_model
from django.core.management import call_command

from drf_logto.testing import Logto

call_command("migrate", verbosity=0)
asked = json.load(sys.stdin)
for name in asked["closed_accounts"]:
    get_user_model().objects.create(username=name, is_active=False)
with Logto() as logto:
    kind, *args = asked["token"]
    token = getattr(logto, kind)(*args)
    response = logto.client(token).generic(asked["method"], asked["path"])
print(json.dumps([response.status_code, response.content.decode()]))
"""


@dataclass(frozen=True)
class Project:
    """A folder with a Django project in it."""

    folder: Path

    def add(self, name: str, code: str) -> None:
        """Append code to a file."""
        with (self.folder / name).open("a") as file:
            file.write(f"\n{code}\n")

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run one of the project's files."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**own, "PYTHONPATH": ""},
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def check(self) -> str:
        """Return what ``manage.py check`` reports."""
        done = self.run("manage.py", "check")
        return done.stdout + done.stderr

    def visit(
        self, path: str, *token: Any, method: str = "GET", closed_accounts: tuple[str, ...] = ()
    ) -> tuple[int, str]:
        """Return status and body of a request with a token, such as ``"global_token", ["a"]``."""
        asked: Mapping[str, Any] = {
            "path": path,
            "token": token,
            "method": method,
            "closed_accounts": closed_accounts,
        }
        done = self.run("visit.py", given=json.dumps(asked))
        assert done.returncode == 0, done.stderr
        status, body = json.loads(done.stdout.splitlines()[-1])
        return status, body


def blocks(*headings: str) -> dict[str, str]:
    """The README's code under these headings, by the file that its first line names."""
    page = text("README.md")
    found: dict[str, str] = {}
    for heading in headings:
        section = page.partition(f"\n{heading}\n")[2].partition("\n## ")[0]
        for language, code in FENCE.findall(section):
            if language == "python":
                found[code.splitlines()[0].removeprefix("# ")] = code
    return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    readme = blocks(
        "## Five-minute start", "## Permissions", "### Your own user model", "## Plain Django views"
    )
    assert set(readme) == {
        "settings.py",
        "urls.py",
        "views.py",
        "authentication.py",
        "plain_views.py",
    }
    added = {
        "settings.py": SETTINGS,
        "urls.py": URLS,
        "manage.py": MANAGE,
        "visit.py": VISIT,
    }
    for files in (readme, added):
        for name, code in files.items():
            project.add(name, code)
    return project


def with_users(project: Project) -> None:
    """Name the README's class for the project's own user model."""
    project.add(
        "settings.py",
        'REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = ["authentication.UserAuthentication"]',
    )


def add_view(project: Project, route: str, code: str) -> None:
    """Add a plain view called ``view``."""
    project.add("more_views.py", code)
    project.add(
        "urls.py", f"import more_views\nurlpatterns.append(path({route!r}, more_views.view))"
    )


# The README as it stands


def test_the_project_of_the_readme_has_no_fault(project: Project) -> None:
    assert project.check() == "System check identified no issues (0 silenced).\n"


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/products/", ["global_token", ["read:products"]], 200),
        ("/products/", ["global_token", ["write:products"]], 403),
        ("/products/", ["organization_token", "acme", ["read:products"]], 403),
        ("/documents/", ["organization_resource_token", "org-1", ["read:documents"]], 200),
        ("/reports/", ["global_token", ["read:reports"]], 200),
        ("/templates/", ["organization_resource_token", "acme", ["read:own-templates"]], 200),
        ("/teams/acme/members/", ["organization_token", "acme"], 200),
        ("/teams/globex/members/", ["organization_token", "acme"], 403),
        ("/whoami/", ["organization_token", "acme"], 200),
        ("/whoami/", ["opaque_token"], 401),
        ("/plain-reports/", ["global_token", ["read:reports"]], 200),
        ("/plain-reports/", ["global_token", ["write:reports"]], 403),
    ],
    ids=str,
)
def test_a_route_of_the_readme_answers_as_it_says(
    project: Project, path: str, token: list[Any], status: int
) -> None:
    assert project.visit(path, *token)[0] == status


# 1. An attribute on a function that something wraps


@pytest.mark.parametrize(
    "decorators",
    [
        "@require_access_token(InOrganization)",
        "@require_GET\n@require_access_token(InOrganization)",
        "@never_cache\n@csrf_exempt\n@require_GET\n@require_access_token(InOrganization)",
    ],
    ids=["bare", "one", "three"],
)
def test_the_organization_of_a_plain_view_is_compared_whatever_wraps_it(
    project: Project, decorators: str
) -> None:
    code = f"""
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from drf_logto.decorators import require_access_token
from drf_logto.permissions import InOrganization


{decorators}
def view(request, org_id):
    return JsonResponse({{"team": org_id}})


view.organization_url_kwarg = "org_id"
"""
    add_view(project, "plain-teams/<org_id>/", code)
    assert "no issues" in project.check()
    assert project.visit("/plain-teams/acme/", "organization_token", "acme")[0] == 200
    status, body = project.visit("/plain-teams/globex/", "organization_token", "acme")
    assert (status, "wrong_organization" in body) == (403, True)


# 2. Closed accounts


@pytest.mark.parametrize("path", ["/products/", "/whoami/"])
def test_a_closed_account_gets_in_nowhere(project: Project, path: str) -> None:
    with_users(project)
    token = ["global_token", ["read:products"]]
    status, body = project.visit(path, *token, closed_accounts=("user-1",))
    assert (status, "inactive_user" in body) == (401, True)
    assert project.visit(path, *token, closed_accounts=("user-2",))[0] == 401
    (project.folder / "db.sqlite3").unlink()
    assert project.visit(path, *token)[0] == 200


@pytest.mark.parametrize("path", ["/products/", "/whoami/"])
@pytest.mark.parametrize(
    ("returned", "code"),
    [
        ("get_user_model()(username=auth.sub, is_active=False)", "inactive_user"),
        ("None", "unknown_user"),
    ],
)
def test_a_user_that_is_inactive_or_unknown_gets_in_nowhere(
    project: Project, path: str, returned: str, code: str
) -> None:
    with_users(project)
    project.add("authentication.py", f"UserAuthentication.get_user = lambda self, auth: {returned}")
    status, body = project.visit(path, "global_token", ["read:products"])
    assert (status, f'"code":"{code}"' in body.replace(" ", "")) == (401, True)


# 3. A route that names an organization


@pytest.mark.parametrize("prefix", ["organizations", "tenants", "companies"])
def test_a_route_of_organizations_that_compares_none_is_reported(
    project: Project, prefix: str
) -> None:
    code = """
class OrganizationViewSet(ViewSet):
    permission_classes = [InOrganization]

    def retrieve(self, request, pk):
        return Response({"id": pk})


"""
    registered = f'router.register("{prefix}", OrganizationViewSet, "organization")'
    project.add("urls.py", f"{code}{registered}\nurlpatterns += router.urls")
    assert "(drf_logto.E008)" in project.check()


# 4. Declarations that are not what they seem


@pytest.mark.parametrize(
    ("permission", "attribute", "check_id"),
    [
        ('HasScopes(lst="a")', "", "drf_logto.E016"),
        ('HasScopes(GET="a")', "", "drf_logto.E016"),
        ("InOrganization", 'required_scope = "a"', "drf_logto.E015"),
        ("HasScopes", 'required_scope = "a"', "drf_logto.E015"),
    ],
)
def test_a_declaration_that_never_counts_is_reported(
    project: Project, permission: str, attribute: str, check_id: str
) -> None:
    code = f"""
class NoteViewSet(ViewSet):
    permission_classes = [{permission}]
    {attribute}

    def list(self, request):
        return Response([])


router.register("notes", NoteViewSet, "note")
urlpatterns += router.urls
"""
    project.add("urls.py", code)
    assert f"({check_id})" in project.check()


# 5. Coroutines


@pytest.mark.parametrize(
    ("permission", "status"),
    [
        ("Never", 403),
        ('HasScopes("a") & Never', 403),
        ("Always", 200),
        ('HasScopes("a") & Always', 200),
    ],
)
def test_a_permission_that_is_a_coroutine_is_awaited(
    project: Project, permission: str, status: int
) -> None:
    code = f"""
from django.http import JsonResponse
from rest_framework.permissions import BasePermission

from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes


class Never(BasePermission):
    async def has_permission(self, request, view):
        return False


class Always(BasePermission):
    async def has_permission(self, request, view):
        return True


@require_access_token({permission})
async def view(request):
    return JsonResponse({{}})
"""
    add_view(project, "async/", code)
    assert project.visit("/async/", "global_token", ["a"])[0] == status


# 6. Authentication that is missing


@pytest.mark.parametrize(
    "setting",
    [
        'del REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"]',
        'REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"].clear()',
    ],
    ids=["default", "another"],
)
def test_authentication_that_is_missing_is_reported(project: Project, setting: str) -> None:
    project.add("settings.py", setting)
    assert "(drf_logto.E013)" in project.check()
