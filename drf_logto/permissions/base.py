"""The base classes of the permissions: they read ``request.auth``, and say why they refuse."""

from abc import abstractmethod
from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured

from ..auth_info import AuthInfo
from ..compositions.base import LogtoPermission
from ..denials import explain_check
from ..exceptions import LogtoError
from ..view_options import Request, View


class TokenPermission(LogtoPermission):
    """What all permissions of this package share; not for use by itself."""

    def has_permission(self, request: Request, view: View) -> bool:
        """Whether the request has a token, and nothing in it is a reason to refuse.

        Raises:
            PermissionDenied: another permission of the view has to be awaited, and is not; nothing
                else can refuse the request then.
        """
        explain_check(view, request)
        return self.refusal(request, view) is None

    def has_object_permission(self, request: Request, view: View, obj: object) -> bool:
        """The same answer: a token that may not use the view may not use its objects.

        So ``~`` and ``|`` mean with objects what they mean without.
        """
        return self.has_permission(request, view)

    @abstractmethod
    def refusal(self, request: Request, view: View) -> LogtoError | None:
        """Return why the request is refused, None where it is not."""


class BearerPermission(TokenPermission):
    """What the permissions about the token's bearer share; not for use by itself.

    They say nothing about the kind of the token: another permission must.
    """

    def __init__(self) -> None:
        """Take nothing; to type checkers, the mixin would take operands."""

    def __eq__(self, other: object) -> bool:
        # Not the values: True equals 1.
        return repr(self) == repr(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def refusal(self, request: Request, view: View) -> LogtoError | None:
        auth = getattr(request, "auth", None)
        return self.refusal_of(auth if isinstance(auth, AuthInfo) else None)

    @abstractmethod
    def refusal_of(self, auth: AuthInfo | None) -> LogtoError | None:
        """Return why a token is refused, None where it is not; without a token, what is needed."""


def require_no_list(name: str, what: str, given: Iterable[object]) -> None:
    """Refuse a list among the arguments of a permission that takes several.

    Args:
        name: the permission.
        what: what each argument is.
        given: the arguments.

    Raises:
        ImproperlyConfigured: one of them is a list or the like.
    """
    listed = [one for one in given if isinstance(one, (list, tuple, set, frozenset))]
    if listed:
        raise ImproperlyConfigured(
            f"{name} takes each {what} as an argument of its own, not {listed[0]!r}: "
            f"write {name}('a', 'b')."
        )
