"""LogtoPrincipal: who sent the request, without a database row."""

from collections.abc import Iterable
from dataclasses import dataclass

from .auth_info import AuthInfo

__all__ = ["LogtoPrincipal"]


@dataclass(frozen=True, slots=True, eq=False)
class LogtoPrincipal:
    """The user or application that an access token speaks for; ``request.user`` in a view.

    It is authenticated and active, and holds no rights of Django's own: what a token may do stands
    in its scopes. Two principals are equal where issuer and subject are.

    Attributes:
        auth: the verified token.
    """

    auth: AuthInfo

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False
    is_superuser = False

    @property
    def sub(self) -> str:
        """The subject: a user's id in Logto, or an application's."""
        return self.auth.sub

    @property
    def id(self) -> str:
        """The subject, under the name that Django gives it."""
        return self.auth.sub

    @property
    def username(self) -> str:
        """The subject: tokens carry no names."""
        return self.auth.sub

    @property
    def pk(self) -> str:
        """Issuer and subject, so that throttles never count two issuers' subjects as one."""
        return f"{self.auth.issuer}|{self.auth.sub}"

    def get_username(self) -> str:
        """Return the subject."""
        return self.auth.sub

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Return False: permissions of Django's models are never granted by a token."""
        return False

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        """Return whether nothing is asked for, as ``has_perm`` grants nothing."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Return False, as ``has_perm`` does."""
        return False

    def __str__(self) -> str:
        return self.auth.sub

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LogtoPrincipal):
            return NotImplemented
        return (self.auth.issuer, self.auth.sub) == (other.auth.issuer, other.auth.sub)

    def __hash__(self) -> int:
        return hash((self.auth.issuer, self.auth.sub))
