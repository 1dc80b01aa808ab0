"""Logto access tokens for Django REST Framework: authentication and permission classes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from .auth_info import AuthInfo
from .exceptions import LogtoError, without_frames

if TYPE_CHECKING:  # importing this package needs neither
    from django.http import HttpRequest
    from rest_framework.request import Request

__all__ = ["__version__", "averify", "get_auth", "verify"]

__version__ = "1.0.0rc1"
"""The version of this package."""

Found = TypeVar("Found")


def verify(token: str) -> AuthInfo:
    """Return the facts of an access token, without a request.

    It uses the settings, the keys and the cache of the API. It checks all but what a view would
    declare: the kind of the token, its organization, its scopes and its user are for the caller.
    A refusal is neither logged nor counted.

    Args:
        token: the access token alone, without ``Bearer``.

    Raises:
        LogtoError: the token is refused. No frame of the traceback holds the token.
        AuthorizationServerUnavailable: no key is known to verify it with.
        TypeError: it is no string.
        ImproperlyConfigured: the ``LOGTO`` setting cannot work.
    """
    from .runtime import get_verifier  # noqa: PLC0415 - importing the package must not need Django

    try:
        verified = _verified(get_verifier().verify, token)
    finally:
        del token
    return _granted(verified)


async def averify(token: str) -> AuthInfo:
    """Return and raise as ``verify``, and never block the event loop.

    A token that was verified before is answered at once. Another is verified in a thread; no frame
    of a task that is cancelled meanwhile holds the token either.
    """
    from asyncio import to_thread  # noqa: PLC0415 - slow to import, and Django has done it

    from .runtime import get_verifier  # noqa: PLC0415 - as above

    try:
        verifier = get_verifier()
        verified = _verified(verifier.find_cached, token)
        if verified is None:
            verified = await to_thread(_verifying(verifier.verify, token))
    finally:
        del token
    return _granted(verified)


def _verified(verify: Callable[[str], Found], token: str) -> Found | Exception:
    """Return why the token is refused instead of raising it: the frames here hold the token."""
    if not isinstance(token, str):
        return TypeError(f"An access token is a str, not {type(token).__name__}.")
    try:
        return verify(token)
    except LogtoError as refusal:
        return without_frames(refusal)


def _verifying(verify: Callable[[str], Found], token: str) -> Callable[[], Found | Exception]:
    """Hide the token from the frame of ``to_thread``, which holds what it is given."""
    return lambda: _verified(verify, token)


def _granted(verified: AuthInfo | Exception) -> AuthInfo:
    if isinstance(verified, Exception):
        raise verified
    return verified


def get_auth(request: "HttpRequest | Request") -> AuthInfo:
    """Return ``request.auth`` of a request that was authenticated by an access token.

    Args:
        request: the request of the view, Django's or DRF's.

    Raises:
        NotAuthenticated: the request has no AuthInfo: it carried no token, something else
            authenticated it, or nothing did. REST Framework answers with 401.
    """
    auth: object = getattr(request, "auth", None)
    if isinstance(auth, AuthInfo):
        return auth
    from rest_framework.exceptions import NotAuthenticated  # noqa: PLC0415 - reads the settings

    missing = NotAuthenticated()
    missing.add_note(
        "get_auth() found no AuthInfo. Protect the view with a permission of drf_logto, or a plain "
        "Django view with @require_access_token."
    )
    raise missing
