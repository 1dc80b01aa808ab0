"""Pending sign-ins: a signed cookie for each, from the redirect to Logto until the callback."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import product

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix
from django.utils.crypto import salted_hmac
from django.utils.encoding import iri_to_uri

from .exceptions import SignInExpired

MAX_PENDING = 5  # in one browser; the oldest is deleted first
PENDING_LIFETIME = 600  # seconds that a user has to sign in at Logto
_CLOCK_SKEW = 5  # seconds between the clocks of two processes
_PREFIX = "logto_sign_in_"
_MAX_NEXT = 500  # characters, percent-encoded: browsers drop long cookies, servers long headers
# Change the number with the fields of PendingSignIn: the content of a signed cookie is trusted.
_SALT = "drf_logto.browsable.pending.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSignIn:
    """A sign-in that was started; only the browser with its cookie can complete it."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    redirect_uri: str
    next: str  # the path to go to afterwards
    begun_at: float  # in seconds since the epoch


def code_verifier(state: str, key: str | bytes | None = None) -> str:
    """Return the code verifier (RFC 7636 §4.1) of a state, derived from ``SECRET_KEY`` or ``key``.

    It is not in the cookie, so a copied cookie does not contain it.
    """
    return salted_hmac(_SALT, state, secret=key, algorithm="sha256").hexdigest()


def set_cookie(request: HttpRequest, response: HttpResponse, pending: PendingSignIn) -> None:
    """Set the cookie of a sign-in that starts, and delete those that are too many or too old.

    If its path is too long for a cookie, the sign-in leads to the site's root.
    """
    if len(iri_to_uri(pending.next)) > _MAX_NEXT:
        pending = replace(pending, next=get_script_prefix())
    value = signing.dumps(asdict(pending), salt=_SALT)
    newest_first = sorted(_read(request), key=lambda found: -found[1].begun_at)
    for number, (name, other, _) in enumerate(newest_first, start=2):
        if number > MAX_PENDING or not _is_valid(other, pending.begun_at):
            _delete(request, response, name)
    response.set_cookie(
        _name(pending.state),
        value,
        max_age=PENDING_LIFETIME,
        path=_path(request),
        secure=request.is_secure() or settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # the callback is a navigation from another site
    )


def find(request: HttpRequest, state: str, now: float) -> tuple[PendingSignIn, str]:
    """Return the pending sign-in of a ``state`` and its code verifier, or raise SignInExpired."""
    for _, pending, key in _read(request):
        if pending.state == state and _is_valid(pending, now):
            return pending, code_verifier(state, key)
    raise SignInExpired


def newest(request: HttpRequest, now: float) -> PendingSignIn | None:
    """Return the pending sign-in that began last, None if there is none."""
    valid = (pending for _, pending, _ in _read(request) if _is_valid(pending, now))
    return max(valid, key=lambda pending: pending.begun_at, default=None)


def delete_cookie(request: HttpRequest, response: HttpResponse, state: str) -> None:
    """Delete the cookie of this ``state``, if the browser has it."""
    if _name(state) in request.COOKIES:
        _delete(request, response, _name(state))


def _read(request: HttpRequest) -> Iterator[tuple[str, PendingSignIn, str | bytes]]:
    """Yield name, content and secret key of each cookie with a valid signature."""
    names = [name for name in request.COOKIES if name.startswith(_PREFIX)]
    for name, key in product(names, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)):
        with suppress(signing.BadSignature):
            content = signing.loads(request.COOKIES[name], key=key, salt=_SALT, fallback_keys=[])
            yield name, PendingSignIn(**content), key


def _is_valid(pending: PendingSignIn, now: float) -> bool:
    return -_CLOCK_SKEW <= now - pending.begun_at <= PENDING_LIFETIME


def _name(state: str) -> str:
    return _PREFIX + hashlib.sha256(state.encode()).hexdigest()[:16]


def _path(request: HttpRequest) -> str:
    """Return the path that the first and the last address of the sign-in have in common."""
    return iri_to_uri(request.path).rstrip("/").rpartition("/")[0] + "/"


def _delete(request: HttpRequest, response: HttpResponse, name: str) -> None:
    response.delete_cookie(name, path=_path(request), samesite="Lax")
