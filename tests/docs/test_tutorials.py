"""The tutorials, followed as they stand: from an empty folder and an empty tenant."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.documents import Page
from tests.support.reader import Clicks, Reader, Table
from tests.support.terminal import Terminal

pytestmark = pytest.mark.servers


def create_api_resource(reader: Reader, tables: list[Table]) -> None:
    resource, permissions = tables
    reader.console.create_api_resource(
        resource["API name"], resource["API Identifier"], permissions
    )


def create_role_and_machine(reader: Reader, tables: list[Table]) -> None:
    role, machine = tables
    permissions = [role["Assign permissions"]]
    reader.console.create_role(role["Role name"], role["Description"], permissions)
    register(reader, machine["Application name"], [machine["Assign roles"]])


def assign_permission(reader: Reader, tables: list[Table]) -> None:
    (grant,) = tables
    reader.console.add_permissions(grant["Role"], [grant["Assign permissions"]])


def create_organization_permissions(reader: Reader, tables: list[Table]) -> None:
    (permissions,) = tables
    reader.console.create_organization_permissions(permissions)


def create_organization_role(reader: Reader, tables: list[Table]) -> None:
    (role,) = tables
    reader.console.create_organization_role(role["Role name"], role["Description"])
    assign_to_organization_role(reader, [{"Organization role": role["Role name"], **role}])


def assign_to_organization_role(reader: Reader, tables: list[Table]) -> None:
    (grant,) = tables
    assign = {
        "Assign organization permissions": reader.console.assign_organization_permissions,
        "Assign API permissions": reader.console.assign_api_permissions,
    }
    for field in grant.keys() & assign.keys():
        assign[field](grant["Organization role"], [grant[field]])


def create_machine_and_organization(reader: Reader, tables: list[Table]) -> None:
    machine, organization, member = tables
    register(reader, machine["Application name"], [])
    assert member["Applications"] == machine["Application name"]
    organization_id = organization["Name"].lower() + "-dm4kx8tz"
    reader.values["your-organization-id"] = organization_id
    role = member["Add with organization role(s)"]
    reader.console.add_to_organization(reader.values["your-app-id"], organization_id, role)


def create_role_of_customers(reader: Reader, tables: list[Table]) -> None:
    role, permissions = tables
    reader.console.create_organization_role(role["Role name"], role["Description"])
    reader.console.assign_api_permissions(role["Role name"], permissions)


def create_customers(reader: Reader, tables: list[Table]) -> None:
    (customers,) = tables
    for application, organization in customers.items():
        name = organization.lower()
        id, secret = reader.console.create_machine(application)
        reader.console.add_to_organization(id, f"id-of-{name}", "bookkeeper")
        app = {f"your-{name}-app-id": id, f"your-{name}-app-secret": secret}
        reader.values |= {**app, f"your-{name}-id": f"id-of-{name}"}


def register(reader: Reader, name: str, roles: list[str]) -> None:
    id, secret = reader.console.create_machine(name, roles)
    reader.values |= {"your-app-id": id, "your-app-secret": secret}


CLICKS: dict[str, Clicks] = {
    "global-api-resource": {
        "1": create_api_resource,
        "2": create_role_and_machine,
        "8": assign_permission,
    },
    "organization-permissions": {
        "1": create_organization_permissions,
        "2": create_organization_role,
        "3": create_machine_and_organization,
        "9": assign_to_organization_role,
    },
    "organization-api-resource": {
        "1": create_api_resource,
        "2": create_organization_role,
        "3": create_machine_and_organization,
        "9": assign_to_organization_role,
    },
    "multi-tenant": {
        "1": create_api_resource,
        "2": create_role_of_customers,
        "3": create_customers,
    },
}
PAGES = {name: Page(f"tutorials/{name}.md") for name in CLICKS}
BLOCKS = {name: page.take() for name, page in PAGES.items()}


@pytest.mark.parametrize("name", CLICKS)
def test_a_tutorial_ends_with_a_working_and_tested_project(name: str, tmp_path: Path) -> None:
    with ExitStack() as opened:
        Reader(opened, tmp_path).follow(PAGES[name], BLOCKS[name], CLICKS[name])


def test_a_command_that_fails_is_noted_whatever_follows_it(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with Terminal(tmp_path, tmp_path / "home") as terminal:
        terminal.run("kill %1\ntrue")
        assert terminal.failed == ["kill %1"]
        terminal.run("true")
        assert terminal.failed == []
