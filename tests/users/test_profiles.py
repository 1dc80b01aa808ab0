"""Names and e-mail addresses: what Logto says of a user, and never what an access token says."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from django.db.models.signals import pre_save

from drf_logto.users.profiles import fill, from_claims, from_user

VERIFIED = {"email_verified": True}


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"name": "Alice"}, {"first_name": "Alice", "last_name": ""}),
        (
            {"given_name": "Ada", "family_name": "King", "name": "Ada King"},
            {"first_name": "Ada", "last_name": "King"},
        ),
        ({"family_name": "King"}, {"first_name": "", "last_name": "King"}),
        ({"name": "  김\u0000 하늘\n "}, {"first_name": "김 하늘", "last_name": ""}),
        ({"name": None}, {}),
        ({"name": 7, "given_name": [], "family_name": {}}, {}),
        ({"email": "a@example.test", **VERIFIED}, {"email": "a@example.test"}),
        ({"email": "a@example.test"}, {}),
        ({"email": "a@example.test", "email_verified": False}, {}),
        ({"email": "a@example.test", "email_verified": "true"}, {}),
        ({"email": "a@example.test", "email_verified": 1}, {}),
        ({"email": "a@exam\u0000ple.test", **VERIFIED}, {}),
        ({"email": "a@example.test\nb@example.test", **VERIFIED}, {}),
        ({"email": '"\u0001"@example.test', **VERIFIED}, {}),
        ({"email": "nobody", **VERIFIED}, {}),
        ({"email": None, **VERIFIED}, {}),
        ({"email": ["a@example.test"], **VERIFIED}, {}),
        ({"sub": "a", "username": "alice", "phone_number": "1"}, {}),
        ({}, {}),
    ],
    ids=str,
)
def test_claims_say_who_somebody_is(claims: dict[str, Any], expected: dict[str, str]) -> None:
    assert from_claims(claims) == expected


def test_a_user_of_the_management_api_says_the_same(recordings: dict[str, Any]) -> None:
    delivery = recordings["revocation"]["hooks"][0]["deliveries"][0]
    dave = json.loads(delivery["raw"])["data"]
    assert from_user(dave) == {
        "first_name": "David",
        "last_name": "",
        "email": "dave7dddce@example.test",
    }


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (
            {"name": "x", "profile": {"givenName": "Ada", "familyName": "King"}},
            {"first_name": "Ada", "last_name": "King"},
        ),
        ({"name": None, "primaryEmail": None, "profile": {}}, {}),
        ({"profile": "x", "customData": {"primaryEmail": "a@example.test"}}, {}),
        ({"identities": {"google": {"details": {"email": "a@example.test"}}}}, {}),
    ],
    ids=str,
)
def test_only_the_primary_address_counts(user: dict[str, Any], expected: dict[str, str]) -> None:
    assert from_user(user) == expected


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create(username="ada", first_name="A", email="old@example.test")


def test_a_profile_is_written(ada: User) -> None:
    fill(ada, {"first_name": "Ada", "last_name": "King", "email": "new@example.test"})
    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name, ada.email) == ("Ada", "King", "new@example.test")
    assert ada.username == "ada"


def test_what_is_not_known_stays(ada: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        fill(ada, {})
        fill(ada, {"first_name": "A", "email": "old@example.test"})
    assert (ada.first_name, ada.email) == ("A", "old@example.test")


def test_names_are_cut_and_addresses_are_not(ada: User) -> None:
    long = f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.test"
    fill(ada, {"first_name": "n" * 1000, "email": long})
    ada.refresh_from_db()
    assert (ada.first_name, ada.email) == ("n" * 150, "old@example.test")


@pytest.fixture
def unique_addresses(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX once ON auth_user (email)")


def test_the_address_of_another_user_is_left_out(ada: User, unique_addresses: None) -> None:
    User.objects.create(username="bob", email="bob@example.test")
    fill(ada, {"first_name": "Ada", "email": "bob@example.test"})
    assert ada.email == "old@example.test"
    ada.refresh_from_db()
    assert (ada.first_name, ada.email) == ("Ada", "old@example.test")


def test_another_clash_is_the_projects(ada: User) -> None:
    def clash(**_: Any) -> None:
        raise IntegrityError

    pre_save.connect(clash, sender=User)
    try:
        with pytest.raises(IntegrityError):
            fill(ada, {"first_name": "Ada"})
    finally:
        pre_save.disconnect(clash, sender=User)


@pytest.mark.parametrize("field", ["email", "first_name"])
def test_a_username_is_never_written_whatever_field_it_is(ada: User, field: str) -> None:
    ada.USERNAME_FIELD = field
    fill(ada, {"first_name": "Ada", "last_name": "King", "email": "new@example.test"})
    ada.refresh_from_db()
    written = (ada.first_name, ada.email)
    kept = {"email": ("Ada", "old@example.test"), "first_name": ("A", "new@example.test")}
    assert (*written, ada.last_name) == (*kept[field], "King")


def test_fields_that_the_model_lacks_are_left_out(ada: User) -> None:
    fill(ada, {"nickname": "Lady"})
    assert not hasattr(ada, "nickname")
