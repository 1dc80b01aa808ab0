"""What challenges tell a client: where the metadata are, and which scope a view asks for."""

from itertools import count
from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path, re_path, register_converter
from django.urls.converters import StringConverter
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.exceptions import WrongAudience
from drf_logto.permissions import HasScopes, InOrganization, IsUser, OrgResourceScopes
from drf_logto.responses import as_api_exception
from drf_logto.testing import Logto
from tests.support.checked import made
from tests.support.views import Route

URLS = path("", include("drf_logto.discovery.urls"))
API = "https://api.example.test"
ADDRESS = f"{API}/.well-known/oauth-protected-resource"
METADATA = f'resource_metadata="{ADDRESS}"'


class Answering(APIView):
    def get(self, _request: Any, **_: Any) -> Response:
        return Response("granted")


def drf_view(*permissions: Any, **attributes: Any) -> Any:
    return made(Answering, *permissions, **attributes).as_view()


def plain_view(*permissions: Any, **attributes: Any) -> Any:
    def view(_request: Any, **_: Any) -> HttpResponse:
        return HttpResponse("granted")

    vars(view).update(attributes)
    return require_access_token(*permissions)(view)


def async_view(*permissions: Any, **attributes: Any) -> Any:
    async def view(_request: Any, **_: Any) -> HttpResponse:
        return HttpResponse("granted")

    vars(view).update(attributes)
    return require_access_token(*permissions)(view)


each_view = pytest.mark.parametrize("view", [drf_view, plain_view, async_view])


def ask(token: str | None = None) -> Any:
    return Client().get("/", headers={} if token is None else {"Authorization": f"Bearer {token}"})


def challenge(token: str | None = None) -> str:
    return str(ask(token).headers["WWW-Authenticate"])


@each_view
def test_a_missing_token_is_told_where_and_what_to_ask_for(
    logto: Logto, route: Route, view: Any
) -> None:
    route(URLS, path("", view(HasScopes("read:a", "read:b"))))
    assert challenge() == f'Bearer realm="api", {METADATA}, scope="read:a read:b"'


@each_view
def test_a_bad_token_is_told_the_same(logto: Logto, route: Route, view: Any) -> None:
    route(URLS, path("", view(HasScopes("read:a") & IsUser)))
    told = challenge(logto.global_token(expires_in=-1))
    assert 'error="invalid_token"' in told
    assert told.endswith(f', {METADATA}, scope="read:a"')
    malformed = challenge("a b")
    assert malformed.endswith(f', {METADATA}, scope="read:a"')


@each_view
@pytest.mark.parametrize(
    ("permission", "scope"),
    [
        (HasScopes("a") | InOrganization("b"), None),
        (HasScopes("a") | OrgResourceScopes("a"), "a"),
        (HasScopes("a") & ~IsUser, "a"),
        (HasScopes("a") | ~IsUser, None),
        (HasScopes(), None),
        (HasScopes(write="b"), None),
        (HasScopes(read="a", write="b"), "a"),
    ],
    ids=map(str, count()),
)
def test_a_scope_is_told_where_every_way_in_asks_for_it(
    logto: Logto, route: Route, view: Any, permission: Any, scope: str | None
) -> None:
    route(URLS, path("", view(permission)))
    response = ask(logto.global_token(expires_in=-1))
    told = response.headers["WWW-Authenticate"]
    assert response.status_code == 401
    assert METADATA in told
    assert told.endswith(f', scope="{scope}"') if scope else "scope=" not in told


def test_an_open_view_tells_a_bad_token_no_scope(logto: Logto, route: Route) -> None:
    route(URLS, path("", drf_view(AllowAny)))
    assert "WWW-Authenticate" not in ask().headers
    told = challenge(logto.opaque_token())
    assert METADATA in told
    assert "scope=" not in told


@each_view
def test_a_denied_token_is_told_where_to_ask(logto: Logto, route: Route, view: Any) -> None:
    route(URLS, path("", view(HasScopes("read:a"))))
    told = challenge(logto.global_token())
    assert told.endswith(f', scope="read:a", {METADATA}')
    told = challenge(logto.global_token(claims={"aud": "https://other.example.test"}))
    assert (told.count(METADATA), "scope=" in told) == (1, False)


@each_view
def test_a_granted_request_has_no_challenge(logto: Logto, route: Route, view: Any) -> None:
    route(URLS, path("", view(InOrganization("b") | HasScopes("a"))))
    response = ask(logto.global_token(["a"]))
    assert (response.status_code, "WWW-Authenticate" in response.headers) == (200, False)


@each_view
@pytest.mark.parametrize(
    ("narrowed", "named"),
    [
        (None, f"{API}/.well-known/oauth-protected-resource/a"),
        (f"{API}/b", f"{API}/.well-known/oauth-protected-resource/b"),
        ([f"{API}/b/ü", f"{API}/b"], f"{API}/.well-known/oauth-protected-resource/b"),
        (f"{API}/b/ü", f"{API}/.well-known/oauth-protected-resource/b/%C3%BC"),
        ("urn:api", None),
        ("https://other.example.test/a", None),
    ],
    ids=str,
)
def test_the_resource_of_the_view_is_named(
    logto: Logto, route: Route, logto_options: Any, view: Any, narrowed: Any, named: str | None
) -> None:
    resources = ["urn:api", f"{API}/a", "https://other.example.test/a", f"{API}/b", f"{API}/b/ü"]
    logto_options(API_RESOURCE=resources)
    route(URLS, path("", view(HasScopes("read:a"), api_resource=narrowed)))
    told = challenge()
    assert f'resource_metadata="{named}"' in told if named else "resource_metadata" not in told


@pytest.mark.parametrize(
    "patterns",
    [
        [],
        [path("api/", include("drf_logto.discovery.urls"))],
        [re_path(r"^\.well-known/.*", lambda _request: HttpResponse()), URLS],
    ],
    ids=["not included", "below a prefix", "behind another route"],
)
def test_nothing_is_told_where_the_address_leads_nowhere(
    logto: Logto, route: Route, patterns: list[Any]
) -> None:
    route(*patterns, path("", drf_view(HasScopes("read:a"))))
    assert challenge() == 'Bearer realm="api"'


class Failing(StringConverter):
    def to_python(self, value: str) -> str:
        raise KeyError(value)


def test_a_route_whose_converter_fails_changes_no_other_refusal(logto: Logto, route: Route) -> None:
    register_converter(Failing, "failing")
    view = drf_view(HasScopes("read:a"))
    route(path("", view), path("<failing:one>/<path:rest>", view))
    assert challenge() == 'Bearer realm="api"'


def test_the_language_of_a_path_changes_nothing(logto: Logto, route: Route) -> None:
    view = path("", drf_view(HasScopes("read:a")))
    route(*i18n_patterns(URLS, view, prefix_default_language=False))
    assert METADATA in Client().get("/ko/").headers["WWW-Authenticate"]
    assert METADATA in challenge()


def test_what_a_view_computes_may_fail(logto: Logto, route: Route) -> None:
    def fail(*_: Any) -> Any:
        raise ValueError

    class Computing(Answering):
        answers: Any = ([HasScopes()],)

        def get_permissions(self) -> Any:
            (answer,), self.answers = self.answers, ()
            return answer

    route(URLS, path("", Computing.as_view()))
    assert challenge() == f'Bearer realm="api", {METADATA}'
    route(URLS, path("", drf_view(IsAuthenticated, api_resource=property(fail))))
    assert challenge() == 'Bearer realm="api"'


@pytest.mark.parametrize("refused", [NotAuthenticated, PermissionDenied])
def test_a_refusal_of_the_project_is_told_of_the_metadata_in_a_401(
    logto: Logto, route: Route, refused: Any
) -> None:
    class Refusing(BasePermission):
        def has_permission(self, _request: Any, _view: Any) -> bool:
            raise refused

    for view in (drf_view(Refusing), plain_view(Refusing)):
        route(URLS, path("", view))
        response = ask(logto.global_token())
        expected = METADATA if response.status_code == 401 else ""
        assert expected in response.headers.get("WWW-Authenticate", "")


def test_a_view_that_asks_who_it_is_for_is_asked_after_the_authentication(
    logto: Logto, route: Route
) -> None:
    class Asking(Answering):
        def get_permissions(self) -> Any:
            return [HasScopes("read:staff" if self.request.user.is_staff else "read:a")]

    route(URLS, path("", Asking.as_view()))
    assert challenge(logto.opaque_token()).endswith(', scope="read:a"')


def test_an_authenticator_that_knows_no_view_names_the_first_resource(route: Route) -> None:
    route(URLS)
    request: Any = Client().get("/.well-known/oauth-protected-resource").wsgi_request
    assert LogtoJWTAuthentication().authenticate_header(request).endswith(METADATA)


def test_without_urls_nothing_is_told(settings: Any) -> None:
    del settings.ROOT_URLCONF
    exception: Any = as_api_exception(WrongAudience())
    assert exception.auth_header.startswith('Bearer realm="api", error=')
