"""Runs in a process that shares its revocations with others in a Redis."""

import gc
import json
import sys
import time
from typing import TYPE_CHECKING, cast

import django
from django.conf import settings

from .memory import resident
from .revocations import COUNT, revoke_others, settings_of

if TYPE_CHECKING:
    from drf_logto.revocation.news import RevocationList

_QUESTIONS = 2000


def main(way: str, address: str) -> None:
    """Write revocations, or read them and print what that took; both as JSON."""
    settings.configure(**settings_of(address))
    django.setup()
    if way == "write":
        revoke_others(COUNT)
    sys.stdout.write(json.dumps({} if way == "write" else _read()))


def _read() -> dict[str, float]:
    from drf_logto.runtime import get_revocations  # noqa: PLC0415 - it reads the settings

    known = cast("RevocationList", get_revocations())
    began = time.monotonic()
    known.version(waits=True)
    reading = time.monotonic() - began
    gc.collect()
    grown = resident()
    used = time.process_time()
    for _ in range(_QUESTIONS):
        known.catch_up()
    asking = (time.process_time() - used) / _QUESTIONS
    return {"bytes": grown, "reading": reading, "asking": asking}


main(*sys.argv[1:])
