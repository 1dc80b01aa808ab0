"""IsUser, IsMachine, IsDelegated and FromClients: who the bearer of a token is."""

from django.core.exceptions import ImproperlyConfigured

from ..auth_info import AuthInfo, claim_of
from ..conf.values import VISIBLE_TEXT
from ..exceptions import LogtoError, WrongBearer, WrongClient, gettext_noop
from ..verification.mismatch import mismatch
from .base import BearerPermission, require_no_list


class IsUser(BearerPermission):
    """Lets in the tokens of users, also those that an application uses on behalf of a user."""

    words = gettext_noop("only users")

    def refusal_of(self, auth: AuthInfo | None) -> LogtoError | None:
        return WrongBearer("user") if auth is None or auth.is_machine else None


class IsMachine(BearerPermission):
    """Lets in the tokens of machine-to-machine applications, which act for themselves."""

    words = gettext_noop("only machine-to-machine applications")

    def refusal_of(self, auth: AuthInfo | None) -> LogtoError | None:
        return None if auth is not None and auth.is_machine else WrongBearer("machine")


class IsDelegated(BearerPermission):
    """Lets in the tokens with which an actor acts for the subject (``act``, RFC 8693 §4.1).

    Whatever the claim holds: ``~IsDelegated`` lets in no token that has it.
    """

    words = gettext_noop("only actors on behalf of a user")

    def refusal_of(self, auth: AuthInfo | None) -> LogtoError | None:
        is_delegated = auth is not None and claim_of(auth, "act") is not None
        return None if is_delegated else WrongBearer("delegated")


class FromClients(BearerPermission):
    """Lets in the tokens that some applications have asked for, compared by ``client_id``.

    Args:
        client_ids: the ids of the applications, as Logto shows them.

    Raises:
        ImproperlyConfigured: there is none, or something is no such id.
    """

    words = gettext_noop("only the clients %(clients)s")

    def __init__(self, *client_ids: str) -> None:
        require_no_list("FromClients", "id", client_ids)
        if not client_ids:
            raise ImproperlyConfigured(
                "FromClients needs the ids of the applications: write FromClients('a', 'b')."
            )
        given: tuple[object, ...] = client_ids
        for one in given:
            if not isinstance(one, str) or not VISIBLE_TEXT.fullmatch(one):
                raise ImproperlyConfigured(f"FromClients: {one!r} is no id of an application.")
        self._client_ids = client_ids

    def __repr__(self) -> str:
        return f"FromClients({', '.join(map(repr, self._client_ids))})"

    @property
    def params(self) -> dict[str, tuple[str, ...]]:
        return {"clients": self._client_ids}

    def refusal_of(self, auth: AuthInfo | None) -> LogtoError | None:
        if auth is None:
            return WrongClient()
        if auth.client_id in self._client_ids:
            return None
        return WrongClient().because(mismatch([auth.client_id], self._client_ids))
