"""LogtoJWTAuthentication: from the header to request.user and request.auth, or to an answer."""

from typing import Any

import pytest
from django.urls import path
from django.utils import translation
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.test import APIClient, APIRequestFactory

from drf_logto.api_exceptions import as_api_exception
from drf_logto.auth_info import AuthInfo
from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.exceptions import LogtoError
from drf_logto.principal import LogtoPrincipal
from drf_logto.testing import Logto
from tests.support.refusals import leaves
from tests.support.views import Route, Seen


def test_a_verified_token_gives_user_and_auth(logto: Logto) -> None:
    request: Any = APIRequestFactory().get(
        "/", HTTP_AUTHORIZATION=f"Bearer {logto.global_token(user='alice')}"
    )
    user, auth = LogtoJWTAuthentication().authenticate(request) or (None, None)
    assert isinstance(user, LogtoPrincipal)
    assert isinstance(auth, AuthInfo)
    assert (user.sub, user.auth) == ("alice", auth)


@pytest.mark.parametrize("header", [None, "", "Basic dXNlcjpwdw==", "Token abc"])
def test_a_request_without_a_bearer_token_is_anonymous_on_an_open_view(
    logto: Logto, route: Route, header: str | None
) -> None:
    route(path("", Seen.as_view()))
    headers = {} if header is None else {"Authorization": header}
    response = APIClient().get("/", headers=headers)
    assert (response.status_code, response.json()) == (200, {"user": "AnonymousUser", "auth": None})
    assert "WWW-Authenticate" not in response.headers


@pytest.mark.parametrize("header", [None, "Basic dXNlcjpwdw=="])
def test_a_view_that_needs_credentials_answers_401_without_an_error(
    logto: Logto, route: Route, header: str | None
) -> None:
    route(path("", Seen.as_view(permission_classes=[IsAuthenticated])))
    response = APIClient().get("/", headers={} if header is None else {"Authorization": header})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.json() == {"detail": "Authentication credentials were not provided."}


@pytest.mark.parametrize("permission", [AllowAny, IsAuthenticated])
@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "bearer a, Bearer b"])
def test_a_malformed_header_is_an_invalid_request(
    logto: Logto, route: Route, header: str, permission: Any
) -> None:
    route(path("", Seen.as_view(permission_classes=[permission])))
    response = APIClient().get("/", headers={"Authorization": header})
    assert response.status_code == 401
    assert 'error="invalid_request"' in response.headers["WWW-Authenticate"]
    assert response.json()["code"] == "malformed_header"


@pytest.mark.parametrize("permission", [AllowAny, IsAuthenticated])
def test_a_bad_token_is_never_anonymous(logto: Logto, route: Route, permission: Any) -> None:
    route(path("", Seen.as_view(permission_classes=[permission])))
    response = logto.client(logto.global_token(expires_in=-1)).get("/")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == (
        'Bearer realm="api", error="invalid_token", '
        'error_description="The access token has expired."'
    )
    assert response.json() == {"detail": "The access token has expired.", "code": "token_expired"}


def test_a_token_for_another_audience_is_forbidden(logto: Logto, route: Route) -> None:
    route(path("", Seen.as_view()))
    response = logto.client(logto.global_token(claims={"aud": "https://other.test"})).get("/")
    assert response.status_code == 403
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
    assert response.json()["code"] == "wrong_audience"


def test_an_outage_is_no_verdict_on_the_token(logto: Logto, route: Route) -> None:
    route(path("", Seen.as_view()))
    with logto.outage():
        response = logto.client(logto.global_token()).get("/")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "30"
    assert "WWW-Authenticate" not in response.headers
    assert response.json()["code"] == "authorization_server_unavailable"


def test_the_realm_is_the_projects(logto: Logto, route: Route, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "REALM": "Shop"}
    route(path("", Seen.as_view(permission_classes=[IsAuthenticated])))
    assert APIClient().get("/").headers["WWW-Authenticate"] == 'Bearer realm="Shop"'


class Failing(BaseAuthentication):
    def authenticate(self, request: Any) -> None:
        raise AuthenticationFailed("not by this one")


def test_another_class_that_fails_is_not_told_as_ours(logto: Logto, route: Route) -> None:
    classes = [LogtoJWTAuthentication, Failing]
    route(path("", Seen.as_view(authentication_classes=classes)))
    response = APIClient().get("/")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_classes_after_it_see_requests_without_a_bearer_token(logto: Logto, route: Route) -> None:
    classes = [LogtoJWTAuthentication, SessionAuthentication]
    route(path("", Seen.as_view(authentication_classes=classes)))
    assert APIClient().get("/").status_code == 200


class ByEmail(LogtoJWTAuthentication):
    def get_user(self, auth: AuthInfo) -> Any:
        return f"{auth.sub}@example.test"


def test_a_project_can_map_the_subject_to_its_own_user(logto: Logto, route: Route) -> None:
    route(path("", Seen.as_view(authentication_classes=[ByEmail])))
    response = logto.client(logto.global_token(user="alice")).get("/")
    assert response.json()["user"] == "alice@example.test"


class Closed(LogtoJWTAuthentication):
    def get_user(self, auth: AuthInfo) -> Any:
        raise AuthenticationFailed("This account is closed.")


def test_a_subject_that_a_project_refuses_is_told_in_its_words(logto: Logto, route: Route) -> None:
    route(path("", Seen.as_view(authentication_classes=[Closed])))
    response = logto.client(logto.global_token()).get("/")
    assert (response.status_code, response.json()) == (401, {"detail": "This account is closed."})
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("elsewhere", ["not a token", ""])
def test_a_token_elsewhere_changes_nothing_about_the_one_in_the_header(
    logto: Logto, route: Route, elsewhere: str
) -> None:
    class Posted(Seen):
        post = Seen.get

    route(path("", Posted.as_view()))
    client = logto.client(logto.global_token(user="alice"))
    assert client.get("/", {"access_token": elsewhere}).json()["user"] == "alice"
    assert client.post("/", {"access_token": elsewhere}).json()["user"] == "alice"


# api_resource of a view

SECOND = "https://second.example.test"


@pytest.fixture
def two_resources(settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "API_RESOURCE": ["https://api.example.test", SECOND]}


@pytest.mark.parametrize("narrowed", [SECOND, [SECOND]])
@pytest.mark.usefixtures("two_resources")
def test_a_view_narrows_the_audience(logto: Logto, route: Route, narrowed: object) -> None:
    view = type("Narrow", (Seen,), {"api_resource": narrowed})
    route(path("", Seen.as_view()), path("narrow/", view.as_view()))  # type: ignore[attr-defined]
    first = logto.client(logto.global_token())
    second = logto.client(logto.global_token(claims={"aud": SECOND}))
    assert [first.get("/").status_code, second.get("/").status_code] == [200, 200]
    assert second.get("/narrow/").status_code == 200
    refused = first.get("/narrow/")
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_audience")


@pytest.mark.usefixtures("two_resources")
def test_an_organization_token_is_for_no_api_resource(logto: Logto, route: Route) -> None:
    view = type("Narrow", (Seen,), {"api_resource": SECOND})
    route(path("", view.as_view()))  # type: ignore[attr-defined]
    refused = logto.client(logto.organization_token("org-a")).get("/")
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_audience")


# Every refusal


@pytest.mark.parametrize("kind", list(leaves()), ids=lambda kind: kind.__name__)
def test_every_refusal_has_its_status_body_and_challenge(kind: type[LogtoError]) -> None:
    arguments: dict[str, tuple[Any, ...]] = {
        "WrongTokenKind": ("global",),
        "InsufficientScope": (("read:a",),),
        "AuthorizationServerUnavailable": ("down", 7),
    }
    refusal = kind(*arguments.get(kind.__name__, ()))
    exception: Any = as_api_exception(refusal)
    assert exception.status_code == kind.status
    assert exception.detail == {"detail": str(refusal), "code": kind.code}
    if kind.error is None:
        assert exception.wait == 7
    else:
        assert f'error="{kind.error}"' in exception.auth_header


def test_sentences_are_told_in_the_language_of_the_request(logto: Logto, route: Route) -> None:
    route(path("", Seen.as_view()))
    client = logto.client(logto.global_token(expires_in=-1))
    with translation.override("en"):
        response = client.get("/", headers={"Accept-Language": "ko"})
    assert response.json()["detail"] != "The access token has expired."
    assert "토큰" in response.json()["detail"]
    assert "The access token has expired." in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("declared", [7, [["https://api.example.test"]], (), b"x", object()])
def test_an_api_resource_that_cannot_be_read_accepts_no_token(
    logto: Logto, route: Route, declared: object
) -> None:
    view = type("Narrow", (Seen,), {"api_resource": declared})
    route(path("", view.as_view()))  # type: ignore[attr-defined]
    refused = logto.client(logto.global_token()).get("/")
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_audience")


def test_a_request_of_django_is_authenticated_as_well(logto: Logto) -> None:
    request: Any = APIRequestFactory().get(
        "/", HTTP_AUTHORIZATION=f"Bearer {logto.global_token(user='alice')}"
    )
    user, _auth = LogtoJWTAuthentication().authenticate(request) or (None, None)
    assert str(user) == "alice"
