"""migration.md: its code before and after, with the libraries that it is about."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drf_logto.testing import Logto
from tests.support.documents import ROOT, Page

pytestmark = pytest.mark.servers  # each is a process of its own

for library in ("axioms_drf", "mozilla_django_oidc", "oauth2_provider", "rest_framework_simplejwt"):
    pytest.importorskip(library, reason="in the dependency group 'frameworks', which py has")

PAGE = Page("migration.md")
CODE = PAGE.take()
NEW_SETTINGS, SIMPLE_JWT, MOZILLA, TOOLKIT, AXIOMS, GUIDE, EXISTING, TESTS = (
    "The new settings",
    "djangorestframework-simplejwt",
    "mozilla-django-oidc",
    "Django OAuth Toolkit",
    "axioms-drf-py",
    "The validator in Logto's guide",
    "Existing users",
    "Tests",
)
WITHOUT_USERS = {AXIOMS, GUIDE}

PROJECT = {
    "settings.py": """
from pathlib import Path

SECRET_KEY = "only-for-tests-and-long-enough-to-sign"
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "urls"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
""",
    "urls.py": """
from django.urls import path
from views import ProductView

urlpatterns = [path("products/", ProductView.as_view())]
""",
}

# The addresses of the page lead to a server on loopback; drf_logto needs none.
START = """
import atexit
import json
import os
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from tests.support.loopback import document, http, loopback_server

running = loopback_server()
server = running.__enter__()
atexit.register(running.__exit__, None, None, None)
for file in Path().glob("*.py") if "drf_logto" not in Path("settings.py").read_text() else ():
    there = file.read_text().replace("https://auth.example.com", server.address)
    file.write_text(there.replace("https://your-tenant.logto.app", server.address))

import django

django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from drf_logto.testing import Logto

call_command("migrate", verbosity=0)
for name in ("grace", "ida"):
    user = User.objects.create_user(name, f"{name}@example.com", is_active=name != "ida")
RESOURCE = "https://api.example.com"


def visit(token):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    client = Client(headers=headers, raise_request_exception=False)
    response = client.get("/products/")
    is_json = response.headers["Content-Type"] == "application/json"
    return response.status_code, response.json() if is_json else None


def tell(facts):
    print(json.dumps(facts))


def signed(logto, es384):
    scopes = ["read:products"]
    return {
        "no token": None,
        "expired token": logto.global_token(scopes, user="grace", expires_in=-1),
        "signed with ES384": es384.global_token(scopes, user="grace"),
        "valid": logto.global_token(scopes, user="grace"),
        "for another API": logto.global_token(scopes, user="grace", claims={"aud": "https://b"}),
        "without the scope": logto.global_token(["other"], user="grace"),
        "of an organization, at a global endpoint":
            logto.organization_resource_token("org-1", scopes, user="grace"),
        "inactive user": logto.global_token(scopes, user="ida"),
        "unknown user": logto.global_token(scopes, user="nobody"),
    }


def answers(tokens):
    return {situation: visit(token) for situation, token in tokens.items()}
"""

DOWN = "the authorization server is down"
BEFORE = f"""
server.answers.update(dict.fromkeys(PATHS, http("", "503 Service Unavailable")))
down = visit(tokens["valid"])
serve()
tell({{**answers(tokens), "{DOWN}": down}})
"""

PUBLISHED = """
PATHS = ["/oidc/jwks"]
logto = Logto(server.address, RESOURCE, algorithm=ALGORITHM)
tokens = signed(logto, logto)
serve = lambda: server.serve_logto(logto)
"""

USERINFO = """
PATHS = ["/oidc/me"]
PEOPLE = {
    "valid": {"sub": "grace", "email": "grace@example.com", "email_verified": True},
    "inactive user": {"sub": "ida", "email": "ida@example.com", "email_verified": True},
    "unknown user": {"sub": "nobody", "email": "nobody@example.com", "email_verified": True},
    "of a stranger": {"sub": "eve", "email": "GRACE@example.com", "email_verified": False},
}
tokens = {name: name.replace(" ", "-") for name in PEOPLE}
tokens |= {"no token": None, "expired token": "expired", "without the scope": tokens["valid"]}


def userinfo(connection):
    token = server.headers[-1]["Authorization"].removeprefix("Bearer ")
    challenge = 'Bearer realm="r", error="invalid_token", error_description="invalid token"'
    refused = http("", "401 Unauthorized", WWW_Authenticate=challenge)
    named = token.replace("-", " ")
    (document(PEOPLE[named]) if named in PEOPLE else refused)(connection)


serve = lambda: server.answers.update({"/oidc/me": userinfo})
"""

INTROSPECTED = """
PATHS = ["/o/introspect/"]
GRANTS = {
    "valid": {"username": "grace", "scope": "read:products"},
    "without the scope": {"username": "grace", "scope": "other"},
    "inactive user": {"username": "ida", "scope": "read:products"},
    "unknown user": {"username": "nobody", "scope": "read:products"},
}
LOGTOS = http('{"error": "unsupported_token_type"}', "400 Bad Request")
tokens = {name: name.replace(" ", "-") for name in GRANTS}
tokens |= {"no token": None, "expired token": "expired", "a JWT of Logto": "a.jwt.of.Logto"}


def introspect(connection):
    named = connection.body.removeprefix("token=").replace("-", " ")
    known = {"active": named in GRANTS, "exp": 4000000000, **GRANTS.get(named, {})}
    (LOGTOS if ".jwt." in named else document(known))(connection)


serve = lambda: server.answers.update({"/o/introspect/": introspect})
"""

AFTER = f"""
from io import StringIO

from django.apps import apps

from drf_logto.users import link

call_command("check", fail_level="WARNING", stdout=StringIO())
logto = Logto().__enter__()
for user in User.objects.all() if apps.is_installed("drf_logto.users") else ():
    link(user, logto.issuer, user.username)
tokens = signed(logto, logto)
with logto.outage():
    down = visit(tokens["valid"])
tell({{**answers(tokens), "{DOWN}": down}})
"""

IMPORTS = """from rest_framework.response import Response
from rest_framework.views import APIView
"""

Run = Callable[..., Any]


def section(heading: str) -> str:
    pattern = rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)"
    (found,) = re.findall(pattern, PAGE.text, re.DOTALL | re.MULTILINE)
    return str(found)


def blocks(heading: str, side: str) -> dict[str, str]:
    """The files of a section: of a diff the one side, the other left out."""
    files: dict[str, str] = {}
    for block in CODE:
        if heading not in block.headings:
            continue
        lines = block.code.splitlines()
        if block.language == "diff":
            lines = [line[2:] for line in lines if line[:1] in {side, " ", ""}]
        files[lines[0].removeprefix("# ")] = "\n".join(lines) + "\n"
    if "views.py" in files:
        files["views.py"] = IMPORTS + files["views.py"]
    return files


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command in a project with these files, and return what it says."""

    def run(script: str, *command: str, **files: str) -> str:
        project = {**PROJECT, **{f"{name}.py": content for name, content in files.items()}}
        project["settings.py"] = PROJECT["settings.py"] + files["settings"]
        project["start.py"] = START + script
        for name, content in project.items():
            (tmp_path / name).write_text(content)
        done = subprocess.run(
            [sys.executable, *(command or ["start.py"])],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "APP_SECRET": "x", "OIDC_RP_CLIENT_SECRET": "x"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def before(heading: str) -> dict[str, str]:
    files = blocks(heading, "-")
    settings = files.pop("settings.py", "") + files.pop("settings.py, with Logto", "")
    return {"settings": settings, **{name.removesuffix(".py"): it for name, it in files.items()}}


def after(heading: str) -> dict[str, str]:
    (settings,) = blocks(NEW_SETTINGS, "+").values()
    if heading in WITHOUT_USERS:  # as the page says
        settings = re.sub(', "drf_logto.users"|    "CREATE_USERS".*\n', "", settings).replace(
            "drf_logto.users.authentication.LogtoUserAuthentication",
            "drf_logto.authentication.LogtoJWTAuthentication",
        )
    return {"settings": settings, "views": blocks(heading, "+")["views.py"]}


COLUMNS: dict[str, tuple[str, str]] = {
    SIMPLE_JWT: ("SimpleJWT", PUBLISHED.replace("ALGORITHM", '"ES384"')),
    MOZILLA: ("mozilla-django-oidc", USERINFO),
    TOOLKIT: ("Django OAuth Toolkit", INTROSPECTED),
    AXIOMS: ("axioms-drf-py", PUBLISHED.replace("ALGORITHM", '"ES384"')),
    GUIDE: (
        "Logto's guide",
        PUBLISHED.replace("ALGORITHM", '"RS256"').replace(
            "signed(logto, logto)", "signed(logto, Logto(server.address, RESOURCE))"
        ),
    ),
}


def table(heading: str, name: str) -> dict[str, str]:
    """What a table says of a library, by the first cell of each row."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section(heading).splitlines()
        if line.startswith("|") and not line.startswith("|---")
    ]
    index = rows[0].index(name)
    return {row[0]: row[index] for row in rows[1:] if row[index] != "none"}


@pytest.mark.parametrize("heading", COLUMNS)
def test_the_code_before_gives_the_responses_of_the_table(run: Run, heading: str) -> None:
    name, script = COLUMNS[heading]
    told = json.loads(run(script + BEFORE, **before(heading)))
    for situation, cell in table("Responses", name).items():
        status, body = told[situation]
        assert f"{status}" == cell[:3], situation
        assert "created" not in cell or body["user"]


@pytest.mark.parametrize("heading", COLUMNS)
def test_the_code_after_gives_the_responses_of_the_table(run: Run, heading: str) -> None:
    told = json.loads(run(AFTER, **after(heading)))
    assert told["valid"][0] == 200
    users_only = {"inactive user", "unknown user"} if heading in WITHOUT_USERS else set()
    for situation in table("Responses", "drf_logto").keys() - users_only:
        cell = table("Responses", "drf_logto")[situation]
        status, body = told[situation]
        assert cell.startswith(f"{status}"), situation
        assert re.findall("`(.*?)`", cell) == ([body["code"]] if "code" in body else [])


OWN = {**before(SIMPLE_JWT), "settings": blocks(SIMPLE_JWT, "-")["settings.py"]}


def test_tokens_that_simple_jwt_issues_open_the_endpoint_before(run: Run) -> None:
    script = """
from rest_framework_simplejwt.tokens import AccessToken

tell([visit(AccessToken.for_user(User.objects.get(username="grace"))), visit("a.b.c")])
"""
    accepted, refused = json.loads(run(script, **OWN))
    assert accepted[0] == 200
    assert (refused[0], refused[1]["code"]) == (401, "token_not_valid")


def test_mozilla_django_oidc_takes_an_unverified_address_for_the_user_who_has_it(run: Run) -> None:
    script = (
        USERINFO + 'serve()\ntell([visit(tokens[name]) for name in ("valid", "of a stranger")])'
    )
    owner, stranger = json.loads(run(script, **before(MOZILLA)))
    assert owner == stranger
    assert owner[1]["email"] == "grace@example.com"


def test_mozilla_django_oidc_has_the_endpoints_that_logto_publishes() -> None:
    published = Logto("https://your-tenant.logto.app", "https://api.example.com").metadata
    found = re.findall(
        r'^OIDC_OP_(\w+)_ENDPOINT = "(.+)"', before(MOZILLA)["settings"], re.MULTILINE
    )
    assert dict(found) == {
        "AUTHORIZATION": published["authorization_endpoint"],
        "JWKS": published["jwks_uri"],
        "TOKEN": published["token_endpoint"],
        "USER": published["userinfo_endpoint"],
    }


def test_mozilla_django_oidc_signs_in_to_pages_beside_drf_logto(run: Run) -> None:
    files = after(MOZILLA)
    files["settings"] = f"""{before(MOZILLA)["settings"]}{files["settings"]}
INSTALLED_APPS += ["django.contrib.sessions"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
"""
    files["urls"] = f"""{PROJECT["urls.py"]}
from django.urls import include

urlpatterns += [path("oidc/", include("mozilla_django_oidc.urls"))]
"""
    told = json.loads(run('tell(Client().get("/oidc/authenticate/").headers["Location"])', **files))
    assert told.startswith("https://your-tenant.logto.app/oidc/auth?")


def test_django_oauth_toolkit_refuses_tokens_that_logto_does_not_introspect(run: Run) -> None:
    script = INTROSPECTED + 'serve()\ntell(visit(tokens["a JWT of Logto"]))'
    assert json.loads(run(script, **before(TOOLKIT)))[0] == 401


# Existing users

LINKING = """
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

logto = Logto().__enter__()
grace, bob = User.objects.get(username="grace"), User.objects.create_user("bob")
tokens = {
    "expired": logto.global_token(user="g", expires_in=-1),
    "of a machine": logto.global_token(machine="m"),
    "of an actor": logto.global_token(user="g", claims={"act": {"sub": "helper"}}),
    "of grace": logto.global_token(["read:products"], user="g"),
}


def post(user, token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}")
    response = client.post("/link/", {"token": token})
    return [response.status_code, (response.data or {}).get("code")]


told = [visit(tokens["of grace"])[0], [post(grace, one) for one in tokens.values()]]
told += [post(bob, tokens["of grace"]), visit(tokens["of grace"])[1]["user"] == grace.pk]
tell(told)
"""


def test_a_user_who_is_signed_in_the_old_way_links_the_new_subject(run: Run) -> None:
    files = {**after(SIMPLE_JWT), "linking": blocks(EXISTING, "+")["linking.py"]}
    files["urls"] = f"""{PROJECT["urls.py"]}
from linking import LinkView

urlpatterns += [path("link/", LinkView.as_view())]
"""
    unknown, linked, others, is_grace = json.loads(run(LINKING, **files))
    assert unknown == 401
    assert linked == [
        [401, "token_expired"],
        [403, "not_in_person"],
        [403, "not_in_person"],
        [204, None],
    ]
    assert others == [409, "already_linked"]
    assert is_grace


def test_users_whom_the_project_imported_are_linked(run: Run) -> None:
    script = """
grace = User.objects.get(username="grace")
Path("imported.csv").write_text(f"pk,logto_id\\n{grace.pk},g\\n")
import link_imported_users

with Logto() as logto:
    tell(visit(logto.global_token(["read:products"], user="g"))[1]["user"] == grace.pk)
"""
    name = "link_imported_users"
    assert json.loads(
        run(script, **after(SIMPLE_JWT), **{name: blocks(EXISTING, "+")[f"{name}.py"]})
    )


# Claims and scopes

CLAIMS = {
    "subject": "grace",
    "scopes": "read:products",
    "organization": "org-1",
    "a custom claim": "pro",
}
EVALUATED = """

class ProductView(ProductView):
    permission_classes = []

    def get(self, request):
        return Response({what: str(eval(how, {'request': request})) for what, how in HOW.items()})
"""


def claims(name: str) -> dict[str, str]:
    """How a library tells the claims, of those that it tells in a view."""
    cells = table("Claims and scopes", name).items()
    return {what: how[0] for what, cell in cells if (how := re.findall("`(request[^`]+)`", cell))}


INTROSPECTED_ONCE = INTROSPECTED + 'serve()\ntoken = tokens["valid"]\n'
ISSUED = """
logto = Logto(server.address, RESOURCE, algorithm=ALGORITHM)
server.serve_logto(logto)
token = logto.organization_resource_token(
    "org-1", ["read:products"], user="grace", claims={"plan": "pro"}
)
"""
IN_PROCESS = """
from drf_logto.users import link

logto = Logto().__enter__()
link(User.objects.get(username="grace"), logto.issuer, "grace")
""" + ISSUED.partition("logto)\n")[2]


@pytest.mark.parametrize(
    ("name", "script", "files"),
    [
        ("SimpleJWT", ISSUED.replace("ALGORITHM", '"ES384"'), before(SIMPLE_JWT)),
        ("Django OAuth Toolkit", INTROSPECTED_ONCE, before(TOOLKIT)),
        ("axioms-drf-py", ISSUED.replace("ALGORITHM", '"ES384"'), before(AXIOMS)),
        ("Logto's guide", ISSUED.replace("ALGORITHM", '"RS256"'), before(GUIDE)),
        ("drf_logto", IN_PROCESS, after(SIMPLE_JWT)),
    ],
)
def test_claims_are_read_as_the_table_says(
    run: Run, name: str, script: str, files: dict[str, str]
) -> None:
    how = claims(name)
    views = f"{files['views']}\n\nHOW = {how!r}\n{EVALUATED}"
    status, told = json.loads(run(f"{script}tell(visit(token))", **{**files, "views": views}))
    assert status == 200
    known = {what: re.sub(r"[\[\](),']", "", value) for what, value in told.items()}
    expected = {what: value for what, value in CLAIMS.items() if what in how}
    assert {what: known[what] for what in expected} == expected


# Tests


@pytest.mark.parametrize("side", ["-", "+"], ids=["before", "after"])
def test_the_test_of_the_endpoint_passes(run: Run, side: str) -> None:
    files = OWN if side == "-" else after(SIMPLE_JWT)
    command = ["-m", "pytest", "-p", "no:cacheprovider", "--ds=settings", "test_products.py"]
    test = blocks(TESTS, side)["test_products.py"]
    assert "1 passed" in run("", *command, **files, test_products=test)


def test_a_request_that_a_test_authenticates_without_a_token_is_refused(run: Run) -> None:
    script = """
from rest_framework.test import APIClient

client = APIClient()
client.force_authenticate(User.objects.get(username="grace"))
tell(client.get("/products/").status_code)
"""
    assert json.loads(run(script, **after(SIMPLE_JWT))) == 403
