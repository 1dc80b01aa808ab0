"""LogtoBackend: who is signed in to Django's admin with Logto."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

__all__ = ["LogtoBackend"]


class LogtoBackend(ModelBackend):
    """Finds the user of a session that LogtoAdminSite began, with the permissions of ModelBackend.

    An inactive user has no session. It authenticates nobody by itself: there is no password.
    """

    def authenticate(self, request: Any, **credentials: Any) -> None:  # type: ignore[override]
        """Return None: credentials are Logto's."""
