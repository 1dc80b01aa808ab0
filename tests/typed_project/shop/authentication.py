"""A user model of the project."""

from django.contrib.auth.models import User

from drf_logto.auth_info import AuthInfo
from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.principal import LogtoPrincipal


class UserAuthentication(LogtoJWTAuthentication):
    def get_user(self, auth: AuthInfo) -> User | LogtoPrincipal | None:
        if auth.is_machine:
            return LogtoPrincipal(auth)
        return User.objects.filter(username=auth.sub).first()


class OfBytes(LogtoJWTAuthentication):
    def get_user(self, auth: bytes) -> None:  # type: ignore[override]
        """Takes what no authentication gives."""
