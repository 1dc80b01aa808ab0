"""Where a request names its organization: URL keyword, header, host, function, several of them."""

import asyncio
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.test import AsyncClient, RequestFactory
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto.conf import get_settings, parse
from drf_logto.decorators import require_access_token
from drf_logto.organization_sources.computed import as_source
from drf_logto.organization_sources.named import Header, Host, UrlKeyword
from drf_logto.permissions import InOrganization, OrgResourceScopes
from drf_logto.testing import Logto
from drf_logto.view_options import named_organization

Route = Callable[..., None]
IDS = {"acme": "org-a", "globex": "org-b"}
ACME = SimpleNamespace(kwargs={"team": "acme"})


def request(**extra: Any) -> HttpRequest:
    return RequestFactory().get("/", **extra)


def of_team(request: Any, view: Any) -> str | None:
    return IDS.get(view.kwargs["team"])


def find(source: object, view: Any = ACME, **extra: Any) -> str | None:
    found = as_source(source)
    assert found is not None
    return found.find(request(**extra), view)


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({}, None),
        ({"X-Organization-Id": "org-a"}, "org-a"),
        ({"x-organization-id": "org-a"}, "org-a"),
        ({"X-Organization-Id": ""}, ""),
        ({"X-Organization-Id": "org-a,org-b"}, "org-a,org-b"),
        ({"X-Other": "org-a"}, None),
    ],
)
def test_a_header_names_it(sent: Mapping[str, str], named: str | None) -> None:
    assert find(Header("X-Organization-Id"), headers=sent) == named


@pytest.mark.parametrize(
    ("source", "host", "named"),
    [
        (Host(), "acme.example.com", "acme"),
        (Host(), "ACME.Example.com.:8000", "acme"),
        (Host(), "example.com", None),
        (Host(), "localhost:8000", None),
        (Host(), "127.0.0.1:8000", None),
        (Host(), "[::1]:8000", None),
        (Host("example.com"), "acme.example.com", "acme"),
        (Host("example.com"), "example.com", None),
        (Host("example.com"), "acme.other.com", None),
        (Host("example.com"), "acme-example.com", None),
        (Host("example.com"), "a.acme.example.com", ""),
        (Host("localhost"), "acme.localhost:8000", "acme"),
    ],
)
def test_the_subdomain_names_it(source: Host, host: str, named: str, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert find(source, headers={"Host": host}) == named


def test_a_host_that_django_refuses_fits_no_organization(settings: Any) -> None:
    settings.ALLOWED_HOSTS = [".example.com"]
    assert find(Host(), headers={"Host": "acme.example.org"}) == ""


@pytest.mark.parametrize(
    ("name", "id"),
    [("acme", "org-a"), ("globex", "org-b"), ("initech", ""), ("", ""), (None, None)],
)
def test_a_lookup_returns_the_id_and_none_for_no_such(
    name: str | None, id: str | None, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = [".localhost"]
    sent = {} if name is None else {"X-Team": name}
    assert find(Header("X-Team", lookup=IDS.get), headers=sent) == id
    view = SimpleNamespace(kwargs={} if name is None else {"team": name})
    assert find(UrlKeyword("team", lookup=IDS.get), view) == id
    host = {"Host": f"{name}.localhost" if name else "localhost"}
    if name != "":
        assert find(Host("localhost", lookup=IDS.get), headers=host) == id


def raising(error: Exception) -> Callable[[Any, Any], str]:
    def ask(request: Any, view: Any) -> str:
        raise error

    return ask


async def of_async(request: Any, view: Any) -> str:  # type: ignore[empty-body]
    """Is never awaited."""


def of_coroutine(request: Any, view: Any) -> Any:
    return of_async(request, view)


@pytest.mark.parametrize("error", [Http404(), ObjectDoesNotExist()])
def test_an_organization_that_is_not_found_fits_none(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    assert find(raising(error)) == ""
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        (raising(ValueError("the token: eyJ")), "ask raised ValueError"),
        (lambda request, view: 7, "returned int"),
        (of_coroutine, "returned coroutine"),
        (lambda request: "org-a", "raised TypeError"),
        ("tests.test_organization_sources.no_such_function", "raised ImportError"),
    ],
)
def test_a_function_that_fails_fits_no_organization_and_is_logged(
    function: Any, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert find(function) == ""
    assert fault in caplog.text
    assert "No organization is found (method 'GET')" in caplog.text
    assert "eyJ" not in caplog.text


def test_a_function_is_named_by_its_path_in_the_settings() -> None:
    assert find("tests.test_organization_sources.of_team") == "org-a"


def test_a_function_is_asked_once_for_a_request() -> None:
    asked = []

    def lookup(name: str) -> str:
        asked.append(name)
        return IDS[name]

    def of_request(request: Any, view: Any) -> str:
        return lookup(view.kwargs["team"])

    one, other = request(), request()
    globex = SimpleNamespace(kwargs={"team": "globex"})
    for source in (UrlKeyword("team", lookup=lookup), as_source(of_request)):
        assert source is not None
        asked.clear()
        assert [source.find(one, ACME), source.find(one, ACME)] == ["org-a", "org-a"]
        assert source.find(one, globex) == "org-b"
        assert source.find(other, ACME) == "org-a"
        assert asked == ["acme", "globex", "acme"]


def id_of_team(team: str) -> str:
    ASKED.append(team)
    return IDS[team]


ASKED: list[str] = []


@pytest.mark.parametrize("kind", [UrlKeyword, Header])
def test_a_lookup_may_be_a_dotted_path_and_is_asked_once_all_the_same(kind: Any) -> None:
    path = f"{__name__}.id_of_team"
    one = request(headers={"team": "acme"})
    for _ in "12":  # a view may make its source for each question
        source = kind("team", lookup=path)
        assert source.find(one, ACME) == "org-a"
        assert source == kind("team", lookup=path)
    assert ASKED == ["acme"]
    ASKED.clear()


def test_a_lookup_that_cannot_be_imported_fits_no_organization(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert find(UrlKeyword("team", lookup="nowhere.of_team")) == ""
    assert "nowhere.of_team raised ModuleNotFoundError" in caplog.text


@pytest.mark.parametrize(
    ("team", "header", "named"),
    [
        ("org-a", None, "org-a"),
        (None, "org-a", "org-a"),
        ("org-a", "org-a", "org-a"),
        ("org-a", "org-b", ""),
        ("org-a", "", ""),
        (None, None, None),
    ],
)
def test_several_sources_must_agree(
    team: str | None, header: str | None, named: str | None
) -> None:
    view = SimpleNamespace(kwargs={} if team is None else {"team": team})
    sent = {} if header is None else {"X-Team": header}
    assert find([UrlKeyword("team"), Header("X-Team")], view, headers=sent) == named


@pytest.mark.parametrize(
    ("make", "given"),
    [
        *((UrlKeyword, one) for one in ("team-id", "", 7)),
        *((Header, one) for one in ("", "X-Team:", None)),
        *((Host, one) for one in ("Example.com", "https://example.com", 7)),
        *((lambda one: Header("X-Team", lookup=one), one) for one in ("of_team", "", "a..b")),
        *((as_source, one) for one in ("team", Host, 7, [], [UrlKeyword("team"), None])),
    ],
)
def test_what_names_nothing_is_no_source(make: Callable[[Any], object], given: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        make(given)


def test_a_coroutine_function_is_no_source() -> None:
    with pytest.raises(ValueError, match="does not say where organizations are named"):
        as_source(of_async)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (UrlKeyword("team"), "URL keyword team"),
        (Header("X-Team"), "header X-Team"),
        (Host(), "subdomain of the host"),
        (Host("example.com"), "subdomain of example.com"),
        (of_team, "of_team()"),
        ("project.teams.of_request", "project.teams.of_request()"),
        ([UrlKeyword("team"), Header("X-Team")], "URL keyword team and header X-Team"),
    ],
)
def test_a_source_has_words(source: object, words: str) -> None:
    found = as_source(source)
    assert found is not None
    assert found.words == words


# In a view


def documents(**attributes: Any) -> Any:
    class Documents(APIView):
        permission_classes = [OrgResourceScopes("read")]

        def get(self, request: Any, **kwargs: Any) -> Response:
            return Response("seen")

    for name, value in attributes.items():
        setattr(Documents, name, value)
    return Documents


@pytest.mark.parametrize(
    "attributes",
    [
        {"organization_source": Header("X-Team", lookup=IDS.get)},
        {"organization_source": lambda request, view: IDS.get(request.headers["X-Team"])},
        {"organization_source": Header("X-Team", lookup=IDS.get), "organization_url_kwarg": "team"},
        {"organization_source": [Header("X-Team", lookup=IDS.get), UrlKeyword("organization")]},
        {"organization_source": property(lambda self: Header("X-Team", lookup=IDS.get))},
    ],
)
def test_a_view_admits_the_organization_that_its_source_names(
    logto: Logto, route: Route, attributes: dict[str, Any]
) -> None:
    route(path("<organization>/", documents(**attributes).as_view()))
    client = logto.client(logto.organization_resource_token("org-a", ["read"]))
    assert client.get("/org-a/", headers={"X-Team": "acme"}).status_code == 200
    for team in ("globex", "initech", ""):
        refused = client.get("/org-a/", headers={"X-Team": team})
        assert refused.status_code == 403
        assert refused.json()["code"] == "wrong_organization"


def test_sources_that_disagree_are_refused(logto: Logto, route: Route) -> None:
    sources = [UrlKeyword("organization"), Header("X-Organization-Id")]
    route(path("<organization>/", documents(organization_source=sources).as_view()))
    client = logto.client(logto.organization_resource_token("org-a", ["read"]))
    statuses = [
        client.get(f"/{one}/", headers={"X-Organization-Id": other}).status_code
        for one in ("org-a", "org-b")
        for other in ("org-a", "org-b")
    ]
    assert statuses == [200, 403, 403, 403]


def test_a_view_without_a_source_has_that_of_the_settings(
    logto: Logto, route: Route, settings: Any
) -> None:
    settings.LOGTO = {**settings.LOGTO, "ORGANIZATION_SOURCE": Header("X-Organization-Id")}
    route(path("", documents().as_view()))
    client = logto.client(logto.organization_resource_token("org-a", ["read"]))
    assert client.get("/", headers={"X-Organization-Id": "org-a"}).status_code == 200
    assert client.get("/", headers={"X-Organization-Id": "org-b"}).status_code == 403
    route(path("", documents(organization_source=None).as_view()))
    assert client.get("/", headers={"X-Organization-Id": "org-b"}).status_code == 200


def test_a_source_that_cannot_be_read_fits_no_organization() -> None:
    view = SimpleNamespace(kwargs={}, organization_source=7)
    assert named_organization(view, request()) == ""


@pytest.mark.parametrize("is_one_of_several", [False, True])
def test_an_asynchronous_view_asks_a_function_off_the_event_loop(
    logto: Logto, route: Route, is_one_of_several: bool
) -> None:
    def of_thread(request: Any, view: Any) -> str:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        return "org-a"

    @require_access_token(InOrganization)
    async def seen(request: HttpRequest) -> HttpResponse:
        return HttpResponse("seen")

    several = [Header("X-Organization-Id"), of_thread]
    cast("Any", seen).organization_source = several if is_one_of_several else of_thread
    route(path("", seen))
    get = async_to_sync(AsyncClient().get)
    for organization, status in (("org-a", 200), ("org-b", 403)):
        headers = {"Authorization": f"Bearer {logto.organization_token(organization)}"}
        # The second time the token is known, and asks for no thread itself.
        assert [get("/", headers=headers).status_code for _ in "12"] == [status, status]


def test_an_asynchronous_view_refuses_where_its_source_cannot_be_read(
    logto: Logto, route: Route
) -> None:
    @require_access_token(InOrganization)
    async def seen(request: HttpRequest) -> HttpResponse:  # type: ignore[empty-body]
        """Is never called."""

    cast("Any", seen).organization_source = 7
    route(path("", seen))
    headers = {"Authorization": f"Bearer {logto.organization_token('org-a')}"}
    assert async_to_sync(AsyncClient().get)("/", headers=headers).status_code == 403


# In the settings


def test_the_setting_takes_what_a_view_takes() -> None:
    for value in (Header("X-Team"), of_team, "project.teams.of_request", [Host(), Header("X-A")]):
        found, problems = parse({**MINIMAL, "ORGANIZATION_SOURCE": value})
        assert problems == []
        assert found is not None
        assert found.organization_source == as_source(value)


MINIMAL = {"ENDPOINT": "https://tenant.logto.test", "API_RESOURCE": "https://api.example.test"}


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ({"ORGANIZATION_SOURCE": "organization_id"}, "must be UrlKeyword('team')"),
        ({"ORGANIZATION_SOURCE": Host}, "must be UrlKeyword('team')"),
        (
            {"ORGANIZATION_SOURCE": Host(), "ORGANIZATION_URL_KWARG": "team"},
            "LOGTO['ORGANIZATION_URL_KWARG'] is not read",
        ),
    ],
)
def test_a_setting_that_cannot_work_is_reported(added: dict[str, Any], message: str) -> None:
    found, problems = parse({**MINIMAL, **added})
    assert found is None
    assert message in problems[0].message


def test_the_url_keyword_is_the_source_unless_another_is_set(settings: Any) -> None:
    assert get_settings().organization_source == UrlKeyword("organization_id")
    settings.LOGTO = {**settings.LOGTO, "ORGANIZATION_URL_KWARG": "team"}
    assert get_settings().organization_source == UrlKeyword("team")
    settings.LOGTO = {**MINIMAL, "ORGANIZATION_SOURCE": None}
    assert get_settings().organization_source is None
