"""How a denial is explained, whatever stands beside the permissions of this package."""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial, reduce
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.http import Http404
from django.urls import path
from rest_framework.authentication import BasicAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import OR, BasePermission, OperandHolder
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto.exceptions import (
    AuthorizationServerUnavailable,
    InsufficientScope,
    LogtoError,
    NoScopeDeclared,
    WrongOrganization,
)
from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.responses import as_api_exception
from drf_logto.telemetry import snapshot
from drf_logto.testing import Logto

Route = Callable[..., None]


class Yes(BasePermission):
    pass


class No(BasePermission):
    message = "Not on a Sunday."
    code = "sunday"

    def has_permission(self, request: Any, view: Any) -> bool:
        return False


class NotThisObject(BasePermission):
    message = "Not this one."

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return False


class View(APIView):
    """Checks an object as a detail view does."""

    def get(self, request: Any, **kwargs: Any) -> Response:
        self.check_object_permissions(request, "object")
        return Response("got")


@pytest.fixture
def answer(logto: Logto, route: Route) -> Callable[..., Any]:
    """The answer to a token, from a view with these permissions."""

    def get(token: str, *permissions: Any, **attributes: Any) -> Any:
        made: Any = type("Made", (View,), {**attributes, "permission_classes": permissions})
        route(path("", made.as_view()), path("<str:organization_id>/", made.as_view()))
        return logto.client(token).get("/org-a/")

    return get


def reported(response: Any) -> tuple[str | None, str | None]:
    """The code of the body and the error of the challenge."""
    challenge = response.headers.get("WWW-Authenticate", "")
    error = challenge.partition('error="')[2].partition('"')[0] or None
    assert response.status_code == 403
    assert bool(challenge) is bool(error)
    return response.json().get("code"), error


KIND = ("wrong_token_kind", "invalid_token")
ORGANIZATION = ("wrong_organization", "invalid_token")
SCOPE = ("insufficient_scope", "insufficient_scope")
NO_REASON = (None, None)


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ([HasScopes("a")], SCOPE),
        ([HasScopes("a") | InOrganization], SCOPE),
        ([HasScopes(post="a")], SCOPE),
        ([HasScopes(post="a") | InOrganization], SCOPE),
        ([InOrganization | HasScopes("a")], SCOPE),
        ([InOrganization | OrgResourceScopes("a")], KIND),
        ([No | HasScopes("a")], SCOPE),
        ([HasScopes("a") | No], SCOPE),
        ([Yes & HasScopes("a")], SCOPE),
        ([HasScopes("a") & No], SCOPE),
        ([(InOrganization | HasScopes("a")) & Yes], SCOPE),
        ([Yes, HasScopes("a")], SCOPE),
        ([HasScopes("held"), HasScopes("a")], SCOPE),
        ([~HasScopes("held")], NO_REASON),
        ([~(HasScopes("held") | No)], NO_REASON),
        ([~HasScopes("a") & HasScopes("b")], SCOPE),
        ([No], NO_REASON),
        ([No, HasScopes("a")], NO_REASON),
        ([No & HasScopes("a")], NO_REASON),
        ([HasScopes("a") | Yes, No], NO_REASON),
        ([(HasScopes("a") | Yes) & No], NO_REASON),
        ([HasScopes("a") | Yes, NotThisObject], NO_REASON),
        ([HasScopes("held"), NotThisObject], NO_REASON),
        ([HasScopes("a") | NotThisObject], SCOPE),
        ([NotThisObject | HasScopes("a")], SCOPE),
        ([No | NotThisObject], NO_REASON),
        ([(HasScopes("a") | Yes) & NotThisObject], NO_REASON),
    ],
)
def test_the_most_actionable_refusal_is_reported(
    logto: Logto, answer: Any, permissions: list[Any], expected: Any
) -> None:
    assert reported(answer(logto.global_token(["held"]), *permissions)) == expected


def test_of_two_missing_scopes_the_one_that_must_be_held_is_reported(
    logto: Logto, answer: Any
) -> None:
    response = answer(logto.global_token(), ~HasScopes("a") & HasScopes("b"))
    assert 'scope="b"' in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "permission", [InOrganization | HasScopes("a"), HasScopes("a") | InOrganization]
)
def test_another_organization_is_reported_before_another_kind(
    logto: Logto, answer: Any, permission: Any
) -> None:
    assert reported(answer(logto.organization_token("org-b"), permission)) == ORGANIZATION


def test_a_refusal_of_another_package_keeps_its_own_words(logto: Logto, answer: Any) -> None:
    response = answer(logto.global_token(), HasScopes("a") | Yes, No)
    assert response.json() == {"detail": "Not on a Sunday."}
    assert "WWW-Authenticate" not in response.headers


@pytest.mark.parametrize(
    "permissions", [[HasScopes("a") | Yes], [HasScopes("a") | InOrganization | Yes, Yes]]
)
def test_nothing_shows_where_the_request_is_granted_after_all(
    logto: Logto, answer: Any, permissions: Any
) -> None:
    response = answer(logto.global_token(), *permissions)
    assert response.status_code == 200
    assert "WWW-Authenticate" not in response.headers


def test_a_project_can_deny_in_its_own_way_and_the_reason_is_added(
    logto: Logto, answer: Any
) -> None:
    class Teapot(PermissionDenied):
        default_detail = "I am a teapot."

    def permission_denied(view: Any, request: Any, message: Any = None, code: Any = None) -> None:
        raise Teapot

    response = answer(logto.global_token(), HasScopes("a"), permission_denied=permission_denied)
    assert reported(response) == SCOPE


def test_a_project_can_hide_that_something_is_there(logto: Logto, answer: Any) -> None:
    def permission_denied(view: Any, request: Any, **_: Any) -> None:
        raise Http404

    response = answer(logto.global_token(), HasScopes("a"), permission_denied=permission_denied)
    assert response.status_code == 404
    assert "WWW-Authenticate" not in response.headers


def test_a_view_that_denies_for_reasons_of_its_own_is_left_alone(logto: Logto, answer: Any) -> None:
    def get(view: Any, request: Any, **kwargs: Any) -> None:
        view.permission_denied(request, message="Not today.")

    response = answer(logto.global_token(), HasScopes("a") | Yes, get=get)
    assert response.json() == {"detail": "Not today."}


def test_permission_denied_of_django_is_left_alone(logto: Logto, answer: Any) -> None:
    def get(view: Any, request: Any, **kwargs: Any) -> None:
        raise DjangoPermissionDenied

    response = answer(logto.global_token(["a"]), HasScopes("a"), get=get)
    assert reported(response) == NO_REASON


def test_a_subclass_of_a_permission_is_reported_like_it(logto: Logto, answer: Any) -> None:
    class Admins(HasScopes):
        """A name of the project's own."""

    assert reported(answer(logto.global_token(), Admins("a"))) == SCOPE


def test_a_scope_that_would_open_it_is_reported_before_a_closed_action(
    logto: Logto, answer: Any
) -> None:
    response = answer(logto.global_token(), HasScopes(post="a") | HasScopes("b"))
    assert 'scope="b"' in response.headers["WWW-Authenticate"]


class Once(BasePermission):
    """Must not be asked twice."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def __call__(self) -> Any:
        return self

    def has_permission(self, request: Any, view: Any) -> bool:
        assert not self.asked
        self.asked.append(request)
        return True


def test_a_refused_check_asks_each_permission_and_each_reason_once(
    logto: Logto, answer: Any
) -> None:
    asked = []

    class Counted(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            asked.append("has_permission")
            return False

        def refusal(self, request: Any, view: Any) -> LogtoError:
            asked.append("refusal")
            return InsufficientScope(("a",))

    refused = answer(logto.global_token(), (Counted | No) & Yes, Counted)
    assert reported(refused) == SCOPE
    assert asked == ["has_permission", "refusal"]


def test_each_permission_is_asked_once(logto: Logto, answer: Any) -> None:
    once = Once()
    assert reported(answer(logto.global_token(), any_of(once, No), HasScopes("a") | No)) == SCOPE
    assert len(once.asked) == 1


class Another(BasicAuthentication):
    """Another authentication that accepts the request."""

    def authenticate(self, request: Any) -> Any:
        return AnonymousUser(), None


def lazily(view: Any, request: Any) -> None:
    """What a view may do in place of ``perform_authentication``: wait until the user is read."""


def test_the_reason_is_reported_after_another_authentication(logto: Logto, answer: Any) -> None:
    refused = answer(logto.global_token(), HasScopes("a") | No, authentication_classes=[Another])
    assert reported(refused) == KIND


def test_a_permission_that_must_not_be_asked_twice_keeps_the_denial(
    logto: Logto, answer: Any
) -> None:
    refused = answer(logto.global_token(), Once(), HasScopes("a"), authentication_classes=[Another])
    assert reported(refused) == NO_REASON


class Never(BasePermission):
    async def has_permission(self, request: Any, view: Any) -> None: ...  # type: ignore[override]


class NeverThisObject(BasePermission):
    async def has_object_permission(  # type: ignore[override]
        self, request: Any, view: Any, obj: Any
    ) -> None: ...


class Answer:
    def __await__(self) -> Any: ...


class Later(BasePermission):
    """Answers with an awaitable that is no coroutine."""

    def has_permission(self, request: Any, view: Any) -> Any:
        return Answer()


@pytest.mark.parametrize(
    "permissions",
    [
        [Never],
        [~Never],
        [Later],
        [~Later],
        [Never | Yes],
        [HasScopes("held") & Never],
        [~(HasScopes("held") & Never)],
        [HasScopes("held"), Never],
        [NeverThisObject],
        [~NeverThisObject | NeverThisObject],
        [HasScopes("held") & NeverThisObject],
        [~Yes | NeverThisObject],
    ],
)
def test_a_coroutine_refuses_the_whole_request_and_is_logged(
    logto: Logto, answer: Any, caplog: pytest.LogCaptureFixture, permissions: Any
) -> None:
    assert reported(answer(logto.global_token(["held"]), *permissions)) == NO_REASON
    [record] = [one for one in caplog.records if one.name == "drf_logto"]
    assert record.levelname == "ERROR"
    names, place = (
        "(Never|NeverThisObject|Later)",
        r"\(method 'GET', route '<str:organization_id>/', issuer '.*', subject 'user-1', .*\)",
    )
    assert re.search(f"the permission {names} {place}", record.message)


class ReadsTheUser(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return request.user is not None


class Catches(BasePermission):
    """Asks a permission of this package, and takes its exception for a grant."""

    def has_permission(self, request: Any, view: Any) -> bool:
        with suppress(PermissionDenied):
            HasScopes("a").has_permission(request, view)
        return True


class ChecksNothing(APIView):
    """Authenticates when the user is first read, and checks no more than an object."""

    perform_authentication = lazily
    check_permissions = lazily

    def get(self, request: Any, **kwargs: Any) -> None:
        self.check_object_permissions(request, "object")


UNGUARDED: dict[str, dict[str, Any]] = {
    "another authentication": {"authentication_classes": [Another]},
    "lazy authentication": {"perform_authentication": lazily},
    "permissions first": {
        "initial": lambda view, request, **kwargs: (
            view.check_permissions(request),
            view.perform_authentication(request),
        )
    },
}


# DRF drops the coroutine that it was given before a permission of this package was asked.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.parametrize("view", UNGUARDED.values(), ids=UNGUARDED)
@pytest.mark.parametrize(
    "permissions",
    [
        [HasScopes("a") | Never],
        [~HasScopes("a") & Never],
        [Never & HasScopes("a")],
        [Never, ~HasScopes("a")],
        [~HasScopes("a"), Never],
        [~(Yes & (HasScopes("a") | Never))],
        [(No | HasScopes("a")) | Never],
        [ReadsTheUser, Never, ~HasScopes("a")],
        [HasScopes("held") | HasScopes("a") | Never],
        [Catches, Never, ~HasScopes("a")],
    ],
)
def test_a_coroutine_refuses_where_a_check_began_unguarded(
    logto: Logto, answer: Any, caplog: pytest.LogCaptureFixture, permissions: Any, view: Any
) -> None:
    refused = answer(logto.global_token(), *permissions, **view)
    assert reported(refused) == NO_REASON
    assert {one.levelname for one in caplog.records if one.name == "drf_logto"} == {"ERROR"}


class ChecksByItself(APIView):
    """Asks what ``permission_classes`` lists, in a check of its own."""

    def check_permissions(self, request: Any) -> None:
        permissions: list[Any] = [one() for one in self.permission_classes]
        if not all(one.has_permission(request, self) for one in permissions):
            self.permission_denied(request)

    def get(self, request: Any, **kwargs: Any) -> Response:
        return Response("granted")


def test_a_coroutine_refuses_in_a_check_that_does_not_get_its_permissions(
    logto: Logto, route: Route
) -> None:
    route(path("", ChecksByItself.as_view(permission_classes=[HasScopes("a"), Never])))
    assert logto.client(logto.global_token(["a"])).get("/").status_code == 403
    for other, status in ((Yes, 200), (No, 403)):
        route(path("", ChecksByItself.as_view(permission_classes=[HasScopes("a"), other])))
        assert logto.client(logto.global_token(["a"])).get("/").status_code == status


def test_a_coroutine_about_an_object_refuses_where_no_other_check_came_before(
    logto: Logto, route: Route
) -> None:
    permissions = [~HasScopes("a") | NeverThisObject]
    route(path("", ChecksNothing.as_view(permission_classes=permissions)))
    assert logto.client(logto.global_token(["a"])).get("/").status_code == 403


@pytest.mark.parametrize("view", UNGUARDED.values(), ids=UNGUARDED)
def test_permissions_that_need_not_be_awaited_grant_where_a_check_began_unguarded(
    logto: Logto, answer: Any, view: Any
) -> None:
    permissions = [Once(), HasScopes("a") | Yes, ~HasScopes("b")]
    assert answer(logto.global_token(), *permissions, **view).status_code == 200


def test_permissions_may_be_chosen_by_a_permission_where_a_check_began_unguarded(
    logto: Logto, answer: Any
) -> None:
    def get_permissions(view: Any) -> list[Any]:
        return [Yes()] if HasScopes("a").has_permission(view.request, view) else [No()]

    view = {"get_permissions": get_permissions, "authentication_classes": [Another]}
    assert answer(logto.global_token(["a"]), **view).json() == {"detail": "Not on a Sunday."}


def test_a_refused_request_is_counted_once_where_its_check_began_unguarded(
    logto: Logto, answer: Any
) -> None:
    before = snapshot()["refused"].get("insufficient_scope", 0)
    refused = answer(logto.global_token(), HasScopes("a") | No, perform_authentication=lazily)
    assert reported(refused) == SCOPE
    assert snapshot()["refused"]["insufficient_scope"] == before + 1


def test_a_subclass_of_an_operator_is_asked_itself(logto: Logto, answer: Any) -> None:
    class Xor(OR):
        op1: Any
        op2: Any

        def has_permission(self, request: Any, view: Any) -> bool:
            one = self.op1.has_permission(request, view)
            return bool(one) is not bool(self.op2.has_permission(request, view))

    operator: Any = Xor
    xor = OperandHolder(operator, HasScopes("held"), Yes)
    assert answer(logto.global_token(["held"]), xor).status_code == 403
    assert answer(logto.global_token(), xor).status_code == 200


def test_a_check_of_the_project_sees_its_permissions(logto: Logto, answer: Any) -> None:
    def check_permissions(view: Any, request: Any) -> None:
        [no] = [one for one in view.get_permissions() if isinstance(one, No)]
        view.permission_denied(request, no.message, no.code)

    response = answer(logto.global_token(), HasScopes("a"), No, check_permissions=check_permissions)
    assert response.json() == {"detail": "Not on a Sunday."}


def test_permissions_are_themselves_outside_of_a_check(logto: Logto, answer: Any) -> None:
    def get(view: Any, request: Any, **kwargs: Any) -> Response:
        return Response([type(one).__name__ for one in view.get_permissions()])

    response = answer(logto.global_token(["a"]), HasScopes("a"), Yes, get=get)
    assert response.json() == ["HasScopes", "Yes"]


def test_a_check_that_must_be_awaited_is_left_alone(logto: Logto, route: Route) -> None:
    class Awaited(View):
        async def check_permissions(self, request: Any) -> None:  # type: ignore[override]
            permission: Any = self.get_permissions()[0]
            assert await permission.has_permission(request, self) is None
            self.permission_denied(request)

        def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
            self.perform_authentication(request)
            async_to_sync(self.check_permissions)(request)

    route(path("", Awaited.as_view(permission_classes=[Never])))
    assert logto.client(logto.global_token()).get("/").status_code == 403


def test_a_check_that_awaits_its_permissions_is_left_alone(logto: Logto, route: Route) -> None:
    class Awaited(APIView):
        async def check_permissions(self, request: Any) -> None:  # type: ignore[override]
            held, never = self.get_permissions()
            awaited: Any = never.has_permission(request, self)
            assert (held.has_permission(request, self), await awaited) == (True, None)

        def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
            async_to_sync(self.check_permissions)(request)

    route(path("", Awaited.as_view(permission_classes=[HasScopes("a"), Never])))
    assert logto.client(logto.global_token(["a"])).get("/").status_code == 405


@pytest.mark.parametrize("name", ["permission_denied", "check_object_permissions"])
def test_a_view_that_does_not_deny_as_those_of_drf_is_left_alone(name: str) -> None:
    view = SimpleNamespace(**{name: str})
    assert HasScopes("a").has_permission(SimpleNamespace(auth=None), view) is False
    assert vars(view) == {name: str}


# Refusals of the project


class PlanExpired(LogtoError):
    """A refusal of the project, with what is left at its default."""

    code = "plan_expired"
    message = "The plan expired on a %(day)s."


class Urgent(PlanExpired):
    code = "urgent"
    priority = InsufficientScope.priority + 1


class Blocked(LogtoError):
    """A refusal of the project that declares everything."""

    status = 402
    error = "insufficient_scope"
    scope = "plan"
    code = "blocked"
    message = "Blocked."


class OfProject(BasePermission):
    """A permission of the project that refuses, and says why."""

    def __init__(self, reason: Any) -> None:
        self._reason = reason

    def __call__(self) -> Any:
        return self

    def has_permission(self, request: Any, view: Any) -> bool:
        return False

    def refusal(self, request: Any, view: Any) -> Any:
        return self._reason() if callable(self._reason) else self._reason


class WithoutCode(LogtoError):
    message = "It has no code."


class Full(LogtoError):
    code = "full"
    message = "The disk is 100% full."


class OfNoPriority(LogtoError):
    code = "never"
    message = "Never."
    priority: ClassVar[Any] = None


def any_of(*permissions: Any) -> Any:
    either: Any = OR
    return reduce(partial(OperandHolder, either), permissions)


EXPIRED = PlanExpired(day="Sunday")


def test_a_refusal_of_the_project_is_reported_with_its_code_and_challenge(
    logto: Logto, answer: Any
) -> None:
    refused = answer(logto.global_token(), OfProject(EXPIRED))
    sentence = "The plan expired on a Sunday."
    assert refused.status_code == 403
    assert refused.json() == {"detail": sentence, "code": "plan_expired"}
    assert refused.headers["WWW-Authenticate"] == (
        f'Bearer realm="api", error="invalid_token", error_description="{sentence}"'
    )


@pytest.mark.parametrize("refusal", [Blocked(), AuthorizationServerUnavailable("timeout")])
def test_a_refusal_of_another_status_is_still_a_denial(
    logto: Logto, answer: Any, refusal: LogtoError
) -> None:
    refused = answer(logto.global_token(), OfProject(refusal))
    assert (refused.status_code, refused.json()["code"]) == (403, refusal.code)


def test_a_refusal_of_another_status_is_a_denial_in_a_plain_view(logto: Logto) -> None:
    assert as_api_exception(Blocked()).status_code == 403


class AdminScope(InsufficientScope):
    """A missing scope by a name of the project's own."""


@pytest.mark.parametrize(
    ("permissions", "code"),
    [
        ([OfProject(EXPIRED), InOrganization], "plan_expired"),
        ([InOrganization, OfProject(EXPIRED)], "plan_expired"),
        ([OfProject(WrongOrganization()), OfProject(EXPIRED)], "plan_expired"),
        ([OfProject(NoScopeDeclared("Own")), OfProject(EXPIRED)], "plan_expired"),
        ([OfProject(EXPIRED), HasScopes("a")], "insufficient_scope"),
        ([OfProject(EXPIRED), OfProject(AdminScope(("a",)))], "insufficient_scope"),
        ([HasScopes("a"), OfProject(Urgent(day="Monday"))], "urgent"),
        ([OfProject(EXPIRED), OfProject(Blocked())], "plan_expired"),
        ([OfProject(Blocked()), OfProject(EXPIRED)], "blocked"),
        ([OfProject(None), OfProject(EXPIRED)], "plan_expired"),
    ],
)
def test_the_refusal_of_the_highest_priority_is_reported_and_of_equal_ones_the_first(
    logto: Logto,
    answer: Any,
    caplog: pytest.LogCaptureFixture,
    permissions: list[Any],
    code: str,
) -> None:
    refused = answer(logto.global_token(), any_of(*permissions))
    assert (refused.status_code, refused.json()["code"]) == (403, code)
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


def raising() -> LogtoError:
    raise ZeroDivisionError("a secret")


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        (raising, "raised ZeroDivisionError"),
        ("Sunday", "returned str"),
        (WithoutCode(), "raised AttributeError"),
        (Full(), "raised TypeError"),
        (OfNoPriority(), "raised TypeError"),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_a_refusal_that_fails_is_logged_and_the_others_are_still_reported(
    logto: Logto,
    answer: Any,
    caplog: pytest.LogCaptureFixture,
    reason: Any,
    fault: str,
    order: int,
) -> None:
    permissions = [OfProject(reason), HasScopes("a")][::order]
    assert reported(answer(logto.global_token(), any_of(*permissions))) == SCOPE
    [record] = [one for one in caplog.records if one.levelname == "ERROR"]
    assert record.name == "drf_logto"
    facts = (
        "method 'GET', route '<str:organization_id>/', issuer 'https://tenant.logto.test/oidc', "
    )
    assert record.message.startswith(f"A denial has no reason ({facts}subject 'user-1', client_id ")
    assert record.message.endswith(f"): OfProject.refusal() {fault}.")
    assert record.exc_info is None


def test_a_refusal_that_fails_alone_keeps_the_denial(logto: Logto, answer: Any) -> None:
    refused = answer(logto.global_token(), OfProject(raising))
    assert reported(refused) == NO_REASON
    assert "secret" not in refused.content.decode()
