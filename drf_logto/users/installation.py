"""Whether the application is there; importing registers the system check that it is."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register

APP = "drf_logto.users"


def is_installed() -> bool:
    """Whether the models can be used."""
    return apps.is_installed(APP)


@register
def application_is_installed(**_: Any) -> list[CheckMessage]:
    """E041: whatever imports LogtoUserAuthentication needs the application."""
    if is_installed():
        return []
    return [
        Error(
            f"LogtoUserAuthentication is used, but {APP!r} is not in INSTALLED_APPS.",
            hint="Add it, and run manage.py migrate.",
            id="drf_logto.E041",
        )
    ]
