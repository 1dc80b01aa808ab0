"""``manage.py logto``: finds the modules of ``subcommands`` and runs one."""

import re
from argparse import SUPPRESS
from copy import copy
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError, CommandParser

from ...exceptions import AuthorizationServerUnavailable
from ...outgoing.management_api import ManagementApiRefused
from ...shared_cache import CacheUnavailable
from .. import subcommands
from ..output import wrap_errors
from ..subcommands import FAILED, USAGE

_LONG_WORD = re.compile(r"\S{32,}")  # the secrets of Logto's applications have 32 characters


class Command(BaseCommand):
    """Runs a subcommand; what the user does wrong exits with 2, what fails otherwise with 1."""

    help = "Works with Logto; each subcommand has a --help of its own."
    stealth_options = ("stdin",)
    requires_system_checks = ()  # an error in a view must not keep anybody from revoking access

    def add_arguments(self, parser: CommandParser) -> None:
        _hide_long_words(parser)
        parsers = parser.add_subparsers(dest="subcommand", metavar="subcommand", required=True)
        for found in iter_modules(subcommands.__path__):
            module = import_module(f"{subcommands.__name__}.{found.name}")
            summary = str(module.__doc__).strip()
            added = parsers.add_parser(found.name, help=summary, description=summary)
            _hide_long_words(added)
            module.add_arguments(added)
            _repeat_options(parser, added)

    def handle(self, *args: Any, **options: Any) -> None:
        wrap_errors(self)
        module = import_module(f"{subcommands.__name__}.{options['subcommand']}")
        if not apps.is_installed(module.NEEDS):
            raise CommandError(
                f"Add {module.NEEDS!r} to INSTALLED_APPS: logto {options['subcommand']} is part "
                "of it.",
                returncode=USAGE,
            )
        try:
            module.run(self, options)
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=USAGE) from error
        except CacheUnavailable as error:
            reason = f"The cache cannot be used: {error}. Check the one that LOGTO['CACHE'] names."
            raise CommandError(reason, returncode=FAILED) from error
        except ManagementApiRefused as error:
            raise CommandError(str(error), returncode=FAILED) from error
        except AuthorizationServerUnavailable as error:
            reason = f"Logto cannot be asked: {error.reason}."
            remedy = "Check LOGTO['ENDPOINT'], the network, and whether Logto works."
            raise CommandError(f"{reason} {remedy}", returncode=FAILED) from error


def _repeat_options(parser: CommandParser, added: CommandParser) -> None:
    """Let the options of Django, which its commands have, come after the subcommand as well."""
    group = added.add_argument_group("options of Django's commands")
    for option in parser._actions:
        if option.option_strings and option.dest not in {"help", "version"}:
            repeated = copy(option)
            repeated.default = SUPPRESS  # it must not replace what stands before the subcommand
            group._add_action(repeated)


def _hide_long_words(parser: CommandParser) -> None:
    """Keep a token or a secret in the wrong place out of the parser's messages."""
    error = parser.error
    parser.error = lambda message: error(_LONG_WORD.sub("...", message))  # type: ignore[method-assign]
