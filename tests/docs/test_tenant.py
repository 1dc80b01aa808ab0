"""docs/en/how-to/tenant.md: its commands, in order, against an empty tenant."""

import shlex
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from drf_logto.testing import Logto, ManagementApi
from tests.management.conftest import Run, logto_command  # noqa: F401 - a fixture
from tests.management.tenant.conftest import project, stand_in  # noqa: F401 - fixtures
from tests.support.documents import Page
from tests.support.management import OPTIONS

PAGE = Page("how-to/tenant.md")
(SETTINGS,) = PAGE.take(file="settings.py")
FIRST, APPLY = PAGE.take("The first time", language="sh")
(PLAN,) = PAGE.take("The first time", language="text")
(CI,) = PAGE.take(language="yaml")
EXPORT, IMPORT = PAGE.take("The same roles in staging and production", language="sh")
(ROLES,) = PAGE.take(language="toml")
(TEST,) = PAGE.take(file="test_tenant.py")
API = "https://api.example.com"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def arguments(command: str) -> list[str]:
    words = shlex.split(command.replace("\\\n", ""))
    return words[words.index("logto") + 1 :]


@pytest.fixture
def with_page(settings: Any, project: None, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: F811
    """The project, with the settings of the page and this API resource."""

    def use(api_resource: str) -> None:
        for name, value in OPTIONS.items():
            monkeypatch.setenv(f"LOGTO_{name}", value)
        found = {"LOGTO": {**settings.LOGTO, "API_RESOURCE": api_resource}}
        exec(SETTINGS.code, found)
        settings.LOGTO = found["LOGTO"]

    return use


def test_what_is_missing_is_shown_created_and_then_there(
    with_page: Any,
    settings: Any,
    logto_command: Run,  # noqa: F811
) -> None:
    with_page(API)
    code, said = logto_command(*arguments(FIRST.code))
    said = said.replace(settings.LOGTO["APP_ID"], "k3a1v8o2m0x7")
    assert (code, said.strip()) == (3, PLAN.code.replace("CommandError: ", "").strip())
    (step,) = yaml.safe_load(CI.code)
    assert {*step["env"]} == {f"LOGTO_{name}" for name in OPTIONS}
    assert logto_command(*arguments(step["run"]))[0] == 3
    assert logto_command(*arguments(APPLY.code), stdin=Terminal("y\n"))[0] == 0
    assert logto_command(*arguments(step["run"]))[0] == 0


def test_roles_of_staging_are_written_to_a_file_and_made_in_production(
    with_page: Any,
    logto_command: Run,  # noqa: F811
    stand_in: ManagementApi,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    staging = arguments(IMPORT.code)[-1].partition("=")[0]
    with_page(staging)
    logto_command("tenant", "--apply", "--yes")
    rows = stand_in.tenant.rows
    scopes = [id for id, row in rows["scopes"].items() if row["name"] != "all"]
    permissions = [*rows["organization-scopes"]]
    stand_in.create(
        "/roles", name="catalogue editor", description="Edits products", scopeIds=scopes
    )
    stand_in.create(
        "/organization-roles",
        name="admin",
        description="Administrator of an organization",
        organizationScopeIds=permissions,
    )
    assert logto_command(*arguments(EXPORT.code))[0] == 0
    assert Path("roles.toml").read_text("utf-8") == ROLES.code
    with_page(API)
    logto_command("tenant", "--apply", "--yes")
    code, said = logto_command(*arguments(IMPORT.code))
    assert (code, f"'{API}'" in said or "catalogue editor" in said) == (3, True), said
    assert logto_command(*arguments(IMPORT.code), "--apply", "--yes")[0] == 0
    assert logto_command(*arguments(IMPORT.code))[0] == 0


def test_the_test_of_the_page_passes(logto: Logto, settings: Any) -> None:
    defined: dict[str, Any] = {}
    exec(TEST.code, defined)
    defined["test_the_tenant_gets_the_scopes"](logto, settings)
