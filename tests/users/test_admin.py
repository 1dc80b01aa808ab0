"""The page of identities in Django's admin site."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import path

from drf_logto.users.models import LogtoIdentity
from tests.support.views import Route
from tests.users.conftest import ISSUER

PAGE = "/admin/drf_logto_users/logtoidentity/"


@pytest.fixture
def site(django_admin: None, route: Route) -> None:
    route(path("admin/", admin.site.urls))


@pytest.fixture
def identity(db: None) -> LogtoIdentity:
    user = User.objects.create(username="ada")
    return LogtoIdentity.objects.create(
        user=user, issuer=ISSUER, subject="4ubr2sv15604", created_at="2026-01-01T00:00Z"
    )


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def superuser(db: None) -> Client:
    return browser(User.objects.create_superuser("root"))


def subjects(client: Client, query: str) -> list[str]:
    response: Any = client.get(f"{PAGE}?{query}")
    assert response.status_code == 200
    return [one.subject for one in response.context["cl"].result_list]


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("", True),
        ("q=4ubr2", True),
        ("q=ada", True),
        ("q=nobody", False),
        (f"issuer__exact={ISSUER}", True),
        ("issuer__exact=other", False),
        ("deactivated_at__isempty=1", True),
        ("deactivated_at__isempty=0", False),
    ],
)
def test_identities_are_found(
    site: None, superuser: Client, identity: LogtoIdentity, query: str, is_found: bool
) -> None:
    assert subjects(superuser, query) == ["4ubr2sv15604"] * is_found


def test_a_list_asks_for_no_user_alone(
    site: None, superuser: Client, identity: LogtoIdentity, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        user = User.objects.create(username=f"user {number}")
        LogtoIdentity.objects.create(
            user=user, issuer=ISSUER, subject=str(number), created_at="2026-01-01T00:00Z"
        )
    with django_assert_max_num_queries(10):
        assert len(subjects(superuser, "")) == 21


def test_nothing_can_be_changed_added_or_deleted(
    site: None, superuser: Client, identity: LogtoIdentity
) -> None:
    page = f"{PAGE}{identity.pk}/change/"
    shown = superuser.get(page).content.decode()
    assert "4ubr2sv15604" in shown
    for field in ("user", "issuer", "subject", "created_at"):
        assert f'name="{field}"' not in shown
    assert superuser.post(page, {"subject": "other"}).status_code == 403
    assert superuser.get(f"{PAGE}add/").status_code == 403
    assert superuser.post(f"{PAGE}{identity.pk}/delete/", {"post": "yes"}).status_code == 403
    assert 'value="delete_selected"' not in superuser.get(PAGE).content.decode()
    identity.refresh_from_db()
    assert identity.subject == "4ubr2sv15604"


@pytest.mark.parametrize("may_delete_identities", [True, False])
def test_who_may_delete_a_user_with_identities_needs_the_permission_for_both(
    site: None, identity: LogtoIdentity, may_delete_identities: bool
) -> None:
    staff = User.objects.create(username="staff", is_staff=True)
    granted = ["delete_user", "view_user", "delete_logtoidentity"][: 2 + may_delete_identities]
    staff.user_permissions.set(Permission.objects.filter(codename__in=granted))
    page: Any = browser(staff).get(f"/admin/auth/user/{identity.user.pk}/delete/")
    assert page.status_code == 200
    assert bool(page.context["perms_lacking"]) is not may_delete_identities


def test_the_identities_of_a_deleted_user_are_deleted(identity: LogtoIdentity) -> None:
    identity.user.delete()
    assert not LogtoIdentity.objects.exists()
