"""A project that a new user builds from an empty folder, by the pages alone."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import settings as sandbox
from sandbox.tenant import SWAGGER_UI
from tests.support.documents import Block, Page
from tests.support.new_project import Project, Visit, start_project
from tests.support.tenants import ASKING, tenants

pytestmark = pytest.mark.servers

BROWSABLE = Page("how-to/browsable-api.md").take(language="python")
OPENAPI = Page("how-to/openapi.md").take(language="python")
LOGGING = Page("reference/log-messages.md").take(language="python")
REVOCATION = Page("how-to/revocation.md").take(language="python")

URLS = """
from django.urls import path

from plain_views import reports, whoami
from views import MemberView, PaymentView, ReportViewSet, TemplateView

more = SimpleRouter()
more.register("reports", ReportViewSet, "report")
urlpatterns += [
    *more.urls,
    path("templates/", TemplateView.as_view()),
    path("payments/", PaymentView.as_view()),
    path("teams/<team>/members/", MemberView.as_view()),
    path("whoami/", whoami),
    path("plain-reports/", reports),
]
"""

PAGES = """
api = Router()
api.register("products", ProductViewSet, "product-of-root")
urlpatterns += api.urls
"""

WRAPPED = """
from django.http import JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from drf_logto.decorators import require_access_token
from drf_logto.permissions import InOrganization


def team(*decorators):
    def view(request, org_id):
        return JsonResponse({"team": org_id})

    for decorator in [require_access_token(InOrganization), *decorators]:
        view = decorator(view)
    view.organization_url_kwarg = "org_id"
    return view


urlpatterns = [
    path("bare/plain-teams/<org_id>/", team()),
    path("one/plain-teams/<org_id>/", team(require_GET)),
    path("three/plain-teams/<org_id>/", team(require_GET, csrf_exempt, never_cache)),
]
"""

COROUTINES = """
from django.http import JsonResponse
from django.urls import path
from rest_framework.permissions import BasePermission

from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes


class Never(BasePermission):
    async def has_permission(self, request, view):
        return False


class Always(BasePermission):
    async def has_permission(self, request, view):
        return True


def guarded(permission):
    @require_access_token(permission)
    async def view(request):
        return JsonResponse({})

    return view


urlpatterns = [
    path("never/", guarded(Never)),
    path("scopes-and-never/", guarded(HasScopes("a") & Never)),
    path("always/", guarded(Always)),
    path("scopes-and-always/", guarded(HasScopes("a") & Always)),
]
"""

GET_USER = """
def get_user(self, auth, of_the_readme=UserAuthentication.get_user):
    if auth.sub == "unknown":
        return None
    if auth.sub == "inactive":
        return get_user_model()(username=auth.sub, is_active=False)
    return of_the_readme(self, auth)


UserAuthentication.get_user = get_user
"""

FAULTS = """
class OrganizationViewSet(ViewSet):
    permission_classes = [InOrganization]

    def retrieve(self, request, pk):
        return Response({"id": pk})


class TenantViewSet(OrganizationViewSet):
    pass


class CompanyViewSet(OrganizationViewSet):
    pass


router.register("organizations", OrganizationViewSet, "organization")
router.register("tenants", TenantViewSet, "tenant")
router.register("companies", CompanyViewSet, "company")


class NoteViewSet(ViewSet):
    permission_classes = [HasScopes("a")]

    def list(self, request):
        return Response([])


class WithUnknownKeyword(NoteViewSet):
    permission_classes = [HasScopes(lst="a")]


class WithUpperCaseMethod(NoteViewSet):
    permission_classes = [HasScopes(GET="a")]


class MembersWithUnknownAttribute(NoteViewSet):
    permission_classes = [InOrganization]
    required_scope = "a"


class ScopesWithUnknownAttribute(NoteViewSet):
    permission_classes = [HasScopes]
    required_scope = "a"


for view in NoteViewSet.__subclasses__():
    router.register(view.__name__, view, view.__name__)
urlpatterns += router.urls
"""

VISITS = """
import faulthandler
import json
import os
import sys

faulthandler.dump_traceback_later(120, exit=True)
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"

import django

django.setup()

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test.utils import setup_test_environment

from drf_logto.testing import Logto

setup_test_environment()
call_command("migrate", verbosity=0)
get_user_model().objects.create(username="closed", is_active=False)
with Logto() as logto:
    for line in sys.stdin:
        path, kind, args, user = json.loads(line)
        token = kind and getattr(logto, kind)(*args, **user)
        response = logto.client(token).get(path)
        print(json.dumps([response.status_code, response.content.decode()]), flush=True)
"""

COUNTED = """
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"

import django

django.setup()

from django.test.utils import setup_test_environment

from drf_logto.testing import Logto

setup_test_environment()
with Logto() as logto:
    logto.client(logto.global_token(expires_in=-1)).get("/products/")
print(refused_tokens())
"""

REVOKING = """
import hmac
import json
import logging
import os
from datetime import UTC, datetime

os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"

import django

django.setup()

from django.test.utils import setup_test_environment

from drf_logto.testing import Logto

setup_test_environment()
logging.disable()


def status(token):
    return logto.client(token).get("/products/").status_code


with Logto() as logto:
    first = logto.global_token(["read:products"])
    statuses = [status(first)]

    import receivers
    import somewhere

    statuses.append(status(first))
    logto.advance(1)
    second = logto.global_token(["read:products"], user="ada")
    statuses.append(status(second))
    now = datetime.fromtimestamp(logto.now(), UTC).isoformat()
    body = json.dumps({"event": "User.Deleted", "createdAt": now, "data": {"id": "ada"}})
    key = os.environ["LOGTO_WEBHOOK_SIGNING_KEY"].encode()
    headers = {"logto-signature-sha-256": hmac.new(key, body.encode(), "sha256").hexdigest()}
    webhook = {"content_type": "application/json", "headers": headers}
    statuses.append(logto.client().post("/logto/webhook/", body, **webhook).status_code)
    statuses.append(status(second))
    print(*statuses)
"""


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Project]:
    """Start a project as Django does, and add the README's code to the end of its files."""

    def built(*more: list[Block]) -> Project:
        project = start_project(tmp_path_factory.mktemp("project"), *more)
        project.add("project/urls.py", URLS)
        project.add("visits.py", VISITS)
        return project

    return built


@pytest.fixture(scope="module")
def visit(build: Callable[..., Project]) -> Iterator[Visit]:
    with build().visits() as visit:
        yield visit


@pytest.fixture(scope="module")
def more(build: Callable[..., Project]) -> Project:
    """The README's project and plain views that others wrap, or whose permissions are awaited."""
    project = build()
    for name, code in {"wrapped": WRAPPED, "coroutines": COROUTINES}.items():
        project.add(f"{name}.py", code)
        project.add("project/urls.py", f"import {name}\nurlpatterns += {name}.urlpatterns")
    return project


@pytest.fixture(scope="module")
def visit_more(more: Project) -> Iterator[Visit]:
    with more.visits() as visit:
        yield visit


# The README as it stands


def test_the_project_of_the_readme_has_no_fault(build: Callable[..., Project]) -> None:
    assert build().check() == "System check identified no issues (0 silenced).\n"


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/products/", ["global_token", ["read:products"]], 200),
        ("/products/", ["global_token", ["write:products"]], 403),
        ("/products/", ["organization_token", "acme", ["read:products"]], 403),
        ("/documents/", ["organization_resource_token", "org-1", ["read:documents"]], 200),
        ("/reports/", ["global_token", ["read:reports"]], 200),
        ("/templates/", ["organization_resource_token", "acme", ["read:own-templates"]], 200),
        ("/payments/", ["global_token", ["pay:invoices"]], 405),
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
    visit: Visit, path: str, token: list[Any], status: int
) -> None:
    assert visit(path, *token)[0] == status


@pytest.fixture(scope="module")
def pages(build: Callable[..., Project]) -> Project:
    """The README's project with all that it has for a browser."""
    project = build(BROWSABLE, OPENAPI)
    project.add("project/urls.py", PAGES)
    return project


def test_the_project_of_the_readme_has_no_fault_with_its_pages(pages: Project) -> None:
    assert pages.check() == "System check identified no issues (0 silenced).\n"


def test_what_declares_no_scopes_is_closed_and_the_pages_of_others_work(pages: Project) -> None:
    with pages.visits() as visit:
        of_any_organization = ["organization_resource_token", "acme"]
        assert visit("/?format=json", *of_any_organization)[0] == 200
        assert visit("/?format=json", None)[0] == 401
        status, schema = visit("/schema/", None)
        assert (status, "x-logto-access-tokens" in schema) == (200, True)
        assert visit("/docs/", None)[0] == 200
        assert visit("/docs/oauth2-redirect.html", None)[0] == 302
        assert visit("/auth/login/", None)[0] == 302
        assert visit("/products/?format=api", None)[0] == 401
        assert visit("/admin/login/", None)[0] == 200


def test_swagger_ui_has_the_settings_with_which_the_sandbox_is_opened_in_a_browser() -> None:
    code = OPENAPI[2].code.replace("the-app-id", SWAGGER_UI.id)
    found: dict[str, Any] = {"INSTALLED_APPS": []}
    exec(code.replace("https://api.example.com", f"{sandbox.LOGTO['API_RESOURCE']}"), found)
    assert found.pop("SPECTACULAR_SETTINGS").items() <= sandbox.SPECTACULAR_SETTINGS.items()
    del found["INSTALLED_APPS"], found["__builtins__"]
    assert found == {name: getattr(sandbox, name, "missing") for name in found} != {}


def test_a_refusal_is_shown_with_the_logging_of_the_readme(build: Callable[..., Project]) -> None:
    project = build(LOGGING)
    with project.visits() as visit:
        visit("/products/", "global_token")
    shown = (project.folder / "visits.log").read_text()
    assert "Refused: insufficient_scope (method 'GET', route 'products/'" in shown
    project.add("monitoring.py", COUNTED)
    assert project.run("monitoring.py").splitlines()[-1] == "1"


# Revocation


def test_the_code_about_revocation_does_what_the_page_says(build: Callable[..., Project]) -> None:
    project = build(REVOCATION)
    project.add("revoking.py", REVOKING)
    assert project.check() == "System check identified no issues (0 silenced).\n"
    *_, mark, statuses = project.run("revoking.py").splitlines()
    assert mark.startswith("ada None ")
    assert statuses == "200 401 200 204 401"


# Rows of organizations

TENANTS = """
from billing.filters import InvoiceFilter
from billing.views import InvoiceViewSet
from django_filters.rest_framework import DjangoFilterBackend

InvoiceViewSet.filter_backends = [*InvoiceViewSet.filter_backends, DjangoFilterBackend]
InvoiceViewSet.filterset_class = InvoiceFilter
fill()
customers = {one: bill(one) for one in (ACME, GLOBEX)}
other = Invoice.objects.get(organization_id=GLOBEX).pk
sent = {"number": "1", "organization_id": GLOBEX}
with Logto() as logto:
    print(ask(ACME, "get", "/teams/acme/invoices/"))
    print(ask(ACME, "get", "/teams/acme/export/"))
    for path in ("/teams/globex/invoices/", "/teams/globex/export/", "/teams/nobody/invoices/"):
        print(ask(ACME, "get", path)[0])
    for one in (ACME, GLOBEX):
        print(ask(ACME, "get", f"/teams/acme/invoices/?customer={customers[one].pk}")[0])
    for method in ("get", "put", "delete"):
        print(ask(ACME, method, f"/teams/acme/invoices/{other}/", sent)[0])
    for one in (ACME, GLOBEX):
        print(ask(ACME, "post", "/teams/acme/invoices/", {**sent, "customer": customers[one].pk}))
    statuses = [ask(GLOBEX, "get", "/teams/globex/invoices/")[0] for _ in range(101)]
    print(statuses.count(200), statuses[-1], ask(ACME, "get", "/teams/acme/invoices/")[0])
print(Invoice.objects.get(number="1").organization_id)
"""


def test_the_code_about_tenancy_does_what_the_page_says(tmp_path: Path) -> None:
    project = tenants(tmp_path)
    project.run("manage.py", "makemigrations", "billing")
    project.run("manage.py", "migrate")
    assert project.check() == "System check identified no issues (0 silenced).\n"
    audited = project.run("manage.py", "test")
    assert re.search(r"^Ran 1 test .*\n\nOK$", audited, re.M), audited
    project.add("asking.py", ASKING + TENANTS)
    own, exported, *statuses, created, refused, limited, organization = project.run(
        "asking.py"
    ).splitlines()
    invoice = '{"id":1,"customer":1,"number":"number of org-acme"}'
    assert own == f"(200, '[{invoice}]')"
    assert exported == "(200, 'number of org-acme')"
    assert statuses == ["403"] * 3 + ["200", "400"] + ["404"] * 3
    assert created.startswith("(201, ")
    assert refused.startswith("(400, ")
    assert limited == "100 429 200"
    assert organization == "org-acme"


# 1. An attribute on a function that something wraps


def test_a_plain_view_that_compares_its_organization_has_no_fault_whatever_wraps_it(
    more: Project,
) -> None:
    assert "no issues" in more.check()


@pytest.mark.parametrize("decorators", ["bare", "one", "three"])
def test_the_organization_of_a_plain_view_is_compared_whatever_wraps_it(
    visit_more: Visit, decorators: str
) -> None:
    url = f"/{decorators}/plain-teams"
    assert visit_more(f"{url}/acme/", "organization_token", "acme")[0] == 200
    status, body = visit_more(f"{url}/globex/", "organization_token", "acme")
    assert (status, "wrong_organization" in body) == (403, True)


# 2. Closed accounts


@pytest.fixture(scope="module")
def visit_users(build: Callable[..., Project]) -> Iterator[Visit]:
    """The README's class for the project's own user model, which refuses two more."""
    project = build()
    project.add(
        "project/settings.py",
        'REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = ["authentication.UserAuthentication"]',
    )
    project.add("authentication.py", GET_USER)
    with project.visits() as visit:
        yield visit


@pytest.mark.parametrize("path", ["/products/", "/whoami/"])
def test_a_closed_account_gets_in_nowhere(visit_users: Visit, path: str) -> None:
    for _ in range(2):
        status, body = visit_users(path, "global_token", ["read:products"], user="closed")
        assert (status, "inactive_user" in body) == (401, True)
        assert visit_users(path, "global_token", ["read:products"], user="open")[0] == 200


@pytest.mark.parametrize("path", ["/products/", "/whoami/"])
@pytest.mark.parametrize(
    ("user", "code"), [("inactive", "inactive_user"), ("unknown", "unknown_user")]
)
def test_a_user_that_is_inactive_or_unknown_gets_in_nowhere(
    visit_users: Visit, path: str, user: str, code: str
) -> None:
    status, body = visit_users(path, "global_token", ["read:products"], user=user)
    assert (status, f'"code":"{code}"' in body.replace(" ", "")) == (401, True)


# 3. Routes that name an organization, and 4. declarations that are not what they seem


@pytest.fixture(scope="module")
def reported(build: Callable[..., Project]) -> str:
    """What is reported of a project with all these faults."""
    project = build()
    project.add("project/urls.py", FAULTS)
    return project.check()


@pytest.mark.parametrize("prefix", ["organizations", "tenants", "companies"])
def test_a_route_of_organizations_that_compares_none_is_reported(
    reported: str, prefix: str
) -> None:
    assert f"(drf_logto.E008) The route '{prefix}/<str:pk>/'" in reported


@pytest.mark.parametrize(
    ("view", "check_id"),
    [
        ("WithUnknownKeyword", "drf_logto.E016"),
        ("WithUpperCaseMethod", "drf_logto.E016"),
        ("MembersWithUnknownAttribute", "drf_logto.E015"),
        ("ScopesWithUnknownAttribute", "drf_logto.E015"),
    ],
)
def test_a_declaration_that_never_counts_is_reported(
    reported: str, view: str, check_id: str
) -> None:
    (line,) = (line for line in reported.splitlines() if f"'{view}/'" in line)
    assert f"({check_id})" in line


# 5. Coroutines


@pytest.mark.parametrize(
    ("permission", "status"),
    [("never", 403), ("scopes-and-never", 403), ("always", 200), ("scopes-and-always", 200)],
)
def test_a_permission_that_is_a_coroutine_is_awaited(
    visit_more: Visit, permission: str, status: int
) -> None:
    assert visit_more(f"/{permission}/", "global_token", ["a"])[0] == status


# 6. Authentication that is missing


@pytest.mark.parametrize(
    "setting",
    [
        'del REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"]',
        'REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"].clear()',
    ],
    ids=["default", "another"],
)
def test_authentication_that_is_missing_is_reported(
    build: Callable[..., Project], setting: str
) -> None:
    project = build()
    project.add("project/settings.py", setting)
    assert "(drf_logto.E013)" in project.check()
