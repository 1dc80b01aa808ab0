"""What of one organization another one sees or changes, for each operation."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from itertools import islice

from django.db.models import Model

from ...auth_info import TokenKind
from ...operations import Operation
from ...view_options import declared_by_class
from .attempts import Attempts, attempts, model_of
from .bearers import Bearer, Tokens
from .bodies import Body
from .expectations import OF_ORGANIZATIONS
from .places import handler_at
from .report import AuditReport, Finding
from .requests import Answer
from .rows import named_rows, with_dependents
from .subjects import Subjects
from .worlds import Worlds

_SAID_AT_MOST = 3  # findings of an operation
_COMMITTED = "a view has committed, so what was done to rows has stayed."
_REFUSED_BODIES = frozenset({400, 415, 422})


class CrossingAudit:
    """Asks with tokens of one organization for what another one has.

    Args:
        report: takes what is found.
        tokens: issues the tokens.
        subjects: the objects of both.
        organizations: the one that asks, and the other.
        operations: all of the project, which say where rows have their organization.
        given: bodies of either organization, by method and path.
    """

    def __init__(
        self,
        report: AuditReport,
        tokens: Tokens,
        *,
        subjects: Subjects,
        organizations: tuple[str, str],
        operations: Iterable[Operation],
        given: Mapping[str, tuple[Body, Body]],
    ) -> None:
        self._report, self._tokens, self._given = report, tokens, given
        self._subjects, self._organizations = subjects, organizations
        lookups = [*_lookups(operations)]
        mine, others = zip(*subjects.given.values(), strict=True)
        own = named_rows(organizations[0], mine, lookups)
        rows = named_rows(organizations[1], others, lookups)
        self._worlds = Worlds(organizations[1], with_dependents(rows, own))

    def attempts(self, operation: Operation) -> Attempts | str:
        """Return what is asked for an operation, or why that is not known."""
        given = self._given.get(f"{operation.method} {operation.path}")
        return attempts(operation, self._subjects, self._organizations, given)

    def audit(
        self, operation: Operation, asked: Attempts | str, admitted: Collection[Bearer]
    ) -> None:
        """Ask for an operation with a token of each kind that got in."""
        bearers = [*_of_organization(admitted, self._organizations[0])]
        is_theirs = any(way.kinds <= OF_ORGANIZATIONS for way in operation.ways)
        if not bearers and is_theirs:
            asked = f"no token of {self._organizations[0]} gets in."
        if not self._worlds.are_intact():
            asked = _COMMITTED
        if isinstance(asked, str):
            self._report.not_audited += self._unknown(operation, asked, bearers or is_theirs)
            return
        for bearer in bearers:
            answer, sentences = self._ask(operation, asked, bearer)
            if why := _useless(answer):
                self._report.not_audited.append(self._finding(operation, why, ""))
            self._report.failures += self._findings(operation, sentences)
        if not self._worlds.are_intact():
            self._report.not_audited += self._unknown(operation, _COMMITTED, True)
        self._report.requests += self._worlds.requests
        self._worlds.requests = 0

    def _unknown(self, operation: Operation, why: str, is_theirs: object) -> list[Finding]:
        text = f"what organizations see of each other is not known: {why}"
        return [self._finding(operation, text, "")] if is_theirs else []

    def _ask(
        self, operation: Operation, asked: Attempts, bearer: Bearer
    ) -> tuple[Answer, list[str]]:
        """Return the answer for what is the bearer's own, and what is wrong."""
        token = self._tokens.of(bearer, operation)
        answer, found = self._worlds.compare((asked.own, token))
        notes = dict.fromkeys(found, "")  # by what is wrong: the first request that shows it
        for one in asked.others:
            for sentence in self._worlds.compare((one, token))[1]:
                notes.setdefault(sentence, f", {one.note}")
        if operation.method == "GET":
            other = self._tokens.of(replace(bearer, organization=self._organizations[1]), operation)
            first = [(asked.own, other), (asked.of_other, other)]
            for one in asked.kept:
                for sentence in self._worlds.compare_after((one, token), first):
                    notes.setdefault(sentence, one.note and f", {one.note}")
        return answer, [f"{bearer.name}{note}: {sentence}" for sentence, note in notes.items()]

    def _findings(self, operation: Operation, sentences: list[str]) -> Iterator[Finding]:
        cause = f"Look at {handler_at(operation)}."
        if operation.is_filtered is False:
            cause += " No filter backend of the view filters by organization."
        for i, sentence in enumerate(sentences[:_SAID_AT_MOST], 1):
            left_out = len(sentences) - i if i == _SAID_AT_MOST else 0
            more = f" (and {left_out} more)" if left_out else ""
            yield self._finding(operation, f"{sentence}{more}.", cause)

    def _finding(self, operation: Operation, text: str, cause: str) -> Finding:
        return Finding(method=operation.method, path=operation.path, text=text, cause=cause)


def _useless(answer: Answer) -> str:
    """Why the request for what is one's own says nothing of others, "" where it does."""
    if answer.error:
        return f"the view raises {answer.error}."
    if answer.status == HTTPStatus.NOT_FOUND:
        return "the object of the organization itself is not found."
    if answer.status in _REFUSED_BODIES:
        return f"the body of the organization itself is refused with {answer.status}."
    return ""


def _of_organization(admitted: Iterable[Bearer], organization: str) -> Iterator[Bearer]:
    """Yield one bearer of each kind."""
    for kind in (TokenKind.ORGANIZATION, TokenKind.ORGANIZATION_RESOURCE):
        own = (one for one in admitted if one.kind is kind and one.organization == organization)
        yield from islice((one for one in own if not one.is_expired), 1)


def _lookups(operations: Iterable[Operation]) -> Iterator[tuple[type[Model], str]]:
    """Yield the models of views, and by which field their rows are filtered."""
    for one in operations:
        lookup = declared_by_class(one.route.callback, "organization_field")
        if isinstance(lookup, str) and (model := model_of(one)):
            yield model, lookup
