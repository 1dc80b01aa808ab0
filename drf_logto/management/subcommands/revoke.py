"""Refuse tokens of a user, an organization, a client or an issuer, or one token."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils.timezone import is_naive, make_aware

from ...revocation import revoke
from ...revocation.process import issuers
from ...runtime import get_environment
from ...telemetry import quoted
from . import USAGE

NEEDS = "drf_logto.revocation"

_COMBINATIONS = (
    "Name what is revoked: --user, --organization, --client, --token-id or --issuer. "
    "--organization and --client also go with --user, and --issuer goes with each."
)
_LEAST = 10**9  # seconds since the epoch; no token is older


def add_arguments(parser: CommandParser) -> None:
    """Declare what can be revoked, as ``drf_logto.revocation.revoke`` takes it."""
    parser.add_argument("--user", metavar="ID", help="the 'sub' of the tokens")
    parser.add_argument(
        "--organization", metavar="ID", help="the organization of the tokens; alone, or with --user"
    )
    parser.add_argument(
        "--client", metavar="ID", help="the 'client_id' of the tokens; alone, or with --user"
    )
    parser.add_argument("--token-id", metavar="JTI", help="the 'jti' of the token")
    parser.add_argument(
        "--issuer", metavar="URL", help="the 'iss' of the tokens; alone it means all of them"
    )
    parser.add_argument(
        "--before",
        metavar="TIME",
        help="tokens issued later stay valid: ISO 8601, or seconds since the epoch (default: now)",
    )
    parser.add_argument("--json", action="store_true", help="write JSON")


def run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Write the marks, and print what holds.

    Raises:
        CacheUnavailable: the tokens may still be accepted.
    """
    named = {name: options[name] for name in ("user", "organization", "client")}
    named["token"] = options["token_id"]
    before = get_environment().now() if options["before"] is None else _seconds(options["before"])
    try:
        revoke(**named, issuer=options["issuer"], before=before)
    except TypeError as error:
        raise CommandError(_COMBINATIONS, returncode=USAGE) from error
    except ValueError as error:
        raise CommandError(str(error), returncode=USAGE) from error
    which = [options["issuer"]] if options["issuer"] else list(issuers())
    command.stdout.write(_described({**named, "issuers": which, "before": before}, options["json"]))


def _seconds(value: str) -> float:
    """Return a time in seconds since the epoch; one without a time zone is in that of Django."""
    try:
        seconds = _parsed(value).timestamp()
    except (ValueError, OverflowError, OSError):
        seconds = 0
    if seconds < _LEAST:  # such as 20260131, which is a date for some and a number here
        message = "--before must be a time in ISO 8601, or seconds since the epoch."
        raise CommandError(message, returncode=USAGE)
    return seconds


def _parsed(value: str) -> datetime:
    with suppress(ValueError):
        return datetime.fromtimestamp(float(value), UTC)
    time = datetime.fromisoformat(value)
    return make_aware(time) if is_naive(time) else time.astimezone(UTC)


def _described(holds: dict[str, Any], is_json: bool) -> str:
    if is_json:
        return json.dumps(holds)
    until = datetime.fromtimestamp(holds["before"], UTC).isoformat(timespec="seconds")
    named = ", ".join(
        f"{name} {quoted(one)}"
        for name, one in holds.items()
        if name not in {"issuers", "before"} and one is not None
    )
    whose = f" of {named}" if named else ""
    return f"Refused: tokens{whose}, issued at or before {until} by {', '.join(holds['issuers'])}."
