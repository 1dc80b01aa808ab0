"""HasClaim: what a custom claim of a token holds."""

import json
from collections.abc import Mapping, Sequence

from django.core.exceptions import ImproperlyConfigured

from ..auth_info import AuthInfo, claim_of
from ..exceptions import LogtoError, MissingClaim, gettext_noop
from .base import BearerPermission

Value = str | int | bool

_INSTEAD: Mapping[str, str] = {
    "scope": "HasScopes, InOrganization or OrgResourceScopes",
    "organization_id": "InOrganization or OrgResourceScopes",
    "aud": "API_RESOURCE in the setting LOGTO, or api_resource on the view",
    "iss": "ENDPOINT in the setting LOGTO",
    "client_id": "FromClients",
    "act": "IsDelegated",
    "sub": "IsUser or IsMachine",
    "exp": "LogtoJWTAuthentication, which validates it",
    "nbf": "LogtoJWTAuthentication, which validates it",
    "iat": "request.auth.issued_at in a permission of the project",
    "jti": "request.auth.token_id in a permission of the project",
}


class HasClaim(BearerPermission):
    """Lets in the tokens with a custom claim that is one of some values, or a list with one.

    Values are equal if their types are, too: True is not 1, and "1" is neither. A claim that is
    absent, null or an object has no value.

    Args:
        name: of the claim; a dot is part of the name.
        value: the value.
        one_of: instead of it several, any of which will do.

    Raises:
        ImproperlyConfigured: there is no value, or one that cannot be compared; or the claim is one
            of the standards, for which the message names what to use.
    """

    words = gettext_noop("with the claim %(claim)s: %(values)s")

    def __init__(
        self, name: str, value: Value | None = None, *, one_of: Sequence[Value] = ()
    ) -> None:
        named: object = name
        if not isinstance(named, str) or not named:
            raise ImproperlyConfigured(f"HasClaim: {name!r} is no name of a claim.")
        if name in _INSTEAD:
            raise ImproperlyConfigured(
                f"HasClaim is for custom claims. For {name!r} use {_INSTEAD[name]}."
            )
        example = f"write HasClaim({name!r}, 'a') or HasClaim({name!r}, one_of=['a', 'b'])."
        is_list = isinstance(one_of, (list, tuple))
        if not is_list or (value is None) is not bool(one_of):
            raise ImproperlyConfigured(f"HasClaim needs one value or a list of them: {example}")
        given: Sequence[object] = one_of or (value,)
        if not all(isinstance(one, (str, int)) for one in given):
            raise ImproperlyConfigured(
                f"HasClaim compares strings, whole numbers, True and False: {example}"
            )
        self._name = name
        self._values = tuple(_plain(one) for one in given)

    def __repr__(self) -> str:
        several = len(self._values) > 1
        values = f"one_of={list(self._values)}" if several else repr(self._values[0])
        return f"HasClaim({self._name!r}, {values})"

    @property
    def params(self) -> dict[str, tuple[str, ...]]:
        values = (one if isinstance(one, str) else json.dumps(one) for one in self._values)
        return {"claim": (self._name,), "values": tuple(values)}

    def refusal_of(self, auth: AuthInfo | None) -> LogtoError | None:
        claim = None if auth is None else claim_of(auth, self._name)
        held = claim if isinstance(claim, list) else [claim]
        # The type first: True equals 1.
        if any(type(one) is type(value) and one == value for one in held for value in self._values):
            return None
        refusal = MissingClaim(self._name)
        return refusal.because("the token lacks it" if claim is None else "it has another value")


def _plain(value: object) -> Value:
    """The value of an enumeration's member, or what was given."""
    if isinstance(value, str):
        return str.__str__(value)
    return value if isinstance(value, bool) else int(value)  # type: ignore[call-overload]
