"""Sign-ins that were begun: each a signed cookie of its own until the browser comes back."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import product

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, reverse
from django.utils.crypto import salted_hmac
from django.utils.encoding import iri_to_uri

from .exceptions import SignInExpired

MAX_PENDING = 5
"""So many sign-ins can be under way in one browser; the oldest goes first."""

PENDING_LIFETIME = 600
"""Seconds that a person has to sign in at Logto."""

_SKEW = 5  # seconds that the clocks of two processes may differ by
_PREFIX = "logto_sign_in_"
_MAX_NEXT = 500  # characters, percent-encoded: browsers drop long cookies, servers long headers
# Another version, if a Pending ever holds anything else: what is signed is not looked at again.
_SALT = "drf_logto.browsable.pending.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A sign-in that was begun, as its cookie holds it: whichever browser has that can end it.

    Attributes:
        next: the path to go to afterwards.
        begun_at: in seconds since the epoch.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    redirect_uri: str
    next: str
    begun_at: float


def code_verifier(state: str, key: str | bytes | None = None) -> str:
    """Return the code verifier of a sign-in (RFC 7636 §4.1), which only this site can derive.

    Args:
        state: that of the sign-in.
        key: the secret key that its cookie is signed with, where that is not ``SECRET_KEY``.
    """
    return salted_hmac(_SALT, state, secret=key, algorithm="sha256").hexdigest()


def keep(request: HttpRequest, response: HttpResponse, pending: Pending) -> None:
    """Let the browser keep a sign-in that begins, and forget those that are too many or too old.

    One that leads to a path too long for the cookie leads to the site's root.
    """
    if len(iri_to_uri(pending.next)) > _MAX_NEXT:
        pending = replace(pending, next=get_script_prefix())
    value = signing.dumps(asdict(pending), salt=_SALT)
    kept = sorted(_found(request), key=lambda one: -one[1].begun_at)
    for number, (name, one, _) in enumerate(kept, start=2):
        if number > MAX_PENDING or not _lasts(one, pending.begun_at):
            _delete(response, name)
    response.set_cookie(
        _name(pending.state),
        value,
        max_age=PENDING_LIFETIME,
        path=_path(),
        secure=request.is_secure() or settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # Logto sends the browser back from another site
    )


def find(request: HttpRequest, state: str, now: float) -> tuple[Pending, str]:
    """Return the sign-in of this browser that has this ``state``, and its code verifier.

    Raises:
        SignInExpired: there is none, or it is too old.
    """
    for _, pending, key in _found(request):
        if pending.state == state and _lasts(pending, now):
            return pending, code_verifier(state, key)
    raise SignInExpired


def forget(request: HttpRequest, response: HttpResponse, state: str) -> None:
    """Let the browser forget the sign-in that has this ``state``, if it has one."""
    if _name(state) in request.COOKIES:
        _delete(response, _name(state))


def _found(request: HttpRequest) -> Iterator[tuple[str, Pending, str | bytes]]:
    """Yield the name of each cookie that this site signed, what it holds, and the secret key."""
    ours = [(name, value) for name, value in request.COOKIES.items() if name.startswith(_PREFIX)]
    for (name, value), key in product(ours, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)):
        with suppress(signing.BadSignature):
            held = signing.loads(value, key=key, salt=_SALT, fallback_keys=[])
            yield name, Pending(**held), key


def _lasts(pending: Pending, now: float) -> bool:
    return -_SKEW <= now - pending.begun_at <= PENDING_LIFETIME


def _name(state: str) -> str:
    return _PREFIX + hashlib.sha256(state.encode()).hexdigest()[:16]


def _path() -> str:
    """The path that all addresses of the sign-in have in common."""
    return reverse("rest_framework:login").rstrip("/").rpartition("/")[0] + "/"


def _delete(response: HttpResponse, name: str) -> None:
    response.delete_cookie(name, path=_path(), samesite="Lax")
