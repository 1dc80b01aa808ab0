"""System checks of the authentication classes: that an access token is read, and read first."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import path
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.browsable.authentication import LogtoSessionAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes
from drf_logto.testing import Logto
from tests.support.checked import made, routed

Check = Callable[..., list[tuple[str, str]]]

OURS = "drf_logto.authentication.LogtoJWTAuthentication"
SESSION = "rest_framework.authentication.SessionAuthentication"
OTHERS = [SessionAuthentication, BasicAuthentication]


class UserAuthentication(LogtoJWTAuthentication):
    """As a project derives its own."""


def guarded(**attributes: Any) -> Any:
    return made(APIView, HasScopes("a"), **attributes).as_view()


# None reads access tokens


@pytest.mark.parametrize("classes", [[], OTHERS, (BasicAuthentication,), {BasicAuthentication}])
def test_a_guarded_view_that_authenticates_no_access_token_is_reported(
    check: Check, logto: Logto, classes: Any
) -> None:
    found = check(path("x/", guarded(authentication_classes=classes)))
    assert [id for id, _ in found] == ["drf_logto.E013"]
    assert "authentication_classes of 'x/'" in found[0][1]
    assert logto.client(logto.global_token(["a"])).get("/x/").status_code in {401, 403}


def test_a_setting_without_our_authentication_is_reported_once(check: Check, settings: Any) -> None:
    settings.REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": [
            SESSION,
            "rest_framework.authentication.BasicAuthentication",
        ]
    }
    routes = [path(f"{name}/", guarded(authentication_classes=OTHERS)) for name in "xyz"]
    found = check(*routes, path("own/", guarded(authentication_classes=[])))
    assert [id for id, _ in found] == ["drf_logto.E013"] * 2
    assert "authentication_classes of 'own/'" in found[0][1]
    assert "DEFAULT_AUTHENTICATION_CLASSES, used by 'x/' and 2 more, lacks" in found[1][1]


@pytest.mark.parametrize(
    "classes",
    [
        [LogtoJWTAuthentication],
        [UserAuthentication, *OTHERS],
        [LogtoSessionAuthentication],
        [partial(UserAuthentication)],
        property(lambda self: OTHERS),
    ],
)
def test_a_view_that_may_authenticate_access_tokens_is_not_reported(
    check: Check, classes: Any
) -> None:
    assert check(path("x/", guarded(authentication_classes=classes))) == []


def test_a_view_that_computes_its_authenticators_is_not_judged(check: Check) -> None:
    def get_authenticators(self: Any) -> None:
        """Is never called."""

    own = {"authentication_classes": [], "get_authenticators": get_authenticators}
    assert check(path("x/", guarded(**own))) == []


def test_a_view_that_only_a_negation_guards_is_not_reported_for_its_authentication(
    check: Check,
) -> None:
    view = made(APIView, ~HasScopes("a"), authentication_classes=[]).as_view()
    assert [id for id, _ in check(path("x/", view))] == ["drf_logto.W004"]


def test_plain_and_unguarded_views_need_no_authentication_classes(check: Check) -> None:
    plain = require_access_token(HasScopes("a"))(lambda request: HttpResponse())
    unguarded = made(APIView, IsAuthenticated, authentication_classes=[]).as_view()
    assert check(path("plain/", plain), path("x/", unguarded)) == []


def test_an_action_with_an_authentication_of_its_own_is_seen(check: Check) -> None:
    class Mixed(ViewSet):
        permission_classes = [HasScopes("a")]

        def list(self, request: Any) -> None:
            """Is never called."""

        @action(detail=False, authentication_classes=[], permission_classes=[HasScopes("b")])
        def other(self, request: Any) -> Response:  # type: ignore[empty-body]
            """Is never called."""

    found = check(routed(Mixed))
    assert [id for id, _ in found] == ["drf_logto.E013"]
    assert "other" in found[0][1]


# Another comes first


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ([OURS, SESSION], []),
        ([SESSION], []),
        ([SESSION, OURS], ["drf_logto.W002"]),
        ([SESSION, f"{__name__}.UserAuthentication"], ["drf_logto.W002"]),
        ([f"{__name__}.UserAuthentication", SESSION], []),
    ],
)
def test_a_default_that_does_not_come_first_is_reported(
    check: Check, settings: Any, classes: list[str], expected: list[str]
) -> None:
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": classes}
    assert [id for id, _ in check()] == expected
    # Not once more for each view that uses it.
    own = list(api_settings.DEFAULT_AUTHENTICATION_CLASSES)
    found = check(*(path(f"{name}/", guarded(authentication_classes=own)) for name in "xy"))
    assert [id for id, _ in found if id == "drf_logto.W002"] == expected


@pytest.mark.parametrize("first", OTHERS)
def test_a_view_in_which_another_class_comes_first_is_reported(
    check: Check, logto: Logto, first: Any
) -> None:
    classes = [first, UserAuthentication]
    found = check(path("x/", guarded(authentication_classes=classes)), path("y/", guarded()))
    assert [id for id, _ in found] == ["drf_logto.W002"]
    assert "the first of authentication_classes of 'x/'" in found[0][1]
    response = logto.client().get("/x/")
    assert "Bearer" not in response.headers.get("WWW-Authenticate", "")


def test_the_first_class_decides_the_challenge() -> None:
    """Why W002 is told: DRF asks the first class alone, and SessionAuthentication has none."""
    request: Any = object()
    assert SessionAuthentication().authenticate_header(request) is None
