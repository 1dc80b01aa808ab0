"""require_access_token: plain Django views, sync and async."""

import asyncio
import copy
import json
import re
from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any, cast

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import AsyncClient, Client, RequestFactory
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, Throttled
from rest_framework.permissions import AND, BasePermission, IsAuthenticated, OperandHolder

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.browsable.authentication import LogtoSessionAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.permissions import (
    FromClients,
    HasClaim,
    HasScopes,
    InOrganization,
    IsDelegated,
    IsMachine,
    IsUser,
)
from drf_logto.telemetry import snapshot
from drf_logto.testing import Logto
from tests.support.users import REFUSED, answering

Route = Callable[..., None]


def seen(request: Any, **kwargs: Any) -> HttpResponse:
    """Say who came in."""
    return JsonResponse({"sub": request.auth.sub, "user": str(request.user)})


async def seen_async(request: Any, **kwargs: Any) -> HttpResponse:
    """Say who came in."""
    return seen(request)


def get(token: str | None, url: str = "/", **options: Any) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return Client(enforce_csrf_checks=True).generic(
        options.pop("method", "GET"), url, headers=headers
    )


@pytest.fixture(params=[seen, seen_async], ids=["sync", "async"])
def protected(request: pytest.FixtureRequest, route: Route) -> Callable[..., None]:
    """Protect the view, sync and async, with these permissions."""

    def protect(*permissions: Any) -> None:
        decorate = require_access_token(*permissions) if permissions else require_access_token
        view = decorate(request.param)
        route(path("", view), path("<str:organization_id>/", view))

    return protect


def test_any_valid_token_is_let_in(logto: Logto, protected: Any) -> None:
    protected()
    response = get(logto.global_token(user="alice"))
    assert (response.status_code, response.json()) == (200, {"sub": "alice", "user": "alice"})


def test_djangos_middleware_that_requires_a_sign_in_requires_none(
    logto: Logto, settings: Any, protected: Any
) -> None:
    of_django = "django.contrib.auth.middleware"
    names = ("AuthenticationMiddleware", "LoginRequiredMiddleware")
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, *(f"{of_django}.{name}" for name in names)]
    protected()
    assert get(logto.global_token()).status_code == 200
    assert get(None).status_code == 401


def test_permissions_are_asked(logto: Logto, protected: Any) -> None:
    protected(HasScopes("read:a"))
    assert get(logto.global_token(["read:a"])).status_code == 200
    refused = get(logto.global_token())
    assert refused.status_code == 403
    assert refused.json() == {
        "error": "The access token needs the scope: read:a.",
        "code": "insufficient_scope",
    }
    assert 'scope="read:a"' in refused.headers["WWW-Authenticate"]


def test_the_organization_of_the_route_is_compared(logto: Logto, protected: Any) -> None:
    protected(InOrganization)
    assert get(logto.organization_token("org-a"), "/org-a/").status_code == 200
    refused = get(logto.organization_token("org-a"), "/org-b/")
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_organization")


def test_no_token_is_answered_without_an_error(logto: Logto, protected: Any) -> None:
    protected()
    response = get(None)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.json() == {
        "error": "Authentication credentials were not provided.",
        "code": "not_authenticated",
    }


def test_a_bad_token_gets_a_reason(logto: Logto, protected: Any) -> None:
    protected()
    response = get("a b")
    assert (response.status_code, response.json()["code"]) == (401, "malformed_header")
    response = get(logto.opaque_token())
    assert (response.status_code, response.json()["code"]) == (401, "opaque_token")
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


def test_an_outage_has_a_retry_time(logto: Logto, protected: Any) -> None:
    protected()
    with logto.outage():
        response = get(logto.global_token())
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert "WWW-Authenticate" not in response.headers


def test_no_csrf_token_is_asked_for(logto: Logto, protected: Any) -> None:
    protected()
    assert get(logto.global_token(), method="POST").status_code == 200


def test_options_runs_the_view_and_needs_its_scopes(logto: Logto, protected: Any) -> None:
    protected(HasScopes("read:a"))
    assert get(logto.global_token(), method="OPTIONS").status_code == 403


class No(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return False


def test_compositions_and_permissions_of_drf_work(logto: Logto, protected: Any) -> None:
    protected(HasScopes("read:a") | InOrganization, IsAuthenticated)
    assert get(logto.organization_token("org-a")).status_code == 200
    assert get(logto.global_token()).json()["code"] == "insufficient_scope"
    protected(~HasScopes("read:a"))
    assert get(logto.global_token()).status_code == 200


def test_a_refusal_of_another_package_keeps_drf_s_words(logto: Logto, protected: Any) -> None:
    protected(No)
    response = get(logto.global_token())
    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"
    assert "WWW-Authenticate" not in response.headers


def test_it_keeps_what_the_view_is() -> None:
    for view in (seen, seen_async):
        protected = require_access_token(view)
        assert protected.__name__ == view.__name__
        assert iscoroutinefunction(protected) is iscoroutinefunction(view)


def test_class_based_views_are_decorated_like_any(logto: Logto, route: Route) -> None:
    @method_decorator(require_access_token(HasScopes("read:a")), name="dispatch")
    class Seen(View):
        def post(self, request: HttpRequest) -> HttpResponse:
            return seen(request)

    route(path("", Seen.as_view()))
    assert get(logto.global_token(["read:a"]), method="POST").status_code == 200
    assert get(logto.global_token(), method="POST").status_code == 403


async def answer_to(token: str) -> tuple[int, Any]:
    response = await AsyncClient().get("/", headers={"Authorization": f"Bearer {token}"})
    return response.status_code, json.loads(response.content)


def test_an_async_view_is_served_by_asgi(logto: Logto, route: Route) -> None:
    route(path("", require_access_token(HasScopes("read:a"))(seen_async)))
    status, body = async_to_sync(answer_to)(logto.global_token(["read:a"]))
    assert (status, body["sub"]) == (200, "user-1")
    status, body = async_to_sync(answer_to)(logto.global_token())
    assert (status, body["code"]) == (403, "insufficient_scope")


def narrow(**attributes: Any) -> Any:
    def view(request: Any, **kwargs: Any) -> HttpResponse:
        return seen(request)

    for name, value in attributes.items():
        setattr(view, name, value)
    return view


def class_based(**attributes: Any) -> Any:
    class Seen(View):
        def get(self, request: Any, **kwargs: Any) -> HttpResponse:
            return seen(request)

    for name, value in attributes.items():
        setattr(Seen, name, value)
    return Seen


@pytest.fixture(params=["function", "class"])
def declaring(request: pytest.FixtureRequest, route: Route) -> Callable[..., None]:
    """Route to a view, a function or a class, with these attributes and permissions."""

    def declare(*permissions: Any, **attributes: Any) -> None:
        protect: Any = require_access_token(*permissions)
        if request.param == "function":
            view = protect(narrow(**attributes))
        else:
            made = class_based(**attributes)
            view = method_decorator(protect, name="dispatch")(made).as_view()
        route(path("", view), path("<str:org>/", view))

    return declare


def test_a_plain_view_names_its_keyword(logto: Logto, declaring: Any) -> None:
    declaring(InOrganization, organization_url_kwarg="org")
    assert get(logto.organization_token("org-a"), "/org-a/").status_code == 200
    assert get(logto.organization_token("org-a"), "/org-b/").json()["code"] == "wrong_organization"


def test_a_plain_view_narrows_its_audience(logto: Logto, declaring: Any) -> None:
    declaring(api_resource="https://other.test")
    assert get(logto.global_token()).json()["code"] == "wrong_audience"


def test_a_plain_view_declares_its_scopes(logto: Logto, declaring: Any) -> None:
    declaring(HasScopes, required_scopes=["read:a"])
    assert get(logto.global_token(["read:a"])).status_code == 200
    assert get(logto.global_token()).status_code == 403


def test_attributes_that_are_set_on_the_protected_view_count(logto: Logto, route: Route) -> None:
    view: Any = require_access_token(InOrganization)(narrow())
    view.organization_url_kwarg = "org"
    route(path("<str:org>/", view))
    assert get(logto.organization_token("org-a"), "/org-b/").status_code == 403


@method_decorator(require_access_token(HasScopes("read:a")), name="dispatch")
class AsyncView(View):
    async def get(self, request: Any) -> HttpResponse:
        assert (await request.auser()) == request.user
        return seen(request)


def test_async_class_based_views_are_refused_and_let_in(logto: Logto, route: Route) -> None:
    route(path("", AsyncView.as_view()))
    assert get(logto.global_token(["read:a"])).json()["sub"] == "user-1"
    assert get(logto.global_token()).status_code == 403
    assert get(None).status_code == 401
    status, _body = async_to_sync(answer_to)(logto.global_token(["read:a"]))
    assert status == 200
    status, _body = async_to_sync(answer_to)("bad token")
    assert status == 401


def test_empty_brackets_ask_for_any_valid_token(logto: Logto, route: Route) -> None:
    route(path("", require_access_token()(seen)))
    assert get(logto.global_token()).status_code == 200
    assert get(None).status_code == 401


@pytest.mark.parametrize("mistake", ["read:a", ["read:a"], [HasScopes("read:a")], 7, object])
def test_what_is_no_permission_is_refused_where_it_is_written(mistake: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="takes permissions"):
        require_access_token(mistake)
    with pytest.raises(ImproperlyConfigured, match="takes permissions"):
        require_access_token(HasScopes("read:a"), mistake)


class Members(View):
    organization_url_kwarg = "org"
    api_resource: Any = None

    def get(self, request: Any, **kwargs: Any) -> HttpResponse:
        return seen(request)


def test_what_the_class_behind_as_view_declares_counts(logto: Logto, route: Route) -> None:
    protect = require_access_token(InOrganization)
    route(
        path("<str:org>/", protect(Members.as_view())),
        path("given/<str:tenant>/", protect(Members.as_view(organization_url_kwarg="tenant"))),
        path("narrow/<str:org>/", protect(Members.as_view(api_resource="https://other.test"))),
    )
    token = logto.organization_token("org-a")
    assert get(token, "/org-a/").status_code == 200
    assert get(token, "/org-b/").json()["code"] == "wrong_organization"
    assert get(token, "/given/org-a/").status_code == 200
    assert get(token, "/given/org-b/").json()["code"] == "wrong_organization"
    assert get(token, "/narrow/org-a/").json()["code"] == "wrong_audience"


def test_a_partial_is_looked_through(logto: Logto, route: Route) -> None:
    route(path("", require_access_token(partial(narrow(api_resource="https://other.test")))))
    assert get(logto.global_token()).json()["code"] == "wrong_audience"


class Called:
    async def __call__(self, request: Any) -> HttpResponse:
        return seen(request)


def test_an_object_with_an_async_call_is_an_async_view(logto: Logto, route: Route) -> None:
    view = Called()
    update_wrapper(view, seen)
    route(path("", require_access_token(view)))
    assert get(logto.global_token()).status_code == 200
    assert get(None).status_code == 401


class Unauthenticated(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        raise NotAuthenticated


def test_a_permission_that_raises_is_answered(logto: Logto, protected: Any) -> None:
    protected(Unauthenticated)
    response = get(logto.global_token())
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_each_permission_is_asked_once(logto: Logto, protected: Any) -> None:
    class Once(BasePermission):
        asked: list[Any] = []

        def has_permission(self, request: Any, view: Any) -> bool:
            assert not self.asked
            self.asked.append(request)
            return True

    protected(Once, HasScopes("read:a"))
    response = get(logto.global_token())
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert len(Once.asked) == 1


class Never(BasePermission):
    async def has_permission(self, request: Any, view: Any) -> bool:  # type: ignore[override]
        return False


class Always(BasePermission):
    async def has_permission(self, request: Any, view: Any) -> bool:  # type: ignore[override]
        await sync_to_async(bool)()
        return True


class Raising(BasePermission):
    async def has_permission(self, request: Any, view: Any) -> bool:  # type: ignore[override]
        raise NotAuthenticated


class AnswersLater(BasePermission):
    """No coroutine function, and a coroutine all the same."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return Never().has_permission(request, view)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ([Never], (403, "permission_denied")),
        ([AnswersLater], (403, "permission_denied")),
        ([Always], (200, None)),
        ([Always, Never], (403, "permission_denied")),
        ([HasScopes("held") & Never], (403, "permission_denied")),
        ([HasScopes("held") & Always], (200, None)),
        ([Always & HasScopes("read:a")], (403, "insufficient_scope")),
        ([Always, HasScopes("read:a")], (403, "insufficient_scope")),
        ([~Never], (200, None)),
        ([~Always], (403, "permission_denied")),
        ([Never | HasScopes("held")], (200, None)),
        ([Never | HasScopes("read:a")], (403, "insufficient_scope")),
        ([HasScopes("read:a") | Always], (200, None)),
        ([Raising | Always], (401, "not_authenticated")),
    ],
)
def test_a_coroutine_is_awaited_in_an_async_view(
    logto: Logto, route: Route, permissions: Any, expected: Any
) -> None:
    route(path("", cast("Any", require_access_token(*permissions))(seen_async)))
    response = get(logto.global_token(["held"]))
    assert (response.status_code, response.json().get("code")) == expected


@pytest.mark.parametrize(
    "permissions",
    [
        [Always],
        [AnswersLater],
        [HasScopes("held") & Always],
        [~Never],
        [Never | HasScopes("held")],
        [~(HasScopes("held") & Never)],
    ],
)
def test_a_coroutine_refuses_in_a_sync_view_and_is_logged(
    logto: Logto, route: Route, caplog: pytest.LogCaptureFixture, permissions: Any
) -> None:
    route(path("", cast("Any", require_access_token(*permissions))(seen)))
    response = get(logto.global_token(["held"]))
    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    [record] = [one for one in caplog.records if one.name == "drf_logto"]
    assert record.levelname == "ERROR"
    names, place = (
        "(Always|Never|AnswersLater)",
        r"\(method 'GET', route '', issuer '.*', subject 'user-1', .*",
    )
    assert re.search(f"the permission {names} {place}", record.message)


def test_a_synchronous_permission_of_an_async_view_is_asked_in_a_thread(
    logto: Logto, route: Route
) -> None:
    class OutsideALoop(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            with pytest.raises(RuntimeError):
                asyncio.get_running_loop()
            return True

    protect = require_access_token(OutsideALoop, Always, OutsideALoop)
    route(path("", protect(seen_async)))
    assert async_to_sync(answer_to)(logto.global_token())[0] == 200


# The event loop


class Counted:
    """Awaits a coroutine, and counts how often it leaves the event loop to others."""

    def __init__(self, coroutine: Any) -> None:
        self.coroutine = coroutine
        self.suspensions = 0

    def __await__(self) -> Any:
        while True:
            try:
                awaited = self.coroutine.send(None)
            except StopIteration as end:
                return end.value
            self.suspensions += 1
            yield awaited


def answered(view: Any, header: str | None) -> tuple[int, bool]:
    """The status, and whether it was answered on the event loop without a thread."""
    request = RequestFactory().get("/", headers={"Authorization": header} if header else {})

    async def answer() -> tuple[int, bool]:
        counted = Counted(view(request))
        response = await counted
        return response.status_code, counted.suspensions == 0

    return async_to_sync(answer)()


class Narrower(HasScopes):
    pass


class Both(AND):
    """An operator of the project."""


class ByEmailAndHeader(LogtoJWTAuthentication):
    def get_user(self, auth: Any) -> Any:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return "somebody"


@pytest.mark.parametrize(
    ("permissions", "status"),
    [
        ([], 200),
        ([HasScopes("held")], 200),
        ([HasScopes], 403),
        ([HasScopes("read:a")], 403),
        ([InOrganization], 403),
        ([HasScopes("read:a") | HasScopes("held")], 200),
        ([~InOrganization, HasScopes("held") & ~HasScopes("read:a")], 200),
        ([HasScopes("held") & IsUser & ~IsDelegated], 200),
        ([IsMachine | FromClients("application-1"), HasClaim("a", "b")], 403),
    ],
)
def test_a_cached_token_is_answered_on_the_event_loop(
    logto: Logto, permissions: Any, status: int
) -> None:
    view = cast("Any", require_access_token(*permissions))(seen_async)
    header = f"Bearer {logto.global_token(['held'])}"
    assert answered(view, header) == (status, False)
    assert answered(view, header) == (status, True)


@pytest.mark.parametrize("header", [None, "Basic dXNlcjpwdw==", "Bearer a b", "Bearer \u00e4"])
def test_a_request_without_a_token_to_verify_is_refused_on_the_event_loop(
    logto: Logto, header: str | None
) -> None:
    view = require_access_token(HasScopes("held"))(seen_async)
    assert answered(view, header) == (401, True)


@pytest.mark.parametrize(
    ("permissions", "options"),
    [
        ([IsAuthenticated], {}),
        ([Narrower("held")], {}),
        ([HasScopes("held") & IsAuthenticated], {}),
        ([cast("Any", OperandHolder)(Both, HasScopes("held"), HasScopes("held"))], {}),
        ([~No], {}),
        ([HasScopes("held")], {"authentication_class": ByEmailAndHeader}),
    ],
)
def test_code_of_the_project_has_a_thread_for_a_cached_token_too(
    logto: Logto, permissions: Any, options: Any
) -> None:
    view = cast("Any", require_access_token(*permissions, **options))(seen_async)
    header = f"Bearer {logto.global_token(['held'])}"
    assert [answered(view, header) for _ in range(2)] == [(200, False), (200, False)]


def test_what_a_class_declares_is_computed_in_a_thread(logto: Logto, route: Route) -> None:
    class Computed(AsyncView):
        @property
        def api_resource(self) -> Any:
            with pytest.raises(RuntimeError):
                asyncio.get_running_loop()

    route(path("", Computed.as_view()))
    token = logto.global_token(["read:a"])
    assert [async_to_sync(answer_to)(token)[0] for _ in range(2)] == [200, 200]


# Users


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("view", [seen, seen_async])
def test_a_user_that_the_project_refuses_is_reported_with_a_challenge(
    logto: Logto, route: Route, name: str, view: Any
) -> None:
    answer, status, code, sentence = REFUSED[name]
    protect = require_access_token(authentication_class=answering(copy.copy(answer)))
    route(path("", protect(view)))
    before = snapshot()["refused"].get(code, 0)
    response = get(logto.global_token())
    assert (response.status_code, response.json()) == (status, {"error": sentence, "code": code})
    assert response.headers["WWW-Authenticate"] == (
        f'Bearer realm="api", error="invalid_token", error_description="{sentence}"'
    )
    assert snapshot()["refused"][code] == before + 1


class ByEmail(LogtoJWTAuthentication):
    def get_user(self, auth: Any) -> Any:
        return f"{auth.sub}@example.test"


class Closed(LogtoJWTAuthentication):
    """As a project may refuse accounts, in the method that REST Framework names."""

    detail: Any = "This account is closed."

    def authenticate(self, request: Any) -> Any:
        assert super().authenticate(request) is not None
        raise AuthenticationFailed(self.detail, "closed")


class ClosedUntil(Closed):
    detail = {"until": "Monday"}


class Busy(LogtoJWTAuthentication):
    def get_user(self, auth: Any) -> Any:
        raise Throttled(wait=7)


@pytest.mark.parametrize("view", [seen, seen_async])
@pytest.mark.parametrize(
    ("refusing", "error", "code"),
    [
        (Closed, "This account is closed.", "closed"),
        (ClosedUntil, {"until": "Monday"}, {"until": "closed"}),
    ],
)
def test_an_authenticate_of_the_project_counts(
    logto: Logto, route: Route, view: Any, refusing: Any, error: Any, code: Any
) -> None:
    route(path("", require_access_token(authentication_class=refusing)(view)))
    response = get(logto.global_token())
    assert (response.status_code, response.json()) == (401, {"error": error, "code": code})
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_what_a_project_raises_besides_is_answered_as_by_rest_framework(
    logto: Logto, route: Route
) -> None:
    route(path("", require_access_token(authentication_class=Busy)(seen)))
    response = get(logto.global_token())
    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert response.headers["Retry-After"] == "7"


class InSession(LogtoSessionAuthentication):
    def get_user(self, auth: Any) -> Any:
        """Is never called."""


@pytest.mark.parametrize(
    ("classes", "user"),
    [
        ([ByEmail, LogtoJWTAuthentication], "user-1@example.test"),
        ([SessionAuthentication, InSession, ByEmail], "user-1@example.test"),
        ([LogtoJWTAuthentication, ByEmail], "user-1"),
        ([SessionAuthentication, InSession], "user-1"),
        ([], "user-1"),
    ],
)
@pytest.mark.parametrize("view", [seen, seen_async])
def test_the_class_of_the_project_finds_the_user(
    logto: Logto, route: Route, settings: Any, classes: Any, user: str, view: Any
) -> None:
    route(path("", require_access_token(view)))
    assert get(logto.global_token()).json()["user"] == "user-1"
    dotted = [f"{one.__module__}.{one.__qualname__}" for one in classes]
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": dotted}
    assert get(logto.global_token()).json()["user"] == user


def test_the_class_of_the_decorator_goes_before_that_of_the_settings(
    logto: Logto, route: Route
) -> None:
    route(
        path("bare/", require_access_token(seen, authentication_class=ByEmail)),
        path("a/", require_access_token(HasScopes("a"), authentication_class=ByEmail)(seen)),
    )
    for url in ("/bare/", "/a/"):
        assert get(logto.global_token(["a"]), url).json()["user"] == "user-1@example.test"


def test_the_user_is_the_same_for_async_code(logto: Logto, route: Route) -> None:
    async def view(request: Any) -> HttpResponse:
        assert (await request.auser()) is request.user
        return seen(request)

    route(path("", require_access_token(authentication_class=ByEmail)(view)))
    assert get(logto.global_token()).json()["user"] == "user-1@example.test"


class InCookie(LogtoJWTAuthentication):
    def get_token(self, request: Any) -> str | None:
        """Is never called: a browser would send the cookie by itself."""


@pytest.mark.parametrize(
    "mistake", [InSession, InCookie, SessionAuthentication, ByEmail(), "ByEmail"]
)
def test_a_class_that_reads_no_header_is_refused_where_it_is_written(mistake: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="reads the Authorization header"):
        require_access_token(authentication_class=mistake)
