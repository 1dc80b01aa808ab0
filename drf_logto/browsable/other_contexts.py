"""Would another token of a person open what this one does not? The permissions themselves say."""

import enum
import json
from typing import Any

from rest_framework.request import clone_request

from ..auth_info import ORGANIZATION_AUDIENCE_PREFIX, AuthInfo
from ..authentication import find_user, for_view
from ..conf import get_settings
from ..denials import most_actionable
from ..evaluation import Evaluation
from ..exceptions import InsufficientScope, LogtoError, NoScopeDeclared
from ..verification.metadata import ISSUER_PATH
from .authentication import LogtoSessionAuthentication
from .contexts import Context, Person


class Outlook(enum.Enum):
    """Whether a token opens what was denied."""

    OPENS = "opens"
    MAY_OPEN = "may open"
    STAYS_CLOSED = "stays closed"


def outlook(
    view: Any, request: Any, person: Person, context: Context, auth: AuthInfo | None
) -> Outlook:
    """Return whether a view that denied a request would grant it to another token.

    Args:
        view: the view.
        request: DRF's.
        person: whose token it would be.
        context: which one.
        auth: its facts, None where it is not at hand, so that nobody knows its scopes.
    """
    granted, refusal = _answer(view, request, auth or _unseen(person, context))
    if auth is not None:
        return Outlook.OPENS if granted else Outlook.STAYS_CLOSED
    lacks_scopes = isinstance(refusal, InsufficientScope)
    if granted or (lacks_scopes and not isinstance(refusal, NoScopeDeclared)):
        return Outlook.MAY_OPEN
    return Outlook.STAYS_CLOSED


def _answer(view: Any, request: Any, auth: AuthInfo) -> tuple[bool, LogtoError | None]:
    """Whether the permissions grant the request to a token; if not, the most actionable reason."""
    user, token = request.user, request.auth
    asked: Any = clone_request(request, request.method)
    try:
        if for_view(auth, view, asked) is not auth:
            return False, None
        asked.user, asked.auth = find_user(_of_sessions(view), auth), auth
        if isinstance(asked.user, LogtoError):
            return False, None
        verdict = Evaluation(view.get_permissions(), asked, view).estimate()
        return verdict.granted, most_actionable(verdict.refusing, asked, view)
    except Exception:  # noqa: BLE001 - the project's own code; it does not say yes
        return False, None
    finally:
        # The clone has handed them on to Django's request, which both share.
        request.user, request.auth = user, token


def _of_sessions(view: Any) -> LogtoSessionAuthentication:
    """What would authenticate a request with another token of the session."""
    classes = view.get_authenticators()
    return next(one for one in classes if isinstance(one, LogtoSessionAuthentication))


def _unseen(person: Person, context: Context) -> AuthInfo:
    """The facts of a token that was never fetched, as far as they are known."""
    organization, settings = context.organization, get_settings()
    claims: dict[str, Any] = {
        "sub": person.sub,
        "client_id": settings.app_id,
        "iss": f"{settings.endpoint[0]}{ISSUER_PATH}",
        "exp": 0,
        "scope": "",
    }
    if context.resource is None and organization:
        claims["aud"] = f"{ORGANIZATION_AUDIENCE_PREFIX}{organization.id}"
    elif organization:
        claims |= {"aud": context.resource, "organization_id": organization.id}
    else:
        claims["aud"] = context.resource
    return AuthInfo(json.dumps(claims).encode())
