"""Bring names, addresses and suspensions of all users in Logto to the users of the project."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from ...conf import get_settings
from ...exceptions import AuthorizationServerUnavailable
from ...outgoing.management_api import ManagementApi, ManagementApiRefused, management_api
from ...telemetry import logger, quoted
from ..progress import Progress
from . import FAILED, USAGE

NEEDS = "drf_logto.users"

_PAGE = 100  # users that are asked for at once; Logto refuses more
_MAX_PAGES = 100_000
_MAX_BODY = 16 * 1024 * 1024  # bytes; a user has up to some kilobytes of custom data


def add_arguments(parser: CommandParser) -> None:
    """Declare who is made, and where to go on."""
    parser.add_argument(
        "--create", action="store_true", help="also create users for those who have none here"
    )
    parser.add_argument(
        "--from-page",
        type=int,
        default=1,
        metavar="N",
        help="go on where a run has stopped (default: 1)",
    )


def run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Read all users, newest first, page by page.

    Raises:
        ImproperlyConfigured: the settings cannot work.
        AuthorizationServerUnavailable, ManagementApiRefused: Logto cannot be read any further.
    """
    begun = options["from_page"]
    if begun < 1:
        raise CommandError("--from-page must be at least 1.", returncode=USAGE)
    api = management_api()
    progress = Progress(command.stdout, _total(api))
    counts: Counter[str] = Counter()
    try:
        for begun, rows in _pages(api, options["from_page"]):
            for row in rows:
                counts[_apply(row, is_creating=options["create"])] += 1
            progress.show((begun - 1) * _PAGE + len(rows))
    except BaseException:
        progress.clear()
        command.stdout.write(f"Not all were read. Go on with --from-page {begun}.")
        raise
    progress.clear()
    command.stdout.write(
        f"Users in Logto: {counts.total()}. Known here: {counts['known']}. "
        f"Created: {counts['created']}. Without a user here: {counts['unknown']}."
    )
    if counts["failed"]:
        message = f"Not applied: {counts['failed']}. The log says why."
        raise CommandError(message, returncode=FAILED)


def _total(api: ManagementApi) -> int | None:
    try:
        answer = api.get("/dashboard/users/total")
    except (AuthorizationServerUnavailable, ManagementApiRefused):
        return None
    total = answer.get("totalUserCount") if isinstance(answer, dict) else None
    return total if isinstance(total, int) else None


def _pages(api: ManagementApi, first: int) -> Iterator[tuple[int, list[object]]]:
    for page in range(first, _MAX_PAGES):
        rows = api.get("/users", page=page, page_size=_PAGE, max_body=_MAX_BODY)
        if not isinstance(rows, list):
            raise AuthorizationServerUnavailable("the Management API answers without a list")
        yield page, rows
        # A user who comes meanwhile moves others to the next page, and so hides none.
        if len(rows) < _PAGE:
            return
    raise AuthorizationServerUnavailable("the list of users does not end")


def _apply(row: object, *, is_creating: bool) -> str:
    """Apply a row, and return what it was for; a database that refuses one may take the next."""
    # Models cannot be imported without the application.
    from ...users.accounts import apply, state_of  # noqa: PLC0415
    from ...users.authentication import new_user_of_project  # noqa: PLC0415
    from ...users.identities import create  # noqa: PLC0415

    state = state_of(row)
    if state is None:
        logger.warning("Not applied: what Logto lists is no user.")
        return "failed"
    try:
        if apply(state):
            return "known"
        if not is_creating or not state.may_sign_in:
            return "unknown"
        create(get_settings().issuers[0], state.subject, new_user_of_project())
        return "created" if apply(state) else "unknown"
    except DatabaseError as error:
        name = type(error).__name__
        logger.warning("Not applied: the user %s: %s.", quoted(state.subject), name)
        return "failed"
