# shop/catalogue.py
from django.contrib.auth.models import User
from django.http import HttpRequest, JsonResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_logto import get_auth
from drf_logto.auth_info import AuthInfo, TokenKind
from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes
from drf_logto.principal import LogtoPrincipal


class CatalogueAuthentication(LogtoJWTAuthentication):
    def get_user(self, auth: AuthInfo) -> User | LogtoPrincipal | None:
        if auth.is_machine:
            return LogtoPrincipal(auth)
        return User.objects.filter(username=auth.sub).first()


class CatalogueViewSet(ViewSet):
    permission_classes = [HasScopes(read="read:products", write="write:products")]

    def list(self, request: Request) -> Response:
        auth = get_auth(request)
        return Response({"for": auth.sub, "global": auth.kind is TokenKind.GLOBAL})


@require_access_token(HasScopes("read:products"))
def catalogue_page(request: HttpRequest, number: int) -> JsonResponse:
    return JsonResponse({"for": get_auth(request).sub, "page": number})
