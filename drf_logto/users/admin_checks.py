"""System checks of the admin's sign-in. They run only where a LogtoAdminSite is included."""

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Error

from ..browsable.checks import check_session
from .admin_sign_in import BACKEND


def check_admin() -> Iterator[CheckMessage]:
    """Yield E044, and what the sign-in of the browsable API needs of sessions."""
    yield from check_session()
    if BACKEND not in settings.AUTHENTICATION_BACKENDS:
        yield Error(
            f"AUTHENTICATION_BACKENDS has no {BACKEND!r}, so nobody stays signed in to the admin "
            "site with Logto.",
            hint="Add it; with ModelBackend before it, passwords stay possible.",
            id="drf_logto.E044",
        )
