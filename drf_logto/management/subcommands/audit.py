"""Attack the API on a test database: who gets in, and what organizations see of each other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from django.test.utils import get_runner
from django.utils.module_loading import import_string

from ...telemetry import quoted
from ...testing.audit import AuditReport, audit
from ...testing.audit.report import printable
from ..output import Output, Verdict, add_json
from . import FOUND, USAGE

NEEDS = "drf_logto"

_VERDICTS = {"Failures": Verdict.ERROR, "Not audited": Verdict.SKIPPED, "Notices": Verdict.WARNING}


def add_arguments(parser: CommandParser) -> None:
    """Declare what is audited, and how that is written."""
    parser.add_argument(
        "--path", metavar="PREFIX", default="/", help="only paths that begin with it"
    )
    parser.add_argument(
        "--public",
        metavar="PATH",
        action="append",
        default=[],
        help="a path that is open on purpose, as the report writes it; may be repeated",
    )
    parser.add_argument(
        "--objects",
        metavar="DOTTED.PATH",
        help="a function that creates objects of two organizations, and returns them in pairs",
    )
    add_json(parser)
    parser.add_argument("--markdown", action="store_true", help="write Markdown")


def run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Audit, and write the report.

    Raises:
        ImproperlyConfigured: the settings cannot work.
        CommandError: the arguments cannot work, or there are failures.
    """
    if options["json"] and options["markdown"]:
        raise CommandError("Choose --json or --markdown.", returncode=USAGE)
    create = _objects(options["objects"])
    with _test_database():
        objects = create()
        if options["objects"] and not (objects and isinstance(objects, dict)):
            message = "The function of --objects returns no dict of pairs."
            raise CommandError(message, returncode=USAGE)
        try:
            report = audit(objects, path=options["path"], public=options["public"])
        except ValueError as error:
            raise CommandError(str(error), returncode=USAGE) from error
    if options["json"]:
        Output(command).json(report.to_dict())
    elif options["markdown"]:
        command.stdout.write(report.markdown(), ending="")
    else:
        _show(Output(command), report)
    if not report.rows:
        raise CommandError("There is nothing to audit.", returncode=USAGE)
    if report.failures:
        number = len(report.failures)
        failures = "1 failure" if number == 1 else f"{number} failures"
        raise CommandError(f"{failures} to correct, see above.", returncode=FOUND)


def _objects(name: str | None) -> Callable[[], Any]:
    if name is None:
        return dict
    found: Callable[[], Any] | None = None
    with suppress(ImportError):
        found = import_string(name)
    if not callable(found):
        message = f"--objects names no function that can be imported: {quoted(name)}."
        raise CommandError(message, returncode=USAGE)
    return found


def _show(output: Output, report: AuditReport) -> None:
    output.heading("Who got in")
    for path, rows in groupby(report.rows, key=lambda row: row.path):
        output.text(path, indent=2, hanging=4)
        methods: dict[str, list[str]] = {}
        for row in rows:
            methods.setdefault(row.who, []).append(row.method)
        for who, each in methods.items():
            output.text(f"{', '.join(each)}: {who}", indent=4, hanging=4)
    for title, findings in report.sections():
        output.heading(title)
        for one in findings:
            output.verdict(_VERDICTS[title], one.sentence, printable(one.cause))
    output.text("")
    output.text(report.summary)


@contextmanager
def _test_database() -> Iterator[None]:
    """Make the databases that ``manage.py test`` makes, and remove them."""
    runner = get_runner(settings)(verbosity=0, interactive=False)
    runner.setup_test_environment()
    try:
        made = runner.setup_databases()
        try:
            yield
        finally:
            runner.teardown_databases(made)
    finally:
        runner.teardown_test_environment()
