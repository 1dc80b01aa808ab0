"""Signals of Django's that this package sends, and what sends those about requests."""

from contextlib import suppress
from typing import Any

from django.dispatch import Signal
from rest_framework.exceptions import APIException

from . import telemetry
from .auth_info import AuthInfo
from .exceptions import LogtoError

__all__ = [
    "access_granted",
    "access_refused",
    "access_revoked",
    "event_received",
    "identity_created",
    "signed_in",
]

access_granted = Signal()
"""Sent when a request with an access token has passed the permissions of its view, once.

With ``method`` and ``route``, the pattern, None where they are not known, and of the token
``issuer``, ``subject``, ``client_id``, ``organization``, ``token_id``, ``actor``, ``kind`` (the
value of its TokenKind) and ``scopes``, a tuple. Nothing is done unless a receiver is connected.
"""

access_refused = Signal()
"""Sent when a request is refused, also if it has no token.

With the arguments of ``access_granted`` and ``code``, that of the answer. What is not known of the
token is None: all of one that is not valid, but for subject and client_id if its signature is.
"""

access_revoked = Signal()
"""Sent with ``marks``, a tuple of ``revocation.marks.Mark``, in the process that revoked access."""

event_received = Signal()
"""Sent with ``event``, the body of a delivery of Logto's webhook, which ``revocation`` received.

Its signature is verified, or it is from Logto's own log; it may be sent again, and in any order. It
is sent when what the event takes away is revoked. Exceptions of receivers are logged.
"""

identity_created = Signal()
"""Sent with ``user``, ``issuer`` and ``subject`` when a subject is linked to a user.

It is sent once the transaction is committed. Exceptions of receivers are logged.
"""

signed_in = Signal()
"""Sent when somebody has signed in with Logto in a browser, at ``drf_logto.browsable``.

With ``issuer``, ``claims``, those of the ID token, and ``userinfo``, which may be empty; both are
dicts. Exceptions of receivers are logged.
"""

_DENYING = (401, 403)

# What these signals call the attributes of an AuthInfo.
_OF_BEARER = {
    "issuer": "issuer",
    "subject": "sub",
    "client_id": "client_id",
    "organization": "organization_id",
    "token_id": "token_id",
    "actor": "actor",
    "kind": "kind",
    "scopes": "scopes",
}


def record_grant(request: Any, auth: object) -> None:
    """Send ``access_granted``, if the request was authenticated by an access token.

    Args:
        request: the request, Django's or DRF's.
        auth: its ``auth``.
    """
    if isinstance(auth, AuthInfo):
        _send(access_granted, request, auth)


def record_refusal(refusal: LogtoError, request: Any, auth: object = None) -> None:
    """Count and log a refused request, and send ``access_refused``.

    Args:
        refusal: why it is refused.
        request: the request, Django's or DRF's, or what stands for one.
        auth: the AuthInfo of its token, where it has been verified.
    """
    telemetry.record_refusal(refusal, request, auth)
    named = {"subject": refusal.subject, "client_id": refusal.client_id}
    _send_refused(refusal.code, request, auth, **named)


def record_missing_credentials(request: Any) -> None:
    """Count and log a request without credentials, and send ``access_refused``."""
    telemetry.record_missing_credentials(request)
    _send_refused(telemetry.NO_CREDENTIALS, request)


def record_denial(denied: APIException, request: Any, auth: object) -> None:
    """Send ``access_refused`` for a denial that is not of this package, if it is one.

    Args:
        denied: what a view or a permission raised; one of another status than 401 and 403 is none.
        request: the request, Django's or DRF's.
        auth: its ``auth``.
    """
    if denied.status_code in _DENYING:
        code = denied.get_codes()
        _send_refused(code if isinstance(code, str) else denied.default_code, request, auth)


def _send_refused(code: str, request: Any, auth: object = None, **named: str | None) -> None:
    if access_refused.receivers:
        _send(access_refused, request, auth, code=code, **named)


def _send(signal: Signal, request: Any, auth: object, **given: str | None) -> None:
    match = getattr(request, "resolver_match", None)
    facts: dict[str, Any] = {**dict.fromkeys(_OF_BEARER), **given}
    facts |= {"method": getattr(request, "method", None), "route": getattr(match, "route", None)}
    for name, attribute in _OF_BEARER.items() if isinstance(auth, AuthInfo) else ():
        with suppress(LookupError):  # tests make an AuthInfo of few claims
            value = getattr(auth, attribute)
            facts[name] = value.value if name == "kind" else value
    try:
        signal.send_robust(None, **facts)
    except Exception as error:  # noqa: BLE001 - a receiver's, which Django cannot name
        name = type(error).__name__
        telemetry.logger.error("A receiver of a signal raised an exception: %s.", name)
