"""Explain an access token: what it says, which rules it keeps, and what it opens."""

import getpass
import re
import sys
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils.translation import override

from ...conf import get_settings
from ...exceptions import (
    AuthorizationServerUnavailable,
    LogtoError,
    MalformedHeader,
    without_frames,
)
from ...explanation.remedies import remedy_of
from ...explanation.tokens import Refusal, explain_token
from ...verification import bearer
from ..explained import Report, malformed_as_json, write_refusal
from ..output import Output, add_json
from . import FAILED, FOUND, USAGE

NEEDS = "drf_logto"

_MORE = 1000  # characters more than a token may have, so that it is said to be too long
_HEADER = re.compile(r"authorization:\s*", re.IGNORECASE)


def add_arguments(parser: CommandParser) -> None:
    """Declare what is explained; the token is no argument, because others can see arguments."""
    parser.add_argument("arguments", nargs="*", metavar="", help="none: see below")
    parser.add_argument(
        "--signature",
        action="store_true",
        help="verify the signature also of a token that has failed before; keys may be fetched",
    )
    add_json(parser)
    parser.epilog = "The token is read from the standard input; a terminal is asked for it."


def run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Explain a token.

    Raises:
        CommandError: the token is refused, none is given in the right way, or Logto is needed to
            decide and cannot be asked.
        ImproperlyConfigured: the settings cannot work.
    """
    if options["arguments"]:
        message = (
            "Write the token to the standard input, not on the command line: other users of this "
            "machine can see the command line, and the shell keeps it. If it was a real token, do "
            "not use it any more."
        )
        raise CommandError(message, returncode=USAGE)
    given, output = _given(options.get("stdin", sys.stdin)), Output(command)
    with override(None):  # as Django's commands: English
        _conclude(_explain(output, given, options))


def _explain(output: Output, given: str, options: dict[str, Any]) -> LogtoError | None:
    """Write the explanation; return what the token is refused with."""
    try:
        token = bearer.credentials(_HEADER.sub("", given, count=1))
    except MalformedHeader as malformed:
        refusal = without_frames(malformed)
    else:
        explained = explain_token(token or given, always_fetches=options["signature"])
        report = Report(explained, is_header=token is not None)
        if options["json"]:
            output.json(report.as_json())
        else:
            report.write(output)
        return explained.refusal
    if options["json"]:
        output.json(malformed_as_json(Refusal.of(refusal)))
    else:
        write_refusal(output, "Authorization header", Refusal.of(refusal))
    return refusal


def _given(stdin: Any) -> str:
    """Return what is given, from a terminal without echo."""
    longest = get_settings().max_token_length + _MORE
    given = getpass.getpass("Token: ") if stdin.isatty() else stdin.read(longest)
    if not given.strip():
        raise CommandError("No token was given.", returncode=USAGE)
    return str(given).strip()


def _conclude(refusal: LogtoError | None) -> None:
    if isinstance(refusal, AuthorizationServerUnavailable):
        reason = f"The token cannot be judged: {refusal.reason}. {remedy_of(refusal)}"
        raise CommandError(reason, returncode=FAILED)
    if refusal is not None:
        raise CommandError(f"The token is refused: {refusal.code}.", returncode=FOUND)
