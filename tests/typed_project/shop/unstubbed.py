"""What keeps its type without the stubs of REST Framework as well."""

from typing import assert_type

from django.http import HttpRequest, JsonResponse
from rest_framework.permissions import IsAuthenticated

from drf_logto import get_auth
from drf_logto.auth_info import AuthInfo
from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes, InOrganization


@require_access_token
def bare(request: HttpRequest, page: int) -> JsonResponse:
    assert_type(get_auth(request), AuthInfo)
    return JsonResponse({"page": page})


@require_access_token()
def empty(request: HttpRequest, page: int) -> JsonResponse:
    return JsonResponse({"page": page})


@require_access_token(HasScopes("read:pages"), InOrganization)
async def protected(request: HttpRequest, page: int) -> JsonResponse:
    return JsonResponse({"page": page})


@require_access_token(HasScopes("read:pages") | InOrganization, IsAuthenticated)
def composed(request: HttpRequest, page: int) -> JsonResponse:
    return JsonResponse({"page": page})


async def types_are_kept(request: HttpRequest) -> None:
    assert_type(bare(request, page=1), JsonResponse)
    assert_type(empty(request, page=1), JsonResponse)
    assert_type(await protected(request, page=1), JsonResponse)
    composed(request, page=1)
    bare(request, page="1")  # type: ignore[arg-type]
    await protected(request, pages=1)  # type: ignore[call-arg]
