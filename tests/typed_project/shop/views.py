"""Views of REST Framework."""

from typing import assert_type

from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_logto import get_auth
from drf_logto.auth_info import AuthInfo, TokenKind
from drf_logto.permissions import (
    FromClients,
    HasClaim,
    HasScopes,
    InOrganization,
    IsDelegated,
    IsMachine,
    IsUser,
    OrgResourceScopes,
    OwnedByUser,
)


class ProductViewSet(ViewSet):
    permission_classes = [HasScopes(read="read:products", write=["write:products"])]

    def list(self, request: Request) -> Response:
        auth = get_auth(request)
        assert_type(auth, AuthInfo)
        assert_type(auth.scopes, tuple[str, ...])
        assert_type(auth.organization_id, str | None)
        assert_type(auth.kind, TokenKind)
        return Response({"for": auth.sub, "until": auth.expires_at})


class ReportView(APIView):
    permission_classes = [
        HasScopes("read:reports") & ~InOrganization | OrgResourceScopes("read:reports"),
        IsAuthenticated & HasScopes,
        IsUser() & ~IsDelegated | IsMachine,
        FromClients("app-1"),
        OwnedByUser("document__owner") | ~IsUser,
        HasClaim("plan", one_of=["pro"]) & HasClaim("staff", True),
    ]
    required_scopes = {"get": "read:reports"}

    def get(self, request: Request) -> Response:
        return Response(get_auth(request).to_dict())


@api_view()
@permission_classes([InOrganization | HasScopes("read:members")])
def members(request: Request, organization_id: str) -> Response:
    return Response({"is_own": get_auth(request).organization_id == organization_id})


HasScopes(7)  # type: ignore[arg-type]
HasScopes(read=7)  # type: ignore[arg-type]
FromClients(7)  # type: ignore[arg-type]
HasClaim("level", 1.5)  # type: ignore[arg-type]
HasClaim("level", one_of=7)  # type: ignore[arg-type]
get_auth("request")  # type: ignore[arg-type]


def mistaken(request: Request) -> None:
    str(get_auth(request).subject)  # type: ignore[attr-defined]
    get_auth(request).sub = "another"  # type: ignore[misc]
    get_auth(request).organization_id.upper()  # type: ignore[union-attr]
