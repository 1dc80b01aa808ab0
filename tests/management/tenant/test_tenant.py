"""``manage.py logto tenant``: the plan, and what is made of it."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import path
from rest_framework.views import APIView

from drf_logto.management.tenant.needs import steps_of_code
from drf_logto.management.tenant.plan import ATTEMPTS, apply, plan
from drf_logto.management.tenant.state import TenantState
from drf_logto.outgoing.management_api import management_api
from drf_logto.permissions import HasScopes
from drf_logto.revocation.events import needed_events
from drf_logto.testing import ManagementApi
from tests.management.conftest import Run
from tests.management.tenant.conftest import API, view

pytestmark = pytest.mark.usefixtures("project")

BASE = "https://api.example.com"
PLAN = f"""
API resource '{API}'
  + API resource
  + scope 'read:products'
  + scope 'write:products'

Organization permissions
  + 'invite:member'

Webhook '{BASE}/logto/webhook/'
  + webhook with the events: Organization.Deleted, Organization.Membership.Updated, User.Deleted,
      User.SuspensionStatus.Updated
"""
WRITES = 7
NAMED = [
    f"API resource '{API}', API resource.",
    f"API resource '{API}', scope 'read:products'.",
    f"API resource '{API}', scope 'write:products'.",
    "Organization permissions, 'invite:member'.",
    f"Webhook '{BASE}/logto/webhook/', webhook with the events: Organization.Deleted",
    "Application '",
    "Application '",
]


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def web(settings: Any) -> str:
    id: str = settings.LOGTO["APP_ID"]
    return id


def contents(stand_in: ManagementApi) -> dict[str, Any]:
    """What the tenant has, without ids and times."""
    rows = stand_in.tenant.rows
    applications = [row["oidcClientMetadata"] for row in rows["applications"].values()]
    return {
        **{
            kind: sorted(one["name"] for one in rows[kind].values())
            for kind in rows
            if kind in KINDS
        },
        "hooks": [(row["config"]["url"], row["events"]) for row in rows["hooks"].values()],
        "addresses": applications,
    }


KINDS = ("resources", "scopes", "organization-scopes")


def test_a_plan_lists_what_is_missing_and_exits_with_3(logto_command: Run, web: str) -> None:
    code, output = logto_command("tenant", "--base-url", f"{BASE}/")
    assert code == 3
    assert output == (
        f"{PLAN}\nApplication '{web}'\n"
        f"  + redirect URI '{BASE}/auth/callback/'\n"
        f"  + post sign-out redirect URI '{BASE}/auth/signed-out/'\n"
        "Missing: 7. To create it: --apply."
    )


def test_a_plan_changes_nothing(logto_command: Run, stand_in: ManagementApi) -> None:
    before = contents(stand_in)
    logto_command("tenant", "--base-url", BASE)
    assert contents(stand_in) == before


def test_webhook_and_addresses_are_skipped_without_a_base_url(logto_command: Run) -> None:
    code, output = logto_command("tenant")
    assert code == 3
    assert "Webhook and redirect URIs are not compared: --base-url is not given." in output
    assert "\nWebhook '" not in output
    assert "Missing: 4." in output


def test_what_is_missing_is_created_and_a_second_run_finds_nothing(
    logto_command: Run, stand_in: ManagementApi
) -> None:
    code, output = logto_command("tenant", "--base-url", BASE, "--apply", "--yes")
    assert code == 0
    assert output.count("  created: ") == WRITES
    assert output.endswith("\nNothing is missing.\n")
    assert contents(stand_in) == {
        "resources": ["Logto Management API", API],
        "scopes": ["all", "read:products", "write:products"],
        "organization-scopes": ["invite:member"],
        "hooks": [(f"{BASE}/logto/webhook/", sorted(needed_events()))],
        "addresses": [
            {
                "redirectUris": [f"{BASE}/auth/callback/"],
                "postLogoutRedirectUris": [f"{BASE}/auth/signed-out/"],
            }
        ],
    }
    writes = [one for one in stand_in.requests if one[0] != "GET"]
    assert logto_command("tenant", "--base-url", BASE, "--apply", "--yes") == (
        0,
        "\nNothing is missing.\n",
    )
    assert [one for one in stand_in.requests if one[0] != "GET"] == writes


def test_what_is_there_is_listed_when_more_is_asked_for(logto_command: Run) -> None:
    logto_command("tenant", "--apply", "--yes")
    code, output = logto_command("tenant", "--verbosity", "2")
    assert code == 0
    assert f"API resource '{API}'\n  = API resource\n  = scope 'read:products'\n" in output


def test_the_signing_key_of_a_new_webhook_is_not_shown(
    logto_command: Run, stand_in: ManagementApi
) -> None:
    _code, output = logto_command("tenant", "--base-url", BASE, "--apply", "--yes")
    (hook,) = stand_in.tenant.rows["hooks"].values()
    assert "in the console under Webhooks, drf_logto. Add it to LOGTO['WEBHOOK_SIGNING_KEYS']" in (
        " ".join(output.split())
    )
    assert hook["signingKey"] not in output


def test_what_differs_little_from_something_in_the_tenant_is_named_beside_it(
    logto_command: Run, stand_in: ManagementApi
) -> None:
    resource = stand_in.create("/resources", name="API", indicator=f"{API}/")
    stand_in.create("/organization-scopes", name="Invite:Member")
    _code, output = logto_command("tenant")
    assert f"  + API resource; there is '{API}/', which is another one\n" in output
    assert "  + 'invite:member'; there is 'Invite:Member', which is another one\n" in output
    resource = stand_in.create("/resources", name="API", indicator=API)
    stand_in.create(f"/resources/{resource['id']}/scopes", name="\uff52ead:products")
    _code, output = logto_command("tenant")
    assert "  + scope 'read:products'; there is '\uff52ead:products', which" in output
    assert f"{API}/" not in output


def test_a_webhook_that_lacks_events_gets_them_and_keeps_its_own(
    logto_command: Run, stand_in: ManagementApi
) -> None:
    config = {"url": f"{BASE}/logto/webhook/"}
    hook = stand_in.create(
        "/hooks", name="mine", events=["PostSignIn", "User.Deleted"], config=config
    )
    code, output = logto_command("tenant", "--base-url", BASE, "--apply", "--yes")
    assert code == 0
    assert "created: more events: Organization.Deleted" in output
    (row,) = stand_in.tenant.rows["hooks"].values()
    assert row["events"] == sorted({"PostSignIn", *needed_events()})
    assert (row["id"], row["name"]) == (hook["id"], "mine")


def test_a_webhook_that_is_turned_off_stays_so_and_is_missing(
    logto_command: Run, stand_in: ManagementApi
) -> None:
    config = {"url": f"{BASE}/logto/webhook/"}
    stand_in.create("/hooks", name="off", events=needed_events(), config=config, enabled=False)
    code, output = logto_command("tenant", "--base-url", BASE, "--apply", "--yes")
    assert code == 3
    assert "  ! webhook with the needed events\n" in output
    assert "The webhook 'off' is turned off. Turn it on in Logto's console." in output
    assert output.endswith("Left to you: 1, which --apply does not do.")
    (row,) = stand_in.tenant.rows["hooks"].values()
    assert row["enabled"] is False


def test_an_application_that_does_not_exist_is_missing_and_is_not_created(
    logto_command: Run, settings: Any
) -> None:
    settings.LOGTO = {**settings.LOGTO, "APP_ID": "nobody"}
    code, output = logto_command("tenant", "--base-url", BASE, "--apply", "--yes")
    assert code == 3
    assert "There is no such application." in output


def test_a_machine_gets_no_address(
    logto_command: Run, stand_in: ManagementApi, settings: Any
) -> None:
    machine = stand_in.create("/applications", name="Machine", type="MachineToMachine")
    settings.LOGTO = {**settings.LOGTO, "APP_ID": machine["id"]}
    code, output = logto_command("tenant", "--base-url", BASE, "--apply", "--yes")
    assert code == 3
    assert "LOGTO['APP_ID'] is a machine-to-machine application." in output
    assert machine["oidcClientMetadata"]["redirectUris"] == []


def test_a_route_that_cannot_be_read_is_named_as_not_compared(
    logto_command: Run, route: Callable[..., None]
) -> None:
    class View(APIView):
        def get_permissions(self) -> list[Any]:
            return [HasScopes(str(self.request.user))()]

        def get(self, request: Any) -> None: ...

    route(path("a/", View.as_view()))
    _code, output = logto_command("tenant")
    assert (
        "Routes that cannot be read without a request: 1. They may need more than is compared: "
        "manage.py logto routes lists them."
    ) in " ".join(output.split())


def test_an_address_is_added_to_those_that_are_there(
    logto_command: Run, stand_in: ManagementApi, web: str
) -> None:
    metadata = {"redirectUris": ["https://old.test/"], "postLogoutRedirectUris": [], "own": 1}
    stand_in.change(f"/applications/{web}", oidcClientMetadata=metadata)
    logto_command("tenant", "--base-url", BASE, "--apply", "--yes")
    (row,) = stand_in.tenant.rows["applications"].values()
    assert row["oidcClientMetadata"] == {
        "redirectUris": ["https://old.test/", f"{BASE}/auth/callback/"],
        "postLogoutRedirectUris": [f"{BASE}/auth/signed-out/"],
        "own": 1,
    }


def test_an_address_that_another_change_has_removed_is_added_again(
    logto_command: Run, stand_in: ManagementApi, web: str
) -> None:
    others = {"redirectUris": ["https://other.test/"], "postLogoutRedirectUris": []}
    path = f"/applications/{web}"
    stand_in.at_write(6, after=lambda: stand_in.change(path, oidcClientMetadata=others))
    code, _output = logto_command("tenant", "--base-url", BASE, "--apply", "--yes")
    assert code == 0
    (row,) = stand_in.tenant.rows["applications"].values()
    assert row["oidcClientMetadata"]["redirectUris"] == [
        "https://other.test/",
        f"{BASE}/auth/callback/",
    ]


def test_a_change_that_comes_again_and_again_is_a_failure(
    logto_command: Run, stand_in: ManagementApi, web: str
) -> None:
    others: dict[str, list[str]] = {"redirectUris": [], "postLogoutRedirectUris": []}
    path = f"/applications/{web}"
    for number in range(6, 6 + 2 * ATTEMPTS, 2):
        stand_in.at_write(number, after=lambda: stand_in.change(path, oidcClientMetadata=others))
    code, output = logto_command("tenant", "--base-url", BASE, "--apply", "--yes")
    assert code == 1
    assert "somebody else changes it at the same time. Run the command again." in output


def test_scopes_that_nothing_in_the_code_names_are_listed_and_stay(
    logto_command: Run, stand_in: ManagementApi
) -> None:
    logto_command("tenant", "--apply", "--yes")
    (resource,) = [one for one in stand_in.tenant.rows["resources"].values() if one["name"] == API]
    stand_in.create(f"/resources/{resource['id']}/scopes", name="old:scope")
    stand_in.create("/organization-scopes", name="old permission")
    code, output = logto_command("tenant", "--apply", "--yes")
    assert code == 0
    assert (
        "In the tenant, but not in the code\n"
        f"  API resource '{API}': 'old:scope'\n"
        "  Organization permissions: 'old permission'\n"
    ) in output
    assert "old:scope" in contents(stand_in)["scopes"]


def test_a_long_list_ends_for_people(logto_command: Run, stand_in: ManagementApi) -> None:
    for number in range(103):
        stand_in.create("/organization-scopes", name=f"permission-{number:03}")
    _code, output = logto_command("tenant")
    assert "'permission-099' and 3 more\n" in output
    assert "permission-100" not in output


def test_json_is_not_written_where_there_is_no_plan(
    logto_command: Run, stand_in: ManagementApi, settings: Any
) -> None:
    settings.LOGTO = {**settings.LOGTO, "MANAGEMENT_APP_SECRET": "wrong"}
    code, output = logto_command("tenant", "--json")
    assert code == 1
    assert output.startswith("The Management API refuses: 'invalid_client'. Check LOGTO")


def test_each_step_is_written_when_it_is_done(stand_in: ManagementApi) -> None:
    output = StringIO()
    seen: list[int] = []
    for number in range(1, 5):
        stand_in.at_write(number, before=lambda: seen.append(output.getvalue().count("created: ")))
    call_command("logto", "tenant", "--apply", "--yes", stdout=output)
    assert seen == [0, 1, 2, 3]


def test_json_is_one_document(logto_command: Run) -> None:
    code, output = logto_command("tenant", "--json")
    document = json.loads(output.partition("Missing: 4.")[0])
    assert code == 3
    assert document["plan"][1] == {
        "group": f"API resource '{API}'",
        "text": "scope 'read:products'",
        "state": "missing",
    }
    assert document["skipped"]
    code, output = logto_command("tenant", "--json", "--apply", "--yes", "--base-url", BASE)
    document = json.loads(output)
    assert (code, len(document["done"]), document["more"]) == (0, WRITES, {})
    assert all(one["is_new"] for one in document["done"])


def test_an_obstacle_is_in_the_json(logto_command: Run, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "APP_ID": "nobody"}
    code, output = logto_command("tenant", "--json", "--base-url", BASE)
    assert code == 3
    last = json.loads(output.partition("Missing")[0])["plan"][-1]
    assert (last["state"], last["obstacle"][:13]) == ("blocked", "There is no s")


@pytest.mark.parametrize(
    ("answer", "code"), [("y\n", 0), ("Yes\n", 0), ("\n", 3), ("n\n", 3), ("", 3)]
)
def test_a_terminal_is_asked(
    logto_command: Run, stand_in: ManagementApi, answer: str, code: int
) -> None:
    found, output = logto_command("tenant", "--apply", stdin=Terminal(answer))
    assert found == code
    assert "Create this? [y/N] " in output
    assert ("invite:member" in contents(stand_in)["organization-scopes"]) is (code == 0)
    assert output.endswith("Nothing was created.") is (code == 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--apply"], "--apply asks first. Without a terminal, or with --json, add --yes."),
        (["--yes"], "--yes goes with --apply."),
        (["--export", "f", "--apply", "--yes"], "--export goes with no other argument."),
        (["--export", "f", "--json"], "--export goes with no other argument."),
        (["--resource", "a=b"], "--resource goes with --import."),
        (["--import", "f", "--base-url", BASE], "--base-url does not go with --import."),
        (["--import", "f", "--resource", "a"], "--resource must be OLD=NEW."),
        (["--base-url", "example"], "--base-url must be an address such as"),
    ],
)
def test_arguments_that_do_not_go_together_exit_with_2_before_logto_is_asked(
    logto_command: Run, stand_in: ManagementApi, arguments: list[str], message: str
) -> None:
    code, output = logto_command("tenant", *arguments)
    assert (code, message in output, stand_in.requests) == (2, True, [])


def test_json_does_not_ask(logto_command: Run) -> None:
    code, _output = logto_command("tenant", "--apply", "--json", stdin=Terminal("y\n"))
    assert code == 2


def test_a_missing_machine_is_a_usage_error(logto_command: Run, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "MANAGEMENT_APP_SECRET": None}
    code, output = logto_command("tenant")
    assert code == 2
    assert "LOGTO['MANAGEMENT_APP_SECRET'] is missing" in output


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("write", range(1, WRITES + 1))
def test_a_single_fault_of_logto_ends_no_run_but_that_of_a_webhook(
    logto_command: Run, stand_in: ManagementApi, write: int, is_done: bool
) -> None:
    """A second webhook would be possible, so it is not tried again."""
    stand_in.fail_write(write, is_done=is_done)
    code, _output = logto_command("tenant", "--base-url", BASE, "--apply", "--yes")
    assert code == (1 if write == 5 and not is_done else 0)


@pytest.mark.parametrize("write", range(1, WRITES + 1))
def test_a_run_that_fails_is_finished_by_the_next(
    logto_command: Run, stand_in: ManagementApi, write: int, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(ATTEMPTS):
        stand_in.fail_write(write + number)
    code, output = logto_command("tenant", "--base-url", BASE, "--apply", "--yes")
    assert code == 1
    assert output.count("created: ") == write - 1
    assert "HTTP status 500" in output
    error = " ".join(capsys.readouterr().err.split())
    assert f"Not created: {NAMED[write - 1]}" in error
    assert "Run the command again: it goes on from there." in error
    for number in range(1, ATTEMPTS):
        stand_in.at_write(number)
    code, output = logto_command("tenant", "--base-url", BASE, "--apply", "--yes")
    assert code == 0
    assert output.count("created: ") == WRITES - write + 1
    assert len(stand_in.tenant.rows["hooks"]) == 1


def test_a_failure_leaves_json_with_what_was_done(
    logto_command: Run, stand_in: ManagementApi
) -> None:
    for number in range(ATTEMPTS):
        stand_in.fail_write(2 + number)
    code, output = logto_command("tenant", "--json", "--apply", "--yes")
    assert code == 1
    assert len(json.loads(output.partition("Logto cannot")[0])["done"]) == 1


def steps() -> Any:
    return plan(steps_of_code(BASE), TenantState(management_api()))


@pytest.mark.parametrize(
    # Logto takes a second webhook, and replaces the addresses of an application as a whole.
    ("write", "there", "hooks"),
    [(1, 7, 1), (2, 6, 1), (3, 5, 1), (4, 4, 1), (5, 2, 2), (6, 0, 1), (7, 0, 1)],
)
def test_what_another_run_creates_at_the_same_moment_is_no_failure(
    logto_command: Run, stand_in: ManagementApi, write: int, there: int, hooks: int
) -> None:
    """The other one does everything between the check of a write of this one, and the write."""
    other = steps()
    stand_in.at_write(write, before=lambda: apply(other, management_api(), lambda *_: None))
    code, output = logto_command("tenant", "--base-url", BASE, "--apply", "--yes")
    assert code == (3 if hooks > 1 else 0)
    assert output.count("is there now: ") == there
    assert len(stand_in.tenant.rows["hooks"]) == hooks
    assert logto_command("tenant", "--base-url", BASE)[0] == code


@pytest.mark.parametrize("arguments", [[], ["--apply", "--yes"]])
def test_webhooks_that_send_the_same_events_are_found_and_stay(
    stand_in: ManagementApi, logto_command: Run, arguments: list[str]
) -> None:
    logto_command("tenant", "--base-url", BASE, "--apply", "--yes")
    hook: dict[str, Any] = {
        "events": needed_events(),
        "config": {"url": f"{BASE}/logto/webhook/"},
    }
    others = [
        {**hook, "name": "second"},
        {**hook, "name": "off", "enabled": False},
        {**hook, "name": "another event", "events": ["PostSignIn"]},
        {**hook, "name": "another address", "config": {"url": "https://other.test/"}},
    ]
    for one in others:
        stand_in.create("/hooks", **one)
    code, output = logto_command("tenant", "--base-url", BASE, *arguments)
    assert code == 3
    assert "  ! webhook with the needed events\n" in output
    assert "2 webhooks send the same events to this address." in " ".join(output.split())
    assert output.endswith("Left to you: 1, which --apply does not do.")
    assert len(stand_in.tenant.rows["hooks"]) == 5


def test_a_webhook_that_is_turned_off_after_the_plan_stays_so_and_is_found(
    stand_in: ManagementApi, logto_command: Run
) -> None:
    hook = {"events": needed_events(), "config": {"url": f"{BASE}/logto/webhook/"}}
    off = {**hook, "name": "off", "enabled": False}
    stand_in.at_write(1, after=lambda: stand_in.create("/hooks", **off))
    arguments = ["tenant", "--base-url", BASE, "--apply", "--yes"]
    code, output = logto_command(*arguments)
    assert code == 3
    assert "not created: webhook with the events" in output
    assert "The webhook 'off' is turned off." in output


def test_runs_at_once_end_in_one_tenant_and_name_a_second_webhook(
    stand_in: ManagementApi, logto_command: Run
) -> None:
    together = threading.Barrier(4)
    items = steps()

    def run(_number: int) -> list[str]:
        together.wait()
        return [one.obstacle for one in apply(items, management_api(), lambda *_: None)]

    with ThreadPoolExecutor(4) as pool:
        obstacles = list(pool.map(run, range(4)))
    rows = stand_in.tenant.rows
    kinds = ("resources", "scopes", "organization-scopes")
    assert [len(rows[kind]) for kind in kinds] == [2, 3, 1]
    has_others = len(rows["hooks"]) > 1
    assert any(map(any, obstacles)) is has_others
    assert logto_command("tenant", "--base-url", BASE)[0] == (3 if has_others else 0)
    assert all(method != "DELETE" for method, _path in stand_in.requests)


def test_what_vanishes_between_two_steps_is_a_failure_that_names_it(
    stand_in: ManagementApi, logto_command: Run
) -> None:
    resources = stand_in.tenant.rows["resources"]

    def vanish() -> None:
        del resources[next(id for id, row in resources.items() if row["name"] == API)]

    logto_command("tenant", "--apply", "--yes")
    items = steps()
    stand_in.tenant.rows["scopes"].clear()
    items = steps()
    vanish()
    with pytest.raises(CommandError, match=f"Somebody has deleted '{API}' meanwhile"):
        apply(items, management_api(), lambda *_: None)


def test_routes_without_scopes_need_only_the_resource(
    logto_command: Run, route: Any, settings: Any
) -> None:
    settings.LOGTO = {**settings.LOGTO, "APP_ID": None}
    route(path("a/", view(HasScopes)))
    code, output = logto_command("tenant", "--base-url", BASE)
    assert (code, output) == (
        3,
        f"\nAPI resource '{API}'\n  + API resource\nMissing: 1. To create it: --apply.",
    )


@pytest.mark.parametrize("is_installed", [True, False])
def test_a_project_without_the_optional_parts_needs_no_addresses(
    logto_command: Run, route: Any, settings: Any, is_installed: bool
) -> None:
    if not is_installed:
        settings.INSTALLED_APPS = [
            one for one in settings.INSTALLED_APPS if one != "drf_logto.revocation"
        ]
    route(path("a/", view(HasScopes("a"))))
    _code, output = logto_command("tenant", "--base-url", BASE)
    assert "Application" not in output
    assert "Webhook" not in output
