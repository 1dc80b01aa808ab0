"""``manage.py logto routes``: who may do what, on a terminal, as Markdown and as JSON."""

import codecs
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import include, path, re_path
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views import View
from django.views.generic import RedirectView
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.routers import DefaultRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_logto.decorators import require_access_token
from drf_logto.permissions import FromClients, HasScopes, InOrganization, IsUser, OrgResourceScopes
from tests.management.conftest import Run
from tests.management.test_output import Terminal

ROOT = Path(__file__).parent.parent.parent
Route = Callable[..., None]


class AtTheDoor(BasePermission):
    """A permission of the project."""


class OfOrganization(SearchFilter):
    is_by_organization = True


class Things(ViewSet):
    permission_classes = [HasScopes(read="read:things", write="write:things") & ~AtTheDoor]

    def list(self, request: Any) -> Any: ...

    def create(self, request: Any) -> Any: ...

    def update(self, request: Any) -> Any: ...

    def partial_update(self, request: Any) -> Any: ...

    @action(detail=False, permission_classes=[AllowAny])
    def latest(self, request: Any) -> Any: ...


class Data(APIView):
    permission_classes = [AllowAny]
    api_resource = None

    def get(self, request: Any) -> Any: ...


class Members(GenericAPIView[Any]):
    permission_classes = [
        InOrganization("read:members")
        | (OrgResourceScopes("a", "b") & FromClients("app`1", "app-2"))
    ]
    filter_backends = [OfOrganization]

    def get(self, request: Any) -> Any: ...


class ByUser(Data):
    def get_permissions(self) -> Any:
        return self.request.user.get_all_permissions()


class Checking(Data):
    def check_permissions(self, request: Any) -> None: ...

    def permission_denied(self, *_: Any, **__: Any) -> Any: ...


class Mixed(View):
    def get(self, request: Any) -> Any: ...

    @method_decorator(require_access_token)
    def post(self, request: Any) -> Any: ...


@require_access_token(IsUser)
def report(request: Any) -> Any: ...


def unprotected(request: Any) -> Any: ...


def view(*permissions: Any, **attributes: Any) -> Any:
    return Data.as_view(permission_classes=permissions, **attributes)


@pytest.fixture(autouse=True)
def project(route: Route) -> None:
    router = DefaultRouter()
    router.include_root_view = False
    router.register("things", Things, basename="thing")
    route(
        path("report/", report),
        path("api/", include(router.urls)),
        path("organizations/<organization_id>/members/", Members.as_view()),
        path("checked/", Checking.as_view()),
        path("closed/", view(HasScopes)),
        path("computed/", ByUser.as_view()),
        path("other/", view(HasScopes("a"), authentication_classes=[SessionAuthentication])),
        path("narrowed/", view(OrgResourceScopes("a"), api_resource="https://other.example.test")),
        path("none/", view()),
        path("mixed/", Mixed.as_view()),
        path("user/", view(IsAuthenticated)),
        path("door/", view(AtTheDoor)),
        path("site/a/", RedirectView.as_view(url="/")),
        path("site/b/", RedirectView.as_view(url="/")),
        re_path("^old/(?P<name>a|b)\x1b/$", unprotected),
    )


SHOWN = """
/api/things/
  GET list: global token with read:things, if ~AtTheDoor grants the request
  POST create: global token with write:things, if ~AtTheDoor grants the request
  View: tests.management.test_routes_command.Things

/api/things/latest/
  GET latest: anybody (AllowAny)
  View: tests.management.test_routes_command.Things

/api/things/{pk}/
  PUT update, PATCH partial_update: global token with write:things, if ~AtTheDoor grants the request
  View: tests.management.test_routes_command.Things

/checked/
  GET: anybody (AllowAny)
  View: tests.management.test_routes_command.Checking, with its own check_permissions and
      permission_denied

/closed/
  GET: closed: no token opens it
  View: tests.management.test_routes_command.Data

/computed/
  GET: not known. The view cannot be read without a request: it depends on who asks. The class
      declares AllowAny.
  View: tests.management.test_routes_command.ByUser

/door/
  GET: anybody, if AtTheDoor grants the request
  View: tests.management.test_routes_command.Data

/mixed/
  GET: not protected by REST Framework or this package
  POST: any access token
  View: tests.management.test_routes_command.Mixed

/narrowed/
  GET: organization_resource token with a
  Organization: that of the token (the route has no keyword organization_id)
  API resource: https://other.example.test alone
  View: tests.management.test_routes_command.Data

/none/
  GET: anybody (no permission)
  View: tests.management.test_routes_command.Data

/organizations/{organization_id}/members/
  GET: organization token with read:members; or organization_resource token with a and b, only the
      clients app`1, app-2
  Organization: URL keyword organization_id; a filter backend filters by it
  View: tests.management.test_routes_command.Members

/other/
  GET: closed: it needs an access token, and the view reads none
  View: tests.management.test_routes_command.Data

/report/
  Any method: any access token, only users
  View: tests.management.test_routes_command.report

/user/
  GET: every authenticated user
  View: tests.management.test_routes_command.Data
"""
OTHERS = """
Plain Django views: what protects them is not known
  2 routes below /site, of django.views.generic.base
  /old/{name}/: tests.management.test_routes_command.unprotected
"""


def test_the_operations_are_shown_by_path(logto_command: Run) -> None:
    assert logto_command("routes") == (0, SHOWN)


def test_what_needs_no_token_is_shown_alone_with_plain_views(logto_command: Run) -> None:
    paths = ["/api/things/latest/", "/checked/", "/computed/", "/door/", "/mixed/", "/none/"]
    records = [one for one in SHOWN.split("\n\n") if one.split()[0] in paths]
    records = [one.replace("  POST: any access token\n", "") for one in records]
    code, output = logto_command("routes", "--open")
    assert (code, output) == (0, "\n" + "\n\n".join(records) + "\n" + OTHERS)


def test_paths_are_selected_by_what_they_begin_with(logto_command: Run) -> None:
    output = logto_command("routes", "--path", "/c")[1]
    assert [line for line in output.splitlines() if line.startswith("/")] == [
        "/checked/",
        "/closed/",
        "/computed/",
    ]
    assert logto_command("routes", "--path", "/x") == (0, "There is nothing to show.\n")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_record_is_as_wide_as_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    terminal = Terminal()
    call_command("logto", "routes", "--path", "/organizations", stdout=terminal, no_color=True)
    lines = terminal.getvalue().splitlines()
    assert all(len(line) <= width or " " not in line.strip() for line in lines)
    assert " ".join(terminal.getvalue().split()) in " ".join(SHOWN.split())


def test_a_long_line_is_shown_to_its_end(logto_command: Run, route: Route) -> None:
    ways = [HasScopes(f"{number:040}") for number in range(99)]
    route(path("a/", view(reduce(or_, (*ways, AtTheDoor)))))
    output = logto_command("routes", "--markdown")[1]
    assert "; or anybody, if `AtTheDoor` grants the request\n" in output


# For programs

MEMBERS = (
    "(InOrganization('read:members') | "
    "(OrgResourceScopes('a', 'b') & FromClients('app`1', 'app-2')))"
)


def test_json_has_every_operation(logto_command: Run) -> None:
    code, output = logto_command("routes", "--json", "--path", "/organizations")
    assert (code, json.loads(output)) == (
        0,
        [
            {
                "path": "/organizations/{organization_id}/members/",
                "method": "GET",
                "action": None,
                "view": "tests.management.test_routes_command.Members",
                "is_protected": True,
                "unread": None,
                "is_open": False,
                "accepts_tokens": True,
                "ways": [
                    {
                        "credential": "access_token",
                        "kinds": ["organization"],
                        "scopes": ["read:members"],
                    },
                    {
                        "credential": "access_token",
                        "kinds": ["organization_resource"],
                        "scopes": ["a", "b"],
                        "bearer": ["only the clients app`1, app-2"],
                    },
                ],
                "permissions": [MEMBERS],
                "resources": ["https://api.example.test"],
                "organization": "URL keyword organization_id",
                "is_filtered": True,
            }
        ],
    )


# For review


def test_markdown_says_the_same(logto_command: Run) -> None:
    code, output = logto_command("routes", "--markdown", "--path", "/organizations")
    assert code == 0
    assert (
        output
        == """\
# Permissions

Who may do what, as `manage.py logto routes --path /organizations` writes it.

## `/organizations/{organization_id}/members/`

- GET: `organization` token with `read:members`; or `organization_resource` token with `a` and \
`b`, only the clients `` app`1 ``, `app-2`
- Organization: URL keyword organization_id; a filter backend filters by it
- View: `tests.management.test_routes_command.Members`
"""
    )
    assert OTHERS.splitlines()[1] in logto_command("routes", "--markdown", "--open")[1]


def test_backticks_do_not_end_a_code_span(logto_command: Run, route: Route) -> None:
    route(path("a/", view(HasScopes("a``b`c"))))
    output = logto_command("routes", "--markdown")[1]
    assert "- GET: `global` token with ``` a``b`c ```\n" in output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "permissions.md"


def test_a_file_has_what_is_shown(logto_command: Run, file: Path) -> None:
    assert logto_command("routes", "--output", str(file)) == (0, "")
    assert file.read_bytes().decode() == logto_command("routes", "--markdown")[1]
    assert logto_command("routes", "--json", "--output", str(file)) == (0, "")
    assert file.read_bytes().decode() == logto_command("routes", "--json")[1]
    assert [*file.parent.iterdir()] == [file]


def test_a_file_that_says_the_same_passes(logto_command: Run, file: Path, settings: Any) -> None:
    logto_command("routes", "--output", str(file))
    settings.DEBUG = True
    with translation.override("ko"):
        assert logto_command("routes", "--check", str(file)) == (0, "")


@pytest.mark.parametrize(
    "edit",
    [
        lambda octets: octets.replace(b"\n", b"\r\n"),  # as Git checks it out on Windows
        lambda octets: octets.rstrip(),
        lambda octets: octets + b"\n",
        lambda octets: codecs.BOM_UTF8 + octets,
    ],
    ids=["line ends", "no last line end", "an empty line", "byte order mark"],
)
def test_what_an_editor_does_to_a_file_says_nothing(
    logto_command: Run, file: Path, edit: Callable[[bytes], bytes]
) -> None:
    logto_command("routes", "--output", str(file))
    file.write_bytes(edit(file.read_bytes()))
    assert logto_command("routes", "--check", str(file)) == (0, "")


@pytest.mark.parametrize("character", ["\x1b", "\x0c", "\u2028", "\u202e"])
def test_a_character_that_nobody_sees_is_a_difference_that_is_seen(
    logto_command: Run, file: Path, character: str
) -> None:
    text = logto_command("routes", "--markdown")[1]
    file.write_text(text.replace("POST", f"{character}POST"), "utf-8")
    code, output = logto_command("routes", "--check", str(file))
    assert code == 3
    assert "?POST" in output
    assert character not in output


def test_a_file_that_says_something_else_exits_with_3_and_a_diff(
    logto_command: Run, file: Path
) -> None:
    logto_command("routes", "--path", "/n", "--output", str(file))
    file.write_text(file.read_text("utf-8").replace("no permission", "`AllowAny`"), "utf-8")
    code, output = logto_command("routes", "--path", "/n", "--check", str(file))
    assert code == 3
    lines = output.splitlines()
    assert lines[:2] == [f"--- {file}", "+++ what the routes say"]
    assert "-- GET: anybody (`AllowAny`)" in lines
    assert "+- GET: anybody (no permission)" in lines
    assert " ## `/none/`" in lines
    assert lines[-1].endswith(f"manage.py logto routes --path /n --output {shlex.quote(str(file))}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--check", "missing.md"], "'missing.md' cannot be read: FileNotFoundError. To write it"),
        (["--check", "."], "cannot be read"),
        (["--output", "missing/permissions.md"], "cannot be written: FileNotFoundError."),
        (["--output", f"{__file__}/permissions.md"], "cannot be written: "),
        (["--output", "."], "'.' cannot be written: "),
        (["--check", "a", "--json"], "--check compares Markdown, and writes nothing."),
        (["--check", "a", "--output", "b"], "--check compares Markdown, and writes nothing."),
        (["--json", "--markdown"], "Choose --json or --markdown."),
    ],
)
def test_arguments_that_cannot_work_exit_with_2(
    logto_command: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = logto_command("routes", *arguments)
    assert code == 2
    assert message in output
    assert [*tmp_path.iterdir()] == []


def test_a_file_in_another_encoding_exits_with_2(logto_command: Run, file: Path) -> None:
    file.write_bytes(b"\xff")
    assert logto_command("routes", "--check", str(file))[0] == 2


def test_a_difference_has_colours_on_a_terminal(file: Path) -> None:
    file.write_text("# Permissions\n", "utf-8")
    terminal = Terminal()
    with pytest.raises(CommandError):
        call_command("logto", "routes", "--check", str(file), stdout=terminal, force_color=True)
    assert "\x1b[" in terminal.getvalue()


def test_settings_that_cannot_work_exit_with_2(logto_command: Run, settings: Any) -> None:
    settings.LOGTO = {}
    assert logto_command("routes")[0] == 2


def test_the_committed_permissions_of_the_sandbox_are_those_of_its_routes() -> None:
    """In a process of its own, as in CI: with its settings, and hashes of another seed."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "sandbox.settings",
        "LOGTO_ENDPOINT": "https://your-tenant.logto.app",
        "LOGTO_API_RESOURCE": "https://api.example.com",
    }
    done = subprocess.run(
        [sys.executable, "-m", "django", "logto", "routes", "--check", "sandbox/permissions.md"],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
