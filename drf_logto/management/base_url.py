"""The argument ``--base-url``: where the running API can be reached."""

from django.core.management import CommandError, CommandParser

from ..conf.addresses import url
from ..conf.values import Invalid
from .subcommands import USAGE


def add_base_url(parser: CommandParser) -> None:
    """Declare ``--base-url``."""
    parser.add_argument(
        "--base-url",
        metavar="URL",
        help="the public address of the running API, such as https://api.example.com",
    )


def parse_base_url(value: str | None) -> str | None:
    """Return the address, None where none is given.

    Raises:
        CommandError: it is none.
    """
    try:
        return url(value) if value else None
    except Invalid as invalid:
        message = "--base-url must be an address such as https://api.example.com."
        raise CommandError(message, returncode=USAGE) from invalid
