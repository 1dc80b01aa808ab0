"""Say whether everything between this machine and Logto is right, and what to do if not."""

from collections import Counter
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from ..base_url import add_base_url, parse_base_url
from ..doctor import findings
from ..doctor.examination import Examination
from ..doctor.facts import Found
from ..output import Output, Verdict, add_json
from . import FOUND

NEEDS = "drf_logto"

_OF_TOKENS = "Is a token refused? Pipe it into manage.py logto explain, which says why."


def add_arguments(parser: CommandParser) -> None:
    """Declare where the API runs, and what is written."""
    add_base_url(parser)
    parser.add_argument("--fail-on-warning", action="store_true", help="exit with 3 on warnings")
    add_json(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Look at each fact, and write what is found."""
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
    number = Counter(one.finding.verdict for one in looked)
    count = {str(one): number[one] for one in Verdict}
    if options["json"]:
        output.json(
            {
                "facts": [_json(one) for one in looked],
                "count": {str(one): count[one] for one in Verdict},
            }
        )
    else:
        output.text("")
        output.text(_OF_TOKENS)
        output.heading(", ".join(one.counted(number[one]) for one in Verdict))
    wrong = count[Verdict.ERROR] + options["fail_on_warning"] * count[Verdict.WARNING]
    if wrong:
        number_of = "1 finding" if wrong == 1 else f"{wrong} findings"
        raise CommandError(f"{number_of} to correct, see above.", returncode=FOUND)


def _json(found: Found) -> dict[str, str]:
    finding = found.finding
    return {
        "group": found.group,
        "fact": found.fact,
        "verdict": finding.verdict,
        "text": finding.text,
        "remedy": finding.remedy,
    }
