"""Explain an access token: what it says, which rules it keeps, and what it opens."""

import argparse
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from ..given_token import add_path, explain_given
from ..output import Output, add_json
from . import USAGE

NEEDS = "drf_logto"


def add_arguments(parser: CommandParser) -> None:
    """Declare what is explained; the token is no argument, because others can see arguments."""
    parser.add_argument("arguments", nargs="*", help=argparse.SUPPRESS)
    add_path(parser)
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
    explained = explain_given(
        options, with_routes=options["routes"], with_signature=options["signature"]
    )
    output = Output(command)
    if options["json"]:
        output.json(explained.as_json)
    else:
        explained.write(output)
    if explained.error is not None:
        raise explained.error
