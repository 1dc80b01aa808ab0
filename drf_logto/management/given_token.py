"""Reads a token from the standard input and explains it, for the subcommands that do so."""

import getpass
import re
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.core.management import CommandError, CommandParser
from django.utils.translation import override

from ..conf import get_settings
from ..exceptions import (
    AuthorizationServerUnavailable,
    LogtoError,
    MalformedHeader,
    without_frames,
)
from ..explanation.access import AccessExplainer, Target, find_target
from ..explanation.answers import Access
from ..explanation.remedies import remedy_of
from ..explanation.tokens import Refusal, explain_token
from ..operations import ANY_METHOD, Operation, all_operations
from ..telemetry import quoted
from ..verification import bearer
from .explanation_report import Report, malformed_as_json, write_refusal
from .output import Output
from .subcommands import FAILED, FOUND, USAGE

_MORE = 1000  # characters more than a token may have, so that it is said to be too long
_HEADER = re.compile(r"authorization:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Explained:
    """What is said of a token.

    Attributes:
        as_json: for a program.
        report: writes it for people, in the language of the thread.
        error: why the command fails, None where the token is accepted and opens the path.
    """

    as_json: dict[str, Any]
    report: Callable[[Output], None]
    error: CommandError | None

    def write(self, output: Output) -> None:
        """Write it for people, in English as Django's commands."""
        with override(None):
            self.report(output)


def add_path(parser: CommandParser) -> None:
    """Declare which request is asked about."""
    parser.add_argument("--path", help="say whether it opens this path, such as /api/products/")
    parser.add_argument("--method", default="GET", help="of the request to --path (default: GET)")


def explain_given(
    options: dict[str, Any], *, with_routes: bool = False, with_signature: bool = False
) -> Explained:
    """Explain the token on the standard input, in English as Django's commands.

    Args:
        options: those of ``add_path``.
        with_routes: whether it is said which routes the token opens.
        with_signature: whether keys may be fetched for a token that has failed before.

    Raises:
        CommandError: an argument cannot work, or there is no token.
        ImproperlyConfigured: the settings cannot work.
    """
    target, operations = _asked(options, with_routes=with_routes)
    given = _given(options.get("stdin", sys.stdin))
    with override(None):
        return _explain(given, target, operations, always_fetches=with_signature)


def _asked(
    options: dict[str, Any], *, with_routes: bool
) -> tuple[Target | None, Iterable[Operation]]:
    """Return what the path leads to, and the operations that are asked about."""
    if options["path"] is None:
        every = all_operations() if with_routes else ()
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
    given: str, target: Target | None, operations: Iterable[Operation], *, always_fetches: bool
) -> Explained:
    try:
        token = bearer.credentials(_HEADER.sub("", given, count=1))
    except MalformedHeader as malformed:
        refusal = without_frames(malformed)
        said = Refusal.of(refusal)
        write = partial(write_refusal, fact="Authorization header", refusal=said)
        return Explained(malformed_as_json(said), write, _refused(refusal))
    explained = explain_token(token or given, always_fetches=always_fetches)
    access = AccessExplainer(explained)
    report = Report(
        explained,
        is_header=token is not None,
        user=access.user_at(target),
        access=tuple(access.explain(one, target) for one in operations),
    )
    error = _error(report.refusal) or (_closed(report) if target else None)
    return Explained(report.as_json(), report.write, error)


def _given(stdin: Any) -> str:
    """Return what is given, from a terminal without echo."""
    longest, given = get_settings().max_token_length + _MORE, ""
    if stdin is not None:  # as it is where the standard input is closed
        with suppress(EOFError, UnicodeDecodeError):
            given = getpass.getpass("Token: ") if stdin.isatty() else stdin.read(longest)
    if not given.strip():
        raise CommandError("No token was given: write it to the standard input.", returncode=USAGE)
    return str(given).strip()


def _error(refusal: LogtoError | None) -> CommandError | None:
    if isinstance(refusal, AuthorizationServerUnavailable):
        reason = f"The token cannot be judged: {refusal.reason}. {remedy_of(refusal)}"
        return CommandError(reason, returncode=FAILED)
    return _refused(refusal) if refusal is not None else None


def _refused(refusal: LogtoError) -> CommandError:
    return CommandError(f"The token is refused: {refusal.code}.", returncode=FOUND)


def _closed(report: Report) -> CommandError | None:
    for one in report.access:
        if one.access is not Access.OPEN:
            code = f": {one.refusal.code}" if one.refusal else ""
            message = f"{one.method} {quoted(one.path)} is {one.access}{code}."
            return CommandError(message, returncode=FOUND)
    return None
