"""LogtoUserAuthentication: from an access token to a user of the project."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from rest_framework.settings import api_settings

from ..auth_info import AuthInfo
from ..authentication import LogtoJWTAuthentication
from ..conf import get_settings
from .installation import APP, is_installed

__all__ = ["LogtoUserAuthentication"]


class LogtoUserAuthentication(LogtoJWTAuthentication):
    """Authenticates as LogtoJWTAuthentication; ``request.user`` is a user of the project.

    The first token of a subject creates its user, unless ``CREATE_USERS`` is False. Machines have
    a LogtoPrincipal, unless ``SERVICE_USERS`` is True.
    """

    def get_user(self, auth: AuthInfo) -> Any:
        """Return the user of a token's subject.

        Raises:
            UnknownUser: there is none, and none is created.
            ImproperlyConfigured: ``drf_logto.users`` is not in ``INSTALLED_APPS``.
        """
        if not is_installed():
            raise ImproperlyConfigured(f"Add {APP!r} to INSTALLED_APPS.")
        from .access import user_of  # noqa: PLC0415 - models need the application

        if auth.is_machine and not get_settings().service_users:
            return super().get_user(auth)
        return user_of(auth, self.new_user)

    def new_user(self, issuer: str, subject: str) -> Any:
        """Return a user that is not saved yet, for a subject that is seen for the first time.

        The username is random, so that it clashes with no other, and there is no usable password.
        Override it for a user model that needs more, or return None to create no user. It runs in
        the transaction that saves the user.

        Args:
            issuer: the ``iss`` claim.
            subject: the ``sub`` claim.
        """
        model: Any = get_user_model()
        longest = model._meta.get_field(model.USERNAME_FIELD).max_length
        user = model(**{model.USERNAME_FIELD: f"logto-{uuid4().hex}"[:longest]})
        user.set_unusable_password()
        return user


def new_user_of_project() -> Callable[[str, str], Any]:
    """Return the ``new_user`` of the first class in DEFAULT_AUTHENTICATION_CLASSES that has one."""
    for one in api_settings.DEFAULT_AUTHENTICATION_CLASSES:
        if isinstance(one, type) and issubclass(one, LogtoUserAuthentication):
            return one().new_user
    return LogtoUserAuthentication().new_user
