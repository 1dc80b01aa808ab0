"""The difference between the clock of this machine and that of Logto."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from ...verification.fetch import fetch_headers
from ...verification.metadata import ISSUER_PATH
from .examination import Examination
from .facts import Fact
from .findings import Finding, Skipped, error, ok, warning

_SMALL, _LARGE = 5.0, 60.0  # seconds
_REMEDY = (
    "Set the clock of this machine: start a time service such as chrony or systemd-timesyncd. "
    "A virtual machine that was paused needs one as well."
)


def _clock(examination: Examination, address: str) -> Iterator[Finding]:
    now = examination.environment.now
    url = f"{address}{ISSUER_PATH}/.well-known/openid-configuration"
    asked_at = now()
    headers = fetch_headers(url, examination.timeout)
    answered_at = now()
    # The header has whole seconds; Logto wrote it after half of the way there and back.
    ahead = (asked_at + answered_at) / 2 - (_seconds(headers.get("Date", "")) + 0.5)
    least = max(0.0, abs(ahead) - (answered_at - asked_at) / 2 - 0.5)
    way = "ahead of" if ahead > 0 else "behind"
    text = f"The clock of this machine is {abs(ahead):.0f} s {way} that of Logto (or of its proxy)."
    if least > max(_LARGE, examination.settings.leeway):
        yield error(f"{text} Tokens are taken for expired, or for not yet valid.", _REMEDY)
    elif least >= _SMALL:
        yield warning(text, _REMEDY)
    else:
        yield ok("The clocks of this machine and of Logto agree, within a second or two.")


def _seconds(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        raise Skipped("Logto's answer has no Date header.") from None


FACTS = (Fact("clock", _clock, ("certificate",)),)
