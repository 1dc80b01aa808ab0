"""link(): a project says by its own code whose account a subject is."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from drf_logto.signals import identity_created
from drf_logto.testing import Logto
from drf_logto.users import AlreadyLinked, link
from drf_logto.users.models import LogtoIdentity
from tests.users.conftest import ISSUER

pytestmark = pytest.mark.usefixtures("project")

OTHER = "https://login.example.test"


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada")


def test_the_tokens_of_a_linked_subject_are_those_of_its_user(logto: Logto, ada: User) -> None:
    link(ada, ISSUER, "4ubr2sv15604")
    response = logto.client(logto.global_token(user="4ubr2sv15604")).get("/")
    assert response.json()["user"] == "ada"
    assert User.objects.count() == 1


def test_linking_again_does_nothing(ada: User, django_capture_on_commit_callbacks: Any) -> None:
    sent = []

    def receive(**arguments: Any) -> None:
        sent.append(arguments["user"])

    identity_created.connect(receive)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            link(ada, ISSUER, "a")
            link(ada, ISSUER, "a")
    finally:
        identity_created.disconnect(receive)
    assert LogtoIdentity.objects.count() == 1
    assert sent == [ada]


def test_a_user_may_have_several_subjects_and_issuers(
    logto: Logto, ada: User, logto_options: Any
) -> None:
    logto_options(ENDPOINT=["https://tenant.logto.test", OTHER])
    link(ada, ISSUER, "a")
    link(ada, ISSUER, "b")
    link(ada, f"{OTHER}/oidc", "a")
    assert ada.logto_identities.count() == 3


def test_a_subject_of_another_user_is_refused(ada: User) -> None:
    link(ada, ISSUER, "a")
    bob = User.objects.create(username="bob")
    with pytest.raises(AlreadyLinked, match="linked to another user"):
        link(bob, ISSUER, "a")
    assert LogtoIdentity.objects.get().user == ada


@pytest.mark.parametrize(
    ("issuer", "subject", "sentence"),
    [
        ("https://tenant.logto.test", "a", f"takes one of these issuers: {ISSUER}"),
        (f"{OTHER}/oidc", "a", "takes one of these issuers"),
        ("", "a", "takes one of these issuers"),
        (ISSUER, "", "1 to 200 printable"),
        (ISSUER, "a" * 201, "1 to 200 printable"),
        (ISSUER, "a\n", "1 to 200 printable"),
        (ISSUER, None, "1 to 200 printable"),
    ],
)
def test_what_cannot_be_in_a_token_is_refused(
    ada: User, issuer: str, subject: Any, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        link(ada, issuer, subject)
    assert not LogtoIdentity.objects.exists()


def test_linking_does_not_save_the_user(ada: User) -> None:
    User.objects.update(first_name="Ada")
    link(ada, ISSUER, "a")
    assert User.objects.get().first_name == "Ada"


def test_a_user_who_is_not_saved_is_refused() -> None:
    with pytest.raises(ValueError, match="a user that is saved"):
        link(User(username="new"), ISSUER, "a")


def test_a_domain_can_be_replaced_without_new_users(
    logto: Logto, ada: User, logto_options: Any
) -> None:
    link(ada, ISSUER, "a")
    logto_options(ENDPOINT=["https://tenant.logto.test", OTHER])
    for identity in LogtoIdentity.objects.filter(issuer=ISSUER):
        link(identity.user, f"{OTHER}/oidc", identity.subject)
    with Logto(OTHER) as renamed:
        response = renamed.client(renamed.global_token(user="a")).get("/")
    assert response.json()["user"] == "ada"


def test_the_tables_are_those_of_the_migration(db: None) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "drf_logto_users", "--check", "--dry-run", verbosity=0)
    assert LogtoIdentity._meta.db_table in connection.introspection.table_names()
