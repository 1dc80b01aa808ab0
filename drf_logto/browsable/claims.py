"""The claims of a token as a page shows them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timesince import timesince, timeuntil

from ..auth_info import AuthInfo, numeric_date

_TIMES = frozenset({"auth_time", "exp", "iat", "nbf"})
_MAX_CLAIMS = 50
_MAX_LENGTH = 500  # of a name or a value, in characters


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim: its name, its value as JSON, and for a time, what it means in words."""

    name: str
    value: str
    time: str = ""  # date and time of day
    past: str = ""  # how long ago it was
    future: str = ""  # how long until it comes


def shown_claims(auth: AuthInfo, now: float) -> tuple[Claim, ...]:
    """Return the claims in the token's order, shortened to what a page has room for.

    Args:
        auth: the token.
        now: in seconds since the epoch.
    """
    claims = [*auth.claims.items()][:_MAX_CLAIMS]
    return tuple(_shown(name, value, now) for name, value in claims)


def _shown(name: str, value: Any, now: float) -> Claim:
    seconds = numeric_date(value) if name in _TIMES else None
    written = _shortened(name), _shortened(json.dumps(value, ensure_ascii=False))
    if seconds is None:
        return Claim(*written)
    moment, current = (datetime.fromtimestamp(one, UTC) for one in (seconds, now))
    time = f"{date_format(moment, 'DATETIME_FORMAT')} UTC"
    if moment > current:
        return Claim(*written, time, future=timeuntil(moment, current))
    return Claim(*written, time, past=timesince(moment, current))


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"
