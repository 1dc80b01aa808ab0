"""Who gets in, what lets them in against the declarations, and that nothing of it stays."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any, cast

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path, re_path
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto.auth_info import AuthInfo
from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.permissions import (
    HasScopes,
    InOrganization,
    IsMachine,
    IsUser,
    OrgResourceScopes,
    OwnedByUser,
)
from drf_logto.principal import LogtoPrincipal
from drf_logto.tenancy import Header, Host, UrlKeyword
from drf_logto.testing import Logto
from drf_logto.testing.audit import AuditReport, audit
from tests.support.teams.models import Team

Route = Callable[..., None]
pytestmark = pytest.mark.django_db


class Seen(APIView):
    permission_classes = [HasScopes("read:a")]

    def get(self, request: Any, **kwargs: Any) -> Response:
        return Response("seen")


class Overridden(Seen):
    def get_permissions(self) -> list[Any]:
        return [AllowAny()]


class Unchecked(Seen):
    def check_permissions(self, request: Any) -> None:
        """Ask nobody."""


class Careless(OrgResourceScopes):
    def has_permission(self, request: Any, view: Any) -> bool:
        return request.auth is not None


class Undeclared(APIView):
    get = Seen.get


class Personal(Seen):
    def get_permissions(self) -> list[Any]:
        return [IsAuthenticated() if self.request.user.is_authenticated else IsMachine()]


class Denying(Seen):
    def get(self, request: Any, **kwargs: Any) -> Response:
        raise PermissionDenied


class Raising(Seen):
    def get(self, request: Any, **kwargs: Any) -> Response:
        raise ZeroDivisionError("a secret")


def made(*permissions: Any, view: type[APIView] = Seen, **attributes: Any) -> Any:
    attributes.update({"permission_classes": permissions} if permissions else {})
    cls: Any = type("Made", (view,), attributes)
    return cls.as_view()


@pytest.fixture
def audited(route: Route) -> Callable[..., AuditReport]:
    """Audit a project with one view."""

    def run(view: Any, at: str = "x/", **options: Any) -> AuditReport:
        route(path(at, view))
        return audit(**options)

    return run


FAULTS: dict[str, tuple[Any, str]] = {
    "override": (
        Overridden.as_view(),
        "Overridden.get_permissions() decides by itself (tests/audit",
    ),
    "unchecked": (Unchecked.as_view(), "Unchecked.check_permissions() decides by itself (tests/a"),
    "negation": (made(~IsMachine), "the negation ~IsMachine in the permission_classes of"),
    "alternative": (made(HasScopes("a") | AllowAny), "AllowAny in the permission_classes of tests"),
    "none": (made(permission_classes=[]), "there is no permission on tests.audit.test_access.Made"),
    "undeclared": (Undeclared.as_view(), "AllowAny in DEFAULT_PERMISSION_CLASSES, as tests.audit"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_view_that_is_open_without_saying_so_is_a_failure(audited: Any, name: str) -> None:
    view, place = FAULTS[name]
    report = audited(view)
    [failure] = report.failures
    assert (failure.method, failure.path) == ("GET", "/x/")
    assert failure.text == "a request without a token gets in; the view answers 200."
    assert place in failure.cause
    assert [row.who for row in report.rows] == ["anybody"]
    with pytest.raises(AssertionError, match="GET /x/: a request without a token gets in"):
        report.assert_clean()
    audited(view, public=["/x/"]).assert_clean()


@pytest.mark.parametrize("permission", [AllowAny, IsAuthenticatedOrReadOnly])
def test_a_view_that_says_that_it_is_open_is_none(audited: Any, permission: Any) -> None:
    report = audited(made(permission))
    report.assert_clean()
    assert report.rows[0].who == "anybody"


def test_a_token_that_gets_in_against_the_declarations_is_a_failure(audited: Any) -> None:
    [failure] = audited(made(Careless("read:a"))).failures
    assert failure.text == (
        "a global token (user's) with read:a gets in, and 7 more that should not; the view "
        "answers 200."
    )
    assert "Careless.has_permission() grants it (tests/audit/test_access.py:" in failure.cause


class Unverified(LogtoJWTAuthentication):
    def authenticate(self, request: Any) -> Any:
        token = str(self.get_token(request)).partition(".")[2].partition(".")[0]
        if not token:
            return None
        auth = AuthInfo(urlsafe_b64decode(f"{token}=="))
        return LogtoPrincipal(auth), auth


def test_an_authentication_that_lets_in_expired_tokens_is_a_failure(audited: Any) -> None:
    report = audited(made(authentication_classes=[Unverified]))
    [failure] = report.failures
    assert failure.text.startswith("an expired global token (user's) with read:a gets in;")
    assert failure.cause == "Cause: tests.audit.test_access.Made."
    assert report.rows[0].who == "expired tokens; global token with read:a"


def test_a_plain_view_is_named_by_its_line(audited: Any) -> None:
    view = require_access_token(Careless("read:a"))(lambda request: HttpResponse())
    failures = audited(view).failures
    assert {one.method for one in failures} == {"GET", "POST", "PUT", "PATCH", "DELETE"}
    assert "<lambda> (tests/audit/test_access.py:" in failures[0].cause


WHO: dict[str, tuple[Any, str, str]] = {
    "all": (made(HasScopes("a", "b")), "x/", "global token with a and b"),
    "either": (made(HasScopes("a") | HasScopes("b")), "x/", "global token with a or b"),
    "two": (
        made(HasScopes("a") | InOrganization()),
        "<organization_id>/",
        "global token with a; organization token",
    ),
    "machine": (made(HasScopes("a") & IsMachine), "x/", "global token with a of a machine"),
    "user": (made(HasScopes("a") & IsUser), "x/", "global token with a (users alone)"),
    "keyword": (
        made(OrgResourceScopes("a")),
        "<organization_id>/",
        "organization_resource token with a",
    ),
    "another keyword": (
        made(OrgResourceScopes("a"), organization_source=UrlKeyword("team")),
        "<team>/<int:pk>/<uuid:key>/",
        "organization_resource token with a",
    ),
    "header": (
        made(InOrganization(), organization_source=Header("X-Team")),
        "x/",
        "organization token",
    ),
    "host": (
        made(InOrganization(), organization_source=[Host("example.com"), Header("X-Team")]),
        "x/",
        "organization token",
    ),
    "slug": (
        made(InOrganization(), organization_source=UrlKeyword("team", lookup=lambda name: None)),
        "<team>/",
        "nobody",
    ),
    "function": (
        made(InOrganization(), organization_source=lambda request, view: "audit-a"),
        "x/",
        "organization token",
    ),
    "own objects": (made(HasScopes("a") & OwnedByUser("user")), "x/", "global token with a"),
    "not named": (made(InOrganization()), "x/", "organization token of any organization"),
    "any": (
        made(IsAuthenticated),
        "x/",
        (
            "global token; organization token of any organization; "
            "organization_resource token of any organization"
        ),
    ),
    "plain": (
        require_access_token(HasScopes("a"))(lambda request: HttpResponse()),
        "x/",
        "global token with a",
    ),
    "closed": (made(HasScopes(create="a")), "x/", "nobody"),
    "raises": (made(view=Raising), "x/", "global token with read:a"),
    "login": (
        made(AllowAny, get=lambda *_: HttpResponseRedirect("/accounts/login/")),
        "x/",
        "nobody",
    ),
    "resource": (
        made(HasScopes("a"), api_resource="https://other.example.test"),
        "x/",
        "global token with a",
    ),
}


@pytest.mark.parametrize("name", WHO)
def test_the_table_says_the_least_that_gets_in(audited: Any, settings: Any, name: str) -> None:
    resources = ["https://api.example.test", "https://other.example.test"]
    settings.LOGTO = {**settings.LOGTO, "API_RESOURCE": resources}
    view, at, who = WHO[name]
    report = audited(view, at)
    report.assert_clean()
    assert {row.who for row in report.rows if row.method == "GET"} == {who}
    row = report.rows[0]
    assert f"| `{row.path}` | {row.method} | {row.who} |" in report.markdown()


class Sourced(Seen):
    @property
    def organization_source(self) -> Any:
        return Header(self.request.headers.get("X-Named-In", "X-Team"))


NOTICES: dict[str, tuple[Any, str]] = {
    "denying": (
        Denying.as_view(),
        "a global token (user's) with read:a is refused with 403, although the permissions let it",
    ),
    "unread": (Personal.as_view(), "The view cannot be read without a request: it depends on who"),
    "source": (Sourced.as_view(permission_classes=[InOrganization()]), "it depends on more than"),
}


@pytest.mark.parametrize("name", NOTICES)
def test_what_is_stricter_or_not_known_is_a_notice(audited: Any, name: str) -> None:
    view, text = NOTICES[name]
    report = audited(view)
    report.assert_clean()
    [notice] = report.notices
    assert text in notice.text
    assert f"GET /x/: {notice.text}" in str(report)


def test_what_cannot_be_tried_says_why(route: Route) -> None:
    route(
        re_path(r"^code/(?P<code>[A-Z]{4}[0-9]{3})/$", Seen.as_view()),
        re_path(r"^(?P<a>x)/(?P<b>x)/(?P<c>x)/(?P<d>x)/$", Seen.as_view()),
        path("<a>/<b>/<c>/<d>/", Seen.as_view()),
        path("plain/", lambda request: HttpResponse()),
    )
    report = audit()
    assert {str(one) for one in report.not_audited} == {
        "GET /code/{code}/: no value is known for the keywords of its path.",
        "GET /{a}/{b}/{c}/{d}/: no value is known for the keywords of its path.",
        "any method /plain/: neither REST Framework nor this package guards it.",
    }
    assert report.summary == "0 failures in 1 operation, 3 not audited; 15 requests sent."
    assert "\n## Not audited\n\n- GET /code/{code}/: no value is" in report.markdown()


def test_an_audit_of_nothing_is_not_clean(route: Route) -> None:
    route(path("x/", Seen.as_view()))
    with pytest.raises(AssertionError, match="0 failures in 0 operations"):
        audit(path="/y/").assert_clean()


def test_an_exception_of_the_view_is_named_without_its_text(audited: Any) -> None:
    report = audited(made(permission_classes=[], view=Raising))
    assert "the view raises ZeroDivisionError." in str(report)
    assert "a secret" not in str(report) + report.markdown() + json.dumps(report.to_dict())


def test_a_format_is_no_route_of_its_own(route: Route) -> None:
    route(path("x/", view := Seen.as_view()), path("x.<format>", view))
    assert [row.path for row in audit().rows] == ["/x/"]


def streamed() -> Any:
    yield b"begun"
    raise OSError


def writing(request: Any, **kwargs: Any) -> Response:
    with transaction.atomic(durable=True):
        Team.objects.create(slug="audit", organization_id="audit")
    assert cache.get("key") is None
    cache.set("key", "written")
    cast("Any", mail).outbox.append(mail.EmailMessage("subject"))
    return StreamingHttpResponse(streamed())  # type: ignore[return-value]


def test_nothing_of_the_requests_stays(audited: Any, caplog: Any) -> None:
    cache.set("key", "before")
    report = audited(made(permission_classes=[], get=lambda self, request: writing(request)))
    assert "the view raises OSError" in str(report)
    assert not Team.objects.exists()
    assert cache.get("key") == "before"
    assert mail.outbox == []
    assert caplog.records == []
    cache.clear()


def test_tokens_are_of_the_user_and_the_machine_that_are_given(audited: Any, logto: Logto) -> None:
    seen = set()

    class Telling(Seen):
        def get(self, request: Any, **kwargs: Any) -> Response:
            seen.add(request.auth.sub)
            return Response()

    audited(Telling.as_view(), user="ada", machine="rover").assert_clean()
    assert seen == {"ada", "rover"}


def test_the_report_is_a_value(audited: Any) -> None:
    report = audited(Overridden.as_view())
    value = json.loads(json.dumps(report.to_dict()))
    assert value["operations"] == [{"method": "GET", "path": "/x/", "who": "anybody"}]
    assert [one["path"] for one in value["failures"]] == ["/x/"]


def test_two_lines_are_a_test(route: Route, logto_audit: Callable[..., AuditReport]) -> None:
    route(path("x/", Seen.as_view()))
    logto_audit().assert_clean()
