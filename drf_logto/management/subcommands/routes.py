"""Show who may do what: each method of each route, and the tokens that it accepts."""

import json
import os
import shlex
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from ...operations import Operation, all_operations
from ...telemetry import quoted
from ..output import Output, add_json
from ..routes.markdown import OTHER_ROUTES, markdown
from ..routes.records import as_value, other_routes, printable, records, selected
from . import FOUND, USAGE

NEEDS = "drf_logto"

_CONTEXT = 8  # lines around a difference, so that the path is among them


def add_arguments(parser: CommandParser) -> None:
    """Declare what is shown, and how."""
    parser.add_argument(
        "--open",
        action="store_true",
        help="only what may be open to requests without a token, plain Django views as well",
    )
    parser.add_argument(
        "--path", metavar="PREFIX", default="/", help="only paths that begin with it"
    )
    add_json(parser)
    parser.add_argument("--markdown", action="store_true", help="write Markdown")
    parser.add_argument(
        "--output", metavar="FILE", help="write into a file; Markdown, unless --json is given"
    )
    parser.add_argument(
        "--check",
        metavar="FILE",
        help="exit with 3 and a diff if the file is not what --output writes",
    )


def run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Show the operations.

    Raises:
        ImproperlyConfigured: the settings cannot work.
        CommandError: the arguments cannot work, or the file differs.
    """
    _require_one_format(options)
    prefix: str = options["path"]
    shown = [*selected(all_operations(), prefix=prefix, is_open=options["open"])]
    name = options["check"] or options["output"]
    if options["json"]:
        value = [*map(as_value, shown)]
        if name is None:
            Output(command).json(value)
        else:
            _write(name, json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    elif options["check"]:
        _compare(command, name, markdown(shown, _command(options)), _update(options))
    elif options["output"]:
        _write(name, markdown(shown, _command(options)))
    elif options["markdown"]:
        command.stdout.write(markdown(shown, _command(options)), ending="")
    else:
        _show(Output(command), shown)


def _require_one_format(options: dict[str, Any]) -> None:
    if options["check"] and (options["json"] or options["output"]):
        raise CommandError("--check compares Markdown, and writes nothing.", returncode=USAGE)
    if options["json"] and options["markdown"]:
        raise CommandError("Choose --json or --markdown.", returncode=USAGE)


def _command(options: dict[str, Any]) -> str:
    """The command without the name of the file, which depends on the folder that one stands in."""
    arguments = ["--open"] if options["open"] else []
    arguments += ["--path", options["path"]] if options["path"] != "/" else []
    return shlex.join(["manage.py", "logto", "routes", *arguments])


def _update(options: dict[str, Any]) -> str:
    return f"python {_command(options)} --output {shlex.quote(options['check'])}"


def _show(output: Output, operations: list[Operation]) -> None:
    if not operations:
        output.text("There is nothing to show.")
    for record in records(operations, str):
        output.heading(record.path)
        for label, access in record.lines:
            output.text(f"{label}: {access}", indent=2, hanging=4)
        for name, value in record.facts:
            output.text(f"{name}: {value}", indent=2, hanging=4)
    if others := [*other_routes(operations, str)]:
        output.heading(OTHER_ROUTES)
        for one in others:
            output.text(one, indent=2, hanging=4)


def _write(name: str, text: str) -> None:
    """Write a file whole, or not at all; its lines end in the same way on every system."""
    target = Path(name).resolve()
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(target)
    except OSError as error:
        message = f"The file {quoted(name)} cannot be written: {type(error).__name__}."
        raise CommandError(message, returncode=USAGE) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _compare(command: BaseCommand, name: str, text: str, update: str) -> None:
    try:
        committed = Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"The file {quoted(name)} cannot be read: {type(error).__name__}."
        raise CommandError(f"{message} To write it: {update}", returncode=USAGE) from error
    before, now = (one.rstrip("\n").split("\n") for one in (committed, text))
    if before == now:
        return
    styles = {"+": command.style.SUCCESS, "-": command.style.ERROR}
    for line in unified_diff(before, now, name, "what the routes say", n=_CONTEXT, lineterm=""):
        command.stdout.write(printable(line), styles.get(line[0]))
    message = f"{quoted(name)} is not what the routes say. If the change is meant: {update}"
    raise CommandError(message, returncode=FOUND)
