"""LogtoSessionAuthentication: from a browser's session to request.user and request.auth."""

from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from ..auth_info import AuthInfo
from ..authentication import LogtoJWTAuthentication
from ..exceptions import SignInEnded
from .exceptions import SignedOut
from .page_context import page_context
from .refresh import get_access_token
from .session import BrowserSession
from .sign_in_store import outside_transactions

__all__ = ["LogtoSessionAuthentication"]


class LogtoSessionAuthentication(LogtoJWTAuthentication):
    """Authenticates requests of a browser that is signed in with Logto.

    The token of the chosen context is verified like a token from the Authorization header, so
    users, permissions and refusals are the same. As with DRF's SessionAuthentication, unsafe
    methods need a CSRF token. List this class after LogtoJWTAuthentication.
    """

    def authenticate(self, request: Request) -> tuple[Any, AuthInfo] | None:
        """Return user and AuthInfo, or None if the browser is not signed in.

        Raises:
            AuthenticationFailed: Logto's token is not valid here, or its user is unknown or not
                active (401).
            PermissionDenied: the token is for another audience, the page was made in another
                context or sign-in, the context is lost, or the CSRF token is missing (403).
            ServiceUnavailable: Logto is needed to decide, and cannot be reached (503).
        """
        authenticated = super().authenticate(request)
        if authenticated is not None:
            SessionAuthentication().enforce_csrf(request)
        return authenticated

    def get_token(self, request: Request) -> str | None:
        """Return the access token of the chosen context, None if the browser is not signed in.

        Raises:
            SignInEnded: an unsafe request comes from a page whose sign-in has ended.
            ContextLost: Logto gives no token for the chosen context.
            ContextChanged: the request comes from a page that was made in another context.
            AuthorizationServerUnavailable: the token has expired, and Logto cannot be reached.
        """
        if not hasattr(request, "session"):
            return None
        browser = BrowserSession(request)
        is_safe = request.method in SAFE_METHODS
        context_id = None if is_safe else page_context(request)
        # Most requests have no session, and need no thread to find that out.
        if browser.is_new or not outside_transactions(lambda: browser.is_signed_in):
            if context_id is not None:
                raise SignInEnded
            return None
        _disable_caching(request)
        return outside_transactions(lambda: _get_token(browser, is_safe, context_id))


def _get_token(browser: BrowserSession, is_safe: bool, context_id: str | None) -> str | None:
    try:
        return get_access_token(browser.key, is_safe=is_safe, page_context_id=context_id)
    except SignedOut:
        browser.end()
    if is_safe:
        return None
    # A view that is open to all would otherwise process the request as anonymous.
    raise SignInEnded


def _disable_caching(request: Request) -> None:
    view = (getattr(request, "parser_context", None) or {}).get("view")
    headers = getattr(view, "headers", None)
    if isinstance(headers, dict):
        headers["Cache-Control"] = "private, no-store"
