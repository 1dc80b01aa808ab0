"""LogtoJWTAuthentication: from the Authorization header to request.user and request.auth."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from . import bearer
from .api_exceptions import as_api_exception, challenge
from .auth_info import AuthInfo
from .denials import explain_denials
from .exceptions import LogtoError, WrongAudience
from .principal import LogtoPrincipal
from .runtime import get_verifier
from .telemetry import record_refusal
from .verifier import Verifier
from .view_options import accepted_resources

_REFUSAL = "_logto_refusal"


class LogtoJWTAuthentication(BaseAuthentication):
    """Authenticates requests by an access token of Logto in the Authorization header.

    ``request.user`` becomes what ``get_user`` returns and ``request.auth`` the token's AuthInfo.
    Requests without a bearer token are left to the next authentication class; requests with a bad
    one are refused, on open views as well.
    """

    def authenticate(self, request: Request) -> tuple[Any, AuthInfo] | None:
        """Return user and AuthInfo, or None where the request carries no bearer token.

        Raises:
            AuthenticationFailed: the token is no valid access token (401).
            PermissionDenied: the token is valid, and for another audience (403).
            ServiceUnavailable: Logto is needed to decide, and cannot be reached (503).
        """
        view = (getattr(request, "parser_context", None) or {}).get("view")
        explain_denials(view, request)
        verified = self.verify(request, view)
        if isinstance(verified, LogtoError):
            # The view asks a fresh authenticator for the challenge, so it travels on the request.
            setattr(request, _REFUSAL, verified)
            record_refusal(verified)
            raise as_api_exception(verified)
        return None if verified is None else (self.get_user(verified), verified)

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401 (RFC 6750 §3)."""
        return challenge(getattr(request, _REFUSAL, None))

    def verify(self, request: Any, view: Any) -> AuthInfo | LogtoError | None:
        """Return the facts of the request's token or why it is refused, None where it has none."""
        return verify_credentials(request, view)

    def get_user(self, auth: AuthInfo) -> Any:
        """Return ``request.user`` for a verified token.

        Override it to map the subject to a user model of the project; permissions do not care, they
        read ``request.auth``.
        """
        return LogtoPrincipal(auth)


def verify_credentials(request: Any, view: Any) -> AuthInfo | LogtoError | None:
    """Return the facts of a request's access token, None where it carries no bearer token.

    A refusal is returned, not raised, and without its traceback: whoever reports an exception may
    report the variables of its frames as well, and here they hold the token.

    Args:
        request: the request, Django's or DRF's.
        view: the view, whose ``api_resource`` may narrow the audience.
    """
    # First of all, so that the report of a broken setting has no token among its variables.
    verifier = get_verifier()
    auth = _verify(verifier, request.META.get("HTTP_AUTHORIZATION", ""))
    return for_view(auth, view, request) if isinstance(auth, AuthInfo) else auth


def for_view(auth: AuthInfo, view: Any, request: Any) -> AuthInfo | WrongAudience:
    """Return the facts of a token, or a refusal where ``view`` narrows its audience to others."""
    narrowed = accepted_resources(view, request)
    if narrowed is None or any(one in narrowed for one in auth.audience):
        return auth
    return WrongAudience()


def _verify(verifier: Verifier, header: str) -> AuthInfo | LogtoError | None:
    try:
        token = bearer.credentials(header)
        return None if token is None else verifier.verify(token)
    except LogtoError as refusal:
        return refusal.with_traceback(None)
