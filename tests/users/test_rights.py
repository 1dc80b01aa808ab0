"""Groups and flags of Django, from the scopes or a claim of a token."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db.models.signals import m2m_changed, post_save

from drf_logto.testing import ABSENT, Logto
from tests.users.conftest import ISSUER
from tests.users.test_authentication import identity

pytestmark = pytest.mark.usefixtures("project")

GROUPS = {"editors": ["write:products", "read:products"], "readers": "read:products"}
FLAGS = {"STAFF_SCOPE": "admin:site", "SUPERUSER_SCOPE": "admin:all"}
EVERYTHING = ["read:products", "write:products", "admin:site", "admin:all"]

Rights = tuple[set[str], bool, bool]
NOTHING: Rights = (set(), False, False)
ALL: Rights = ({"editors", "readers"}, True, True)


@pytest.fixture(autouse=True)
def mapped(logto_options: Callable[..., None]) -> None:
    logto_options(GROUPS=GROUPS, **FLAGS)


def send(logto: Logto, token: str) -> Rights:
    """Send a token; return what its user, or Ada, has then."""
    assert logto.client(token).get("/").status_code == 200
    return rights()


def rights() -> Rights:
    user = User.objects.get()
    return {group.name for group in user.groups.all()}, user.is_staff, user.is_superuser


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (EVERYTHING, ALL),
        (["read:products"], ({"readers"}, False, False)),
        (["write:products"], NOTHING),  # all of the scopes are needed
        (["admin:site"], (set(), True, False)),
        (["admin:all"], (set(), False, True)),
        (["admin", "ADMIN:SITE", "admin:site:x"], NOTHING),
        ([], NOTHING),
    ],
)
def test_scopes_give_groups_and_flags(logto: Logto, scopes: list[str], expected: Rights) -> None:
    assert send(logto, logto.global_token(scopes, user="ada")) == expected


@pytest.mark.parametrize("scopes", [[], ["other"], ["write:products"]])
def test_what_a_token_no_longer_says_is_taken_away(logto: Logto, scopes: list[str]) -> None:
    send(logto, logto.global_token(EVERYTHING, user="ada"))
    assert send(logto, logto.global_token(scopes, user="ada")) == NOTHING


def test_groups_that_are_not_mapped_are_the_projects(logto: Logto) -> None:
    user = identity().user
    user.groups.add(Group.objects.create(name="VIP"), Group.objects.create(name="readers"))
    assert send(logto, logto.global_token(user="ada")) == ({"VIP"}, False, False)
    assert send(logto, logto.global_token(EVERYTHING, user="ada"))[0] == {"VIP", *GROUPS}


def test_flags_that_are_not_mapped_are_the_projects(
    logto: Logto, settings: Any, logto_options: Any
) -> None:
    logto_options(STAFF_SCOPE=None, SUPERUSER_SCOPE=None, GROUPS={})
    identity(is_staff=True, is_superuser=True)
    assert send(logto, logto.global_token(user="ada")) == (set(), True, True)


def test_a_token_without_scopes_changes_nothing(logto: Logto) -> None:
    send(logto, logto.global_token(EVERYTHING, user="ada"))
    assert send(logto, logto.global_token(user="ada", claims={"scope": ABSENT})) == ALL


@pytest.mark.parametrize("having", [True, False], ids=["who has them", "who has none"])
@pytest.mark.parametrize("kind", ["organization", "organization_resource", "another resource"])
def test_tokens_of_an_organization_or_another_resource_change_nothing(
    logto: Logto, logto_options: Any, kind: str, having: bool
) -> None:
    other = "https://other.example.test"
    logto_options(API_RESOURCE=[logto.api_resource, other])
    scopes = [] if having else EVERYTHING
    token = {
        "organization": logto.organization_token("org-a", scopes, user="ada"),
        "organization_resource": logto.organization_resource_token("org-a", scopes, user="ada"),
        "another resource": logto.global_token(scopes, user="ada", claims={"aud": other}),
    }[kind]
    before = send(logto, logto.global_token(EVERYTHING if having else [], user="ada"))
    assert before == (ALL if having else NOTHING)
    assert send(logto, token) == before


def test_the_claims_of_an_organizations_token_change_nothing(
    logto: Logto, logto_options: Any
) -> None:
    logto_options(GROUPS={"editors": "editor"}, GROUPS_CLAIM="roles", STAFF_SCOPE="admin")
    claims = {"roles": ["editor", "admin"]}
    token = logto.organization_resource_token("org-a", user="ada", claims=claims)
    assert send(logto, token) == NOTHING


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (["editor", "seller", "admin"], ({"editors", "sellers"}, True, False)),
        (["editor", "reviewer"], ({"editors"}, False, False)),
        ("editor", ({"editors"}, False, False)),
        ("editor seller", NOTHING),  # one value
        (["seller", 7, None, ["editor"]], ({"sellers"}, False, False)),
        ([], NOTHING),
        ("", NOTHING),
    ],
)
def test_values_of_a_claim_give_groups_and_flags(
    logto: Logto, logto_options: Any, claim: Any, expected: Rights
) -> None:
    groups = {"editors": ["editor"], "sellers": "seller", "both": ["editor", "manager"]}
    logto_options(GROUPS=groups, GROUPS_CLAIM="roles", STAFF_SCOPE="admin", SUPERUSER_SCOPE=None)
    before = identity()
    before.user.groups.add(Group.objects.create(name="both"))
    token = logto.global_token(EVERYTHING, user="ada", claims={"roles": claim})
    assert send(logto, token) == expected


@pytest.mark.parametrize("claim", [ABSENT, None, 7, True, {"editor": True}], ids=str)
def test_an_absent_claim_changes_nothing(logto: Logto, logto_options: Any, claim: Any) -> None:
    send(logto, logto.global_token(EVERYTHING, user="ada"))
    logto_options(GROUPS_CLAIM="roles")
    assert send(logto, logto.global_token(user="ada", claims={"roles": claim})) == ALL


def test_a_request_that_changes_nothing_takes_one_query(
    logto: Logto, django_assert_num_queries: Any
) -> None:
    token = logto.global_token(["read:products", "admin:site"], user="ada")
    send(logto, token)
    with django_assert_num_queries(1):
        assert logto.client(token).get("/").status_code == 200


def test_an_inactive_user_is_given_nothing(logto: Logto) -> None:
    identity(is_active=False)
    assert logto.client(logto.global_token(EVERYTHING, user="ada")).get("/").status_code == 401
    assert rights() == NOTHING


def test_a_machine_is_given_rights_if_it_has_a_user(logto: Logto, logto_options: Any) -> None:
    token = logto.global_token(EVERYTHING, machine="backend")
    assert logto.client(token).get("/").status_code == 200
    assert not User.objects.exists()
    logto_options(SERVICE_USERS=True)
    assert send(logto, token) == ALL


def test_a_missing_group_is_created_without_permissions(logto: Logto) -> None:
    Group.objects.create(name="editors")
    send(logto, logto.global_token(EVERYTHING, user="ada"))
    assert sorted(group.name for group in Group.objects.all()) == ["editors", "readers"]
    assert not Group.objects.get(name="readers").permissions.exists()


def test_changes_are_sent_as_djangos_signals(logto: Logto) -> None:
    identity()
    seen: list[str] = []

    def saved(update_fields: Any, **_: Any) -> None:
        seen.extend(update_fields or ())

    def changed(action: str, **_: Any) -> None:
        seen.append(action)

    post_save.connect(saved, sender=User)
    m2m_changed.connect(changed, sender=User.groups.through)
    try:
        send(logto, logto.global_token(["admin:site", "read:products"], user="ada"))
    finally:
        post_save.disconnect(saved, sender=User)
        m2m_changed.disconnect(changed, sender=User.groups.through)
    assert seen == ["is_staff", "pre_add", "post_add"]


def test_the_user_of_the_request_has_the_permissions_of_its_groups(
    logto: Logto, route: Any
) -> None:
    from django.contrib.auth.models import Permission
    from django.urls import path
    from rest_framework.response import Response

    from drf_logto.users.authentication import LogtoUserAuthentication
    from tests.support.views import Seen

    class Allowed(Seen):
        authentication_classes = [LogtoUserAuthentication]

        def get(self, request: Any) -> Response:
            return Response({"may": request.user.has_perm("auth.add_group")})

    route(path("", Allowed.as_view()))
    group = Group.objects.create(name="readers")
    group.permissions.add(Permission.objects.get(codename="add_group"))
    given, taken = (
        logto.client(logto.global_token(scopes, user="ada")).get("/").json()["may"]
        for scopes in (["read:products"], [])
    )
    assert (given, taken) == (True, False)
    assert logto.issuer == ISSUER
