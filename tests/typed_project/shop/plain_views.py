"""Plain Django views."""

from typing import assert_type

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated

from drf_logto import get_auth
from drf_logto.auth_info import AuthInfo
from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes, InOrganization, IsDelegated, IsUser, OrgResourceScopes

from .authentication import UserAuthentication


@require_access_token
def bare(request: HttpRequest, page: int) -> JsonResponse:
    assert_type(get_auth(request), AuthInfo)
    return JsonResponse({"page": page})


@require_access_token
async def bare_async(request: HttpRequest, page: int) -> JsonResponse:
    return JsonResponse({"page": page})


@require_access_token()
def empty(request: HttpRequest, page: int) -> JsonResponse:
    return JsonResponse({"page": page})


@require_access_token(HasScopes("read:pages"), authentication_class=UserAuthentication)
def with_instance(request: HttpRequest, page: int) -> JsonResponse:
    return JsonResponse({"page": page})


@require_access_token(InOrganization)
def with_class(request: HttpRequest, page: int) -> JsonResponse:
    return JsonResponse({"page": page})


@require_access_token(HasScopes("pay:invoices") & IsUser & ~IsDelegated)
async def payments(request: HttpRequest, page: int) -> JsonResponse:
    return JsonResponse({"page": page})


@require_access_token(HasScopes("a") | OrgResourceScopes("b"), ~InOrganization, IsAuthenticated)
async def with_several(request: HttpRequest, page: int) -> JsonResponse:
    return JsonResponse({"page": page})


@method_decorator(require_access_token(HasScopes("read:pages")), name="dispatch")
class Pages(View):
    def get(self, request: HttpRequest, page: int) -> HttpResponse:
        return HttpResponse(get_auth(request).sub)


@method_decorator(require_access_token, name="dispatch")
class AnyPages(View):
    @method_decorator(require_access_token(HasScopes("write:pages")))
    async def post(self, request: HttpRequest, page: int) -> HttpResponse:
        return HttpResponse(status=201)


async def types_are_kept(request: HttpRequest) -> None:
    assert_type(bare(request, page=1), JsonResponse)
    assert_type(await bare_async(request, page=1), JsonResponse)
    assert_type(empty(request, page=1), JsonResponse)
    assert_type(with_instance(request, page=1), JsonResponse)
    assert_type(with_class(request, page=1), JsonResponse)
    assert_type(await with_several(request, page=1), JsonResponse)
    assert_type(await AnyPages().post(request, page=1), HttpResponse)
    bare(request, page="1")  # type: ignore[arg-type]
    await bare_async(request)  # type: ignore[call-arg]
    empty(request, pages=1)  # type: ignore[call-arg]
    with_instance(request, page="1")  # type: ignore[arg-type]
    with_class(1, page=1)  # type: ignore[arg-type]
    await with_several(request, page=None)  # type: ignore[arg-type]


require_access_token("read:pages")  # type: ignore[call-overload]
require_access_token([HasScopes("read:pages")])  # type: ignore[call-overload]
require_access_token(HasScopes, authentication_class=SessionAuthentication)  # type: ignore[arg-type]


@require_access_token(HasScopes("read:pages"))  # type: ignore[type-var]
def answers_with_text(request: HttpRequest) -> str:
    return "no response"
