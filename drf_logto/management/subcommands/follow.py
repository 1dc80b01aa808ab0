"""Read the log of a webhook of Logto, and revoke what it takes away, until SIGTERM or SIGINT."""

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError, CommandParser

from ...conf import get_settings
from ...outgoing.management_api import ManagementApi, management_api
from ...revocation import revoke
from ...revocation.comparison import Comparison
from ...revocation.events import needed_events, revoke_for
from ...revocation.follow import INTERVAL, Follower
from ...revocation.process import add_named, issuers, subjects
from ...runtime import get_environment
from ...shared_cache import BoundedCache
from . import USAGE

NEEDS = "drf_logto.revocation"

_REQUESTS = 5.0  # per second
_CACHE_LIMIT = 5  # seconds for one call; no request waits for it


def add_arguments(parser: CommandParser) -> None:
    """Declare which webhook is followed, how long, and what else."""
    parser.add_argument(
        "--hook",
        metavar="ID",
        help="the webhook; needed where several are enabled and have the events",
    )
    parser.add_argument("--once", action="store_true", help="read what is new, and end")
    parser.add_argument(
        "--roles",
        action="store_true",
        help="also compare what users and machines have in Logto; needs FOLLOW_ROLES",
    )
    parser.add_argument(
        "--requests-per-second",
        metavar="NUMBER",
        type=float,
        help=f"the most that --roles asks of Logto (default: {_REQUESTS:g})",
    )


def run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Follow the log.

    Raises:
        ImproperlyConfigured: the settings cannot work, or there is no webhook to follow.
        AuthorizationServerUnavailable, ManagementApiRefused, CacheUnavailable: the log cannot be
            read. Only with ``--once``; the next run reads from the same place.
    """
    rate = _rate(options)
    settings = get_settings()
    if settings.cache is None:
        raise ImproperlyConfigured("LOGTO['CACHE'] is missing. It keeps how far the log was read.")
    api, cache = management_api(), BoundedCache(settings.cache, _CACHE_LIMIT, pause=1)
    comparison = _comparison(api, cache, rate, command) if options["roles"] else None
    follower = Follower(
        api,
        settings,
        cache,
        hook=options["hook"],
        needed=needed_events(),
        revoke=revoke_for,
        revoke_all=_revoke_all,
        now=get_environment().now,
    )
    if comparison:
        follower.also = comparison.go_on
    try:
        if options["once"]:
            command.stdout.write(_read_once(follower, comparison))
        else:
            with _signals() as ended:
                _say(command, "Following the log of the webhook. SIGTERM or SIGINT ends it.")
                follower.run(ended.wait)
    finally:
        follower.release()


def _rate(options: dict[str, Any]) -> float:
    rate: float | None = options["requests_per_second"]
    if rate is None:
        return _REQUESTS
    if not options["roles"] or not 0 < rate < math.inf:
        message = "--requests-per-second is a number above 0, and goes with --roles."
        raise CommandError(message, returncode=USAGE)
    return rate


def _comparison(
    api: ManagementApi, cache: BoundedCache, rate: float, command: BaseCommand
) -> Comparison:
    settings, environment = get_settings(), get_environment()
    if not settings.follow_roles:
        raise ImproperlyConfigured(
            "LOGTO['FOLLOW_ROLES'] is not True, so it is not known whose tokens the API accepts. "
            "Set it in the processes of the API and in this one."
        )
    return Comparison(
        api,
        subjects(settings, environment),
        cache,
        requests_per_second=rate,
        revoke=add_named,
        say=partial(_say, command),
        now=environment.now,
    )


def _say(command: BaseCommand, text: str) -> None:
    command.stdout.write(text)
    command.stdout.flush()  # a service has no terminal, and may run for months


def _read_once(follower: Follower, comparison: Comparison | None) -> str:
    """Read what is new, and compare all subjects once; return what to say."""
    count, new = 0, follower.read()
    while new is not None:
        count += new
        if comparison is None or not comparison.is_unfinished:
            return f"Entries read: {count}."
        time.sleep(INTERVAL)
        new = follower.read()
    return "Another process reads."


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
