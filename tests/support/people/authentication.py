"""How a project authenticates whose user model needs more."""

from drf_logto.users.authentication import LogtoUserAuthentication

from .models import ByEmail


class OfProject(LogtoUserAuthentication):
    def new_user(self, issuer: str, subject: str) -> ByEmail:
        return ByEmail(email=f"{subject}@example.test", team="new")
