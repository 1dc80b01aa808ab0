"""A view that returns who sent the request."""

from collections.abc import Callable
from typing import Any

from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

Route = Callable[..., None]


class Seen(APIView):
    """Says who came in."""

    permission_classes = [AllowAny]

    def get(self, request: Any) -> Response:
        return Response(
            {"user": str(request.user), "auth": request.auth and request.auth.to_dict()}
        )
