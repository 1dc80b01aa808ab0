"""Which webhook is followed, and what of its log is read."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.outgoing.management_api import (
    PAGE,
    ManagementApi,
    ManagementApiRefused,
    management_api,
)
from drf_logto.revocation.hook_log import Entry, find_hook, read_log
from tests.support.loopback import LoopbackServer, document, http
from tests.support.management import HookLog, recorded, serve_management_api
from tests.support.reports import Reports

FEW, ALL, DISABLED = "zk3i256vrod94ax3uoabj", "iwrz95z0m3l7zf9hdrnmz", "c0f9lktu2347jq21yp6t8"
NEEDED = ("User.Deleted", "Organization.Deleted")


@pytest.fixture
def answers(recordings: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = recordings["management_api"]
    return found


@pytest.fixture
def api(server: LoopbackServer, answers: dict[str, Any], settings: Any) -> ManagementApi:
    settings.LOGTO = serve_management_api(server, answers)
    return management_api()


@pytest.mark.parametrize("hook", [FEW, ALL])
def test_a_webhook_is_found_by_its_id(api: ManagementApi, hook: str) -> None:
    assert find_hook(api, hook, NEEDED) == hook


def test_the_only_webhook_with_the_events_is_found(api: ManagementApi) -> None:
    assert find_hook(api, None, ["User.Data.Updated"]) == ALL


@pytest.mark.parametrize(
    ("name", "needed", "message"),
    [
        (None, NEEDED, f"the events User.Deleted, Organization.Deleted: '{FEW}', '{ALL}'."),
        (
            None,
            ["User.Lost"],
            "None of 5 webhooks is enabled and has the events User.Lost. Create one",
        ),
        ("no\nsuch", NEEDED, r"Logto has no webhook 'no\nsuch'."),
        (DISABLED, NEEDED, "is disabled or lacks events: User.Deleted, Organization.Deleted."),
        (FEW, ["User.Deleted", "User.Data.Updated"], "lacks events: User.Data.Updated."),
    ],
)
def test_a_webhook_that_will_not_do_is_named(
    api: ManagementApi, name: str | None, needed: list[str], message: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        find_hook(api, name, needed)
    assert message in str(error.value)


def test_no_error_reports_a_signing_key(
    api: ManagementApi, answers: dict[str, Any], reports: Reports
) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        find_hook(api, "other", NEEDED)
    own = error.value.__traceback__
    assert own is not None
    reports.add_exception(error.value.with_traceback(own.tb_next))
    for hook in answers["hooks"]["body"]:
        assert hook["signingKey"] not in "".join(reports.texts)


def test_a_webhook_without_a_list_of_events_lacks_all(
    api: ManagementApi, server: LoopbackServer
) -> None:
    server.answers["/api/hooks"] = document(
        [{"id": "x", "enabled": True, "events": "User.Deleted"}]
    )
    with pytest.raises(ImproperlyConfigured, match="None of 1"):
        find_hook(api, None, ["User.Deleted"])


def test_the_entries_of_a_real_log_are_read(
    api: ManagementApi, server: LoopbackServer, answers: dict[str, Any]
) -> None:
    """Of four deliveries, three have failed."""
    server.answers[f"/api/hooks/{FEW}/recent-logs"] = recorded(answers["recent_logs"])
    ((first, *others),) = read_log(api, FEW, 1795266104258)
    assert first.time == 1795266163749
    assert first.event["event"] == "User.SuspensionStatus.Updated"
    assert first.event["createdAt"] == "2026-11-21T13:02:43.746Z"
    assert [one.event["data"]["isSuspended"] for one in others] == [True, False, True]


def test_the_log_of_an_unknown_webhook_is_empty(
    api: ManagementApi, server: LoopbackServer, answers: dict[str, Any]
) -> None:
    server.answers["/api/hooks/unknown/recent-logs"] = recorded(answers["no_logs"])
    assert list(read_log(api, "unknown", 0)) == [[]]


@pytest.mark.parametrize("entries", [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE])
def test_pages_are_read_until_one_is_not_full(
    api: ManagementApi, server: LoopbackServer, entries: int
) -> None:
    log = HookLog(server, "hook-1")
    for number in range(entries):
        log.add(1000 + number, {"number": number})
    pages = list(read_log(api, "hook-1", 999))
    assert [one.event["number"] for page in pages for one in page] == list(range(entries))[::-1]
    assert [asked["page"] for asked in log.asked] == list(range(1, entries // PAGE + 2))


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"id": "a", "createdAt": 1, "payload": None},
        {"id": "a", "createdAt": 1, "payload": {"hookRequest": {}}},
        {"id": "a", "createdAt": 1, "payload": {"hookRequest": {"body": "text"}}},
        {"id": 5, "createdAt": 1, "payload": {"hookRequest": {"body": {}}}},
        {"id": "a", "createdAt": "1", "payload": {"hookRequest": {"body": {}}}},
    ],
)
def test_a_row_that_is_no_entry_is_left_out(
    api: ManagementApi, server: LoopbackServer, row: dict[str, Any]
) -> None:
    good = {"id": "b", "createdAt": 2, "payload": {"hookRequest": {"body": {}}}}
    server.answers["/api/hooks/x/recent-logs"] = document([row, good])
    assert list(read_log(api, "x", 0)) == [[Entry("b", 2, {})]]


@pytest.mark.parametrize("body", ["{}", "null", "[1]", '"Created"'])
def test_an_answer_that_is_no_list_is_no_log(
    api: ManagementApi, server: LoopbackServer, body: str
) -> None:
    server.answers["/api/hooks/x/recent-logs"] = http(body)
    with pytest.raises(AuthorizationServerUnavailable) as failure:
        list(read_log(api, "x", 0))
    assert failure.value.reason == "the Management API answers without a list"


def test_an_id_cannot_lead_to_another_path(api: ManagementApi, server: LoopbackServer) -> None:
    server.answers["/api/hooks/..%2Fusers%3F/recent-logs"] = http('{"code": "x"}', "404 Not Found")
    with pytest.raises(ManagementApiRefused, match="'x'"):
        list(read_log(api, "../users?", 0))
