"""The signals about requests: once for each, with what is known, and never the token."""

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any, NoReturn

import pytest
from asgiref.sync import async_to_sync
from django.dispatch import Signal
from django.http import HttpRequest, JsonResponse
from django.test import AsyncClient, Client
from django.urls import path
from rest_framework.exceptions import APIException, PermissionDenied, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto import signals
from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes, InOrganization
from drf_logto.signals import access_granted, access_refused
from drf_logto.testing import Logto

Route = Callable[..., None]

API, ISSUER = "https://api.example.test", "https://tenant.logto.test/oidc"
NAMES = {
    "method",
    "route",
    "issuer",
    "subject",
    "client_id",
    "organization",
    "token_id",
    "actor",
    "kind",
    "scopes",
}


class Heard(list[Any]):
    """What receivers of both signals were sent."""

    def connect(self) -> None:
        access_granted.connect(self.granted)
        access_refused.connect(self.refused)

    def disconnect(self) -> None:
        access_granted.disconnect(self.granted)
        access_refused.disconnect(self.refused)

    def granted(self, signal: Signal, sender: None, **facts: Any) -> None:
        assert facts.keys() == NAMES
        self.append(facts)

    def refused(self, signal: Signal, sender: None, **facts: Any) -> None:
        assert facts.keys() == NAMES | {"code"}
        self.append(facts)

    @property
    def codes(self) -> list[Any]:
        return [facts.get("code") for facts in self]


@pytest.fixture
def heard() -> Iterator[Heard]:
    heard = Heard()
    heard.connect()
    yield heard
    heard.disconnect()


class Own(BasePermission):
    """A project's own, which gives no reason."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return bool(request.auth.scopes)

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return "own" in request.auth.scopes


class Paying(Own):
    code = "unpaid"
    message = "Pay first."


class Raising(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        raise PermissionDenied({"why": ["not", "today"]})


class Awaited(BasePermission):
    async def has_permission(self, request: Any, view: Any) -> bool:  # type: ignore[override]  # awaited by async views
        raise PermissionDenied


class Conflict(APIException):
    status_code = 409


class Listed(APIView):
    """Answers with more than one code."""

    permission_classes = [Own]

    def permission_denied(self, request: Any, message: Any = None, code: Any = None) -> NoReturn:
        raise PermissionDenied(["not", "today"])


class Told(APIView):
    def get(self, request: Any, **kwargs: Any) -> Response:
        self.check_object_permissions(request, object())
        return Response()

    def post(self, request: Any, **kwargs: Any) -> None:
        """Is asked for by the form of the page alone."""


def plain(request: HttpRequest, **kwargs: Any) -> JsonResponse:
    return JsonResponse({})


async def plain_async(request: HttpRequest, **kwargs: Any) -> JsonResponse:
    return plain(request)


VIEWS: dict[str, Callable[..., Any]] = {
    "api": lambda *given: Told.as_view(permission_classes=[*given]),
    "plain": lambda *given: require_access_token(*given)(plain),
    "async": lambda *given: require_access_token(*given)(plain_async),
}
every_view = pytest.mark.parametrize("make", VIEWS.values(), ids=VIEWS)


def get(token: str | None, url: str = "/", **headers: str) -> Any:
    sent = {} if token is None else {"Authorization": f"Bearer {token}"}
    return Client().get(url, headers=sent | headers)


# Granted


@every_view
@pytest.mark.parametrize("permissions", [[HasScopes("a")], [Own & HasScopes("a")], []])
def test_a_granted_request_is_sent_once(
    logto: Logto, heard: Heard, route: Route, make: Any, permissions: Any
) -> None:
    route(path("x/<int:pk>/", make(*permissions)))
    claims = {"jti": "token-1", "act": {"sub": "admin"}}
    token = logto.global_token(["a", "own"], user="ada", claims=claims)
    assert get(token, "/x/7/?q=1").status_code == 200
    assert heard == [
        {
            "method": "GET",
            "route": "x/<int:pk>/",
            "issuer": ISSUER,
            "subject": "ada",
            "client_id": "application-1",
            "organization": None,
            "token_id": "token-1",
            "actor": "admin",
            "kind": "global",
            "scopes": ("a", "own"),
        }
    ]


@every_view
def test_a_granted_request_names_its_organization(
    logto: Logto, heard: Heard, route: Route, make: Any
) -> None:
    route(path("<organization_id>/", make(InOrganization)))
    get(logto.organization_token("org-1"), "/org-1/")
    assert [(one["organization"], one["kind"]) for one in heard] == [("org-1", "organization")]


def test_a_page_of_the_browsable_api_is_sent_once(logto: Logto, heard: Heard, route: Route) -> None:
    """Though the page asks whether it may show a form that would be granted."""
    route(path("", VIEWS["api"](HasScopes(read="a", write="b"))))
    for scopes in (["a", "own"], ["b"]):
        get(logto.global_token(scopes), Accept="text/html")
    assert heard.codes == [None, "insufficient_scope"]


def test_a_view_that_checks_twice_is_sent_once(logto: Logto, heard: Heard, route: Route) -> None:
    class Twice(Told):
        def get(self, request: Any, **kwargs: Any) -> Response:
            self.check_permissions(request)
            return super().get(request)

    route(path("", Twice.as_view(permission_classes=[HasScopes("a")])))
    assert get(logto.global_token(["a"])).status_code == 200
    assert heard.codes == [None]


def test_a_view_of_adrf_is_sent_once(logto: Logto, heard: Heard, route: Route) -> None:
    from adrf.views import APIView as AsyncAPIView

    class Asynchronous(AsyncAPIView):
        permission_classes = [HasScopes("a")]

        async def get(self, request: Any) -> Response:
            return Response()

    route(path("", Asynchronous.as_view()))
    for scopes in (["a"], []):
        get(logto.global_token(scopes))
    assert heard.codes == [None, "insufficient_scope"]


def test_an_open_request_without_a_token_is_not_sent(
    logto: Logto, heard: Heard, route: Route
) -> None:
    route(path("", VIEWS["api"]()))
    assert get(None).status_code == 200
    assert heard == []


@every_view
def test_a_granted_request_calls_nothing_here_where_nobody_listens(
    logto: Logto, route: Route, make: Any
) -> None:
    route(path("", make(HasScopes("a"))))
    token, called = logto.global_token(["a"]), []

    # Nothing traces what profiles.
    def record(frame: FrameType, event: str, argument: object) -> None:  # pragma: no cover
        if event == "call" and frame.f_code.co_filename == signals.__file__:
            called.append(frame.f_code.co_name)

    threading.setprofile(record)
    sys.setprofile(record)
    try:
        assert get(token).status_code == 200
        assert called == []
        assert get(None).status_code == 401
    finally:
        threading.setprofile(None)
        sys.setprofile(None)
    assert called == ["record_missing_credentials", "_send_refused"]


# Refused


@every_view
def test_a_refused_request_is_sent_once_with_its_code_and_bearer(
    logto: Logto, heard: Heard, route: Route, make: Any
) -> None:
    route(path("x/<int:pk>/", make(HasScopes("a"))))
    token = logto.global_token(["b"], machine="rover", claims={"jti": "token-1"})
    assert get(token, "/x/7/").status_code == 403
    assert heard == [
        {
            "code": "insufficient_scope",
            "method": "GET",
            "route": "x/<int:pk>/",
            "issuer": ISSUER,
            "subject": "rover",
            "client_id": "rover",
            "organization": None,
            "token_id": "token-1",
            "actor": None,
            "kind": "global",
            "scopes": ("b",),
        }
    ]


UNVERIFIED: dict[str, tuple[Callable[[Logto], str | None], str, str | None]] = {
    "none": (lambda logto: None, "not_authenticated", None),
    "opaque": (lambda logto: logto.opaque_token(), "opaque_token", None),
    "of another issuer": (
        lambda logto: logto.global_token(claims={"iss": "https://b.test/oidc"}),
        "invalid_issuer",
        None,
    ),
    "expired": (lambda logto: logto.global_token(expires_in=-1), "token_expired", "user-1"),
}


@every_view
@pytest.mark.parametrize(("token", "code", "subject"), UNVERIFIED.values(), ids=UNVERIFIED)
def test_a_refusal_says_nothing_of_a_token_that_is_not_verified(
    logto: Logto, heard: Heard, route: Route, make: Any, token: Any, code: str, subject: Any
) -> None:
    route(path("", make(HasScopes("a"))))
    get(token(logto))
    (facts,) = heard
    client_id = subject and "application-1"
    known = {"method": "GET", "route": "", "code": code, "subject": subject, "client_id": client_id}
    assert {name: value for name, value in facts.items() if value is not None} == {
        name: value for name, value in known.items() if value is not None
    }


@every_view
def test_an_outage_is_sent(logto: Logto, heard: Heard, route: Route, make: Any) -> None:
    route(path("", make(HasScopes("a"))))
    with logto.outage():
        assert get(logto.global_token(["a"])).status_code == 503
    assert heard.codes == ["authorization_server_unavailable"]


DENIED = {
    "without a reason": (VIEWS["api"](Own), ["permission_denied"]),
    "with a code": (VIEWS["api"](Paying), ["unpaid"]),
    "with several codes": (Listed.as_view(), ["permission_denied"]),
    "plain": (VIEWS["plain"](Own), ["permission_denied"]),
    "plain, whose views read no code": (VIEWS["plain"](Paying), ["permission_denied"]),
    "by an exception": (VIEWS["api"](Raising), ["permission_denied"]),
    "plain, by an exception": (VIEWS["plain"](Raising), ["permission_denied"]),
    "by an exception that is awaited": (VIEWS["async"](Awaited), ["permission_denied"]),
    "not awaited": (VIEWS["api"](Awaited), ["permission_denied"]),
    "plain, not awaited": (VIEWS["plain"](Awaited), ["permission_denied"]),
}


@pytest.mark.parametrize(("view", "codes"), DENIED.values(), ids=DENIED)
def test_a_denial_by_a_permission_of_the_project_is_sent_once(
    logto: Logto, heard: Heard, route: Route, view: Any, codes: list[str]
) -> None:
    route(path("", view))
    assert get(logto.global_token()).status_code == 403
    assert heard.codes == codes
    assert {one["subject"] for one in heard} == {"user-1"}


@every_view
@pytest.mark.parametrize("raised", [Throttled(), Conflict()])
def test_another_exception_of_a_permission_is_no_refusal(
    logto: Logto, heard: Heard, route: Route, make: Any, raised: APIException
) -> None:
    class Busy(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            raise raised

    route(path("", make(Busy)))
    assert get(logto.global_token()).status_code == raised.status_code
    assert heard == []


def test_the_denial_of_an_object_follows_the_grant(
    logto: Logto, heard: Heard, route: Route
) -> None:
    route(path("", VIEWS["api"](Own)))
    assert get(logto.global_token(["a"])).status_code == 403
    assert heard.codes == [None, "permission_denied"]


# Receivers


def failing(**_: Any) -> None:
    raise PermissionDenied("never shown")


@pytest.fixture(params=[failing, partial(failing)], ids=["function", "without a name"])
def failure(request: pytest.FixtureRequest) -> Iterator[None]:
    for signal in (access_granted, access_refused):
        signal.connect(request.param)
    yield
    for signal in (access_granted, access_refused):
        signal.disconnect(request.param)


@every_view
@pytest.mark.usefixtures("failure")
def test_a_receiver_that_fails_is_one_line_in_the_log_and_changes_no_answer(
    logto: Logto, caplog: pytest.LogCaptureFixture, route: Route, make: Any
) -> None:
    route(path("", make(HasScopes("a"))))
    caplog.set_level(logging.ERROR)
    assert get(logto.global_token(["a"])).status_code == 200
    assert len(caplog.records) == 1
    assert get(logto.global_token()).status_code == 403
    assert len(caplog.records) == 2
    assert "eyJ" not in caplog.text


def test_no_receiver_runs_on_the_event_loop(logto: Logto, route: Route) -> None:
    threads: list[int] = []

    def receive(**_: Any) -> None:
        threads.append(threading.get_ident())

    async def areceive(**_: Any) -> None:
        await asyncio.sleep(0)
        threads.append(0)

    async def ask(scopes: list[str]) -> int:
        loop, token = threading.get_ident(), logto.global_token(scopes)
        for _ in range(2):  # the second time it is in the cache
            await AsyncClient().get("/", headers={"Authorization": f"Bearer {token}"})
        return loop

    route(path("", VIEWS["async"](HasScopes("a"))))
    for signal, scopes in ((access_granted, ["a"]), (access_refused, [])):
        signal.connect(receive)
        signal.connect(areceive)
        loop = async_to_sync(ask)(scopes)
        signal.disconnect(receive)
        signal.disconnect(areceive)
        assert threads.count(0) == 2
        assert len(threads) == 4
        assert loop not in threads
        threads.clear()
