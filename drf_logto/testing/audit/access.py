"""Who gets into each operation, compared with what its declarations say."""

from collections.abc import Collection, Iterator

from ... import verify
from ...auth_info import TokenKind
from ...operations import Operation
from .bearers import ANONYMOUS, Bearer, Tokens, bearers
from .expectations import Expected, expected, source_of
from .isolation import rolled_back
from .places import fault_of, is_declared_open, override_of
from .report import AuditReport, Finding, Row
from .requests import Answer, Asked, send

_Answers = dict[Bearer, Answer]


class AccessAudit:
    """Sends the tokens of all bearers to operations.

    Args:
        report: takes what is found.
        tokens: issues the tokens.
        scopes: every scope that the project names.
        organizations: the one that requests name, and another.
        public: paths that are open on purpose, as operations have them.
    """

    def __init__(
        self,
        report: AuditReport,
        tokens: Tokens,
        *,
        scopes: Collection[str],
        organizations: tuple[str, str],
        public: Collection[str],
    ) -> None:
        self._report, self._tokens = report, tokens
        self._scopes, self._organizations, self._public = scopes, organizations, public

    def audit(self, operation: Operation, asked: Asked) -> list[Bearer]:
        """Send a request with each token; return the bearers of those that got in."""
        source = source_of(operation)
        answers: _Answers = {}
        outcomes: dict[Bearer, Expected] = {}
        for bearer in bearers(operation, self._scopes, self._organizations):
            token = self._tokens.of(bearer, operation)
            with rolled_back():
                answers[bearer] = send(asked, token)
            auth = verify(token) if token and not bearer.is_expired else None
            outcomes[bearer] = expected(
                operation, auth, organization=self._organizations[0], source=source
            )
            if bearer.is_expired and operation.accepts_tokens:
                outcomes[bearer] = Expected.OUT
        self._report.requests += len(answers)
        admitted = [one for one, answer in answers.items() if answer.got_in]
        who = "; ".join(_who(admitted, self._organizations[1])) or "nobody"
        row = Row(method=operation.method, path=operation.path, who=who)
        self._report.rows.append(row)
        self._report.failures += self._failures(operation, answers, outcomes)
        self._report.notices += self._notices(operation, answers, outcomes)
        return admitted

    def _failures(
        self, operation: Operation, answers: _Answers, outcomes: dict[Bearer, Expected]
    ) -> Iterator[Finding]:
        if answers[ANONYMOUS].got_in:
            if not is_declared_open(operation) and operation.path not in self._public:
                text = "a request without a token gets in"
                yield self._finding(operation, text, answers[ANONYMOUS])
            return
        wrong = [
            one
            for one, outcome in outcomes.items()
            if answers[one].got_in and outcome is Expected.OUT
        ]
        for one in wrong[:1]:
            more = f", and {len(wrong) - 1} more that should not" if len(wrong) > 1 else ""
            yield self._finding(operation, f"{one} gets in{more}", answers[one])

    def _finding(self, operation: Operation, what: str, answer: Answer) -> Finding:
        result = f"raises {answer.error}" if answer.error else f"answers {answer.status}"
        return Finding(
            method=operation.method,
            path=operation.path,
            text=f"{what}; the view {result}.",
            cause=f"Cause: {fault_of(operation)}.",
        )

    def _notices(
        self, operation: Operation, answers: _Answers, outcomes: dict[Bearer, Expected]
    ) -> Iterator[Finding]:
        refused = [
            one
            for one, outcome in outcomes.items()
            if outcome is Expected.IN and not answers[one].got_in
        ]
        texts = [
            f"{one} is refused with {answers[one].status}, although the permissions let it in."
            for one in refused[:1]
        ]
        if operation.unread:
            texts.append(f"{operation.unread} So nothing was compared.")
        override = override_of(operation)
        cause = f"Cause: {override}." if override else ""
        for text in texts:
            yield Finding(method=operation.method, path=operation.path, text=text, cause=cause)


def _who(admitted: list[Bearer], other: str) -> Iterator[str]:
    """The least that gets in, in words."""
    if ANONYMOUS in admitted:
        yield "anybody"
        return
    if any(one.is_expired for one in admitted):
        yield "expired tokens"
    for kind in TokenKind:
        own = [one for one in admitted if one.kind is kind and not one.is_expired]
        if not own:
            continue
        users = [one for one in own if not one.is_machine]
        held = [one.scopes for one in users or own if one.organization != other]
        least = [one for one in held if not any(each < one for each in held)]
        scopes = " or ".join(sorted(" and ".join(sorted(one)) for one in least))
        words = f"{kind.value} token"
        words += f" with {scopes}" if scopes else ""
        words += "" if users else " of a machine"
        words += " (users alone)" if not any(one.is_machine for one in own) else ""
        words += " of any organization" if any(one.organization == other for one in own) else ""
        yield words
