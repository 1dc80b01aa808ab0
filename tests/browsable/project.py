"""A project with a sign-in: one view for each kind of token."""

from typing import Any

from django.urls import include, path
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.browsable.authentication import LogtoSessionAuthentication
from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes


class View(APIView):
    # Whoever imported APIView first has fixed its default.
    authentication_classes = [LogtoJWTAuthentication, LogtoSessionAuthentication]


class Product(serializers.Serializer[Any]):
    name = serializers.CharField()


class Products(View):
    permission_classes = [HasScopes(get="read:products", post="write:products")]
    serializer_class = Product

    def get(self, request: Any) -> Response:
        return Response({"for": request.user.sub})

    def post(self, request: Any) -> Response:
        return Response(request.data, status=201)


class Invitations(View):
    permission_classes = [InOrganization("invite:member")]

    def get(self, request: Any, organization_id: str) -> Response:
        return Response({"to": organization_id})


class Documents(View):
    permission_classes = [OrgResourceScopes("read:documents")]

    def get(self, request: Any, organization_id: str) -> Response:
        return Response({"of": organization_id})


class Open(View):
    permission_classes = [AllowAny]

    def get(self, request: Any) -> Response:
        return Response({"for": getattr(request.user, "sub", None)})


urlpatterns = [
    path("auth/", include("drf_logto.browsable.urls")),
    path("products/", Products.as_view()),
    path("<organization_id>/invitations/", Invitations.as_view()),
    path("<organization_id>/documents/", Documents.as_view()),
    path("open/", Open.as_view()),
]
