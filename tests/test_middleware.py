"""LogtoMiddleware: the bearer of a request for other middleware, and for no view."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import AsyncClient, Client
from django.urls import include, path
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import Throttled
from rest_framework.permissions import IsAuthenticated
from rest_framework.views import APIView

from drf_logto.auth_info import AuthInfo
from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.middleware import LogtoMiddleware
from drf_logto.permissions import HasScopes
from drf_logto.principal import LogtoPrincipal
from drf_logto.telemetry import snapshot
from drf_logto.testing import Logto
from tests.support.users import REFUSED, answering

Route = Callable[..., None]

AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
LOGTO = "drf_logto.middleware.LogtoMiddleware"
SESSIONS = ["django.contrib.sessions.middleware.SessionMiddleware", AUTHENTICATION]
CSRF = "django.middleware.csrf.CsrfViewMiddleware"

seen: list[Any] = []
"""What a middleware behind LogtoMiddleware saw of the requests of a test."""


class Probe:
    """Reads what it is told to, before the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        seen.append((request.user, request.auth))
        return self._get_response(request)


class Idle(Probe):
    def __call__(self, request: Any) -> HttpResponse:
        seen.append(request)
        return self._get_response(request)


class Wrapping(Probe):
    """Does to the user what django-structlog does."""

    def __call__(self, request: Any) -> HttpResponse:
        user = request.user
        request.user = SimpleLazyObject(lambda: user)
        seen.append((request.user, request.auth))
        return self._get_response(request)


@sync_and_async_middleware
def asynchronous(get_response: Any) -> Any:
    assert iscoroutinefunction(get_response)

    async def middleware(request: Any) -> Any:
        seen.append((await request.auser(), request.auth))
        return await get_response(request)

    return middleware


class UserAlone:
    """Sets the user, as middleware does that knows nothing of async views."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.user = User(username="ada")
        return self._get_response(request)


@pytest.fixture(autouse=True)
def middleware(settings: Any) -> Callable[..., None]:
    """Give the project these, and LogtoMiddleware before the last."""

    def use(probe: Any = Probe, *, before: list[str] = SESSIONS) -> None:
        seen.clear()
        settings.MIDDLEWARE = [*before, LOGTO, f"{__name__}.{probe.__name__}"]

    use()
    return use


def tell(request: Any) -> JsonResponse:
    """Say whom a view sees."""
    user, auth = request.user, request.auth
    return JsonResponse({"user": user.get_username(), "auth": auth and auth.sub})


class Told(APIView):
    def get(self, request: Any) -> Any:
        return tell(request)

    post = get


@pytest.fixture(autouse=True)
def urls(route: Route) -> None:
    route(
        path("open/", tell),
        path("signed-in/", login_required(tell)),
        path("plain/", require_access_token(HasScopes("read:a"))(tell)),
        path("api/", Told.as_view(permission_classes=[HasScopes("read:a")])),
        path(
            "session/",
            Told.as_view(
                authentication_classes=[SessionAuthentication],
                permission_classes=[IsAuthenticated],
            ),
        ),
        path(
            "both/",
            Told.as_view(
                authentication_classes=[LogtoJWTAuthentication, SessionAuthentication],
                permission_classes=[IsAuthenticated],
            ),
        ),
        path("accounts/login/", lambda request: HttpResponse("Sign in."), name="login"),
    )


def get(token: str | None, url: str = "/open/", client: Client | None = None) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return (client or Client()).get(url, headers=headers)


@pytest.fixture
def ada(db: None) -> Any:
    """Somebody who is signed in by session."""
    return User.objects.create_user("ada")


@pytest.fixture
def signed_in(ada: Any) -> Client:
    client = Client()
    client.force_login(ada)
    return client


# Other middleware


@pytest.mark.parametrize("url", ["/open/", "/plain/", "/api/", "/nowhere/"])
@pytest.mark.parametrize("before", [SESSIONS, []], ids=["sessions", "no sessions"])
def test_middleware_sees_the_bearer(
    logto: Logto, middleware: Any, url: str, before: list[str]
) -> None:
    middleware(before=before)
    get(logto.organization_token("org-1", user="grace"), url)
    ((user, auth),) = seen
    assert isinstance(user, LogtoPrincipal)
    assert (user.auth, auth.sub, auth.organization_id) == (auth, "grace", "org-1")


@pytest.mark.parametrize("before", [SESSIONS, []], ids=["sessions", "no sessions"])
def test_a_request_without_a_token_is_anonymous(middleware: Any, before: list[str]) -> None:
    middleware(before=before)
    assert get(None).json() == {"user": "", "auth": None}
    ((user, auth),) = seen
    assert isinstance(user, AnonymousUser)
    assert auth is None


@pytest.mark.parametrize("header", ["Basic YTpi", "Token abc", ""])
def test_a_session_user_is_left_alone_without_a_bearer_token(
    signed_in: Client, ada: Any, header: str
) -> None:
    told = signed_in.get("/open/", headers={"Authorization": header})
    assert told.json() == {"user": "ada", "auth": None}
    assert seen == [(ada, None)]


def test_a_bearer_token_comes_before_the_session(signed_in: Client, logto: Logto) -> None:
    get(logto.global_token(user="grace"), client=signed_in)
    ((user, _),) = seen
    assert user.get_username() == "grace"


BAD: dict[str, Callable[[Logto], str]] = {
    "expired": lambda logto: logto.global_token(expires_in=-1),
    "forged": lambda logto: logto.global_token()[:-8] + "AAAAAAAA",
    "another audience": lambda logto: logto.global_token(claims={"aud": "https://b.test"}),
    "opaque": lambda logto: logto.opaque_token(),
    "malformed header": lambda logto: "one two",
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_the_bearer_of_a_bad_token_is_anonymous_and_the_view_refuses_it_once(
    logto: Logto, signed_in: Client, make: Callable[[Logto], str]
) -> None:
    before = sum(snapshot()["refused"].values())
    assert get(make(logto), "/api/", signed_in).status_code in {401, 403}
    assert sum(snapshot()["refused"].values()) == before + 1
    ((user, auth),) = seen
    assert isinstance(user, AnonymousUser)
    assert auth is None


def test_an_outage_of_logto_leaves_the_bearer_anonymous(logto: Logto) -> None:
    token = logto.global_token()
    with logto.outage():
        assert get(token).status_code == 200
        assert get(token, "/api/").status_code == 503
    assert [(type(user), auth) for user, auth in seen] == [(AnonymousUser, None)] * 2


def test_a_project_without_anonymous_users_has_none(settings: Any, logto: Logto) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "UNAUTHENTICATED_USER": None}
    get("null")
    assert seen == [(None, None)]


get_users: list[Callable[[AuthInfo], Any]] = []


class OfProject(LogtoJWTAuthentication):
    def get_user(self, auth: AuthInfo) -> Any:
        return get_users[-1](auth)


@pytest.fixture
def get_user(settings: Any) -> Callable[[Callable[[AuthInfo], Any]], None]:
    """Give the project this ``get_user``."""
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_AUTHENTICATION_CLASSES": [f"{__name__}.OfProject"],
    }
    return get_users.append


def test_the_user_is_that_of_the_project(get_user: Any, logto: Logto) -> None:
    get_user(lambda auth: User(username=f"{auth.sub} of the project"))
    get(logto.global_token(user="grace"))
    assert [user.username for user, _ in seen] == ["grace of the project"]


@pytest.mark.parametrize(
    "answer", [*(answer for answer, *_ in REFUSED.values()), Throttled()], ids=[*REFUSED, "other"]
)
def test_a_user_whom_the_project_refuses_is_anonymous(
    get_user: Any, logto: Logto, answer: Any
) -> None:
    get_user(answering(answer)().get_user)
    get(logto.global_token())
    ((user, auth),) = seen
    assert (type(user), auth) == (AnonymousUser, None)


# Once, and only if somebody asks


def counted() -> tuple[int, int]:
    now = snapshot()
    return now["verified"], now["cached"]


def test_nothing_is_verified_until_somebody_asks(logto: Logto, middleware: Any) -> None:
    middleware(Idle)
    before = counted()
    get(logto.global_token(), "/accounts/login/")
    assert counted() == before
    assert logto.fetched == []


def test_a_token_is_verified_once_in_a_request(logto: Logto, middleware: Any) -> None:
    middleware(Idle)
    get(logto.global_token(), "/accounts/login/")
    verified, cached = counted()
    (request,) = seen
    assert request.auth is request.auth
    assert request.auth is not None
    assert counted() == (verified + 1, cached)


@pytest.mark.parametrize("url", ["/api/", "/plain/"])
def test_a_view_finds_the_verified_token_in_the_cache(logto: Logto, url: str) -> None:
    verified, cached = counted()
    assert get(logto.global_token(["read:a"], user="grace"), url).json()["user"] == "grace"
    assert counted() == (verified + 1, cached + 1)


# Views


@pytest.mark.parametrize("probe", [Probe, Wrapping, Idle])
@pytest.mark.parametrize("url", ["/api/", "/plain/", "/both/"])
def test_a_view_that_authenticates_the_token_sees_its_bearer(
    logto: Logto, signed_in: Client, middleware: Any, probe: Any, url: str
) -> None:
    middleware(probe)
    told = get(logto.global_token(["read:a"], user="grace"), url, signed_in)
    assert told.json() == {"user": "grace", "auth": "grace"}


@pytest.mark.parametrize("probe", [Probe, Wrapping, Idle])
def test_another_view_sees_the_user_of_the_session_and_the_token(
    logto: Logto, signed_in: Client, middleware: Any, probe: Any
) -> None:
    middleware(probe)
    token = logto.global_token(user="grace")
    assert get(token, client=signed_in).json() == {"user": "ada", "auth": "grace"}
    assert get(token).json() == {"user": "", "auth": "grace"}


@pytest.mark.parametrize("with_token", [True, False])
def test_a_user_that_another_middleware_sets_can_be_awaited(
    logto: Logto, middleware: Any, route: Route, with_token: bool
) -> None:
    async def awaited(request: Any) -> JsonResponse:
        return JsonResponse({"user": (await request.auser()).get_username()})

    route(path("open/", awaited))
    middleware(before=[f"{__name__}.UserAlone"])
    token = logto.global_token(user="grace") if with_token else None
    assert get(token).json() == {"user": "ada"}
    assert seen[0][0].get_username() == ("grace" if with_token else "ada")


@pytest.mark.parametrize("probe", [Probe, Wrapping, Idle])
@pytest.mark.parametrize("url", ["/signed-in/", "/admin/"])
def test_a_token_opens_no_view_that_asks_for_a_signed_in_user(
    logto: Logto,
    settings: Any,
    get_user: Any,
    middleware: Any,
    route: Route,
    probe: Any,
    url: str,
) -> None:
    settings.LOGIN_URL = "/accounts/login/"
    get_user(lambda auth: User(is_staff=True, is_superuser=True))
    middleware(probe)
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "django.contrib.admin"]
    route(
        path("signed-in/", login_required(tell)),
        path("admin/", include(AdminSite().get_urls()[:1])),
        path("", include(("django.contrib.auth.urls", "admin"))),
    )
    response = get(logto.global_token(["read:a"]), url)
    assert response.status_code == 302
    assert "/login/" in response["Location"]


@pytest.mark.parametrize("position", [2, 3], ids=["before", "after"])
def test_a_token_does_not_pass_djangos_middleware_that_requires_a_sign_in(
    logto: Logto, settings: Any, position: int
) -> None:
    settings.LOGIN_URL = "/accounts/login/"
    required = "django.contrib.auth.middleware.LoginRequiredMiddleware"
    settings.MIDDLEWARE.insert(position, required)
    token = logto.global_token(["read:a"], user="grace")
    assert get(token).status_code == 302
    assert get(token, "/api/").json()["user"] == "grace"


@pytest.mark.parametrize("probe", [Probe, Wrapping, Idle])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_token_opens_no_api_view_that_authenticates_sessions(
    logto: Logto, middleware: Any, probe: Any, method: str
) -> None:
    middleware(probe)
    headers = {"Authorization": f"Bearer {logto.global_token(['read:a'])}"}
    client = Client(enforce_csrf_checks=True)
    assert getattr(client, method)("/session/", headers=headers).status_code == 403


def test_a_session_beside_a_token_still_needs_a_csrf_token(
    logto: Logto, settings: Any, ada: Any
) -> None:
    settings.MIDDLEWARE.insert(2, CSRF)
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    headers = {"Authorization": f"Bearer {logto.global_token(['read:a'])}"}
    for url in ("/session/", "/open/"):
        assert client.post(url, headers=headers).status_code == 403
    assert client.get("/session/", headers=headers).json() == {"user": "ada", "auth": None}


# Asynchronously


async def tell_async(request: Any) -> JsonResponse:
    user = await request.auser()
    return JsonResponse({"user": user.get_username(), "auth": request.auth and request.auth.sub})


@pytest.mark.parametrize("view", [tell, tell_async])
def test_it_is_asynchronous_where_the_view_is(view: Any) -> None:
    assert iscoroutinefunction(LogtoMiddleware(view)) is iscoroutinefunction(view)


@pytest.fixture
def ask(route: Route) -> Callable[..., Awaitable[Any]]:
    route(
        path("open/", tell_async),
        path("plain/", require_access_token(HasScopes("read:a"))(tell_async)),
    )

    async def ask(token: str | None, url: str = "/open/") -> Any:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return (await AsyncClient().get(url, headers=headers)).json()

    return ask


@pytest.mark.parametrize("before", [SESSIONS, []], ids=["sessions", "no sessions"])
def test_asynchronous_middleware_awaits_the_bearer(
    logto: Logto, middleware: Any, ask: Any, before: list[str]
) -> None:
    middleware(asynchronous, before=before)
    token = logto.global_token(["read:a"], user="grace")
    assert async_to_sync(ask)(token, "/plain/") == {"user": "grace", "auth": "grace"}
    assert async_to_sync(ask)(token) == {"user": "", "auth": "grace"}
    assert async_to_sync(ask)(None) == {"user": "", "auth": None}
    assert [auth and auth.sub for _, auth in seen] == ["grace", "grace", None]
    assert [user.get_username() for user, _ in seen] == ["grace", "grace", ""]


def test_the_event_loop_goes_on_while_a_bearer_is_awaited(
    logto: Logto, get_user: Any, middleware: Any, ask: Any
) -> None:
    middleware(asynchronous)
    asked, loop_went_on = threading.Event(), threading.Event()

    def wait(auth: AuthInfo) -> LogtoPrincipal:
        asked.set()
        assert loop_went_on.wait(10)  # in vain if this blocks the loop
        return LogtoPrincipal(auth)

    get_user(wait)

    async def both() -> None:
        answer = asyncio.create_task(ask(logto.global_token(user="grace")))
        await asyncio.to_thread(asked.wait, 10)
        loop_went_on.set()
        await answer

    async_to_sync(both)()
    assert [user.get_username() for user, _ in seen] == ["grace"]
