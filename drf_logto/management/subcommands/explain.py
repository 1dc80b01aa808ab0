"""Explain an access token: what it says, which rules it keeps, and what it opens."""

import argparse
import getpass
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils.translation import override

from ...conf import get_settings
from ...exceptions import (
    AuthorizationServerUnavailable,
    LogtoError,
    MalformedHeader,
    without_frames,
)
from ...explanation.access import AccessExplainer, Target, find_target
from ...explanation.answers import Access
from ...explanation.remedies import remedy_of
from ...explanation.tokens import Refusal, explain_token
from ...operations import ANY_METHOD, Operation, all_operations
from ...telemetry import quoted
from ...verification import bearer
from ..explanation_report import Report, malformed_as_json, write_refusal
from ..output import Output, add_json
from . import FAILED, FOUND, USAGE

NEEDS = "drf_logto"

_MORE = 1000  # characters more than a token may have, so that it is said to be too long
_HEADER = re.compile(r"authorization:\s*", re.IGNORECASE)


def add_arguments(parser: CommandParser) -> None:
    """Declare what is explained; the token is no argument, because others can see arguments."""
    parser.add_argument("arguments", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--path", help="say whether it opens this path, such as /api/products/")
    parser.add_argument("--method", default="GET", help="of the request to --path (default: GET)")
    parser.add_argument("--routes", action="store_true", help="say which routes it opens")
    parser.add_argument(
        "--signature",
        action="store_true",
        help="verify the signature also of a token that has failed before; keys may be fetched",
    )
    add_json(parser)
    parser.epilog = (
        "The token is read from the standard input. In a terminal, you are asked for it."
    )


def run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Explain a token.

    Raises:
        CommandError: the token is refused or does not open the path, an argument cannot work, or
            Logto is needed to decide and cannot be asked.
        ImproperlyConfigured: the settings cannot work.
    """
    if options["arguments"]:
        message = (
            "Write the token to the standard input, not on the command line: other users of this "
            "machine can see the command line, and the shell keeps it. If it was a real token, do "
            "not use it any more."
        )
        raise CommandError(message, returncode=USAGE)
    target, operations = _asked(options)
    given, output = _given(options.get("stdin", sys.stdin)), Output(command)
    with override(None):  # as Django's commands: English
        _explain(output, given, target, operations, options)


def _asked(options: dict[str, Any]) -> tuple[Target | None, Iterable[Operation]]:
    """Return what the path leads to, and the operations that are asked about."""
    if options["path"] is None:
        every = all_operations() if options["routes"] else ()
        return None, [one for one in every if one.is_protected]
    try:
        path, method = urlsplit(options["path"]).path, options["method"].upper()
    except ValueError:
        raise CommandError("--path must be a path or an address.", returncode=USAGE) from None
    target = find_target(path)
    if target is None:
        similar = next(filter(find_target, (f"{path}/", f"/{path}", f"/{path}/")), None)
        hint = f" Did you mean {quoted(similar)}?" if similar else ""
        raise CommandError(f"No route leads to {quoted(path)}.{hint}", returncode=USAGE)
    found = [one for one in target.operations if one.method in {method, ANY_METHOD}]
    if not found:
        methods = ", ".join(one.method for one in target.operations)
        raise CommandError(f"--method must be one of: {methods}.", returncode=USAGE)
    return target, found


def _explain(
    output: Output,
    given: str,
    target: Target | None,
    operations: Iterable[Operation],
    options: dict[str, Any],
) -> None:
    """Write the explanation, and raise CommandError where something is refused."""
    token = _without_header(output, given, is_json=options["json"])
    explained = explain_token(token or given, always_fetches=options["signature"])
    access = AccessExplainer(explained)
    report = Report(
        explained,
        is_header=token is not None,
        user=access.user_at(target),
        access=tuple(access.explain(one, target) for one in operations),
    )
    if options["json"]:
        output.json(report.as_json())
    else:
        report.write(output)
    _conclude(report.refusal)
    closed = [one for one in report.access if target and one.access is not Access.OPEN]
    if closed:
        one = closed[0]
        code = f": {one.refusal.code}" if one.refusal else ""
        message = f"{one.method} {quoted(one.path)} is {one.access}{code}."
        raise CommandError(message, returncode=FOUND)


def _without_header(output: Output, given: str, *, is_json: bool) -> str | None:
    """Return the token in the value of a header, None where none is given."""
    try:
        return bearer.credentials(_HEADER.sub("", given, count=1))
    except MalformedHeader as malformed:
        refusal = without_frames(malformed)
    if is_json:
        output.json(malformed_as_json(Refusal.of(refusal)))
    else:
        write_refusal(output, "Authorization header", Refusal.of(refusal))
    raise _refused(refusal)


def _given(stdin: Any) -> str:
    """Return what is given, from a terminal without echo."""
    longest, given = get_settings().max_token_length + _MORE, ""
    if stdin is not None:  # as it is where the standard input is closed
        with suppress(EOFError, UnicodeDecodeError):
            given = getpass.getpass("Token: ") if stdin.isatty() else stdin.read(longest)
    if not given.strip():
        raise CommandError("No token was given: write it to the standard input.", returncode=USAGE)
    return str(given).strip()


def _conclude(refusal: LogtoError | None) -> None:
    if isinstance(refusal, AuthorizationServerUnavailable):
        reason = f"The token cannot be judged: {refusal.reason}. {remedy_of(refusal)}"
        raise CommandError(reason, returncode=FAILED)
    if refusal is not None:
        raise _refused(refusal)


def _refused(refusal: LogtoError) -> CommandError:
    return CommandError(f"The token is refused: {refusal.code}.", returncode=FOUND)
