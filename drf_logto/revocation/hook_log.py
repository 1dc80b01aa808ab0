"""The log that Logto keeps of a webhook's deliveries, read through the Management API."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from django.core.exceptions import ImproperlyConfigured

from ..outgoing.management_api import ManagementApi
from ..telemetry import quoted

_MAX_BODY = 16 * 1024 * 1024  # bytes; an entry has the user, and twice where its delivery failed


class Entry(NamedTuple):
    """One delivery, also one that failed."""

    id: str
    time: int  # in milliseconds since the epoch, by Logto's clock
    event: Mapping[str, Any]  # the body


def find_hook(api: ManagementApi, name: str | None, needed: Collection[str]) -> str:
    """Return the id of the webhook whose log has the events that are needed.

    Args:
        api: of the tenant.
        name: the id that it must have, None for the only one that will do.
        needed: the events.

    Raises:
        ImproperlyConfigured: there is none or more than one, or it is disabled or lacks events.
        AuthorizationServerUnavailable, ManagementApiRefused: as ``ManagementApi.get``.
    """
    hooks = {str(one.get("id")): _lacks(one, needed) for one in api.get_list("/hooks")}
    usable = [hook for hook, lacks in hooks.items() if not lacks]
    if name is None and len(usable) == 1:
        return usable[0]
    if name is None or name not in hooks:
        which = "" if name is None else f"Logto has no webhook {quoted(name)}. "
        raise ImproperlyConfigured(which + _choice(len(hooks), usable, needed))
    if hooks[name]:
        raise ImproperlyConfigured(
            f"The webhook {quoted(name)} is disabled or lacks events: {', '.join(hooks[name])}. "
            "Enable it and select them in Logto's console."
        )
    return name


def _choice(count: int, usable: list[str], needed: Collection[str]) -> str:
    events = ", ".join(needed)
    if usable:
        those = ", ".join(map(quoted, usable))
        return f"Name one with --hook that is enabled and has the events {events}: {those}."
    return (
        f"None of {count} webhooks is enabled and has the events {events}. Create one in Logto's "
        "console, or select the events."
    )


def _lacks(hook: Mapping[str, Any], needed: Collection[str]) -> list[str]:
    """Return what a webhook lacks; all where it is disabled, because Logto logs nothing of it."""
    events = hook.get("events") if hook.get("enabled") is True else None
    return [one for one in needed if not isinstance(events, list) or one not in events]


def read_log(api: ManagementApi, hook: str, since: int) -> Iterator[list[Entry]]:
    """Return the entries after a time, newest first, in pages.

    Args:
        api: of the tenant.
        hook: the id of the webhook. The log of an unknown one is empty.
        since: milliseconds since the epoch, by Logto's clock.

    Raises:
        AuthorizationServerUnavailable, ManagementApiRefused: as ``ManagementApi.get``.
    """
    path = f"/hooks/{quote(hook, safe='')}/recent-logs"
    # An entry that comes meanwhile moves others to the next page, and so hides none.
    for rows in api.get_pages(path, start_time=since, max_body=_MAX_BODY):
        yield [entry for entry in map(_entry, rows) if entry is not None]


def _entry(row: Mapping[str, Any]) -> Entry | None:
    try:
        name, time, event = row["id"], row["createdAt"], row["payload"]["hookRequest"]["body"]
    except (KeyError, TypeError):
        return None
    is_entry = isinstance(name, str) and isinstance(time, int) and isinstance(event, dict)
    return Entry(name, time, event) if is_entry else None
