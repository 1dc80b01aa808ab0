"""Counters of this process and the logger ``drf_logto``."""

import logging
import threading
from collections.abc import Mapping
from typing import Any, TypedDict

from .auth_info import AuthInfo
from .exceptions import LogtoError

__all__ = ["Snapshot", "snapshot"]

logger = logging.getLogger("drf_logto")

_LOGGED = 200  # characters of a value


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
    """Return a value from outside for a log line: bounded, with control characters escaped."""
    return repr(str(value)[:_LOGGED])


def method_and_route(request: Any) -> dict[str, str | None]:
    """Return a request's method and the pattern of its route, which holds nothing of its path."""
    match = getattr(request, "resolver_match", None)
    return {"method": request.method, "route": getattr(match, "route", None)}


def facts_of(values: Mapping[str, object]) -> str:
    """Return what is known of ``values``, by name, for a log line."""
    known = (one for one in values.items() if one[1] is not None)
    return ", ".join(f"{name} {quoted(value)}" for name, value in known)


def record_refusal(refusal: LogtoError, request: Any, auth: object = None) -> None:
    """Count and log a refused request.

    Args:
        refusal: why it is refused.
        request: the request, Django's or DRF's.
        auth: the AuthInfo of its token, where it has been verified.
    """
    with _lock:
        _counts["refused"][refusal.code] = _counts["refused"].get(refusal.code, 0) + 1
    names = ("kid", "issuer", "subject", "client_id")
    facts = {name: getattr(refusal, name) for name in names}
    if isinstance(auth, AuthInfo):
        facts |= {"issuer": auth.issuer, "subject": auth.sub, "client_id": auth.client_id}
        facts["organization"] = auth.organization_id
    named = facts_of({**method_and_route(request), **facts})
    reason = f": {refusal.reason}" if refusal.reason else ""
    logger.info("Refused: %s (%s)%s.", refusal.code, named, reason)
