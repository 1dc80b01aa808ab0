"""A tenant behind the stand-in for the Management API, and a project that needs some of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import include, path
from rest_framework.views import APIView

from drf_logto.permissions import HasScopes, InOrganization
from drf_logto.testing import Logto, ManagementApi
from tests.support.management import OPTIONS

API = "https://api.example.test"


@pytest.fixture
def stand_in(logto: Logto, settings: Any) -> Iterator[ManagementApi]:
    """An empty tenant, which the settings name a machine for."""
    settings.LOGTO = {**settings.LOGTO, "API_RESOURCE": API, **OPTIONS}
    with ManagementApi() as stand_in:
        yield stand_in


@pytest.fixture
def project(
    route: Callable[..., None], stand_in: ManagementApi, settings: Any, revocation: None
) -> None:
    """A project with scopes, an organization permission, a webhook and a sign-in."""
    application = stand_in.create("/applications", name="Web", type="Traditional")
    settings.LOGTO = {
        **settings.LOGTO,
        "API_RESOURCE": API,
        "APP_ID": application["id"],
        "APP_SECRET": "secret",
        **OPTIONS,
    }
    products = HasScopes(read="read:products", write="write:products")
    route(
        path("products/", view(products)),
        path("organizations/<organization_id>/", view(InOrganization("invite:member"))),
        path("auth/", include("drf_logto.browsable.urls")),
        path("logto/", include("drf_logto.revocation.urls")),
    )


def view(permission: Any) -> Any:
    """A view that reads and writes."""

    class View(APIView):
        permission_classes = [permission]

        def get(self, request: Any) -> None: ...

        def post(self, request: Any) -> None: ...

    return View.as_view()
