"""OwnedByUser: whether an object belongs to the user of the token."""

import re
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.db.models import Model

from ..auth_info import AuthInfo
from ..denials import explain_check
from ..exceptions import LogtoError, NotOwner, gettext_noop
from ..telemetry import logger, request_facts
from ..view_options import Request, View
from .base import BearerPermission

_NAME = re.compile(r"[^\W\d_]\w*")
_SEPARATOR = "__"


class OwnedByUser(BearerPermission):
    """Lets users have the objects that are their own, and nobody else's.

    Where the field has a user of the project, this must be ``request.user``. Where it has text,
    this must be the subject of the token, which must not be a machine's. An object without an owner
    is nobody's. Only objects are compared: lists, and views without objects, are open to every
    token.

    Args:
        field: of the object; ``__`` leads through relations to one object.

    Raises:
        ImproperlyConfigured: it is no such path.
    """

    words = gettext_noop("only for objects that belong to the user")
    is_about_objects: ClassVar[bool] = True

    def __init__(self, field: str) -> None:
        given: object = field
        names = given.split(_SEPARATOR) if isinstance(given, str) else ("",)
        if not all(map(_NAME.fullmatch, names)):
            raise ImproperlyConfigured(
                f"OwnedByUser: {given!r} is no field of an object: write OwnedByUser('owner') or "
                "OwnedByUser('document__owner')."
            )
        self._names = tuple(names)

    def __repr__(self) -> str:
        return f"OwnedByUser({_SEPARATOR.join(self._names)!r})"

    def has_permission(self, request: Request, view: View) -> bool:
        """Whether the request has a token: whose object it is about is not known yet."""
        explain_check(view, request)
        return isinstance(getattr(request, "auth", None), AuthInfo)

    def has_object_permission(self, request: Any, view: View, obj: object) -> bool:
        """Whether the object belongs to the user of the token."""
        if not self.has_permission(request, view):
            return False
        auth, owner = request.auth, self._owner_of(obj, request)
        if isinstance(owner, str):
            return owner == auth.sub and not auth.is_machine
        return isinstance(owner, Model) and owner.pk is not None and owner == request.user

    def refusal_of(self, auth: AuthInfo | None) -> LogtoError | None:
        return NotOwner()

    def _owner_of(self, obj: object, request: Any) -> object:
        """Return what the field has; None, after a line in the log, if nothing can be its owner."""
        value: Any = obj
        try:
            for name in self._names:
                value = None if value is None else getattr(value, name)
        except (AttributeError, ObjectDoesNotExist) as error:
            fault = type(error).__name__
        else:
            if _is_owner(value, request):
                return value
            fault = (
                f"it is of type {type(value).__name__}, and request.user of type "
                f"{type(request.user).__name__}"
            )
        facts = request_facts(request, request.auth)
        logger.error("%r refuses a %s (%s): %s.", self, type(obj).__name__, facts, fault)
        return None


def _is_owner(value: Any, request: Any) -> bool:
    """Whether a value is what an owner can be: nobody, a subject, or of the model of the user."""
    if isinstance(value, Model):
        of_user: Any = value._meta.concrete_model
        # A machine has no user, and that is no fault of the field.
        return isinstance(request.user, of_user) or request.auth.is_machine
    return value is None or isinstance(value, str)
