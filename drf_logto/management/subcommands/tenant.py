"""Compare what the code needs with what the tenant has, and create what is missing."""

import sys
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from ...outgoing.management_api import ManagementApi, management_api
from ...telemetry import quoted
from ..base_url import add_base_url, parse_base_url
from ..output import Output, add_json
from ..tenant import roles_file
from ..tenant.needs import skipped, steps_of_code
from ..tenant.plan import Item, apply, plan, unused
from ..tenant.report import Report
from ..tenant.state import TenantState
from ..tenant.steps import RoleStep
from . import FOUND, USAGE

NEEDS = "drf_logto"


def add_arguments(parser: CommandParser) -> None:
    """Declare what is compared, and whether what is missing is created."""
    add_base_url(parser)
    parser.add_argument("--apply", action="store_true", help="create what is missing")
    parser.add_argument(
        "--yes", action="store_true", help="with --apply: do not ask for confirmation"
    )
    files = parser.add_mutually_exclusive_group()
    files.add_argument(
        "--export", metavar="FILE", help="write the roles of the tenant and their scopes as TOML"
    )
    files.add_argument(
        "--import",
        dest="import",
        metavar="FILE",
        help="compare the tenant with such a file, not with the code",
    )
    parser.add_argument(
        "--resource",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="with --import: an API resource of the file, and its name in this tenant",
    )
    add_json(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Show the plan, and create what is missing where that is wanted.

    Raises:
        ImproperlyConfigured: the settings cannot work, or name no machine to ask as.
        AuthorizationServerUnavailable, ManagementApiRefused: the tenant cannot be read, or not all
            could be created.
    """
    stdin: Any = options.get("stdin", sys.stdin)
    _check(options, is_asking=stdin.isatty())
    base_url, renamed = parse_base_url(options["base_url"]), _renamed(options["resource"])
    api = management_api()
    state = TenantState(api)
    if options["export"]:
        _export(command, options["export"], state)
        return
    is_json, shows_all = options["json"], options["verbosity"] > 1
    report = Report(Output(command), is_json=is_json, shows_all=shows_all)
    try:
        if options["import"]:
            items = _plan_of_file(_read(options["import"], renamed), state, report)
        else:
            items = _plan_of_code(base_url, state, report)
        if options["apply"] and any(item.sign == "+" for item in items):
            if not options["yes"]:
                _ask(command, stdin)
            items = _apply(command, items, api, report)
    finally:
        report.close()
    _end(command, items, is_json=is_json)


def _check(options: dict[str, Any], *, is_asking: bool) -> None:
    is_silent = options["json"] or not is_asking
    of_plan = ("apply", "base_url", "json", "import")
    wrong = {
        "--apply asks first. Without a terminal, or with --json, add --yes.": (
            options["apply"] and is_silent and not options["yes"]
        ),
        "--yes goes with --apply.": options["yes"] and not options["apply"],
        "--export goes with no other argument.": (
            options["export"] and any(options[name] for name in of_plan)
        ),
        "--resource goes with --import.": options["resource"] and not options["import"],
        "--base-url does not go with --import.": options["base_url"] and options["import"],
    }
    for message, is_wrong in wrong.items():
        if is_wrong:
            raise CommandError(message, returncode=USAGE)


def _renamed(pairs: list[str]) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs]
    if not all(old and new for old, _, new in split):
        raise CommandError("--resource must be OLD=NEW.", returncode=USAGE)
    return {old: new for old, _, new in split}


def _export(command: BaseCommand, name: str, state: TenantState) -> None:
    text, left_out = roles_file.write(state)
    try:
        Path(name).write_text(text, "utf-8", newline="\n")
    except OSError as error:
        message = f"{quoted(name)} cannot be written: {error.strerror}."
        raise CommandError(message, returncode=USAGE) from error
    output = Output(command)
    output.text(f"Written: {quoted(name)}.")
    if left_out:
        names = ", ".join(map(quoted, left_out))
        output.text(f"Left out, because they may use the Management API: {names}.")


def _read(name: str, renamed: dict[str, str]) -> list[RoleStep]:
    try:
        with Path(name).open("rb") as file:
            octets = file.read(roles_file.MAX_FILE + 1)
        return roles_file.parse(octets, renamed)
    except OSError as error:
        message = f"{quoted(name)} cannot be read: {error.strerror}."
        raise CommandError(message, returncode=USAGE) from error
    except roles_file.NotUnderstood as error:
        raise CommandError(f"{quoted(name)}: {error}", returncode=USAGE) from error


def _plan_of_code(base_url: str | None, state: TenantState, report: Report) -> list[Item]:
    steps = steps_of_code(base_url)
    items = plan(steps, state)
    report.plan(items)
    report.more("In the tenant, but not in the code", unused(steps, state))
    report.skipped(skipped(base_url))
    return items


def _plan_of_file(roles: list[RoleStep], state: TenantState, report: Report) -> list[Item]:
    try:
        roles_file.check(roles, state)
    except roles_file.NotUnderstood as error:
        raise CommandError(str(error), returncode=USAGE) from error
    items = plan(roles_file.steps_of_roles(roles), state)
    report.plan(items)
    report.more("In the tenant, but not in the file", roles_file.more(roles, state))
    return items


def _ask(command: BaseCommand, stdin: Any) -> None:
    command.stdout.write("")
    command.stdout.write("Create this? [y/N] ", ending="")
    command.stdout.flush()
    if stdin.readline().strip().lower() not in {"y", "yes"}:
        raise CommandError("Nothing was created.", returncode=FOUND)


def _apply(
    command: BaseCommand, items: list[Item], api: ManagementApi, report: Report
) -> list[Item]:
    left = [item for item in items if item.sign == "+"]

    def say(item: Item, is_new: bool) -> None:
        del left[0]
        report.done(item, is_new)
        command.stdout.flush()  # a pipe shows it at once, too

    try:
        return apply(items, api, say)
    except BaseException:
        for item in left[:1]:
            where = f"{item.step.group}, {item.text}"
            then = "Run the command again: it goes on from there."
            command.stderr.write(f"Not created: {where}. {then}")
        raise


def _end(command: BaseCommand, items: list[Item], *, is_json: bool) -> None:
    missing = sum(item.sign == "+" for item in items)
    blocked = sum(item.sign == "!" for item in items)
    found = [f"Missing: {missing}. To create it: --apply."] if missing else []
    if blocked:
        found.append(f"Left to you: {blocked}, which --apply does not do.")
    if found:
        raise CommandError(" ".join(found), returncode=FOUND)
    if not is_json:
        Output(command).heading("Nothing is missing.")
