"""request.user is a user of the project: found in one query, created by the first token."""

from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction
from django.http import JsonResponse
from django.test import Client, modify_settings
from django.urls import path
from rest_framework.permissions import IsAdminUser

from drf_logto.decorators import require_access_token
from drf_logto.signals import identity_created
from drf_logto.testing import Logto
from drf_logto.users import AlreadyLinked, link
from drf_logto.users.authentication import LogtoUserAuthentication
from drf_logto.users.identities import as_datetime, record_seen
from drf_logto.users.models import LogtoIdentity
from tests.support.views import Route, Seen
from tests.users.conftest import ISSUER

pytestmark = pytest.mark.usefixtures("project")


def get(logto: Logto, token: str, address: str = "/") -> Any:
    return logto.client(token).get(address)


def identity(subject: str = "ada", **changes: Any) -> LogtoIdentity:
    """A user who was here before."""
    user = User.objects.create(username=f"user of {subject}", **changes)
    return LogtoIdentity.objects.create(
        user=user, issuer=ISSUER, subject=subject, created_at="2026-01-01T00:00Z"
    )


def test_the_first_token_of_a_subject_creates_its_user(logto: Logto) -> None:
    response = get(logto, logto.global_token(user="ada"))
    made = LogtoIdentity.objects.get()
    assert (made.issuer, made.subject, str(made)) == (ISSUER, "ada", "ada")
    assert response.json()["user"] == made.user.username
    assert made.user.username.startswith("logto-")
    assert not made.user.has_usable_password()
    assert (made.user.is_staff, made.user.is_superuser, made.user.is_active) == (False, False, True)
    assert (made.user.email, made.user.first_name, made.user.last_name) == ("", "", "")


def test_later_tokens_have_the_same_user(logto: Logto) -> None:
    users = {
        get(logto, token).json()["user"]
        for token in (
            logto.global_token(user="ada"),
            logto.organization_token("org-a", user="ada"),
            logto.organization_resource_token("org-a", user="ada"),
        )
    }
    assert len(users) == User.objects.count() == LogtoIdentity.objects.count() == 1


def test_another_subject_has_another_user(logto: Logto) -> None:
    assert len({get(logto, logto.global_token(user=one)).json()["user"] for one in "ab"}) == 2


def test_a_request_takes_one_query(logto: Logto, django_assert_num_queries: Any) -> None:
    token = logto.global_token(user="ada")
    get(logto, token)
    with django_assert_num_queries(1):
        assert get(logto, token).status_code == 200


def test_nobody_is_matched_by_email_phone_or_username(logto: Logto) -> None:
    User.objects.create(username="ada", email="ada@example.test")
    claims = {"username": "ada", "email": "ada@example.test", "email_verified": True}
    response = get(logto, logto.global_token(user="ada", claims=claims))
    assert response.json()["user"] != "ada"
    assert User.objects.count() == 2


def test_no_user_is_created_if_the_setting_says_so(logto: Logto, logto_options: Any) -> None:
    logto_options(CREATE_USERS=False)
    known = identity()
    response = get(logto, logto.global_token(user="bob"))
    assert (response.status_code, response.json()["code"]) == (401, "unknown_user")
    assert "invalid_token" in response["WWW-Authenticate"]
    assert User.objects.count() == 1
    assert get(logto, logto.global_token(user="ada")).json()["user"] == known.user.username


def test_an_inactive_user_is_refused_and_nothing_is_written(logto: Logto) -> None:
    identity(is_active=False)
    response = get(logto, logto.global_token(user="ada"))
    assert (response.status_code, response.json()["code"]) == (401, "inactive_user")
    assert LogtoIdentity.objects.get().last_seen_at is None


@pytest.mark.parametrize("subject", ["a" * 201, "a\0", "a\nb"])
def test_a_subject_that_no_database_stores_as_it_is_is_unknown(logto: Logto, subject: str) -> None:
    response = get(logto, logto.global_token(user=subject))
    assert (response.status_code, response.json()["code"]) == (401, "unknown_user")
    assert not User.objects.exists()


def test_an_identity_was_last_seen_at_most_an_hour_ago(
    logto: Logto, django_assert_num_queries: Any
) -> None:
    def seen() -> int:
        last_seen_at = LogtoIdentity.objects.get().last_seen_at
        assert last_seen_at is not None
        return round(last_seen_at.timestamp() - began)

    began = logto.now()
    token = logto.global_token(user="ada", expires_in=9000)
    get(logto, token)
    assert seen() == 0
    logto.advance(3590)
    with django_assert_num_queries(1):
        get(logto, token)
    assert seen() == 0
    logto.advance(11)
    with django_assert_num_queries(2):
        get(logto, token)
    assert seen() == 3601


def test_a_time_that_another_request_wrote_is_kept(logto: Logto) -> None:
    read_before = identity()
    written = as_datetime(logto.now() - 5)
    LogtoIdentity.objects.update(last_seen_at=written)
    record_seen(read_before)
    assert LogtoIdentity.objects.get().last_seen_at == written


def test_times_are_naive_in_a_project_without_time_zones(logto: Logto, settings: Any) -> None:
    settings.USE_TZ = False
    for _each in range(2):
        assert get(logto, logto.global_token(user="ada")).status_code == 200
    assert LogtoIdentity.objects.get().created_at.tzinfo is None


# Machines, and who acts for another


def test_a_machine_keeps_its_principal(logto: Logto, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert get(logto, logto.global_token(machine="backend")).json()["user"] == "backend"


def test_a_machine_has_a_user_if_the_setting_says_so(logto: Logto, logto_options: Any) -> None:
    logto_options(SERVICE_USERS=True)
    response = get(logto, logto.global_token(machine="backend"))
    assert response.json()["user"] == LogtoIdentity.objects.get(subject="backend").user.username


def test_the_user_of_a_delegated_token_is_its_subject(logto: Logto) -> None:
    get(logto, logto.global_token(user="ada", claims={"act": {"sub": "agent"}}))
    assert [one.subject for one in LogtoIdentity.objects.all()] == ["ada"]


# Databases that compare without regard to case


@contextmanager
def without_case() -> Any:
    """Let the database compare subjects as MySQL does."""
    table = LogtoIdentity._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [table])
        definition = cursor.fetchone()[0]
        cursor.execute(f"DROP TABLE {table}")
        column = '"subject" varchar(200) NOT NULL'
        assert column in definition
        cursor.execute(definition.replace(column, f"{column} COLLATE NOCASE"))
    yield


def test_a_subject_in_another_case_is_another_one(logto: Logto) -> None:
    with without_case():
        assert get(logto, logto.global_token(user="ada")).status_code == 200
        response = get(logto, logto.global_token(user="ADA"))
        assert (response.status_code, response.json()["code"]) == (401, "unknown_user")
        assert User.objects.count() == 1
        with pytest.raises(AlreadyLinked):
            link(User.objects.get(), ISSUER, "ADA")


# Users that the project makes itself


def returning(make: Any) -> type[LogtoUserAuthentication]:
    class OfProject(LogtoUserAuthentication):
        def new_user(self, issuer: str, subject: str) -> Any:
            return make(issuer, subject)

    return OfProject


def test_a_project_makes_its_users_itself(logto: Logto, route: Route) -> None:
    made = returning(lambda issuer, subject: User(username=f"{subject} of {issuer}"))
    route(path("", Seen.as_view(authentication_classes=[made])))
    assert get(logto, logto.global_token(user="ada")).json()["user"] == f"ada of {ISSUER}"


def test_a_project_makes_no_user_of_some(logto: Logto, route: Route) -> None:
    route(path("", Seen.as_view(authentication_classes=[returning(lambda *_: None)])))
    response = get(logto, logto.global_token(user="ada"))
    assert (response.status_code, response.json()["code"]) == (401, "unknown_user")


def test_a_clash_of_the_project_is_its_error_and_leaves_nothing(logto: Logto, route: Route) -> None:
    User.objects.create(username="ada")
    made = returning(lambda _issuer, subject: User(username=subject))
    route(path("", Seen.as_view(authentication_classes=[made])))
    with pytest.raises(IntegrityError):
        get(logto, logto.global_token(user="ada"))
    assert (User.objects.count(), LogtoIdentity.objects.count()) == (1, 0)


# Transactions


class Refusing(Seen):
    authentication_classes = [LogtoUserAuthentication]
    permission_classes = [IsAdminUser]


@pytest.mark.django_db(transaction=True)
def test_a_user_is_created_within_the_transaction_of_a_request(
    logto: Logto, route: Route, settings: Any
) -> None:
    route(
        path("", Seen.as_view(authentication_classes=[LogtoUserAuthentication])),
        path("refused/", Refusing.as_view()),
    )
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        assert get(logto, logto.global_token(user="ada"), "/refused/").status_code == 403
        assert not User.objects.exists()  # REST Framework rolls back
        assert get(logto, logto.global_token(user="ada")).status_code == 200
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False
    assert User.objects.count() == LogtoIdentity.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_signal_is_sent_once_for_an_identity_that_stays(logto: Logto) -> None:
    sent = []

    def receive(sender: Any, **arguments: Any) -> None:
        del arguments["signal"]
        sent.append((sender, arguments))

    def fail(**_: Any) -> None:
        raise RuntimeError

    identity_created.connect(receive)
    identity_created.connect(fail)
    try:
        with transaction.atomic():
            for _each in range(2):
                assert get(logto, logto.global_token(user="ada")).status_code == 200
            assert sent == []
    finally:
        identity_created.disconnect(receive)
        identity_created.disconnect(fail)
    user = User.objects.get()
    assert sent == [(LogtoIdentity, {"user": user, "issuer": ISSUER, "subject": "ada"})]


# Every entry


def test_a_plain_view_has_the_same_user(logto: Logto, route: Route) -> None:
    @require_access_token
    def whoami(request: Any) -> JsonResponse:
        return JsonResponse({"user": str(request.user)})

    @require_access_token
    async def awhoami(request: Any) -> JsonResponse:
        return JsonResponse({"user": str(request.user)})

    route(path("", whoami), path("async/", awhoami))
    token = f"Bearer {logto.global_token(user='ada')}"
    answers = [
        Client().get(address, headers={"Authorization": token}).json()
        for address in ("/", "/async/")
    ]
    assert answers == [{"user": LogtoIdentity.objects.get().user.username}] * 2


def test_without_the_application_the_class_says_what_to_do(logto: Logto) -> None:
    with (
        modify_settings(INSTALLED_APPS={"remove": "drf_logto.users"}),
        pytest.raises(ImproperlyConfigured, match=r"Add 'drf_logto\.users' to INSTALLED_APPS"),
    ):
        get(logto, logto.global_token(user="ada"))
