"""What Logto sends to an API after a change: deliveries of a webhook, and logout tokens."""

import hmac
import json
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode

from drf_logto.testing import ABSENT, Logto

from ..tenant import Application, Person

_WEBHOOK = "/logto/webhook/"
_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_TOKEN_LIFETIME = 120
_PATIENCE = 10  # seconds that Logto waits for an answer


class Deliveries:
    """Sends each event once, in a thread of its own, whatever becomes of it.

    Attributes:
        receiver: host and port of the API, ``""`` for none.
        signing_key: of the webhook.
    """

    def __init__(self, logto: Logto) -> None:
        self.receiver = ""
        self.signing_key = secrets.token_urlsafe(24)
        self._logto = logto
        self._hook_id = secrets.token_hex(10)

    def announce(self, before: Person, after: Person | None) -> None:
        """Send the events of a person who was changed, or deleted."""
        now = datetime.fromtimestamp(self._logto.now(), UTC)
        for event, members in _events(before, after):
            body = {
                "event": event,
                "createdAt": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "ip": "::ffff:127.0.0.1",
                **members,
                "hookId": self._hook_id,
            }
            octets = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
            signature = hmac.new(self.signing_key.encode(), octets, "sha256").hexdigest()
            headers = {"Logto-Signature-Sha-256": signature, "Content-Type": "application/json"}
            self._post(_WEBHOOK, octets, headers)

    def sign_out(self, person_id: str, sid: str, applications: Iterable[Application]) -> None:
        """Send a logout token to each application of a session that has ended."""
        for application in applications:
            token = self._logto.issue(
                {"aud": application.id, "events": {_LOGOUT: {}}},
                user=person_id,
                expires_in=_LOGOUT_TOKEN_LIFETIME,
                claims={"sid": sid, "client_id": ABSENT, "scope": ABSENT},
                headers={"typ": "logout+jwt"},
            )
            form = urlencode({"logout_token": token}).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            self._post(application.backchannel_logout_path, form, headers)

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        if self.receiver and path:
            headers["User-Agent"] = "Logto (https://logto.io/)"
            args = (self.receiver, path, body, headers)
            threading.Thread(target=_send, args=args, daemon=True).start()


def _send(receiver: str, path: str, body: bytes, headers: dict[str, str]) -> None:
    with (
        suppress(OSError, HTTPException),  # Logto does not try again
        closing(HTTPConnection(receiver, timeout=_PATIENCE)) as connection,
    ):
        connection.request("POST", path, body, headers)
        connection.getresponse()


def _events(before: Person, after: Person | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each event, and what it says. A role that changes has none."""
    user = f"/users/{before.id}"
    if after is None:
        data = {"data": _user(before)}
        yield "User.Deleted", {**data, **_call("DELETE", user, 204, "/users/:userId", before.id)}
        return
    if after.is_suspended != before.is_suspended:
        route = "/users/:userId/is-suspended"
        call = _call("PATCH", f"{user}/is-suspended", 200, route, before.id)
        data = {"data": {**_user(after), "hasPassword": True}}
        yield "User.SuspensionStatus.Updated", {**call, **data}
    members, route = "Organization.Membership.Updated", "/organizations/:id/users"
    for id in after.memberships.keys() - before.memberships.keys():
        call = _call("POST", f"/organizations/{id}/users", 201, route, id=id)
        yield members, {**call, "organizationId": id, "addedUserIds": [after.id]}
    for id in before.memberships.keys() - after.memberships.keys():
        path = f"/organizations/{id}{user}"
        call = _call("DELETE", path, 204, f"{route}/:userId", before.id, id=id)
        yield members, {**call, "organizationId": id, "removedUserIds": [after.id]}


def _call(
    method: str, path: str, status: int, route: str, user_id: str = "", **params: str
) -> dict[str, Any]:
    """Return what an event says of the call to the Management API that led to it."""
    params |= {"userId": user_id} if user_id else {}
    head = {"path": path, "method": method, "status": status}
    return {**head, "params": params, "matchedRoute": route}


def _user(person: Person) -> dict[str, Any]:
    unknown = ("primaryEmail", "primaryPhone", "avatar", "lastSignInAt", "applicationId")
    return {
        "id": person.id,
        "username": person.id,
        "name": person.name,
        "isSuspended": person.is_suspended,
        "createdAt": 0,
        "updatedAt": 0,
        **{name: {} for name in ("customData", "identities", "profile")},
        **dict.fromkeys((*unknown, "cimdClientId")),
    }
