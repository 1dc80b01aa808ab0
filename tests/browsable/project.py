"""A project with a sign-in: one view for each kind of token."""

from typing import Any

from django.db import transaction
from django.urls import include, path
from rest_framework import serializers
from rest_framework.permissions import AllowAny, BasePermission
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


class OpenToForms(Open):
    authentication_classes = []

    def post(self, request: Any) -> Response:
        return Response(request.data)


class Wishes(View):
    permission_classes = [AllowAny]
    serializer_class = Product

    def get(self, request: Any) -> Response:
        return Response({})

    def post(self, request: Any) -> Response:
        return Response(request.data, status=201)


class Narrowed(View):
    permission_classes = [HasScopes("read:products") | InOrganization]
    api_resource = "https://other.test"


class Undeclared(View):
    permission_classes = [HasScopes]


class Picky(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        if request.auth.organization_id is not None:
            raise ZeroDivisionError
        return True


class Fragile(View):
    permission_classes = [Picky, InOrganization]


class Never(View):
    permission_classes = [~AllowAny]


def rolled_back(request: Any) -> Any:
    """What becomes of a refused request under ATOMIC_REQUESTS."""
    with transaction.atomic():
        response = Open.as_view()(request)
        transaction.set_rollback(True)
    return response


urlpatterns = [
    path("auth/", include("drf_logto.browsable.urls")),
    path("products/", Products.as_view()),
    path("<organization_id>/invitations/", Invitations.as_view()),
    path("<organization_id>/documents/", Documents.as_view()),
    path("open/", Open.as_view()),
    path("open-to-forms/", OpenToForms.as_view()),
    path("rolled-back/", rolled_back),
    path("wishes/", Wishes.as_view()),
    path("narrowed/", Narrowed.as_view()),
    path("undeclared/", Undeclared.as_view()),
    path("<organization_id>/fragile/", Fragile.as_view()),
    path("never/", Never.as_view()),
]
