"""Explains whom a project's ``get_user`` returns for a token."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.db.models import Model
from django.utils.translation import gettext

from ..auth_info import AuthInfo
from ..authentication import LogtoJWTAuthentication, find_user
from ..exceptions import LogtoError, gettext_noop
from ..principal import LogtoPrincipal

_PRINCIPAL = gettext_noop("request.user is a LogtoPrincipal, not a user of the project.")
_KNOWN = gettext_noop("The user exists.")
_NEW = gettext_noop("The user does not exist yet. The first request creates it.")
_REFUSED = gettext_noop("The user is refused.")
_NOT_DECIDED = gettext_noop("It is not known who the user is: get_user raises %(fault)s.")


@dataclass(frozen=True, slots=True)
class UserExplanation:
    """The user of a token.

    Attributes:
        user: what ``request.user`` is, None where the token is refused or that is not known.
        sentence: one about the user.
        refusal: why the project refuses the token, None where it does not or that is not known.
        authentication: the name of the class that was asked.
    """

    user: Any
    sentence: str
    refusal: LogtoError | None
    authentication: str


def explain_user(authentication: LogtoJWTAuthentication, auth: AuthInfo) -> UserExplanation:
    """Ask ``get_user``; what it writes to databases is undone.

    Args:
        authentication: of the view.
        auth: of a token that is accepted.
    """
    name = type(authentication).__qualname__
    is_plain = type(authentication).get_user is LogtoJWTAuthentication.get_user
    try:
        with nullcontext() if is_plain else _nothing_stays():
            user = find_user(authentication, auth)
        is_new = isinstance(user, Model) and not _is_stored(user)
    except Exception as fault:  # noqa: BLE001 - the project's own code, outside of a request
        sentence = gettext(_NOT_DECIDED) % {"fault": type(fault).__name__}
        return UserExplanation(None, sentence, None, name)
    if isinstance(user, LogtoError):
        return UserExplanation(None, gettext(_REFUSED), user, name)
    sentence = _PRINCIPAL if isinstance(user, LogtoPrincipal) else _NEW if is_new else _KNOWN
    return UserExplanation(user, gettext(sentence), None, name)


@contextmanager
def _nothing_stays() -> Iterator[None]:
    """Undo what is written to databases in the block."""
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(transaction.atomic(using=alias))
        try:
            yield
        finally:
            for alias in connections:
                transaction.set_rollback(True, using=alias)


def _is_stored(user: Model) -> bool:
    # Not the type: a lazy object has one of its own.
    manager = user.__class__._base_manager.using(user._state.db)
    return manager.filter(pk=user.pk).exists()
