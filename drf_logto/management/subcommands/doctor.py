"""Say whether everything between this machine and Logto is right, and what to do if not."""

from collections import Counter
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from ...conf.addresses import url
from ...conf.values import Invalid
from ..doctor import findings
from ..doctor.examination import Examination
from ..doctor.facts import Found
from ..output import Output, Verdict, add_json
from . import FOUND, USAGE

NEEDS = "drf_logto"


def add_arguments(parser: CommandParser) -> None:
    """Declare where the API runs, and what is written."""
    parser.add_argument(
        "--base-url",
        metavar="URL",
        help="the public address of the running API, such as https://api.example.com",
    )
    parser.add_argument("--fail-on-warning", action="store_true", help="exit with 3 on warnings")
    add_json(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Look at each fact, and write what is found."""
    output = Output(command)
    looked: list[Found] = []
    group = ""
    for found in findings(Examination(base_url=_base_url(options["base_url"]))):
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
        output.heading(", ".join(f"{count[one]} {one}" for one in count))
    wrong = count[Verdict.ERROR] + options["fail_on_warning"] * count[Verdict.WARNING]
    if wrong:
        raise CommandError(f"Found: {wrong} that must be corrected.", returncode=FOUND)


def _base_url(value: str | None) -> str | None:
    try:
        return url(value) if value else None
    except Invalid as invalid:
        message = "--base-url must be an address such as https://api.example.com."
        raise CommandError(message, returncode=USAGE) from invalid


def _json(found: Found) -> dict[str, str]:
    finding = found.finding
    return {
        "group": found.group,
        "fact": found.fact,
        "verdict": finding.verdict,
        "text": finding.text,
        "remedy": finding.remedy,
    }
