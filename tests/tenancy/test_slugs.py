"""SlugMap: what is remembered, and when it is void."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.db import connection, connections, transaction
from django.db.models.signals import post_delete
from django.test.utils import CaptureQueriesContext
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto.permissions import InOrganization
from drf_logto.tenancy import SlugMap, UrlKeyword
from drf_logto.testing import Logto
from tests.support.teams.models import Page, Team, organizations

# What is committed is committed here.
pytestmark = pytest.mark.django_db(transaction=True)

elsewhere = SlugMap("teams.team", slug="slug", organization="organization_id")
"""The same in another process: all that they share is in the cache."""
by_id = SlugMap("teams.Team", slug="pk", organization="organization_id")


class Broken(LocMemCache):
    """Does not answer."""

    def get_many(self, keys: Any, version: Any = None) -> Any:
        raise ConnectionError("secret")

    set = add = get_many  # type: ignore[assignment]


class Subclass(Team):
    class Meta:
        proxy = True
        app_label = "teams"


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    yield
    caches["default"].clear()


@pytest.fixture
def acme(transactional_db: None) -> Team:
    return Team.objects.create(slug="acme", organization_id="org-a")


def queries(slug: object, map: SlugMap = organizations) -> tuple[str | None, int]:
    """What is found, and how many queries it takes when the map is warm."""
    for _ in "12":
        map(str(slug))
    with CaptureQueriesContext(
        connection,
    ) as captured:
        found = map(str(slug))
    return found, len(captured)


def test_a_slug_is_asked_of_the_database_once(acme: Team) -> None:
    assert queries("acme") == ("org-a", 0)
    assert queries("acme", elsewhere) == ("org-a", 0)
    assert queries(acme.pk, by_id) == ("org-a", 0)


def test_what_is_unknown_is_not_remembered(acme: Team) -> None:
    Team.objects.create(slug="not linked", organization_id="")
    for slug in ("other", "ACME ", "", "not linked", "9" * 99):
        assert queries(slug) == (None, 1)
        assert by_id(slug) is None
    for slug in ("a" * 256, "a\0b"):
        assert queries(slug) == queries(slug, by_id) == (None, 0)


def test_what_two_rows_have_names_none(acme: Team) -> None:
    Team.objects.create(slug="again", organization_id="org-a")
    reversed_map = SlugMap("teams.Team", slug="organization_id", organization="slug")
    assert reversed_map("org-a") is None


def rename(team: Team) -> None:
    team.slug = "renamed"
    team.save()


def change(team: Team) -> None:
    team.organization_id = "org-b"
    team.save()


def change_by_proxy(team: Team) -> None:
    change(Subclass.objects.get(pk=team.pk))


def update(team: Team) -> None:
    Team.objects.update(organization_id="org-b")
    organizations.clear()


def delete(team: Team) -> None:
    team.delete()


CHANGES = {
    rename: None,
    change: "org-b",
    change_by_proxy: "org-b",
    update: "org-b",
    delete: None,
}


def test_a_change_counts_in_every_process_once_it_is_committed() -> None:
    for change, found in CHANGES.items():
        Team.objects.all().delete()
        team = Team.objects.create(slug="acme", organization_id="org-a")
        assert queries("acme", elsewhere) == ("org-a", 0)
        with transaction.atomic():
            change(team)
            assert organizations("acme") == found  # for whoever has made the change
        assert elsewhere("acme") == found


def test_a_change_that_is_rolled_back_is_not_remembered(acme: Team) -> None:
    assert queries("acme") == ("org-a", 0)
    with transaction.atomic():
        change(acme)
        assert [organizations("acme") for _ in "12"] == ["org-b", "org-b"]
        transaction.set_rollback(True)
    assert queries("acme") == ("org-a", 0)


class Interrupted(SlugMap):
    """Another process changes the row between the question and the note of its answer."""

    def _ask(self, rows: Any, name: str) -> str | None:
        found = super()._ask(rows, name)
        change(Team.objects.get())
        return found


@pytest.mark.parametrize("is_warm", [True, False])
def test_a_change_during_the_question_voids_its_answer(acme: Team, is_warm: bool) -> None:
    if is_warm:
        queries("acme")
        organizations.clear()
    Interrupted("teams.Team", slug="slug", organization="organization_id")("acme")
    assert queries("acme") == ("org-b", 0)


class ToOther:
    """Chooses the database of another site, as routers do by the host of a request."""

    def db_for_write(self, model: Any, **_: Any) -> str:
        return "other"


def test_what_is_remembered_of_one_database_does_not_answer_for_another(
    acme: Team, settings: Any
) -> None:
    assert queries("acme") == ("org-a", 0)
    connections.settings["other"] = connection.settings_dict
    settings.DATABASE_ROUTERS = [ToOther()]
    try:
        # Django lets no test ask a database that it does not name.
        with pytest.raises(AssertionError, match="'other'"):
            organizations("acme")
    finally:
        del connections.settings["other"], connections["other"]


def test_other_models_are_deleted_as_fast_as_before() -> None:
    assert post_delete.has_listeners(Team)
    assert not post_delete.has_listeners(Page)


def test_rows_of_other_models_void_nothing(acme: Team) -> None:
    assert queries("acme") == ("org-a", 0)
    acme.folder_set.create(name="folder")
    with CaptureQueriesContext(connection) as captured:
        organizations("acme")
    assert len(captured) == 0


def test_a_cache_that_does_not_work_is_reported_once(
    acme: Team, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.Broken"}}
    map = SlugMap("teams.Team", slug="slug", organization="organization_id")
    assert [map("acme") for _ in "123"] == ["org-a"] * 3
    found = [one.getMessage() for one in caplog.records if one.name == "drf_logto"]
    assert found == ["The cache 'default' does not work: ConnectionError."]


@pytest.mark.parametrize(
    "given",
    [
        {"slug": "owner__slug"},
        {"organization": "owner__organization_id"},
        {"timeout": 0},
        {"timeout": 301},
    ],
)
def test_a_map_that_cannot_work_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        SlugMap("teams.Team", **{"slug": "slug", "organization": "organization_id", **given})


def test_a_route_names_an_organization_by_its_slug(acme: Team, logto: Logto, route: Any) -> None:
    class Seen(APIView):
        permission_classes = [InOrganization]
        organization_source = UrlKeyword("team", lookup=organizations)

        def get(self, request: Any, **kwargs: Any) -> Response:
            return Response("seen")

    route(path("<team>/", Seen.as_view()))
    client = logto.client(logto.organization_token("org-a"))
    assert [client.get(f"/{one}/").status_code for one in ("acme", "org-a")] == [200, 403]
