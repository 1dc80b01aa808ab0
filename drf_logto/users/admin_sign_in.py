"""Signs staff in to Django's admin, through the OpenID Connect client of the browsable API.

The tokens are in the store of the browsable API's sign-ins; the session has the key and the user.
"""

import json
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth import logout as end_session
from django.http import HttpRequest
from rest_framework.settings import api_settings

from ..auth_info import AuthInfo
from ..authentication import find_user
from ..browsable import sign_in_store
from ..browsable.client import LogtoClient
from ..browsable.exceptions import BrowserError, SignedOut
from ..browsable.identity import issuer
from ..browsable.refresh import get_first_auth
from ..browsable.session import BrowserSession
from ..browsable.sign_in_store import SignIn, outside_transactions
from ..exceptions import AuthorizationServerUnavailable, LogtoError, gettext_noop
from ..runtime import get_revocations
from .authentication import LogtoUserAuthentication

BACKEND = "drf_logto.users.backends.LogtoBackend"


class NotAdmitted(BrowserError):
    """Somebody signed in at Logto, and may not use the site.

    Args:
        message: why.
    """

    status = 403
    heading = gettext_noop("You may not use this site")
    message = gettext_noop("You are signed in at Logto, but you are not staff of this site.")

    def __init__(self, message: str | None = None) -> None:
        super().__init__()
        self.message = message or self.message


def is_of_logto(request: HttpRequest) -> bool:
    """Whether the user of the request's session signed in with Logto."""
    return bool(request.session.get(BACKEND_SESSION_KEY) == BACKEND)


def user_at_sign_in(key: str) -> Any:
    """Return the user of a sign-in that has just been stored.

    Raises:
        NotAdmitted: there is none, or an inactive one.
        AuthorizationServerUnavailable: Logto cannot be reached, or gives no token.
    """
    try:
        user = _user(get_first_auth(key))
    except AuthorizationServerUnavailable:
        raise
    except (LogtoError, SignedOut):
        raise NotAdmitted(NO_TOKEN) from None
    if isinstance(user, LogtoError):
        raise NotAdmitted(str(user))
    return user


def open_session(request: HttpRequest, key: str, sign_in: SignIn) -> None:
    """Begin a new session with a stored sign-in; nothing stays of the one before."""
    browser = BrowserSession(request)
    former = browser.load()
    browser.sign_out()
    browser.sign_in(key, sign_in.person.sub)
    if former is not None and former.person.sub != sign_in.person.sub:
        LogtoClient().revoke(former)


def current_user(request: HttpRequest) -> Any:
    """Return the user of the session as Logto knows them now; None, if the sign-in is over.

    Groups and flags follow the token, which is refreshed before it expires.

    Raises:
        AuthorizationServerUnavailable: Logto is needed to decide, and cannot be reached.
    """
    browser = BrowserSession(request)
    try:
        auth = outside_transactions(lambda: _auth(browser))
        user = _user(auth)
    except AuthorizationServerUnavailable:
        raise
    except (LogtoError, SignedOut):
        return None
    is_same = not isinstance(user, LogtoError) and user.pk == request.user.pk
    return user if is_same else None


def close_session(request: HttpRequest) -> SignIn | None:
    """End the session and delete the sign-in; return it, if there was one."""
    browser = BrowserSession(request)
    sign_in = browser.load()
    # First, because the session is flushed then.
    browser.delete_sign_in()
    end_session(request)
    return sign_in


def refuse(key: str, sign_in_again_uri: str) -> str:
    """Delete a sign-in that is not admitted; return the URL that ends the session at Logto."""
    try:
        sign_in: SignIn | None = sign_in_store.load(key)
    except SignedOut:
        sign_in = None
    sign_in_store.delete(key)
    try:
        return LogtoClient().end(sign_in, sign_in_again_uri)
    except AuthorizationServerUnavailable:
        return ""


NO_TOKEN = gettext_noop("Logto gives you no access token for this site.")


def _auth(browser: BrowserSession) -> AuthInfo:
    auth = get_first_auth(browser.key)
    # The token may be newer than what was revoked; the session is not.
    revocations, sign_in = get_revocations(), sign_in_store.load(browser.key)
    claims = {
        "iss": issuer(),
        "sub": auth.sub,
        "client_id": auth.client_id,
        "aud": auth.audience[0],
        "iat": sign_in.since,
        "exp": sign_in.since,
    }
    begun = AuthInfo(json.dumps(claims).encode())
    refusal = None if revocations is None else revocations.find_refusal(begun)
    if refusal is not None:
        raise refusal
    return auth


def _user(auth: AuthInfo) -> Any:
    """Return the user that requests with this token have, or the LogtoError that refuses it."""
    if auth.is_machine:
        raise SignedOut
    classes: list[Any] = api_settings.DEFAULT_AUTHENTICATION_CLASSES  # type: ignore[assignment]  # classes by now
    of_users = (one for one in classes if issubclass(one, LogtoUserAuthentication))
    return find_user(next(of_users, LogtoUserAuthentication)(), auth)
