"""drf_logto.get_auth: the AuthInfo of a request."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, RequestFactory
from django.urls import path
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import force_authenticate
from rest_framework.views import APIView

from drf_logto import get_auth
from drf_logto.decorators import require_access_token
from drf_logto.testing import Logto


class Open(APIView):
    permission_classes = [AllowAny]

    def get(self, request: Request) -> Response:
        assert get_auth(request) is request.auth
        assert get_auth(request._request) is request.auth
        return Response(get_auth(request).sub)


@require_access_token
def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse(get_auth(request).sub)


@require_access_token
async def asynchronous(request: HttpRequest) -> HttpResponse:
    return HttpResponse(get_auth(request).sub)


@pytest.mark.parametrize("view", [Open.as_view(), plain, asynchronous])
def test_every_request_with_a_token_has_it(
    logto: Logto, route: Callable[..., None], view: Any
) -> None:
    route(path("", view))
    response: Any = logto.client(logto.global_token(user="alice")).get("/")
    assert response.content.decode().strip('"') == "alice"


def test_an_open_view_that_asks_for_it_answers_401_without_a_token(logto: Logto) -> None:
    response = Open.as_view()(RequestFactory().get("/"))
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_what_another_class_authenticated_has_none(logto: Logto) -> None:
    request = RequestFactory().get("/")
    force_authenticate(request, token=cast("Any", "of another class"))
    assert Open.as_view()(request).status_code == 401


@pytest.mark.parametrize("make", [RequestFactory, AsyncRequestFactory])
def test_a_view_that_is_not_protected_is_reported_with_what_to_do(make: Any) -> None:
    with pytest.raises(NotAuthenticated) as missing:
        get_auth(make().get("/"))
    assert "@require_access_token" in missing.value.__notes__[0]
