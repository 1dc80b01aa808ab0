"""Say whether everything between this machine and Logto is right, and what to do if not."""

from collections import Counter
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError, CommandParser

from ..base_url import add_base_url, parse_base_url
from ..doctor import findings
from ..doctor.examination import Examination
from ..doctor.facts import Found
from ..given_token import Explained, add_path, explain_given
from ..output import Output, Verdict, add_json
from . import FOUND, USAGE

NEEDS = "drf_logto"

_OF_TOKENS = "Is a token refused? Pipe it into manage.py logto explain, which says why."
_NOT_EXPLAINED = "The token is not explained, because LOGTO cannot be used."


def add_arguments(parser: CommandParser) -> None:
    """Declare where the API runs, and what is written."""
    add_base_url(parser)
    parser.add_argument(
        "--token",
        action="store_true",
        help="also explain the access token on the standard input, as logto explain does",
    )
    add_path(parser)
    parser.add_argument("--fail-on-warning", action="store_true", help="exit with 3 on warnings")
    add_json(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Look at each fact, and write what is found.

    Raises:
        CommandError: something is to be corrected, or the token is refused.
    """
    if options["path"] is not None and not options["token"]:
        raise CommandError("--path needs --token.", returncode=USAGE)
    output = Output(command)
    looked: list[Found] = []
    group = ""
    for found in findings(Examination(base_url=parse_base_url(options["base_url"]))):
        looked.append(found)
        if options["json"]:
            continue
        if found.group != group:
            group = found.group
            output.heading(group)
        finding = found.finding
        output.verdict(finding.verdict, f"{found.fact}: {finding.text}", finding.remedy)
    explained = _explained(options) if options["token"] else None
    number = Counter(one.finding.verdict for one in looked)
    if options["json"]:
        of_token = {"token": explained and explained.as_json} if options["token"] else {}
        count = {str(one): number[one] for one in Verdict}
        output.json({"facts": [_json(one) for one in looked], "count": count, **of_token})
    else:
        _write_token(output, explained, is_given=options["token"])
        output.heading(", ".join(one.counted(number[one]) for one in Verdict))
    wrong = number[Verdict.ERROR] + options["fail_on_warning"] * number[Verdict.WARNING]
    if wrong:
        number_of = "1 finding" if wrong == 1 else f"{wrong} findings"
        raise CommandError(f"{number_of} to correct, see above.", returncode=FOUND)
    if explained is not None and explained.error is not None:
        raise explained.error


def _explained(options: dict[str, Any]) -> Explained | None:
    try:
        return explain_given(options, with_signature=True)
    except ImproperlyConfigured:  # a fact says so
        return None


def _write_token(output: Output, explained: Explained | None, *, is_given: bool) -> None:
    if explained is not None:
        explained.write(output)
    else:
        output.text("")
        output.text(_NOT_EXPLAINED if is_given else _OF_TOKENS)


def _json(found: Found) -> dict[str, str]:
    finding = found.finding
    return {
        "group": found.group,
        "fact": found.fact,
        "verdict": finding.verdict,
        "text": finding.text,
        "remedy": finding.remedy,
    }
