"""Views and routes for the system checks, and the messages of one check."""

from typing import Any

from django.urls import include, path
from rest_framework.routers import SimpleRouter


def made(base: Any, *permissions: Any, **attributes: Any) -> Any:
    attributes["permission_classes"] = permissions
    return type("Made", (base,), attributes)


def routed(*viewsets: Any) -> Any:
    router = SimpleRouter()
    for number, viewset in enumerate(viewsets):
        router.register(f"things{number}", viewset, basename=f"thing{number}")
    return path("", include(router.urls))


def of(found: list[tuple[str, str]], check_id: str) -> list[str]:
    return [message for id, message in found if id == f"drf_logto.{check_id}"]
