"""The views that are measured."""

import asyncio
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import path, resolve
from rest_framework.authentication import BaseAuthentication
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes
from drf_logto.tenancy import Header, OrganizationFilterBackend

_CONSTANT = (AnonymousUser(), None)
_HEADER, _ORGANIZATION = "X-Organization-Id", "org-1"


class ConstantUser(BaseAuthentication):
    """Authenticates every request as the same user, at no cost."""

    def authenticate(self, request: Request) -> tuple[Any, Any]:
        return _CONSTANT


class ForConstantUser(APIView):
    """An empty view."""

    authentication_classes = [ConstantUser]

    def get(self, request: Request) -> Response:
        """Answer nothing."""
        return Response()


class Protected(ForConstantUser):
    """The same view, for access tokens of Logto."""

    authentication_classes = [LogtoJWTAuthentication]


class Scoped(Protected):
    """The same view, for tokens with a scope."""

    permission_classes = [HasScopes("read:products")]


class FilteredByHand(GenericAPIView[ContentType]):
    """Makes the query for the rows of one organization, and does not send it."""

    authentication_classes = [LogtoJWTAuthentication]
    queryset = ContentType.objects.all()
    permission_classes = [HasScopes("read:products")]

    def get(self, request: Request) -> Response:
        """Answer nothing."""
        self.rows()
        return Response()

    def rows(self) -> object:
        """Return the rows of the organization that a header names."""
        return self.get_queryset().filter(app_label=self.request.headers[_HEADER])


class Filtered(FilteredByHand):
    """The same by the filter backend."""

    filter_backends = [OrganizationFilterBackend]
    organization_field = "app_label"
    organization_source = Header(_HEADER)
    organization_optional = True  # the tokens are of no organization

    def rows(self) -> object:
        """Return the rows that the filter backend leaves."""
        return self.filter_queryset(self.get_queryset())


class FilteredByLookup(Filtered):
    """The same where a function finds Logto's id."""

    organization_source = Header(_HEADER, lookup={_ORGANIZATION: _ORGANIZATION}.get)


def plain(request: HttpRequest) -> HttpResponse:
    """Answer nothing."""
    return HttpResponse()


async def plain_async(request: HttpRequest) -> HttpResponse:
    """Answer nothing."""
    return HttpResponse()


_scoped = require_access_token(HasScopes("read:products"))

urlpatterns = [
    path("constant", ForConstantUser.as_view()),
    path("protected", Protected.as_view()),
    path("scoped", Scoped.as_view()),
    path("rows/by-hand", FilteredByHand.as_view()),
    path("rows/filtered", Filtered.as_view()),
    path("rows/looked-up", FilteredByLookup.as_view()),
    path("plain", plain),
    path("plain/scoped", _scoped(plain)),
    path("async", plain_async),
    path("async/scoped", _scoped(plain_async)),
]


def requests_to(url: str) -> Callable[[str], int]:
    """Return what sends a token to ``url``, as a server calls Django, and returns the status."""
    handler = WSGIHandler()
    environ = RequestFactory().get(url, headers={_HEADER: _ORGANIZATION}).environ

    def send(token: str) -> int:
        response = handler(environ | {"HTTP_AUTHORIZATION": f"Bearer {token}"}, _start_response)
        response.close()
        return response.status_code

    return send


def calls_of(url: str) -> Callable[[str], int]:
    """Return what calls the view at ``url`` with a token, and returns the status."""
    request: Any = RequestFactory().get(url)
    request.resolver_match = match = resolve(url)
    request.csrf_processing_done = True
    meta, view = request.META, match.func
    run = asyncio.new_event_loop().run_until_complete

    def call(token: str) -> int:
        meta["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        answer = view(request)
        response = run(answer) if asyncio.iscoroutine(answer) else answer
        status: int = response.status_code
        return status

    return call


def _start_response(*_: object) -> Callable[[bytes], object]:
    """Take status and headers, as a server does."""
    return len
