"""What each event takes away; the deliveries of a real Logto in every order."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from drf_logto import verify
from drf_logto.exceptions import TokenRevoked
from drf_logto.revocation.events import NotUnderstood, revoke_for
from drf_logto.revocation.marks import Mark, Marks
from drf_logto.signals import access_revoked
from drf_logto.testing import Logto
from tests.support.webhooks import WEBHOOK

ISSUER = "https://tenant.logto.test/oidc"
AT = "2026-11-20T15:10:18.610Z"
TIME = datetime(2026, 11, 20, 15, 10, 18, 610_000, UTC).timestamp()
MEMBERS = "Organization.Membership.Updated"


class Revoked:
    """What signals say was revoked."""

    def __init__(self) -> None:
        self.marks = Marks(float("inf"))

    def receive(self, *, marks: tuple[Mark, ...], **_: Any) -> None:
        self.marks.add(marks)

    def all(self) -> list[Mark]:
        return sorted(self.marks, key=repr)


@pytest.fixture(autouse=True)
def revoked(webhooks: None) -> Iterator[Revoked]:
    revoked = Revoked()
    access_revoked.connect(revoked.receive)
    with Logto(now=lambda: TIME + 1):
        yield revoked
    access_revoked.disconnect(revoked.receive)


def mark(**names: Any) -> Mark:
    return Mark(**{"issuer": ISSUER, "before": TIME, **names})


def out_of_org(user: str, organization: str = "org-a") -> list[Mark]:
    return [mark(user=user, organization=one) for one in ("", organization)]


EVENTS: list[tuple[str, dict[str, Any], list[Mark]]] = [
    (
        "User.SuspensionStatus.Updated",
        {"data": {"id": "ada", "isSuspended": True}},
        [mark(user="ada")],
    ),
    ("User.SuspensionStatus.Updated", {"data": {"id": "ada", "isSuspended": False}}, []),
    ("User.Deleted", {"data": {"id": "ada"}}, [mark(user="ada")]),
    ("User.Deleted", {"params": {"userId": "ada"}}, [mark(user="ada")]),
    (MEMBERS, {"organizationId": "org-a", "removedUserIds": ["ada"]}, out_of_org("ada")),
    (
        MEMBERS,
        {
            "organizationId": "org-a",
            "addedUserIds": ["bob"],
            "removedUserIds": ["ada", "eve"],
            "removedApplicationIds": ["backend"],
        },
        [*out_of_org("ada"), *out_of_org("backend"), *out_of_org("eve")],
    ),
    (MEMBERS, {"organizationId": "org-a", "addedUserIds": ["bob"], "removedUserIds": []}, []),
    (MEMBERS, {"organizationId": "org-a"}, []),
    (
        MEMBERS,
        {"organizationId": "org-a", "removedUserIds": [f"user-{one}" for one in range(5000)]},
        [mark(organization=""), mark(organization="org-a")],
    ),
    ("Organization.Deleted", {"params": {"id": "org-a"}}, [mark(organization="org-a")]),
    ("Role.Scopes.Updated", {"method": "DELETE", "params": {"id": "role"}}, []),
    ("User.Data.Updated", {"data": {"plan": "gold"}}, []),
    ("Unheard.Of", {"data": 7}, []),
    ("User.Deleted", {"path": "/fake-path/:id", "data": {"result": "success"}}, []),
]


@pytest.mark.parametrize(("name", "members", "expected"), EVENTS)
def test_an_event_voids_what_it_takes_away(
    revoked: Revoked, name: str, members: dict[str, Any], expected: list[Mark]
) -> None:
    revoke_for({"event": name, "createdAt": AT, **members})
    assert revoked.all() == sorted(expected, key=repr)


@pytest.mark.parametrize(
    ("name", "method", "expected"),
    [
        ("Role.Scopes.Updated", "DELETE", [mark()]),
        ("Role.Scopes.Updated", "POST", []),
        ("Role.Data.Updated", "PATCH", []),
        ("Role.Deleted", "DELETE", [mark()]),
        ("OrganizationRole.Scopes.Updated", "PUT", [mark()]),
        ("OrganizationRole.Deleted", "DELETE", [mark()]),
        ("Scope.Data.Updated", "PATCH", [mark()]),
        ("Scope.Deleted", "DELETE", [mark()]),
        ("OrganizationScope.Data.Updated", "PATCH", [mark()]),
        ("OrganizationScope.Deleted", "DELETE", [mark()]),
    ],
)
def test_a_changed_role_voids_all_where_a_setting_says_so(
    revoked: Revoked, settings: Any, name: str, method: str, expected: list[Mark]
) -> None:
    settings.LOGTO = {**settings.LOGTO, "REVOKE_ON_ROLE_CHANGE": True}
    revoke_for({"event": name, "createdAt": AT, "method": method})
    assert revoked.all() == expected


def test_every_issuer_is_marked(revoked: Revoked, settings: Any) -> None:
    settings.LOGTO = {
        **settings.LOGTO,
        "ENDPOINT": ["https://tenant.logto.test", "https://auth.example.test"],
    }
    revoke_for({"event": "User.Deleted", "createdAt": AT, "data": {"id": "ada"}})
    assert [one.issuer for one in revoked.all()] == ["https://auth.example.test/oidc", ISSUER]


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        {},
        {"event": 7},
        {"event": "User.Deleted", "createdAt": AT},
        {"event": "User.Deleted", "createdAt": AT, "data": {"id": ""}},
        {"event": "User.Deleted", "createdAt": AT, "data": {"id": 7}},
        {"event": "User.Deleted", "createdAt": AT, "data": {"id": "a" * 201}},
        {"event": "User.Deleted", "data": {"id": "ada"}},
        {"event": "User.Deleted", "createdAt": "soon", "data": {"id": "ada"}},
        {"event": "User.Deleted", "createdAt": AT[:-1], "data": {"id": "ada"}},
        {"event": "User.Deleted", "createdAt": 1795187418, "data": {"id": "ada"}},
        {"event": "User.SuspensionStatus.Updated", "createdAt": AT, "data": {"id": "ada"}},
        {"event": "User.SuspensionStatus.Updated", "createdAt": AT, "data": []},
        {"event": MEMBERS, "createdAt": AT, "removedUserIds": ["ada"]},
        {"event": MEMBERS, "createdAt": AT, "organizationId": "o", "removedUserIds": "ada"},
        {"event": MEMBERS, "createdAt": AT, "organizationId": "o", "removedUserIds": [None]},
        {"event": "Organization.Deleted", "createdAt": AT, "params": {}},
    ],
    ids=str,
)
def test_an_event_of_another_form_is_not_understood(revoked: Revoked, event: Any) -> None:
    with pytest.raises(NotUnderstood):
        revoke_for(event)
    assert revoked.all() == []


def test_a_time_far_ahead_is_limited_to_an_hour(revoked: Revoked) -> None:
    revoke_for({"event": "User.Deleted", "createdAt": "9999-01-01T00:00Z", "data": {"id": "ada"}})
    assert [one.before for one in revoked.all()] == [TIME + 1 + 3600]


def replay(recorded: list[dict[str, str]]) -> list[Mark]:
    revoked = Revoked()
    access_revoked.connect(revoked.receive)
    for one in recorded:
        headers = {"logto-signature-sha-256": one["signature"]}
        response = Client(enforce_csrf_checks=True).post(
            WEBHOOK, one["raw"], "application/json", headers=headers
        )
        assert (response.status_code, response.content) == (204, b"")
    return revoked.all()


@pytest.fixture
def recorded(recordings: dict[str, Any], settings: Any) -> Iterator[list[dict[str, str]]]:
    hooks = recordings["revocation"]["hooks"]
    keys = [hook["signing_key"] for hook in hooks]
    settings.LOGTO = {**settings.LOGTO, "WEBHOOK_SIGNING_KEYS": keys}
    with Logto(now=lambda: TIME + 86400):
        yield [one for hook in hooks for one in hook["deliveries"]]


def test_real_deliveries_leave_the_same_marks_in_every_order_and_twice(
    recorded: list[dict[str, str]],
) -> None:
    expected = replay(recorded)
    assert {
        (one.user, one.organization, datetime.fromtimestamp(one.before, UTC).isoformat()[:23])
        for one in expected
    } == VOID_AFTER_RECORDING
    assert replay(recorded[::-1]) == expected
    for seed in range(3):
        shuffled = random.Random(seed).sample(recorded * 2, len(recorded) * 2)
        assert replay(shuffled) == expected


VOID_AFTER_RECORDING = {
    ("orrkgpobb1o3", None, "2026-11-20T15:10:23.167"),
    ("orrkgpobb1o3", "bsyc5p40wmv2", "2026-11-20T15:10:09.474"),
    ("orrkgpobb1o3", "", "2026-11-20T15:10:09.474"),
    ("ylp7atxft1lhwhpxf3s10", "2z3uq05x7dd6", "2026-11-20T15:10:27.706"),
    ("ylp7atxft1lhwhpxf3s10", "", "2026-11-20T15:10:27.706"),
    (None, "2z3uq05x7dd6", "2026-11-20T15:10:29.222"),
    ("ugontpy91xy7", None, "2026-11-21T12:12:16.093"),
    ("8jvgebqy36gp", "75czsxfropkx", "2026-11-21T12:11:07.954"),
    ("8jvgebqy36gp", "", "2026-11-21T12:11:07.954"),
    ("shz442h7fkcrbinm92yl2", "75czsxfropkx", "2026-11-21T12:11:36.642"),
    ("shz442h7fkcrbinm92yl2", "", "2026-11-21T12:11:36.642"),
    (None, "fdys80r216kg", "2026-11-21T12:11:47.376"),
}


def test_tokens_of_the_recorded_user_are_refused_until_later_ones_come(
    recorded: list[dict[str, str]],
) -> None:
    deleted = int(datetime(2026, 11, 20, 15, 10, 23, tzinfo=UTC).timestamp())
    replay(recorded)
    with Logto(now=lambda: deleted) as logto:
        old, another = logto.global_token(user="orrkgpobb1o3"), logto.global_token(user="ada")
        new = logto.global_token(user="orrkgpobb1o3", claims={"iat": deleted + 1})
        replay(recorded)
        with pytest.raises(TokenRevoked):
            verify(old)
        assert verify(another).sub == "ada"
        assert verify(new).sub == "orrkgpobb1o3"
