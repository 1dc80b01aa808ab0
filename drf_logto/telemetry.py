"""What operators see: counters of this process, and lines on the logger ``drf_logto``."""

import logging
import threading
from collections import Counter
from typing import TypedDict

from .exceptions import LogtoError

logger = logging.getLogger("drf_logto")


class Snapshot(TypedDict):
    """Counters since the process began.

    ``verified`` counts tokens verified by their signature, ``remembered`` those that had been.
    ``refused`` counts refused requests by code. ``fetched`` and ``fetches_failed`` count tries to
    get the keys from Logto, and ``fetch_seconds`` what they took together.
    """

    verified: int
    remembered: int
    refused: dict[str, int]
    fetched: int
    fetches_failed: int
    fetch_seconds: float


_lock = threading.Lock()
_counts: Counter[str] = Counter()
_refused: Counter[str] = Counter()
_fetch_seconds = [0.0]


def snapshot() -> Snapshot:
    """Return the counters as they stand; read them from an exporter of metrics."""
    with _lock:
        return {
            "verified": _counts["verified"],
            "remembered": _counts["remembered"],
            "refused": dict(_refused),
            "fetched": _counts["fetched"],
            "fetches_failed": _counts["fetches_failed"],
            "fetch_seconds": _fetch_seconds[0],
        }


def count_verified() -> None:
    """Count a token whose signature was verified."""
    with _lock:
        _counts["verified"] += 1


def count_remembered() -> None:
    """Count a token that was remembered."""
    with _lock:
        _counts["remembered"] += 1


def count_fetch(seconds: float, *, failed: bool) -> None:
    """Count a try to get the keys."""
    with _lock:
        _counts["fetches_failed" if failed else "fetched"] += 1
        _fetch_seconds[0] += seconds


def record_refusal(refusal: LogtoError) -> None:
    """Count and log a refused request."""
    with _lock:
        _refused[refusal.code] += 1
    logger.info("Refused: %s (kid %r, issuer %r).", refusal.code, refusal.kid, refusal.issuer)
