"""Revocation: what Logto sends to the project, and whether it arrives."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import include, path

from drf_logto.revocation.events import needed_events
from drf_logto.testing import ManagementApi
from tests.management.doctor.conftest import Doctor

BASE = "https://example.test"
WEBHOOK, LOGOUT = f"{BASE}/logto/webhook/", f"{BASE}/logto/backchannel-logout/"
NOON = 1795266156000


@pytest.fixture
def project(revocation: None, route: Callable[..., None], logto_options: Any) -> None:
    route(path("logto/", include("drf_logto.revocation.urls")))
    logto_options(WEBHOOK_SIGNING_KEYS=["hush-hush"])


@pytest.fixture
def hook(tenant: ManagementApi, project: None, logto_options: Any) -> dict[str, Any]:
    """The webhook of this project, with its signing key in the settings, and some of others."""
    events, config = needed_events(), {"url": WEBHOOK}
    tenant.create("/hooks", name="Old", events=events, config=config, enabled=False)
    tenant.create("/hooks", name="Other", events=events, config={"url": "https://other.test/"})
    found: dict[str, Any] = tenant.create("/hooks", name="This", events=events, config=config)
    logto_options(WEBHOOK_SIGNING_KEYS=["hush-hush", found["signingKey"]])
    return found


def test_a_project_that_receives_webhooks_is_ok(project: None, doctor: Doctor) -> None:
    assert doctor("revocation") == [("ok", "The project receives webhooks of Logto.")]


def test_a_project_without_revocation_is_skipped(doctor: Doctor) -> None:
    message = "'drf_logto.revocation' is not in INSTALLED_APPS."
    assert doctor("revocation") == [("skipped", message)]


def test_a_project_that_can_receive_nothing_is_a_warning(
    project: None, route: Callable[..., None], logto_options: Any, doctor: Doctor
) -> None:
    logto_options(WEBHOOK_SIGNING_KEYS=[""])
    settings_are_wrong = doctor("revocation")
    assert settings_are_wrong[0][0] == "warning"
    route()
    ((verdict, message),) = doctor("revocation")
    assert (verdict, "does not include drf_logto.revocation.urls" in message) == ("warning", True)


@pytest.mark.parametrize("base", [None, BASE])
def test_a_webhook_that_sends_what_is_needed_is_ok(
    hook: dict[str, Any], doctor: Doctor, base: str | None
) -> None:
    ((verdict, message),) = doctor("webhook", base_url=base)
    assert verdict == "ok"
    assert message.startswith(
        f"The webhook 'This' to '{WEBHOOK}' has the needed events and a signing"
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"enabled": False}, "is disabled. Enable it"),
        ({"events": ["User.Deleted"]}, "lacks events: User.SuspensionStatus.Updated, Organization"),
    ],
)
def test_what_is_wrong_with_a_webhook_is_named(
    tenant: ManagementApi, hook: dict[str, Any], doctor: Doctor, changed: dict[str, Any],
    message: str,
) -> None:  # fmt: skip
    tenant.tenant.rows["hooks"] = {hook["id"]: hook}
    tenant.change(f"/hooks/{hook['id']}", **changed)
    ((verdict, text),) = doctor("webhook")
    assert (verdict, message in text) == ("error", True), text


def test_a_signing_key_that_the_settings_lack_is_an_error_and_not_shown(
    hook: dict[str, Any], logto_options: Any, doctor: Doctor
) -> None:
    logto_options(WEBHOOK_SIGNING_KEYS=["hush-hush"])
    ((verdict, message),) = doctor("webhook")
    assert verdict == "error"
    assert "has a signing key that LOGTO['WEBHOOK_SIGNING_KEYS'] does not have." in message
    assert "hush" not in message
    assert hook["signingKey"] not in message


def test_a_project_without_a_webhook_is_an_error(
    tenant: ManagementApi, project: None, doctor: Doctor
) -> None:
    ((verdict, message),) = doctor("webhook", base_url=BASE)
    assert (verdict, message) == (
        "error",
        f"No webhook of Logto sends to {WEBHOOK}. Create one in Logto's console.",
    )
    assert doctor("deliveries") == [("skipped", "There is no webhook.")]


def test_a_project_without_urls_needs_a_webhook_that_it_can_follow(
    hook: dict[str, Any], tenant: ManagementApi, route: Callable[..., None], doctor: Doctor
) -> None:
    route()
    assert doctor("webhook")[0][0] == "warning"  # there are two
    assert doctor("deliveries") == [("skipped", "The project receives no webhooks.")]
    tenant.tenant.rows["hooks"] = {hook["id"]: hook}
    assert doctor("webhook") == [
        ("ok", f"manage.py logto follow can read the log of the webhook '{hook['id']}'.")
    ]


def log(tenant: ManagementApi, hook: dict[str, Any], *payloads: dict[str, Any]) -> None:
    """Let deliveries have come in turn, a second each."""
    rows = tenant.tenant.rows["recent-logs"]
    for number, payload in enumerate(payloads):
        row = {"payload": {"hookId": hook["id"], **payload}, "createdAt": NOON + number * 1000}
        rows[str(number)] = row


SUCCESS = {"result": "Success", "response": {"statusCode": 204}}
REFUSED = {
    "result": "Error",
    "response": {"statusCode": 401, "body": {"code": "invalid_signature", "error": "No key fits."}},
}
NO_ANSWER = {"result": "Error", "error": "TypeError: fetch failed"}


@pytest.mark.parametrize(
    ("payloads", "verdict", "message"),
    [
        ([], "ok", "Logto has sent nothing within a day."),
        ([SUCCESS, SUCCESS], "ok", "The last deliveries within a day have arrived: 2."),
        (
            [SUCCESS, REFUSED],
            "error",
            "1 of the last 2 deliveries within a day have failed, the last",
        ),
        ([REFUSED], "error", "at 2026-11-21 13:02:36 UTC: HTTP status 401, 'invalid_signature'."),
        (
            [NO_ANSWER, SUCCESS],
            "warning",
            "no answer, 'TypeError: fetch failed'. Check the URL of",
        ),
        ([{"result": "Error", "response": {"statusCode": 502}}], "error", "HTTP status 502. Check"),
    ],
)
def test_the_last_failed_delivery_is_named(
    tenant: ManagementApi, hook: dict[str, Any], doctor: Doctor, payloads: list[dict[str, Any]],
    verdict: str, message: str,
) -> None:  # fmt: skip
    log(tenant, hook, *payloads)
    ((found, text),) = doctor("deliveries")
    assert (found, message in text) == (verdict, True), text


def test_a_delivery_without_a_time_is_named_as_well(
    tenant: ManagementApi, hook: dict[str, Any], doctor: Doctor
) -> None:
    log(tenant, hook, REFUSED)
    del tenant.tenant.rows["recent-logs"]["0"]["createdAt"]
    assert "the last one at an unknown time" in doctor("deliveries")[0][1]


@pytest.mark.parametrize(
    ("uri", "base", "verdict", "message"),
    [
        (LOGOUT, BASE, "ok", f"The application 'Web' sends logout tokens to '{LOGOUT}'."),
        (LOGOUT, None, "ok", f"The application 'Web' sends logout tokens to '{LOGOUT}'."),
        ("", BASE, "error", f"to this project. Set its back-channel logout URI to {LOGOUT}."),
        (LOGOUT, "https://other.test", "error", f"sends logout tokens to '{LOGOUT}', and not to"),
        ("http://10.0.0.1/logto/backchannel-logout/", None, "warning", "SSRF_PROTECTION_DISABLED"),
        ("http://localhost/logto/backchannel-logout/", None, "warning", "the private address"),
        ("https://[::1", None, "error", "sends logout tokens to 'https://[::1', and not to this"),
    ],
)
def test_where_logout_tokens_are_sent_to_is_told(
    tenant: ManagementApi, project: None, logto_options: Any, doctor: Doctor, uri: str,
    base: str | None, verdict: str, message: str,
) -> None:  # fmt: skip
    metadata = {"redirectUris": [], "postLogoutRedirectUris": [], "backchannelLogoutUri": uri}
    body = {"name": "Web", "type": "Traditional", "oidcClientMetadata": metadata}
    id = tenant.create("/applications", **body)["id"]
    logto_options(BACKCHANNEL_LOGOUT_CLIENT_IDS=[id, "deleted"])
    (found, text), deleted = doctor("back-channel logout", base_url=base)
    assert (found, message in text) == (verdict, True), text
    assert deleted == ("error", "Logto has no application 'deleted'. Remove or correct its ID.")


def test_without_clients_there_is_no_backchannel_logout(
    tenant: ManagementApi, project: None, doctor: Doctor
) -> None:
    assert doctor("back-channel logout")[0][0] == "skipped"
