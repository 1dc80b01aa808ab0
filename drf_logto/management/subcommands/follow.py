"""Read the log of a webhook of Logto, and revoke what it takes away, until SIGTERM or SIGINT."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandParser

from ...conf import get_settings
from ...outgoing.management_api import management_api
from ...revocation import revoke
from ...revocation.events import needed_events, revoke_for
from ...revocation.follow import Follower
from ...revocation.process import issuers
from ...runtime import get_environment
from ...shared_cache import BoundedCache

NEEDS = "drf_logto.revocation"

_CACHE_LIMIT = 5  # seconds for one call; no request waits for it


def add_arguments(parser: CommandParser) -> None:
    """Declare which webhook is followed, and how long."""
    parser.add_argument(
        "--hook",
        metavar="ID",
        help="the webhook; needed where several are enabled and have the events",
    )
    parser.add_argument("--once", action="store_true", help="read what is new, and end")


def run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Follow the log.

    Raises:
        ImproperlyConfigured: the settings cannot work, or there is no webhook to follow.
        AuthorizationServerUnavailable, ManagementApiRefused, CacheUnavailable: the log cannot be
            read. Only with ``--once``; the next run reads from the same place.
    """
    follower = _follower(options["hook"])
    try:
        if options["once"]:
            new = follower.read()
            said = "Another process reads." if new is None else f"New entries: {new}."
            command.stdout.write(said)
        else:
            with _signals() as ended:
                command.stdout.write("Following the log of the webhook. SIGTERM or SIGINT ends it.")
                follower.run(ended.wait)
    finally:
        follower.release()


def _follower(hook: str | None) -> Follower:
    settings = get_settings()
    if settings.cache is None:
        raise ImproperlyConfigured("LOGTO['CACHE'] is missing. It keeps how far the log was read.")
    return Follower(
        management_api(),
        settings,
        BoundedCache(settings.cache, _CACHE_LIMIT, pause=1),
        hook=hook,
        needed=needed_events(),
        revoke=revoke_for,
        revoke_all=_revoke_all,
        now=get_environment().now,
    )


def _revoke_all() -> None:
    for issuer in issuers():
        revoke(issuer=issuer)


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM and SIGINT set, so that the process ends between two readings."""
    ended = threading.Event()
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {one: signal.signal(one, lambda *_: ended.set()) for one in numbers}
    try:
        yield ended
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
