"""What Logto's webhook says of users, when revocation is installed as well."""

import json
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.signals import post_save
from django.test import modify_settings
from django.urls import include, path

from drf_logto.signals import event_received, signed_in
from drf_logto.users import link
from drf_logto.users.accounts import apply, state_of
from drf_logto.users.models import LogtoIdentity
from tests.support.views import Route
from tests.support.webhooks import KEY, deliver
from tests.users.conftest import ISSUER

DAVE = "orrkgpobb1o3"
Deliver = Callable[..., None]


@pytest.fixture
def send(revocation: None, route: Route, settings: Any, db: None) -> Deliver:
    """Deliver events of Logto's webhook."""
    route(path("logto/", include("drf_logto.revocation.urls")))
    settings.LOGTO = {**settings.LOGTO, "WEBHOOK_SIGNING_KEYS": [KEY]}

    def send(*events: dict[str, Any]) -> None:
        for event in events:
            assert deliver(event).status_code == 204

    return send


@pytest.fixture
def dave(db: None) -> User:
    user = User.objects.create(username="dave")
    link(user, ISSUER, DAVE)
    return user


@pytest.fixture
def recorded(recordings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a real Logto sent of Dave, by what was done."""
    deliveries = recordings["revocation"]["hooks"][0]["deliveries"]
    events = {one["trigger"]: json.loads(one["raw"]) for one in deliveries}
    return {
        "named": events["PATCH /users/:id"],
        "suspended": events["PATCH /users/:id/is-suspended true"],
        "unsuspended": events["PATCH /users/:id/is-suspended false"],
        "deleted": events["DELETE /users/:id"],
    }


def state(user: User) -> tuple[str, bool]:
    user.refresh_from_db()
    return user.first_name, user.is_active


def test_an_update_fills_the_profile(send: Deliver, dave: User, recorded: Any) -> None:
    send(recorded["named"])
    assert state(dave) == ("David", True)
    assert dave.email == "dave7dddce@example.test"


def test_suspension_deactivates_until_it_ends(send: Deliver, dave: User, recorded: Any) -> None:
    send(recorded["suspended"])
    assert state(dave) == ("David", False)
    send(recorded["unsuspended"])
    assert state(dave) == ("David", True)


def test_deletion_deactivates_for_good(send: Deliver, dave: User, recorded: Any) -> None:
    send(recorded["deleted"])
    assert state(dave)[1] is False
    assert LogtoIdentity.objects.count() == 1


@pytest.mark.parametrize("order", [*permutations(["named", "suspended", "unsuspended", "deleted"])])
def test_the_order_of_deliveries_does_not_matter(
    send: Deliver, dave: User, recorded: Any, order: tuple[str, ...]
) -> None:
    send(*(recorded[name] for name in order), recorded["unsuspended"])
    assert state(dave)[1] is False


@pytest.mark.parametrize("order", [*permutations(["named", "suspended", "unsuspended"])])
def test_the_latest_state_holds(
    send: Deliver, dave: User, recorded: Any, order: tuple[str, ...]
) -> None:
    send(*(recorded[name] for name in (*order, *order)))
    assert state(dave) == ("David", True)


def test_whom_the_project_has_deactivated_stays_so(
    send: Deliver, dave: User, recorded: Any
) -> None:
    dave.is_active = False
    dave.save()
    send(recorded["suspended"], recorded["unsuspended"])
    assert state(dave) == ("David", False)


def test_a_suspended_user_whom_the_project_activates_is_deactivated_again(
    send: Deliver, dave: User, recorded: Any
) -> None:
    send(recorded["suspended"])
    User.objects.update(is_active=True)
    send(recorded["suspended"])
    assert state(dave)[1] is False


def user_in_logto(subject: str, updated_at: int, *, is_suspended: bool = False) -> dict[str, Any]:
    return {"id": subject, "updatedAt": updated_at, "isSuspended": is_suspended, "name": subject}


def test_a_user_of_two_subjects_is_active_if_both_are(dave: User) -> None:
    link(dave, ISSUER, "second")
    seen = []
    for time, (subject, is_suspended) in enumerate(
        [(DAVE, True), ("second", True), (DAVE, False), ("second", False)], start=1795187000000
    ):
        found = state_of(user_in_logto(subject, time, is_suspended=is_suspended))
        assert found is not None
        assert apply(found) == 1
        seen.append(state(dave)[1])
    assert seen == [False, False, False, True]


def test_every_issuer_of_the_tenant_is_the_same_logto(
    send: Deliver, dave: User, recorded: Any, logto_options: Any
) -> None:
    logto_options(ENDPOINT=["https://tenant.logto.test", "https://login.example.test"])
    other = User.objects.create(username="other")
    link(other, "https://login.example.test/oidc", DAVE)
    send(recorded["suspended"])
    assert [state(dave)[1], state(other)[1]] == [False, False]


def test_who_is_deleted_meanwhile_stays_so(dave: User, recorded: Any, logto_options: Any) -> None:
    logto_options(ENDPOINT=["https://tenant.logto.test", "https://login.example.test"])
    link(User.objects.create(username="other"), "https://login.example.test/oidc", DAVE)
    found = state_of(recorded["named"]["data"])
    assert found is not None

    def delete(instance: User, **_: Any) -> None:
        User.objects.exclude(pk=instance.pk).delete()

    post_save.connect(delete, sender=User)
    try:
        apply(found)
    finally:
        post_save.disconnect(delete, sender=User)
    assert [user.first_name for user in User.objects.all()] == ["David"]


def test_who_has_no_identity_gets_no_user(send: Deliver, recorded: Any) -> None:
    send(*recorded.values())
    assert not User.objects.exists()


# The data of an event is not always a user


EVIL = {"name": "Root", "primaryEmail": "root@example.test", "isSuspended": False}


@pytest.mark.parametrize(
    "changes",
    [
        {"matchedRoute": "/users/:userId/custom-data"},
        {"matchedRoute": "/users/:userId/profile"},
        {"matchedRoute": ""},
        {"event": "User.Created"},
        {"event": "PostSignIn"},
        {"data": None},
        {"data": []},
        {"data": {**EVIL, "id": DAVE}},
        {"data": {**EVIL, "id": DAVE, "updatedAt": "1795187400068"}},
        {"data": {**EVIL, "id": DAVE, "updatedAt": 0}},
        {"data": {**EVIL, "id": DAVE, "updatedAt": 10**400}},
        {"data": {**EVIL, "id": "", "updatedAt": 1795187400068}},
        {"data": {**EVIL, "id": [DAVE], "updatedAt": 1795187400068}},
        {"data": {**EVIL, "id": DAVE, "updatedAt": 1795187400068, "isSuspended": "no"}},
        {"path": "/fake-path/:id"},
    ],
    ids=str,
)
def test_what_is_no_user_of_logto_changes_nothing(
    send: Deliver, dave: User, recorded: Any, changes: dict[str, Any]
) -> None:
    data = {**recorded["named"]["data"], **EVIL}
    send({**recorded["named"], "data": data, **changes})
    assert state(dave) == ("", True)


def test_the_account_api_and_the_sign_in_page_name_no_route(
    send: Deliver, dave: User, recorded: Any
) -> None:
    event = recorded["named"]
    for name in ("matchedRoute", "path", "params"):
        del event[name]
    send(event)
    assert state(dave)[0] == "David"


@pytest.mark.parametrize(
    "changes",
    [
        {"data": None},
        {"data": None, "createdAt": "2026-11-20T15:10:23.167+00:00"},
    ],
    ids=str,
)
def test_a_deleted_user_is_named_by_data_or_params(
    send: Deliver, dave: User, recorded: Any, changes: dict[str, Any]
) -> None:
    send({**recorded["deleted"], **changes})
    assert state(dave)[1] is False


@pytest.mark.parametrize(
    "event",
    [
        {"event": "User.Deleted", "data": {"id": DAVE}},
        {"event": "User.Deleted", "data": {"id": DAVE}, "createdAt": "0001-01-01T00:00"},
        {"event": "User.Deleted", "data": {"id": 7}, "createdAt": "2026-11-20T15:10:23Z"},
        {"event": "User.Deleted", "createdAt": "2026-11-20T15:10:23Z"},
        {},
    ],
    ids=str,
)
def test_a_signal_without_a_user_changes_nothing(dave: User, event: dict[str, Any]) -> None:
    assert [answer for _receiver, answer in event_received.send_robust(None, event=event)] == [None]
    assert state(dave)[1] is True


def test_a_time_in_the_far_future_does_not_keep_later_states_out(
    send: Deliver, dave: User, recorded: Any
) -> None:
    suspended = recorded["suspended"]
    suspended["data"]["updatedAt"] = 4102444800000
    send(suspended)
    known = LogtoIdentity.objects.get().updated_at
    assert known is not None
    assert known.year < 2100


@pytest.fixture
def failing() -> Iterator[None]:
    def fail(**_: Any) -> None:
        raise RuntimeError("the receiver fails")

    event_received.connect(fail)
    yield
    event_received.disconnect(fail)


@pytest.mark.usefixtures("failing")
def test_a_receiver_that_fails_is_logged_and_undoes_nothing(
    send: Deliver, dave: User, recorded: Any, caplog: pytest.LogCaptureFixture
) -> None:
    send(recorded["suspended"])
    assert state(dave)[1] is False
    assert "the receiver fails" in caplog.text


def test_nothing_listens_without_the_application(send: Deliver, dave: User, recorded: Any) -> None:
    with modify_settings(INSTALLED_APPS={"remove": "drf_logto.users"}):
        send(recorded["suspended"])
    assert state(dave)[1] is True


# Sign-ins in a browser


CLAIMS = {"sub": DAVE, "name": "David", "updated_at": 1795187400068, "iat": 1795187400}


def sign_in(userinfo: dict[str, Any] | None = None, **claims: Any) -> None:
    arguments = {"issuer": ISSUER, "claims": {**CLAIMS, **claims}, "userinfo": userinfo or {}}
    assert [answer for _receiver, answer in signed_in.send_robust(None, **arguments)] == [None]


@pytest.mark.usefixtures("db")
def test_a_sign_in_creates_the_user_and_fills_the_profile() -> None:
    for _each in range(2):
        sign_in({"email": "dave@example.test", "email_verified": True})
    user = User.objects.get()
    assert (user.first_name, user.email) == ("David", "dave@example.test")
    assert user.username.startswith("logto-")


@pytest.mark.usefixtures("db")
def test_a_sign_in_creates_nobody_if_the_setting_says_so(logto_options: Any) -> None:
    logto_options(CREATE_USERS=False)
    sign_in()
    assert not User.objects.exists()


@pytest.mark.usefixtures("db")
def test_an_application_that_may_not_use_the_api_creates_nobody(logto_options: Any) -> None:
    logto_options(CLIENT_IDS="another", APP_ID="browsable")
    sign_in()
    assert not User.objects.exists()
    logto_options(CLIENT_IDS=["another", "browsable"], APP_ID="browsable")
    sign_in()
    assert User.objects.exists()


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("subject", ["", "a\n", 7])
def test_a_subject_that_cannot_be_stored_gets_no_user(subject: Any) -> None:
    sign_in(sub=subject)
    assert not User.objects.exists()


def test_a_sign_in_knows_no_more_than_a_later_event(
    send: Deliver, dave: User, recorded: Any
) -> None:
    send(recorded["suspended"])
    sign_in(name="Old")
    assert state(dave) == ("David", False)
    sign_in(name="New", updated_at=None, iat=1795187500)
    assert state(dave) == ("New", True)


def test_a_sign_in_is_nothing_without_the_application(dave: User) -> None:
    with modify_settings(INSTALLED_APPS={"remove": "drf_logto.users"}):
        sign_in()
    assert state(dave) == ("", True)
