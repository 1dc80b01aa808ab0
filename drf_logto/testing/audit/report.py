"""What the audit found: a table of who got in, and the findings, as text and as Markdown."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace

_LONGEST = 500  # characters of a line
_MOST = 200  # lines of a section


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        method: the HTTP method.
        path: the path of the route.
        text: what happens.
        cause: the code that it comes from, and where that stands; a sentence, or "".
    """

    method: str
    path: str
    text: str
    cause: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} {printable(self.cause)}".rstrip()

    @property
    def sentence(self) -> str:
        """Which request does what."""
        return printable(f"{self.method} {self.path}: {self.text}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Who got in.

    Attributes:
        method: the HTTP method.
        path: the path of the route.
        who: the tokens that did, in words.
    """

    method: str
    path: str
    who: str


@dataclass(slots=True, kw_only=True)
class AuditReport:
    """The outcome of an audit.

    Attributes:
        rows: who got in, for each method of each route.
        failures: what is wrong.
        notices: what is stricter or other than it is written, and no danger.
        not_audited: what could not be tried, and why.
        requests: how many were sent.
    """

    rows: list[Row] = field(default_factory=list)
    failures: list[Finding] = field(default_factory=list)
    notices: list[Finding] = field(default_factory=list)
    not_audited: list[Finding] = field(default_factory=list)
    requests: int = 0

    def assert_clean(self) -> None:
        """Raise an AssertionError that names every failure.

        Raises:
            AssertionError: there are failures, or nothing was audited.
        """
        if self.failures or not self.rows:
            raise AssertionError(str(self))

    def __str__(self) -> str:
        parts = [f"{self.summary}"]
        for title, findings in self.sections():
            parts += ["", f"{title}:", *_limited(f"- {one}" for one in findings)]
        return "\n".join(parts)

    @property
    def summary(self) -> str:
        """One sentence with the figures."""
        return (
            f"{_number(len(self.failures), 'failure')} in {_number(len(self.rows), 'operation')}, "
            f"{len(self.not_audited)} not audited; {_number(self.requests, 'request')} sent."
        )

    def markdown(self) -> str:
        """Return the whole report, with the table of who got in."""
        lines = ["# Audit", "", self.summary]
        for title, findings in self.sections():
            lines += ["", f"## {title}", "", *(f"- {_escaped(str(one))}" for one in findings)]
        lines += ["", "## Who got in", "", "| route | method | who |", "|---|---|---|"]
        for one in self.rows:
            cells = (f"`{one.path}`", one.method, one.who)
            lines.append(f"| {' | '.join(_escaped(printable(cell)) for cell in cells)} |")
        return "\n".join([*lines, ""])

    def to_dict(self) -> dict[str, object]:
        """Return the whole report, ready for JSON."""
        return {
            "requests": self.requests,
            "failures": [*map(asdict, self.failures)],
            "not_audited": [*map(asdict, self.not_audited)],
            "notices": [*map(asdict, self.notices)],
            "operations": [*map(asdict, self.rows)],
        }

    def sections(self) -> Iterator[tuple[str, list[Finding]]]:
        """Yield titles and findings; those that differ in their method alone are one."""
        titled = {
            "Failures": self.failures,
            "Not audited": self.not_audited,
            "Notices": self.notices,
        }
        return ((title, [*_merged(findings)]) for title, findings in titled.items() if findings)


def _merged(findings: Iterable[Finding]) -> Iterator[Finding]:
    methods: dict[Finding, list[str]] = {}
    for one in findings:
        methods.setdefault(replace(one, method=""), []).append(one.method)
    for one, each in methods.items():
        yield replace(one, method=", ".join(dict.fromkeys(each)))


def _limited(lines: Iterable[str]) -> list[str]:
    every = [*lines]
    more = [f"- and {len(every) - _MOST} more"] if len(every) > _MOST else []
    return every[:_MOST] + more


def _number(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """Return text without control characters, of limited length."""
    return "".join(one if one.isprintable() else "?" for one in text[:_LONGEST])


def _escaped(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;")
