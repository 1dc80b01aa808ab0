"""Counters of this process and the logger ``drf_logto``."""

import logging
import threading
from contextlib import suppress
from typing import Any, TypedDict

from .auth_info import AuthInfo
from .exceptions import LogtoError

__all__ = ["Snapshot", "snapshot"]

logger = logging.getLogger("drf_logto")

_LOGGED = 200  # characters of a value
_LONGEST_REASON = 5000  # characters; two times eleven values

NO_CREDENTIALS = "not_authenticated"
"""DRF's code for a request without credentials."""

# What a log line calls the attributes of an AuthInfo.
_OF_BEARER = {
    "issuer": "issuer",
    "subject": "sub",
    "client_id": "client_id",
    "organization": "organization_id",
}


class Snapshot(TypedDict):
    """Counters since the process began.

    ``verified`` counts tokens whose signature was verified, ``cached`` those that were found in the
    token cache, and ``refused`` refused requests by code. ``fetched`` and ``fetches_failed`` count
    fetches of keys from Logto; ``fetch_seconds`` is what all of them took.
    """

    verified: int
    cached: int
    refused: dict[str, int]
    fetched: int
    fetches_failed: int
    fetch_seconds: float


_lock = threading.Lock()
_counts: Snapshot


def begin() -> None:
    """Count from nothing; in a child process as well, whose lock a parent's thread may hold."""
    global _counts, _lock  # noqa: PLW0603 - the counters are the process's
    _lock = threading.Lock()
    _counts = {
        "verified": 0,
        "cached": 0,
        "refused": {},
        "fetched": 0,
        "fetches_failed": 0,
        "fetch_seconds": 0.0,
    }


begin()


def snapshot() -> Snapshot:
    """Return the counters as they stand; read them from an exporter of metrics."""
    with _lock:
        return {**_counts, "refused": dict(_counts["refused"])}


def count_verified() -> None:
    """Count a token whose signature was verified."""
    with _lock:
        _counts["verified"] += 1


def count_cached() -> None:
    """Count a token that was verified before."""
    with _lock:
        _counts["cached"] += 1


def count_fetch(seconds: float, *, failed: bool) -> None:
    """Count a try to get the keys."""
    with _lock:
        _counts["fetches_failed" if failed else "fetched"] += 1
        _counts["fetch_seconds"] += seconds


def quoted(value: object) -> str:
    """Return a value from outside for a log line: escaped first, then bounded."""
    text = repr(str(value)[: _LOGGED + 1])
    return text if len(text) <= _LOGGED + 2 else f"{text[:_LOGGED]}...{text[0]}"


def request_facts(request: Any, auth: object = None, **others: object) -> str:
    """Return for a log line what is known of a request: method, route, and whose token it has.

    The route is a pattern, which has nothing of the path.

    Args:
        request: the request, Django's or DRF's, or what stands for one.
        auth: the AuthInfo of its token, where it has been verified.
        others: named after the route, where they are not None.
    """
    match = getattr(request, "resolver_match", None)
    facts = {"method": getattr(request, "method", None), "route": getattr(match, "route", None)}
    facts |= others
    for name, attribute in _OF_BEARER.items() if isinstance(auth, AuthInfo) else ():
        with suppress(LookupError):  # tests make an AuthInfo of few claims
            facts[name] = getattr(auth, attribute)
    known = (one for one in facts.items() if one[1] is not None)
    return ", ".join(f"{name} {quoted(value)}" for name, value in known)


def record_refusal(refusal: LogtoError, request: Any, auth: object = None) -> None:
    """Count and log a refused request.

    Args:
        refusal: why it is refused.
        request: as for ``request_facts``.
        auth: likewise.
    """
    names = ("kid", "issuer", "subject", "client_id")
    named = {name: getattr(refusal, name) for name in names}
    # A project's own reason may be an exception, or have line breaks.
    given = str(refusal.reason or "")[:_LONGEST_REASON]
    reason = "".join(one if one.isprintable() else "?" for one in given)
    _record(refusal.code, request_facts(request, auth, **named), reason)


def record_missing_credentials(request: Any) -> None:
    """Count and log a request in which no authentication class found credentials."""
    _record(NO_CREDENTIALS, request_facts(request))


def _record(code: str, facts: str, reason: str = "") -> None:
    with _lock:
        _counts["refused"][code] = _counts["refused"].get(code, 0) + 1
    logger.info("Refused: %s (%s)%s.", code, facts, f": {reason}" if reason else "")
