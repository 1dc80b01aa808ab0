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
from .refresh import lasting_token
from .session import BrowserSession
from .sign_in_store import outside_transactions

__all__ = ["LogtoSessionAuthentication"]


class LogtoSessionAuthentication(LogtoJWTAuthentication):
    """Authenticates requests of a browser whose person has signed in at Logto.

    The token of the chosen context goes through the same verifier as one of the Authorization
    header, so users, permissions and refusals are the same. As with DRF's own
    SessionAuthentication, unsafe methods need a CSRF token. It stands after
    LogtoJWTAuthentication.
    """

    def authenticate(self, request: Request) -> tuple[Any, AuthInfo] | None:
        """Return user and AuthInfo, or None where nobody is signed in.

        Raises:
            AuthenticationFailed: Logto's token is not valid here, or its user is unknown or not
                active (401).
            PermissionDenied: it is for another audience, not the one that was chosen or that the
                page was made with, or that page's sign-in has ended, or the CSRF token is missing
                (403).
            ServiceUnavailable: Logto is needed to decide, and cannot be reached (503).
        """
        authenticated = super().authenticate(request)
        if authenticated is not None:
            SessionAuthentication().enforce_csrf(request)
        return authenticated

    def get_token(self, request: Request) -> str | None:
        """Return the token of the chosen context, None without a sign-in.

        Raises:
            SignInEnded: an unsafe request comes from a page whose sign-in has ended.
            ContextLost: Logto gives no token for the chosen context.
            ContextChanged: the request comes from a page that was made in another context.
            AuthorizationServerUnavailable: the token has ended, and Logto cannot be asked.
        """
        if not hasattr(request, "session"):
            return None
        browser = BrowserSession(request)
        is_safe = request.method in SAFE_METHODS
        made_in = None if is_safe else page_context(request)
        # Most requests have no session, and need no thread to find that out.
        if browser.is_new or not outside_transactions(lambda: browser.is_signed_in):
            if made_in is not None:
                raise SignInEnded
            return None
        _keep_out_of_caches(request)
        return outside_transactions(lambda: _token(browser, is_safe, made_in))


def _token(browser: BrowserSession, is_safe: bool, made_in: str | None) -> str | None:
    try:
        return lasting_token(browser.key, is_safe=is_safe, made_in=made_in)
    except SignedOut:
        browser.end()
    if is_safe:
        return None
    # What a person sends must not be done without that person, where the view is open to all.
    raise SignInEnded


def _keep_out_of_caches(request: Request) -> None:
    """Let the answer, which is for one person, be kept by no cache."""
    view = (getattr(request, "parser_context", None) or {}).get("view")
    headers = getattr(view, "headers", None)
    if isinstance(headers, dict):
        headers["Cache-Control"] = "private, no-store"
