"""LogtoSessionAuthentication: from a browser's session to request.user and request.auth."""

from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from ..auth_info import AuthInfo
from ..authentication import LogtoJWTAuthentication, for_view
from ..exceptions import LogtoError, SignInEnded
from ..runtime import get_verifier
from .exceptions import SignedOut
from .page_context import page_context
from .renewal import lasting_token
from .session import BrowserSession
from .vault import outside_transactions

__all__ = ["LogtoSessionAuthentication"]


class LogtoSessionAuthentication(LogtoJWTAuthentication):
    """Authenticates requests of a browser whose person has signed in at Logto.

    The token of the chosen context goes through the same verifier as one of the Authorization
    header, so users, permissions and refusals are the same. As with DRF's own
    SessionAuthentication, unsafe methods need a CSRF token. It stands after
    LogtoJWTAuthentication.
    """

    reads_authorization_header = False

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

    def verify(self, request: Any, view: Any) -> AuthInfo | LogtoError | None:
        """Return the facts of the chosen token or why it is refused, None without a sign-in.

        An unsafe request whose page had a sign-in that has ended is refused as well.
        """
        if not hasattr(request, "session"):
            return None
        browser = BrowserSession(request)
        is_safe = request.method in SAFE_METHODS
        made_in = None if is_safe else page_context(request)
        if not outside_transactions(lambda: browser.is_signed_in):
            return None if made_in is None else SignInEnded()
        verified = outside_transactions(lambda: _verified(browser, is_safe, made_in))
        if verified is not None:
            _keep_out_of_caches(view)
        return for_view(verified, view, request) if isinstance(verified, AuthInfo) else verified


def _verified(
    browser: BrowserSession, is_safe: bool, made_in: str | None
) -> AuthInfo | LogtoError | None:
    """As ``verify``; no refusal has a traceback or what led to it, whose frames hold tokens."""
    try:
        token = lasting_token(browser.key, is_safe=is_safe, made_in=made_in)
        return get_verifier().verify(token)
    except SignedOut:
        browser.end()
        # What a person sends must not be done without that person, where the view is open to all.
        return None if is_safe else SignInEnded()
    except LogtoError as refusal:
        refusal.__cause__ = refusal.__context__ = None
        return refusal.with_traceback(None)


def _keep_out_of_caches(view: Any) -> None:
    """Let the answer, which is for one person, be kept by no cache."""
    headers = getattr(view, "headers", None)
    if isinstance(headers, dict):
        headers["Cache-Control"] = "private, no-store"
