"""``manage.py logto tenant --export`` and ``--import``: roles and what they grant."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from drf_logto.management.tenant.plan import ATTEMPTS
from drf_logto.management.tenant.roles_file import MAX_FILE
from drf_logto.testing import ManagementApi
from tests.management.conftest import Run
from tests.management.tenant.conftest import API

pytestmark = pytest.mark.usefixtures("project")

FILE = f"""\
# Roles of Logto and what they grant: manage.py logto tenant --import

[[roles]]
name = "editor"
description = "Edits"
type = "User"

[roles.scopes]
"{API}" = [
    "read:products",
    "write:products",
]

[[roles]]
name = "worker"
description = "Works"
type = "MachineToMachine"

[[organization_roles]]
name = "admin"
description = ""
type = "User"
permissions = [
    "invite:member",
]

[organization_roles.scopes]
"{API}" = [
    "read:products",
]
"""
SMALL = '[[roles]]\nname = "editor"\n'


@pytest.fixture
def api(stand_in: ManagementApi) -> dict[str, Any]:
    """An API resource, with two scopes."""
    resource = stand_in.create("/resources", name="API", indicator=API)
    path = f"/resources/{resource['id']}/scopes"
    ids = {
        one: stand_in.create(path, name=one)["id"] for one in ("write:products", "read:products")
    }
    return {"path": path, **ids}


@pytest.fixture
def roles(stand_in: ManagementApi, api: dict[str, Any]) -> None:
    """The roles of FILE."""
    machine = {"type": "MachineToMachine"}
    stand_in.create("/roles", name="worker", description="Works", **machine)
    both = [api["write:products"], api["read:products"]]
    stand_in.create("/roles", name="editor", description="Edits", scopeIds=both)
    permission = stand_in.create("/organization-scopes", name="invite:member")["id"]
    ids = {"organizationScopeIds": [permission], "resourceScopeIds": [api["read:products"]]}
    stand_in.create("/organization-roles", name="admin", **ids)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "roles.toml"
    found.write_text(FILE, "utf-8")
    return found


def granted(stand_in: ManagementApi) -> list[tuple[str, list[str]]]:
    """What each role has."""
    rows, assigned = stand_in.tenant.rows, stand_in.tenant.assigned
    names = {id: row["name"] for kind in rows for id, row in rows[kind].items() if "name" in row}
    return sorted(
        (names[id.split()[0]], sorted(names[one] for one in ids)) for id, ids in assigned.items()
    )


@pytest.mark.usefixtures("roles")
def test_an_export_has_names_and_a_stable_order(logto_command: Run, tmp_path: Path) -> None:
    exported = tmp_path / "roles.toml"
    code, output = logto_command("tenant", "--export", str(exported))
    assert (code, output) == (0, f"Written: '{exported}'.\n")
    assert exported.read_text("utf-8") == FILE


@pytest.mark.usefixtures("roles")
def test_a_role_that_may_use_the_management_api_is_left_out(
    logto_command: Run, stand_in: ManagementApi, tmp_path: Path, file: Path
) -> None:
    powerful = {"type": "MachineToMachine", "scopeIds": ["management-api-all"]}
    stand_in.create("/roles", name="operator", description="x", **powerful)
    exported = tmp_path / "exported.toml"
    _code, output = logto_command("tenant", "--export", str(exported))
    assert output.endswith("Left out, because they may use the Management API: 'operator'.\n")
    assert exported.read_text("utf-8") == FILE
    assert logto_command("tenant", "--import", str(file)) == (0, "\nNothing is missing.\n")


@pytest.mark.usefixtures("roles")
def test_on_logto_cloud_a_role_of_users_or_organizations_gets_no_management_api(
    logto_command: Run, stand_in: ManagementApi, tmp_path: Path, file: Path
) -> None:
    """Its Management API has an id like any other API resource."""
    cloud = "https://k3a1v8.logto.app/api"
    resource = stand_in.create("/resources", name="Logto Management API", indicator=cloud)
    all_of_it = stand_in.create(f"/resources/{resource['id']}/scopes", name="all")["id"]
    stand_in.create("/roles", name="operator", description="x", scopeIds=[all_of_it])
    stand_in.create("/organization-roles", name="owner", resourceScopeIds=[all_of_it])
    exported = tmp_path / "exported.toml"
    _code, output = logto_command("tenant", "--export", str(exported))
    assert output.endswith("may use the Management API: 'operator', 'owner'.\n")
    assert exported.read_text("utf-8") == FILE
    assert logto_command("tenant", "--import", str(file)) == (0, "\nNothing is missing.\n")
    code, output = logto_command("tenant", "--import", str(file), "--resource", f"{API}={cloud}")
    assert (code, "would get the Management API" in output) == (2, True)


def test_a_file_that_cannot_be_written_is_a_usage_error(logto_command: Run, tmp_path: Path) -> None:
    code, output = logto_command("tenant", "--export", str(tmp_path / "no" / "roles.toml"))
    assert code == 2
    assert output.endswith("roles.toml' cannot be written: No such file or directory.")


def test_what_writes_toml_must_be_installed(
    logto_command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tomli_w", None)
    code, output = logto_command("tenant", "--export", str(tmp_path / "roles.toml"))
    assert (code, output) == (2, 'Install what writes TOML: pip install "drf-logto-auth[tenant]".')


@pytest.mark.usefixtures("api")
def test_an_import_shows_a_plan(logto_command: Run, file: Path, stand_in: ManagementApi) -> None:
    code, output = logto_command("tenant", "--import", str(file))
    assert code == 3
    assert output == (
        "\nOrganization permissions\n"
        "  + 'invite:member'\n"
        "\nRoles\n"
        f"  + new role 'editor' for users: scopes of '{API}': 'read:products',\n"
        "      'write:products'\n"
        "  + new role 'worker' for machines\n"
        "\nOrganization roles\n"
        f"  + new role 'admin' for users: permissions 'invite:member'; scopes of '{API}':\n"
        "      'read:products'\n"
        "Missing: 4. To create it: --apply."
    )
    assert not stand_in.tenant.rows["roles"]


@pytest.mark.usefixtures("api")
def test_an_import_creates_roles_and_an_export_then_is_the_file(
    logto_command: Run, file: Path, tmp_path: Path
) -> None:
    code, output = logto_command("tenant", "--import", str(file), "--apply", "--yes")
    assert (code, output.count("created: ")) == (0, 4)
    exported = tmp_path / "exported.toml"
    logto_command("tenant", "--export", str(exported))
    described = FILE.replace('description = ""', 'description = "admin"')
    assert exported.read_text("utf-8") == described


def test_an_import_adds_scopes_to_roles_and_to_the_api_resource(
    logto_command: Run, file: Path, stand_in: ManagementApi, api: dict[str, Any]
) -> None:
    del stand_in.tenant.rows["scopes"][api["write:products"]]
    stand_in.create("/roles", name="editor", description="x", scopeIds=[api["read:products"]])
    stand_in.create("/organization-roles", name="admin", resourceScopeIds=[api["read:products"]])
    code, output = logto_command("tenant", "--import", str(file), "--apply", "--yes")
    assert code == 0
    assert f"created: more for the role 'editor': scopes of '{API}': 'write:products'\n" in output
    assert "created: more for the role 'admin': permissions 'invite:member'\n" in output
    assert granted(stand_in) == [
        ("admin", ["invite:member"]),
        ("admin", ["read:products"]),
        ("editor", ["read:products", "write:products"]),
        ("worker", []),
    ]


@pytest.mark.usefixtures("roles")
def test_what_the_tenant_has_more_is_listed_and_stays(
    logto_command: Run, stand_in: ManagementApi, tmp_path: Path
) -> None:
    file = tmp_path / "roles.toml"
    file.write_text(f'{SMALL}scopes = {{"{API}" = ["read:products"]}}\n', "utf-8")
    with file.open("a") as more:
        more.write('[[organization_roles]]\nname = "admin"\n')
    before = granted(stand_in)
    code, output = logto_command("tenant", "--import", str(file), "--apply", "--yes")
    assert code == 0
    assert output == (
        "\nIn the tenant, but not in the file\n"
        "  Role 'editor': 'write:products'\n"
        "  Roles: 'worker'\n"
        "  Organization role 'admin': 'read:products', 'invite:member'\n"
        "\nNothing is missing.\n"
    )
    assert granted(stand_in) == before


@pytest.mark.usefixtures("roles")
def test_json_lists_what_the_tenant_has_more(logto_command: Run, tmp_path: Path) -> None:
    file = tmp_path / "roles.toml"
    file.write_text(SMALL, "utf-8")
    code, output = logto_command("tenant", "--import", str(file), "--json")
    document = json.loads(output)
    assert (code, document["plan"][0]["state"]) == (0, "there")
    assert document["more"]["Organization roles"] == ["admin"]


def test_an_api_resource_has_another_name_in_another_tenant(
    logto_command: Run, file: Path, stand_in: ManagementApi
) -> None:
    stand_in.create("/resources", name="API", indicator="https://live.test")
    code, output = logto_command("tenant", "--import", str(file))
    assert code == 2
    assert f"The tenant has no API resource '{API}'." in output
    renamed = ["--resource", f"{API}=https://live.test"]
    code, output = logto_command("tenant", "--import", str(file), *renamed, "--apply", "--yes")
    assert code == 0
    assert "API resource 'https://live.test'\n  created: scope 'read:products'\n" in output


@pytest.mark.usefixtures("api")
def test_a_role_of_the_other_kind_is_missing_and_stays(
    logto_command: Run, file: Path, stand_in: ManagementApi
) -> None:
    stand_in.create("/roles", name="worker", description="x")
    code, output = logto_command("tenant", "--import", str(file), "--apply", "--yes")
    assert code == 3
    assert "In the tenant, this role is for users, and not for machines." in output
    assert output.endswith("Left to you: 1, which --apply does not do.")


@pytest.mark.usefixtures("api")
def test_a_role_of_the_other_kind_that_somebody_creates_meanwhile_gets_nothing(
    logto_command: Run, file: Path, stand_in: ManagementApi
) -> None:
    machine = {"name": "editor", "description": "x", "type": "MachineToMachine"}
    stand_in.at_write(2, before=lambda: stand_in.create("/roles", **machine))
    code, _output = logto_command("tenant", "--import", str(file), "--apply", "--yes")
    assert code == 1
    assert granted(stand_in) == [("editor", [])]


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("write", [1, 2, 3, 4])
def test_an_import_that_fails_is_finished_by_the_next(
    logto_command: Run, file: Path, stand_in: ManagementApi, write: int
) -> None:
    for number in range(ATTEMPTS):
        stand_in.fail_write(write + number)
    assert logto_command("tenant", "--import", str(file), "--apply", "--yes")[0] == 1
    assert logto_command("tenant", "--import", str(file), "--apply", "--yes")[0] == 0
    assert len(granted(stand_in)) == 4


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("write", [1, 2, 3, 4])
def test_imports_at_once_end_in_one_tenant(
    logto_command: Run, file: Path, stand_in: ManagementApi, write: int
) -> None:
    arguments = ["tenant", "--import", str(file), "--apply", "--yes"]
    stand_in.at_write(write, before=lambda: logto_command(*arguments))
    assert logto_command(*arguments)[0] == 0
    assert len(granted(stand_in)) == 4
    assert logto_command("tenant", "--import", str(file))[0] == 0


def test_a_role_that_a_refusal_leaves_behind_gets_its_scopes(
    logto_command: Run, file: Path, stand_in: ManagementApi, api: dict[str, Any]
) -> None:
    """Logto creates a role, and then finds that a scope has gone meanwhile."""
    rows = stand_in.tenant.rows["scopes"]

    def vanish() -> None:
        del rows[api["read:products"]]

    stand_in.at_write(2, before=vanish)
    code, _output = logto_command("tenant", "--import", str(file), "--apply", "--yes")
    assert code == 1
    assert [row["name"] for row in stand_in.tenant.rows["roles"].values()] == ["editor"]
    assert logto_command("tenant", "--import", str(file), "--apply", "--yes")[0] == 0
    assert ("editor", ["read:products", "write:products"]) in granted(stand_in)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "It is not TOML"),
        (b"a = ", "It is not TOML"),
        (b"secrets = 1", "'secrets' is unknown in the file"),
        (b"roles = 1", "roles is missing, or no list"),
        (b"roles = [1]", "roles is missing, or no table"),
        (b"[[roles]]", "The name of a role is missing, or no text"),
        (SMALL.encode() + b"id = 'x'", "'id' is unknown in the role 'editor'"),
        (SMALL.encode() + b"permissions = []", "'permissions' is unknown in the role 'editor'"),
        (SMALL.encode() + b"type = 'Admin'", "must be 'User' or 'MachineToMachine'"),
        (
            SMALL.encode() + b"description = 5",
            "'description' of the role 'editor' is missing, or no",
        ),
        (SMALL.encode() + b"scopes = []", "'scopes' of the role 'editor' is missing, or no table"),
        (SMALL.encode() + b"scopes = {a = [1]}", "'scopes' of the role 'editor' is missing, or no"),
        (
            SMALL.encode() + b"scopes = {b = ['b c']}",
            "The scope 'b c' of the role 'editor' is empty or has a space",
        ),
        (
            SMALL.encode() + b'scopes = {b = ["c\\t"]}',
            "of the role 'editor' is empty or has a space",
        ),
        (SMALL.encode() + b'scopes = {b = [""]}', "The scope '' of the role 'editor' is empty or"),
        (b"[[roles]]\nname = ''", "The name of a role is missing"),
        (SMALL.encode() * 2, "The role 'editor' is there twice"),
        (
            SMALL.encode() + b'scopes = {"https://default.logto.app/api" = ["all"]}',
            "The role 'editor' would get the Management API",
        ),
        (b"#" * (MAX_FILE + 1), "It is longer than"),
        (b"\n" + b"a." * 30_000 + b"a = 1", "Line 2 has more than 100 dots"),
    ],
    ids=lambda value: "" if isinstance(value, str) else repr(value[-30:]),
)
def test_a_file_that_is_none_of_roles_is_a_usage_error_that_names_the_fault(
    logto_command: Run, tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "roles.toml"
    file.write_bytes(content)
    code, output = logto_command("tenant", "--import", str(file))
    assert (code, message in output, output) == (2, True, output)


def test_a_file_of_an_editor_of_windows_is_read(
    logto_command: Run, stand_in: ManagementApi, tmp_path: Path
) -> None:
    file = tmp_path / "roles.toml"
    file.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    stand_in.create("/roles", name="editor", description="Edits")
    assert logto_command("tenant", "--import", str(file)) == (0, "\nNothing is missing.\n")


def test_a_file_that_does_not_exist_is_a_usage_error(logto_command: Run, tmp_path: Path) -> None:
    code, output = logto_command("tenant", "--import", str(tmp_path / "none"))
    assert code == 2
    assert output.endswith("none' cannot be read: No such file or directory.")
