"""What the events of Logto's webhooks take away."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ..conf import get_settings
from ..signals import event_received
from . import process
from .marks import is_name
from .process import Named

_LONGEST_LIST = 5000  # ids in an event; Logto leaves out the others
_OF_TESTS = "/fake-path/:id"  # the path in what the console's button for tests sends
_AHEAD = 3600  # seconds that Logto's clock may be ahead of this machine's


class NotUnderstood(Exception):
    """What Logto sent is not what it is known to send; the text says what."""


def revoke_for(event: object) -> None:
    """Revoke what an event takes away, on Logto's clock; most events take nothing away.

    Args:
        event: parsed from JSON that is Logto's.

    Raises:
        NotUnderstood: it is not known what the event takes away.
        CacheUnavailable: as ``process.add``.
        ImproperlyConfigured: likewise.
    """
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        raise NotUnderstood("it is no event")
    find = None if event.get("path") == _OF_TESTS else _TAKEN_AWAY.get(event["event"])
    named = list(find(event)) if find else []
    before = min(_time(event.get("createdAt")), process.now() + _AHEAD) if named else 0
    try:
        if named:
            process.add_named(named, before)
    finally:
        if event.get("path") != _OF_TESTS:
            event_received.send_robust(sender=None, event=event)


def _suspended(event: Mapping[str, Any]) -> Iterator[Named]:
    is_suspended = _object(event, "data").get("isSuspended")
    if not isinstance(is_suspended, bool):
        raise NotUnderstood("isSuspended is no boolean")
    if is_suspended:
        yield {"user": _id(_object(event, "data").get("id"))}


def _deleted_user(event: Mapping[str, Any]) -> Iterator[Named]:
    data = event.get("data")
    named = data if isinstance(data, dict) else {"id": _object(event, "params").get("userId")}
    yield {"user": _id(named.get("id"))}


def _removed_members(event: Mapping[str, Any]) -> Iterator[Named]:
    """Users and machines: a machine's tokens have its application's id as subject.

    Their tokens of no organization are void as well, because those have the permissions of all
    organization roles.
    """
    lists = [event.get(name) or [] for name in ("removedUserIds", "removedApplicationIds")]
    if not all(isinstance(ids, list) for ids in lists):
        raise NotUnderstood("the removed members are no list")
    subjects = [_id(one) for ids in lists for one in ids]
    if not subjects:  # members were added, or nothing has changed
        return
    organization = _id(event.get("organizationId"))
    if max(map(len, lists)) >= _LONGEST_LIST:  # so there may be more
        yield {"organization": organization}
        yield {"organization": ""}
        return
    for subject in subjects:
        yield {"user": subject, "organization": organization}
        yield {"user": subject, "organization": ""}


def _deleted_organization(event: Mapping[str, Any]) -> Iterator[Named]:
    yield {"organization": _id(_object(event, "params").get("id"))}


def _changed_role(event: Mapping[str, Any]) -> Iterator[Named]:
    # Logto does not say who has the role. What is created with POST takes nothing away.
    if get_settings().revoke_on_role_change and event.get("method") != "POST":
        yield {}


_TAKEN_AWAY: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Named]]] = {
    "User.SuspensionStatus.Updated": _suspended,
    "User.Deleted": _deleted_user,
    "Organization.Membership.Updated": _removed_members,
    "Organization.Deleted": _deleted_organization,
    "Role.Scopes.Updated": _changed_role,
    "Role.Deleted": _changed_role,
    "OrganizationRole.Scopes.Updated": _changed_role,
    "OrganizationRole.Deleted": _changed_role,
    "Scope.Data.Updated": _changed_role,
    "Scope.Deleted": _changed_role,
    "OrganizationScope.Data.Updated": _changed_role,
    "OrganizationScope.Deleted": _changed_role,
}


def needed_events() -> list[str]:
    """Return the events that a webhook must have, as the settings are now."""
    is_any = get_settings().revoke_on_role_change
    return [name for name, find in _TAKEN_AWAY.items() if is_any or find is not _changed_role]


def _object(event: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = event.get(name)
    if not isinstance(value, dict):
        raise NotUnderstood(f"{name} is no object")
    return value


def _id(value: object) -> str:
    if not isinstance(value, str) or not value or not is_name(value):
        raise NotUnderstood("an id is missing, or no text of 1 to 200 characters")
    return value


def _time(value: object) -> float:
    """Return seconds since the epoch of an ISO 8601 time."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise NotUnderstood("createdAt is no time")
    return time.timestamp()
