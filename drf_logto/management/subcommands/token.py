"""Print an access token of the machine MACHINE_APP_ID, for curl and for tests by hand."""

from datetime import UTC, datetime
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from ...auth_info import TokenKind
from ...conf import LogtoSettings, get_settings
from ...outgoing.client_credentials import (
    MachineToken,
    MachineTokenRefused,
    TokenRequest,
    machine_application,
)
from ...outgoing.machine_tokens import MachineTokens
from ...runtime import get_environment
from ..output import Output
from . import FAILED, FOUND, USAGE

NEEDS = "drf_logto"

_UNITS = {"days": 86400, "hours": 3600, "minutes": 60}


def add_arguments(parser: CommandParser) -> None:
    """Declare what the token is for, and how it is printed."""
    parser.add_argument(
        "--resource",
        metavar="URI",
        help="the API resource (default: API_RESOURCE, if there is one, and no --organization)",
    )
    parser.add_argument(
        "--organization",
        metavar="ID",
        help="alone: an organization token; with --resource: one for the API resource in it",
    )
    parser.add_argument(
        "--scope",
        metavar="SCOPE",
        action="append",
        default=[],
        help="a scope; can be repeated. A token has no other scopes than these",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--header", action="store_true", help="print the header line, as curl -H @- reads it"
    )
    form.add_argument("--json", action="store_true", help="write JSON, with what the token is for")


def run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Ask Logto for a new token, and print it.

    Raises:
        ImproperlyConfigured: the settings cannot work, or name no application.
        AuthorizationServerUnavailable: Logto cannot be reached.
    """
    settings, now = get_settings(), get_environment().now
    request = _request(options, settings)
    # Not from the cache that processes share: a role may just have been given or taken.
    tokens = MachineTokens(settings, now, cache=None)
    try:
        token = tokens.get(machine_application(settings), request)
    except MachineTokenRefused as refused:
        code = FOUND if refused.code == "insufficient_scope" else FAILED
        raise CommandError(str(refused), returncode=code) from refused
    if options["json"]:
        Output(command).json(_described(token, request, now()))
    else:
        prefix = "Authorization: Bearer " if options["header"] else ""
        command.stdout.write(f"{prefix}{token.value}")
    if not request.scopes:
        command.stderr.write("The token has no scopes: ask for them with --scope.", str)


def _request(options: dict[str, Any], settings: LogtoSettings) -> TokenRequest:
    resource, organization = options["resource"], options["organization"]
    if resource is None and organization is None:
        resource, *others = settings.api_resource
        if others:
            choices = ", ".join(settings.api_resource)
            message = f"LOGTO['API_RESOURCE'] names several. Choose with --resource: {choices}."
            raise CommandError(message, returncode=USAGE)
    try:
        return TokenRequest.of(resource, organization, options["scope"])
    except ValueError as error:
        raise CommandError(str(error), returncode=USAGE) from error


def _described(token: MachineToken, request: TokenRequest, now: float) -> dict[str, Any]:
    seconds = int(token.ends_at - now)
    kind = TokenKind.GLOBAL if request.resource else TokenKind.ORGANIZATION
    if request.resource and request.organization:
        kind = TokenKind.ORGANIZATION_RESOURCE
    return {
        "token": token.value,
        "kind": kind.value,
        "resource": request.resource,
        "organization": request.organization,
        "scopes": token.scopes,
        "expires_in": seconds,
        "expires_at": datetime.fromtimestamp(token.ends_at, UTC).isoformat(timespec="seconds"),
        "expires": _in_words(seconds),
    }


def _in_words(seconds: int) -> str:
    unit, size = next((one for one in _UNITS.items() if seconds >= 2 * one[1]), ("seconds", 1))
    return f"in {round(seconds / size)} {unit}"
