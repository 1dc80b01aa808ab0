"""The project of the how-to guides about rows of organizations, and requests to it."""

from pathlib import Path

from .documents import Page
from .new_project import Project, files, start_project

PAGES = "organization-rows", "throttling", "audit-your-api"
CODE = [block for name in PAGES for block in Page(f"how-to/{name}.md").take(language="python")]

ASKING = """
import logging
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"

import django

django.setup()

from django.test.utils import setup_test_environment

from billing.models import Customer, Invoice, Team
from drf_logto.testing import Logto

setup_test_environment()
logging.disable()
ACME, GLOBEX = "org-acme", "org-globex"


def ask(organization, method, path, body=None):
    token = logto.organization_resource_token(organization, ["read:invoices", "write:invoices"])
    given = {} if body is None else {"data": body, "format": "json"}
    response = getattr(logto.client(token), method)(path, **given)
    return response.status_code, response.content.decode()


def fill():
    for slug, organization in (("acme", ACME), ("globex", GLOBEX)):
        Team.objects.create(slug=slug, logto_organization_id=organization)


def bill(organization):
    customer = Customer.objects.create(organization_id=organization, name="of " + organization)
    number = "number of " + organization
    Invoice.objects.create(organization_id=organization, customer=customer, number=number)
    return customer
"""


def tenants(folder: Path) -> Project:
    """Start the project; it has no migrations yet."""
    project = start_project(folder)
    migrations = folder / "billing" / "migrations"
    migrations.mkdir(parents=True)
    for package in (migrations, migrations.parent):
        (package / "__init__.py").touch()
    for name, code in files(CODE):
        project.add(name, code)
    return project
