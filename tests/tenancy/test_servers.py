"""The same on PostgreSQL, and with Redis."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.cache import caches

from tests.support.cache_servers import needs_postgresql, needs_redis, redis
from tests.support.documents import Page
from tests.support.new_project import Project, files
from tests.support.postgresql import postgresql
from tests.support.tenants import ASKING, tenants
from tests.tenancy.test_slugs import (
    test_a_change_counts_in_every_process_once_it_is_committed as a_change_counts,
)

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, Any]]:
    with postgresql() as database:
        yield database


@needs_redis
@pytest.mark.django_db(transaction=True)
def test_a_slug_map_is_void_once_a_change_is_committed_with_redis(
    settings: Any, logto_options: Any, tmp_path: Path
) -> None:
    logto_options(CACHE="shared")
    with redis(tmp_path) as server:
        settings.CACHES = {**settings.CACHES, "shared": server.cache}
        a_change_counts()
        caches["shared"].close()


@needs_postgresql
@pytest.mark.parametrize(
    "files",
    [["tests/tenancy/test_rows.py", "tests/tenancy/test_slugs.py"], ["tests/audit/test_leaks.py"]],
    ids=["rows", "audit"],
)
def test_the_rows_of_one_organization_are_the_same_on_postgresql(
    server: dict[str, Any], files: list[str]
) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *files],
        env={**kept, "TEST_DATABASE": json.dumps(server)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


SECOND_WALL = """
from django.db import close_old_connections, connection, connections, transaction
from django.urls import path
from rest_framework.generics import ListCreateAPIView
from rest_framework.serializers import ModelSerializer

from billing.row_level_security import SetsOrganization, set_organization
from drf_logto.permissions import OrgResourceScopes
from project import urls


class Plain(ModelSerializer):
    class Meta:
        model = Invoice
        fields = ["number", "customer"]


class ForgetsFilter(SetsOrganization, ListCreateAPIView):
    queryset = Invoice.objects.all()
    serializer_class = Plain
    permission_classes = [OrgResourceScopes("read:invoices")]

    def perform_create(self, serializer):
        serializer.save(organization_id=GLOBEX)


class ForgetsBoth(ListCreateAPIView):
    queryset = Invoice.objects.all()
    serializer_class = Plain
    permission_classes = [OrgResourceScopes("read:invoices")]


urls.urlpatterns += [
    path("forgets-filter/", ForgetsFilter.as_view()),
    path("forgets-both/", ForgetsBoth.as_view()),
]
customers = {}
for organization in (ACME, GLOBEX):
    with transaction.atomic():
        set_organization(organization)
        Invoice.objects.all().delete()
        customers[organization] = bill(organization)


def backend():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()


def numbers(path, organization):
    status, body = ask(organization, "get", path)
    close_old_connections()  # as the end of a request does
    return status, body.count("of org-acme"), body.count("of org-globex")


backends = {backend()}
with Logto() as logto:
    for organization, team in ((ACME, "acme"), (GLOBEX, "globex")):
        print(numbers(f"/teams/{team}/invoices/", organization))
        print(numbers("/forgets-filter/", organization))
        print(numbers("/forgets-both/", organization))
        backends.add(backend())
        print(Invoice.objects.count(), Invoice.objects.update(number=""))
    for one in (ACME, GLOBEX):
        try:
            sent = {"number": "1", "customer": customers[one].pk}
            print(ask(ACME, "post", "/forgets-filter/", sent))
        except Exception as error:
            print(type(error).__name__, error)
    with transaction.atomic():  # as TestCase
        for organization in (GLOBEX, None):
            set_organization(organization)
            print("number of" in ask(GLOBEX, "get", "/forgets-both/")[1])
    connections.settings["default"]["ATOMIC_REQUESTS"] = False
    print(numbers("/forgets-filter/", ACME))
print(len(backends))
"""

MIGRATE = """
import os
import sys

os.environ["DATABASE_USER"] = "app_owner"
sys.argv = ["manage.py", "migrate"]

import manage

manage.main()
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
from billing.models import Customer, Team

for slug in ("acme", "globex"):
    Team.objects.create(slug=slug, logto_organization_id=f"org-{slug}")
print(Customer.objects.count())
"""

PAGE = Page("how-to/row-level-security.md")
WALL = PAGE.take(language="python")
RIGHTS = PAGE.take(language="sql")

KEPT = {
    "pool": {"OPTIONS": {"pool": {"min_size": 1, "max_size": 1}}},
    "age": {"CONN_MAX_AGE": None},
}


@pytest.fixture(scope="module")
def walled(server: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project of docs/en/how-to/row-level-security.md, with its roles and tables."""
    project = tenants(tmp_path_factory.mktemp("project"))
    project.run("manage.py", "makemigrations", "billing")
    for name, code in files(WALL):
        project.add(name, code)
    project.add("project/settings.py", f"DATABASES['default']['PORT'] = {server['PORT']}")
    roles, rights = (block.code for block in RIGHTS)
    for user, name, code in (("postgres", "postgres", roles), ("app_owner", "app", rights)):
        address = f"host=127.0.0.1 port={server['PORT']} user={user} dbname={name}"
        with psycopg.connect(address, autocommit=True) as connection:
            for statement in filter(str.strip, code.split(";")):
                connection.execute(statement.encode())
    assert project.run("-c", MIGRATE).endswith("OK\n0\n")
    return project


@needs_postgresql
@pytest.mark.parametrize("kept", [*KEPT])
def test_row_level_security_does_what_the_page_says(walled: Project, kept: str) -> None:
    (walled.folder / "kept.py").write_text(
        f"from project.settings import *\nDATABASES['default'] |= {KEPT[kept]}\n"
    )
    code = (ASKING + SECOND_WALL).replace("project.settings", "kept")
    *shown, created, not_found, not_unset, unset, not_atomic, backends = walled.run(
        "-c", code
    ).splitlines()
    assert shown == [
        *("(200, 1, 0)", "(200, 1, 0)", "(200, 0, 0)", "0 0"),
        *("(200, 0, 1)", "(200, 0, 1)", "(200, 0, 0)", "0 0"),
    ]
    assert 'new row violates row-level security policy for table "billing_invoice"' in created
    assert not_found.startswith("(400, ")
    assert (not_unset, unset) == ("True", "False")
    assert not_atomic == "(200, 0, 0)"
    assert backends == "1"
