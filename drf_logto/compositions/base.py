"""The base class of this package's permissions: what is known of them before a request."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Self

from rest_framework.permissions import BasePermission

from ..auth_info import TokenKind
from ..scopes import RequiredScopes
from ..view_options import Request, View

if TYPE_CHECKING:
    # DRF's stubs know instances in permission_classes and beside | as this type alone.
    from rest_framework.permissions import SingleOperandHolder as OperationHolderMixin
else:
    from rest_framework.permissions import OperationHolderMixin


class LogtoPermission(OperationHolderMixin, BasePermission):
    """A permission of this package, usable as a class or as an instance.

    It grants nothing without an access token.

    Attributes:
        kind: the kind of tokens that it lets in, None where it lets in all.
        declared: the scopes that it names itself, None where it reads those of the view.
        words: what a description says about the bearers that it lets in, "" where it lets in all;
            English, and may hold ``%(name)s`` for ``params``.
        is_about_objects: whether it compares objects, so that a view without objects is not
            guarded by it.
    """

    kind: ClassVar[TokenKind | None] = None
    declared: RequiredScopes | None = RequiredScopes()
    words: ClassVar[str] = ""
    is_about_objects: ClassVar[bool] = False

    @property
    def params(self) -> dict[str, tuple[str, ...]]:
        """What ``words`` names; of several values any one will do."""
        return {}

    def describe(
        self, *, translate: Callable[[str], str] = str, write: Callable[[str], str] = str
    ) -> str:
        """Return which bearers it lets in.

        Args:
            translate: returns ``words`` in another language.
            write: returns a value as the description writes it.
        """
        params = {name: ", ".join(map(write, values)) for name, values in self.params.items()}
        return translate(self.words) % params

    def __call__(self) -> Self:
        """Return itself: DRF calls whatever stands in ``permission_classes``."""
        return self

    def required_by(self, view: View, request: Request | None = None) -> RequiredScopes | None:
        """Return what is required on ``view``, None where nothing is declared.

        Args:
            view: an instance, or what ``routes`` read of a route.
            request: the request, None where there is none yet.

        Raises:
            ValueError: the view's ``required_scopes`` cannot be read.
        """
        return self.declared

    def scopes_for(self, request: Request, view: View) -> tuple[str, ...] | None:
        """Return the scopes that ``request`` needs on ``view``, None where no token opens it."""
        return ()
