"""Whether a view that denied a request would grant it with another token of the same user."""

import enum
import json
from typing import Any

from rest_framework.request import clone_request

from ..auth_info import ORGANIZATION_AUDIENCE_PREFIX, AuthInfo
from ..authentication import find_user, for_view
from ..compositions.evaluation import Evaluation
from ..conf import get_settings
from ..denials import most_actionable
from ..exceptions import InsufficientScope, LogtoError, MissingClaim, NoScopeDeclared
from .authentication import LogtoSessionAuthentication
from .contexts import Context, Person
from .identity import issuer


class Access(enum.Enum):
    """What another token would give."""

    GRANTED = "granted"
    POSSIBLE = "possible"
    DENIED = "denied"


def access_with(
    view: Any, request: Any, person: Person, context: Context, auth: AuthInfo | None
) -> Access:
    """Return whether ``view`` would grant DRF's ``request`` to the token of a context.

    ``auth`` is None if the token was not requested yet, so that scopes and claims are unknown.
    """
    granted, refusal = _evaluate(view, request, auth or _auth_without_scopes(person, context))
    if auth is not None:
        return Access.GRANTED if granted else Access.DENIED
    is_unknown = isinstance(refusal, (InsufficientScope, MissingClaim))
    if granted or (is_unknown and not isinstance(refusal, NoScopeDeclared)):
        return Access.POSSIBLE
    return Access.DENIED


def _evaluate(view: Any, request: Any, auth: AuthInfo) -> tuple[bool, LogtoError | None]:
    """Return whether the permissions grant the request; if not, the most actionable reason."""
    user, token = request.user, request.auth
    clone: Any = clone_request(request, request.method)
    try:
        if for_view(auth, view, clone) is not auth:
            return False, None
        authenticators = view.get_authenticators()
        session = next(one for one in authenticators if isinstance(one, LogtoSessionAuthentication))
        clone.user, clone.auth = find_user(session, auth), auth
        if isinstance(clone.user, LogtoError):
            return False, None
        verdict = Evaluation(view.get_permissions(), clone, view).estimate()
        return verdict.granted, most_actionable(verdict.refusing, clone, view)
    except Exception:  # noqa: BLE001 - the project's own code; an error does not grant access
        return False, None
    finally:
        # Setting them on the clone has set them on Django's request as well, which both share.
        request.user, request.auth = user, token


def _auth_without_scopes(person: Person, context: Context) -> AuthInfo:
    """Return the AuthInfo of a token that was not requested yet, as far as it is known."""
    organization = context.organization
    claims: dict[str, Any] = {
        "sub": person.sub,
        "client_id": get_settings().app_id,
        "iss": issuer(),
        "exp": 0,
        "scope": "",
        "aud": context.resource,
    }
    if organization and context.resource is None:
        claims["aud"] = f"{ORGANIZATION_AUDIENCE_PREFIX}{organization.id}"
    elif organization:
        claims["organization_id"] = organization.id
    return AuthInfo(json.dumps(claims).encode())
