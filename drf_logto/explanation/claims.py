"""Header parameters and claims as a page or a terminal shows them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timesince import timesince, timeuntil

from ..auth_info import numeric_date

_TIMES = frozenset({"auth_time", "exp", "iat", "nbf"})
MAX_CLAIMS = 50
_MAX_LENGTH = 500  # of a name or a value, in characters


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim: its name, its value as JSON, and for a time, what it means in words."""

    name: str
    value: str
    moment: str = ""  # ISO 8601
    time: str = ""  # date and time of day
    past: str = ""  # how long ago it was
    future: str = ""  # how long until it comes


def shown_claims(claims: Mapping[str, Any], now: float) -> tuple[Claim, ...]:
    """Return claims in the token's order, shortened to what a page has room for.

    Args:
        claims: of a payload, or the parameters of a header.
        now: in seconds since the epoch.
    """
    return tuple(shown_claim(*one, now) for one in [*claims.items()][:MAX_CLAIMS])


def shown_claim(name: str, value: object, now: float) -> Claim:
    """Return one of them."""
    seconds = numeric_date(value) if name in _TIMES else None
    written = shortened(name), shortened(json.dumps(value, ensure_ascii=False))
    if seconds is None:
        return Claim(*written)
    moment, current = (datetime.fromtimestamp(one, UTC) for one in (seconds, now))
    time = f"{date_format(moment, 'DATETIME_FORMAT')} UTC"
    iso = moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    if moment > current:
        return Claim(*written, iso, time, future=timeuntil(moment, current))
    return Claim(*written, iso, time, past=timesince(moment, current))


def shortened(text: str, longest: int = _MAX_LENGTH) -> str:
    """Return a text from outside: bounded, and escaped where it could move a terminal's cursor."""
    escaped = (one if one.isprintable() else json.dumps(one)[1:-1] for one in text[:longest])
    printable = "".join(escaped)
    return printable if len(text) <= longest else f"{printable}…"
