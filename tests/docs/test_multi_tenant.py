"""The tutorial about a multi-tenant API, followed as it stands."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.documents import Page
from tests.support.reader import Reader, Table

pytestmark = pytest.mark.servers

ROLE = "bookkeeper"
PAGE = Page("tutorials/multi-tenant.md")
BLOCKS = PAGE.take()


def create_api_resource(reader: Reader, tables: list[Table]) -> None:
    resource, permissions = tables
    reader.console.create_api_resource(
        resource["API name"], resource["API Identifier"], permissions
    )


def create_organization_role(reader: Reader, tables: list[Table]) -> None:
    role, permissions = tables
    reader.console.create_organization_role(role["Role name"], role["Description"])
    reader.console.assign_api_permissions(role["Role name"], permissions)


def create_customers(reader: Reader, tables: list[Table]) -> None:
    (customers,) = tables
    for application, organization in customers.items():
        name = organization.lower()
        id, secret = reader.console.create_machine(application)
        reader.console.add_to_organization(id, f"id-of-{name}", ROLE)
        app = {f"your-{name}-app-id": id, f"your-{name}-app-secret": secret}
        reader.values |= {**app, f"your-{name}-id": f"id-of-{name}"}


def test_the_tutorial_ends_with_an_api_whose_customers_see_nothing_of_each_other(
    tmp_path: Path,
) -> None:
    clicks = {"1": create_api_resource, "2": create_organization_role, "3": create_customers}
    with ExitStack() as opened:
        Reader(opened, tmp_path).follow(PAGE, BLOCKS, clicks)
