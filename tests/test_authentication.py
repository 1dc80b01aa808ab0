"""LogtoJWTAuthentication: from the header to request.user and request.auth, or to an answer."""

import copy
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.urls import path
from django.utils import translation
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import (
    AuthenticationFailed,
    Throttled,
)
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import WrappedAttributeError
from rest_framework.test import APIClient, APIRequestFactory

from drf_logto.auth_info import AuthInfo
from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.exceptions import InvalidToken, LogtoError, MalformedHeader
from drf_logto.principal import LogtoPrincipal
from drf_logto.responses import as_api_exception
from drf_logto.telemetry import snapshot
from drf_logto.testing import Logto
from tests.support.refusals import leaves
from tests.support.users import REFUSED, Person, answering
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
    assert response.headers["Retry-After"] == "1"
    assert "WWW-Authenticate" not in response.headers
    assert response.json()["code"] == "authorization_server_unavailable"


def test_the_realm_is_the_projects(logto: Logto, route: Route, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "REALM": "Shop"}
    route(path("", Seen.as_view(permission_classes=[IsAuthenticated])))
    assert APIClient().get("/").headers["WWW-Authenticate"] == 'Bearer realm="Shop"'


class Failing(BaseAuthentication):
    def authenticate(self, request: Any) -> None:
        raise AuthenticationFailed("not by this one")


def test_another_class_that_fails_is_not_reported_as_one_of_the_package(
    logto: Logto, route: Route
) -> None:
    classes = [LogtoJWTAuthentication, Failing]
    route(path("", Seen.as_view(authentication_classes=classes)))
    response = APIClient().get("/")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_classes_after_it_see_requests_without_a_bearer_token(logto: Logto, route: Route) -> None:
    classes = [LogtoJWTAuthentication, SessionAuthentication]
    route(path("", Seen.as_view(authentication_classes=classes)))
    assert APIClient().get("/").status_code == 200


class FromHeader(LogtoJWTAuthentication):
    """Takes the token from a header of the project's own, and nothing else is its own."""

    def get_token(self, request: Any) -> str | None:
        token: str | None = request.headers.get("X-Token")
        if token == "":
            raise MalformedHeader
        return token


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, None),
        ({"X-Token": ""}, 401, "malformed_header"),
        ({"X-Token": "a" * 43}, 401, "opaque_token"),
    ],
)
def test_a_class_that_overrides_get_token_refuses_as_any_other(
    logto: Logto, route: Route, headers: Any, status: int, code: str | None
) -> None:
    classes, permissions = [FromHeader], [IsAuthenticated]
    route(path("", Seen.as_view(authentication_classes=classes, permission_classes=permissions)))
    bearer = {"Authorization": f"Bearer {logto.global_token()}"}
    response = APIClient().get("/", headers={**bearer, **headers})
    assert (response.status_code, response.json().get("code")) == (status, code)


def test_the_token_that_get_token_returns_is_verified(logto: Logto, route: Route) -> None:
    route(path("", Seen.as_view(authentication_classes=[FromHeader])))
    response = APIClient().get("/", headers={"X-Token": logto.global_token(user="alice")})
    assert response.json()["user"] == "alice"


def test_a_refusal_of_get_token_keeps_no_frames_and_no_cause(logto: Logto) -> None:
    class Failing(LogtoJWTAuthentication):
        def get_token(self, request: Any) -> str | None:
            raise refusal from ValueError("a token")

    refusal = MalformedHeader()
    with pytest.raises(AuthenticationFailed):
        Failing().authenticate(APIRequestFactory().get("/"))
    assert (refusal.__traceback__, refusal.__cause__, refusal.__context__) == (None, None, None)


class ByEmail(LogtoJWTAuthentication):
    def get_user(self, auth: AuthInfo) -> Any:
        return f"{auth.sub}@example.test"


def test_a_project_can_map_the_subject_to_its_own_user(logto: Logto, route: Route) -> None:
    route(path("", Seen.as_view(authentication_classes=[ByEmail])))
    response = logto.client(logto.global_token(user="alice")).get("/")
    assert response.json()["user"] == "alice@example.test"


def test_the_token_of_another_client_is_refused_before_its_user_is_looked_up(
    logto: Logto, route: Route, settings: Any
) -> None:
    looked_up = []

    class Looking(LogtoJWTAuthentication):
        def get_user(self, auth: AuthInfo) -> Any:
            looked_up.append(auth.client_id)
            return auth.sub

    @require_access_token(authentication_class=Looking)
    def plain(request: Any) -> HttpResponse:
        return HttpResponse()

    route(path("", Seen.as_view(authentication_classes=[Looking])), path("plain/", plain))
    own, other = (logto.global_token(claims={"client_id": one}) for one in ("app-1", "app-2"))
    for token in (own, other):  # cached from here on
        assert logto.client(token).get("/").status_code == 200
    settings.LOGTO = {**settings.LOGTO, "CLIENT_IDS": ["app-1", "app-3"]}
    looked_up.clear()
    for url in ("/", "/plain/"):
        assert logto.client(own).get(url).status_code == 200
        refused = logto.client(other).get(url)
        assert (refused.status_code, refused.json()["code"]) == (403, "wrong_client")
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert looked_up == ["app-1", "app-1"]


# Users that are refused


@pytest.mark.parametrize("name", REFUSED)
def test_a_user_that_is_refused_is_reported_with_a_challenge(
    logto: Logto, route: Route, name: str
) -> None:
    answer, status, code, sentence = REFUSED[name]
    route(path("", Seen.as_view(authentication_classes=[answering(copy.copy(answer))])))
    before = snapshot()["refused"].get(code, 0)
    response = logto.client(logto.global_token()).get("/")
    assert response.status_code == status
    assert response.json() == {"detail": sentence, "code": code}
    assert response.headers["WWW-Authenticate"] == (
        f'Bearer realm="api", error="invalid_token", error_description="{sentence}"'
    )
    assert snapshot()["refused"][code] == before + 1


def test_a_user_whose_activity_cannot_be_computed_does_not_get_in(
    logto: Logto, route: Route
) -> None:
    class WithProfile:
        @property
        def is_active(self) -> bool:
            return bool(self.profile.is_active)  # type: ignore[attr-defined]

    route(path("", Seen.as_view(authentication_classes=[answering(WithProfile())])))
    with pytest.raises(WrappedAttributeError, match="profile"):
        logto.client(logto.global_token()).get("/")


def test_a_refusal_of_a_project_keeps_its_class_and_what_else_it_says(logto: Logto) -> None:
    refusal = AuthenticationFailed({"detail": "Pay first.", "plan": "free"})
    request: Any = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {logto.global_token()}")
    with pytest.raises(AuthenticationFailed) as raised:
        answering(refusal)().authenticate(request)
    assert raised.value is refusal
    assert raised.value.detail == {
        "detail": "Pay first.",
        "plan": "free",
        "code": "authentication_failed",
    }


def test_a_refusal_class_of_the_project_s_own_is_reported(logto: Logto, route: Route) -> None:
    class Unpaid(InvalidToken):
        code = "unpaid_user"
        message = "Pay first."

    route(path("", Seen.as_view(authentication_classes=[answering(Unpaid())])))
    response = logto.client(logto.global_token()).get("/")
    assert (response.status_code, response.json()["code"]) == (401, "unpaid_user")
    assert 'error_description="Pay first."' in response.headers["WWW-Authenticate"]


def test_a_sentence_that_is_not_ascii_stays_out_of_the_challenge(
    logto: Logto, route: Route
) -> None:
    refusal = AuthenticationFailed("닫힌 계정입니다.")
    route(path("", Seen.as_view(authentication_classes=[answering(refusal)])))
    response = logto.client(logto.global_token()).get("/")
    assert response.json()["detail"] == "닫힌 계정입니다."
    assert response.headers["WWW-Authenticate"] == (
        'Bearer realm="api", error="invalid_token", '
        'error_description="The user of the access token is refused."'
    )


def test_other_exceptions_of_get_user_pass_through(logto: Logto, route: Route) -> None:
    route(path("", Seen.as_view(authentication_classes=[answering(Throttled(7))])))
    response = logto.client(logto.global_token()).get("/")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    assert "WWW-Authenticate" not in response.headers


def test_an_active_user_and_one_that_does_not_say_are_let_in(logto: Logto, route: Route) -> None:
    for user in (Person(is_active=True), "alice"):
        route(path("", Seen.as_view(authentication_classes=[answering(user)])))
        assert logto.client(logto.global_token()).get("/").json()["user"] == str(user)


class Asynchronous(LogtoJWTAuthentication):
    async def get_user(self, auth: AuthInfo) -> Any:
        """Is never run."""


def test_an_asynchronous_get_user_is_an_error_and_lets_no_one_in(logto: Logto) -> None:
    request: Any = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {logto.global_token()}")
    with pytest.raises(ImproperlyConfigured, match=r"Asynchronous\.get_user must be a plain"):
        Asynchronous().authenticate(request)


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
        "WrongBearer": ("user",),
        "MissingClaim": ("plan",),
        "InsufficientScope": (("read:a",),),
        "NoScopeDeclared": ("HasScopes", "list"),
        "AuthorizationServerUnavailable": ("down", 7),
        "RevocationsUnavailable": ("down", 7),
    }
    refusal = kind(*arguments.get(kind.__name__, ()))
    exception: Any = as_api_exception(refusal)
    assert exception.status_code == kind.status
    assert exception.detail == {"detail": str(refusal), "code": kind.code}
    if kind.error is None:
        assert exception.wait == 7
    else:
        assert f'error="{kind.error}"' in exception.auth_header


def test_sentences_are_reported_in_the_language_of_the_request(logto: Logto, route: Route) -> None:
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
