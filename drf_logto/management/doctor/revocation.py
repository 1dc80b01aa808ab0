"""Facts about revocation: what Logto sends, and whether it arrives."""

import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from ...conf import is_loopback
from ...telemetry import quoted
from ..addresses import is_address, path_of
from ..tenant.objects import Hook
from .examination import Examination
from .facts import Fact, Group
from .findings import Finding, Skipped, error, ok, warning

_APP = "drf_logto.revocation"
_QUOTE = "'"
_LOGGED = 100  # deliveries
_PRIVATE = (
    "Logto 1.42 sends no logout tokens to private addresses, and does not say so, unless its "
    "environment has OIDC_PROVIDER_SSRF_PROTECTION_DISABLED=true."
)


def _revocation(examination: Examination, _subject: str) -> Iterator[Finding]:
    settings = examination.settings
    if not apps.is_installed(_APP):
        raise Skipped(f"{_APP!r} is not in INSTALLED_APPS.")
    if path_of("logto:webhook") is None:
        yield warning(
            "The project does not include drf_logto.revocation.urls, so no webhook arrives.",
            "Include them, or let manage.py logto follow run.",
        )
    elif not settings.webhook_signing_keys:
        yield warning(
            "LOGTO['WEBHOOK_SIGNING_KEYS'] is not set, so every webhook is refused.",
            "Set it to the signing key on the page of the webhook in Logto's console.",
        )
    else:
        yield ok("The project receives webhooks of Logto.")


def _hook(examination: Examination) -> Hook | None:
    """Return the webhook that sends to this project, an enabled one if there is one.

    Raises:
        Skipped: the project receives no webhooks.
    """
    path = path_of("logto:webhook")
    if path is None:
        raise Skipped("The project receives no webhooks.")
    hooks = sorted(examination.tenant.hooks, key=lambda one: not one.is_enabled)
    return next((one for one in hooks if is_address(one.url, examination.base_url, path)), None)


def _webhook(examination: Examination, _subject: str) -> Iterator[Finding]:
    from ...revocation.events import needed_events  # noqa: PLC0415 - an optional part

    path = path_of("logto:webhook")
    if path is None:
        yield _followed(examination, needed_events())
        return
    hook = _hook(examination)
    if hook is None:
        url = f"{examination.base_url or '<the address of the API>'}{path}"
        yield error(f"No webhook of Logto sends to {url}.", "Create one in Logto's console.")
        return
    lacks = [one for one in needed_events() if one not in hook.events]
    keys = examination.settings.webhook_signing_keys
    named = f"The webhook {quoted(hook.name)} to {quoted(hook.url)}"
    if not hook.is_enabled:
        yield error(f"{named} is disabled.", "Enable it in Logto's console.")
    if lacks:
        yield error(f"{named} lacks events: {', '.join(lacks)}.", "Select them in Logto's console.")
    if not any(hmac.compare_digest(one.encode(), hook.signing_key.encode()) for one in keys):
        yield error(
            f"{named} has a signing key that LOGTO['WEBHOOK_SIGNING_KEYS'] does not have.",
            "Copy it from the page of the webhook in Logto's console.",
        )
    elif hook.is_enabled and not lacks:
        yield ok(f"{named} has the needed events and a signing key of the settings.")


def _followed(examination: Examination, needed: list[str]) -> Finding:
    from ...revocation.hook_log import find_hook  # noqa: PLC0415 - an optional part

    try:
        hook = find_hook(examination.api, None, needed)
    except ImproperlyConfigured as improper:
        return warning(str(improper), "It is what manage.py logto follow reads.")
    return ok(f"manage.py logto follow can read the log of the webhook {quoted(hook)}.")


def _deliveries(examination: Examination, _subject: str) -> Iterator[Finding]:
    hook = _hook(examination)
    if hook is None:
        raise Skipped("There is no webhook.")
    path = f"/hooks/{quote(hook.id, safe='')}/recent-logs"
    rows = examination.api.get_list(path, max_body=_BODY, page=1, page_size=_LOGGED)
    deliveries = [one for one in rows if isinstance(one.get("payload"), dict)]
    failed = [one for one in deliveries if one["payload"].get("result") != "Success"]
    if not deliveries:
        yield ok("Logto has sent nothing within a day.")
    elif not failed:
        yield ok(f"The last deliveries within a day have arrived: {len(deliveries)}.")
    else:
        text = (
            f"{len(failed)} of the last {len(deliveries)} deliveries within a day have failed, the "
            f"last one at {_time(failed[0])}: {_failure(failed[0]['payload'])}."
        )
        remedy = (
            "Check the URL of the webhook, and whether Logto can reach it. Logto does not repeat "
            "deliveries: manage.py logto follow --once applies what they would have revoked."
        )
        yield error(text, remedy) if failed[0] is deliveries[0] else warning(text, remedy)


def _time(row: Mapping[str, Any]) -> str:
    milliseconds = row.get("createdAt")
    if not isinstance(milliseconds, int):
        return "an unknown time"
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _failure(payload: Mapping[str, Any]) -> str:
    response = payload.get("response")
    if not isinstance(response, Mapping):
        return f"no answer, {quoted(payload.get('error'))}"
    body = response.get("body")
    code = body.get("code") if isinstance(body, Mapping) else None
    status = f"HTTP status {quoted(response.get('statusCode')).strip(_QUOTE)}"
    return f"{status}, {quoted(code)}" if code else status


def _backchannel_logout(examination: Examination, _subject: str) -> Iterator[Finding]:
    ids, path = examination.settings.backchannel_logout_client_ids, path_of(_LOGOUT)
    if not ids or path is None:
        raise Skipped("LOGTO['BACKCHANNEL_LOGOUT_CLIENT_IDS'] is not set, or no URL is included.")
    for id in ids:
        found = examination.tenant.application(id)
        uri = found.backchannel_logout_uri if found else ""
        if found is None:
            yield error(f"Logto has no application {quoted(id)}.", "Remove or correct its ID.")
        elif not is_address(uri, examination.base_url, path):
            yield error(
                f"The application {quoted(found.name)} sends logout tokens to {quoted(uri)}, and "
                "not to this project.",
                f"Set its back-channel logout URI to {examination.base_url or '<API>'}{path}.",
            )
        elif _is_private(uri):
            yield warning(f"Logout tokens go to the private address {quoted(uri)}.", _PRIVATE)
        else:
            yield ok(f"The application {quoted(found.name)} sends logout tokens to {quoted(uri)}.")


def _is_private(uri: str) -> bool:
    try:
        return ip_address(urlsplit(uri).hostname or "").is_private
    except ValueError:
        return is_loopback(uri)


_BODY = 16 * 1024 * 1024  # bytes
_LOGOUT = "logto:backchannel-logout"
_NEEDS = ("management API", "revocation")
GROUP = Group(
    "Revocation",
    (
        Fact("revocation", _revocation),
        Fact("webhook", _webhook, _NEEDS),
        Fact("deliveries", _deliveries, _NEEDS),
        Fact("back-channel logout", _backchannel_logout, _NEEDS),
    ),
)
