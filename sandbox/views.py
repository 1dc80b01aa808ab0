"""The API: one view for each of Logto's permission models, and views that need no scope."""

import os

from django.http import HttpRequest, JsonResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.generics import ListCreateAPIView
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from drf_logto.auth_info import AuthInfo
from drf_logto.browsable.session import BrowserSession
from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.tenancy import OrganizationFilterBackend

from .models import Document, Invitation, Product
from .organizations import NAMES
from .serializers import DocumentSerializer, InvitationSerializer, ProductSerializer


class TokenRequest(Request):
    """A request whose token was verified, for type checkers."""

    auth: AuthInfo


def _organizations(request: Request) -> dict[str, str]:
    """Return the names of the organizations of who is signed in, and of the stand-in, by id."""
    sign_in = BrowserSession(request._request).load()
    own = {one.id: one.name for one in sign_in.person.organizations} if sign_in else {}
    return {**own, **(NAMES if "SANDBOX_STAND_IN" in os.environ else {})}


class FrontPage(APIView):
    """Every endpoint; after you have logged in, also those of your organizations.

    All but this page need an access token: log in, or get one in the terminal.

    The report is a plain Django view: it takes a token, and no login.
    """

    name = "Sandbox"
    permission_classes = [AllowAny]

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        names = ("product-list", "report", "who-am-i", "schema", "swagger-ui")
        links: dict[str, object] = {name: reverse(name, request=request) for name in names}
        links["organizations"] = [
            {
                "name": organization,
                "document-list": reverse("document-list", [id], request=request),
                "invitation-list": reverse("invitation-list", [id], request=request),
            }
            for id, organization in _organizations(request).items()
        ]
        return Response(links)


class ProductViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    GenericViewSet[Product],
):
    """Global API resource: read:products, and to create one write:products as well."""

    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    permission_classes = [
        HasScopes(read="read:products", write=["read:products", "write:products"])
    ]


class InvitationList(ListCreateAPIView[Invitation]):
    """Organization permission: invite:member."""

    request: TokenRequest
    queryset = Invitation.objects.all()
    serializer_class = InvitationSerializer
    permission_classes = [InOrganization("invite:member")]
    filter_backends = [OrganizationFilterBackend]
    organization_field = "organization_id"

    def perform_create(self, serializer: BaseSerializer[Invitation]) -> None:
        serializer.save(invited_by=self.request.auth.sub)


class DocumentViewSet(ModelViewSet[Document]):
    """API resource within an organization: read:documents, and to change them write:documents."""

    queryset = Document.objects.all()
    serializer_class = DocumentSerializer
    permission_classes = [OrgResourceScopes(read="read:documents", write="write:documents")]
    filter_backends = [OrganizationFilterBackend]
    organization_field = "organization_id"


class WhoAmI(APIView):
    """What the token says of its bearer; any valid token is accepted."""

    request: TokenRequest
    name = "Who am I?"
    permission_classes = [IsAuthenticated]

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        auth = self.request.auth
        return Response({"kind": auth.kind.value, **auth.to_dict()})


@require_access_token(HasScopes("read:reports"))
def report(request: HttpRequest) -> JsonResponse:
    return JsonResponse(
        {"products": Product.objects.count(), "documents": Document.objects.count()}
    )
