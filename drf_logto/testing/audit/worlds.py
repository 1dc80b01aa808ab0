"""A request with and without the rows of the other organization: what differs is a leak."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.db import DatabaseError, connections

from .isolation import rolled_back, usable_databases
from .requests import Answer, Asked, send
from .rows import Row, Rows, Values, all_tables, names_organization, remove, snapshot

_READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA", "SET", "SHOW", "EXPLAIN")
_HEADERS_LEFT_OUT = frozenset({"content-length", "date"})
_SAID_AT_MOST = 3
_REPEATS = 5  # of a request whose outcome differs, before that is a finding
_LONG = 8  # characters of a text that hardly stands anywhere by chance

Leaves = dict[str, str]
Sent = tuple[Asked, str | None]
Changes = dict[Row, Values | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request did.

    Attributes:
        answer: the answer.
        leaves: everything that can be compared, by name.
        trespasses: what was done to the other organization's rows, sentences.
    """

    answer: Answer
    leaves: Leaves
    trespasses: tuple[str, ...]


class Worlds:
    """Sends requests to the project as it is, and as it is without an organization's rows.

    Args:
        other: the other organization.
        rows: its rows.
    """

    def __init__(self, other: str, rows: frozenset[Row]) -> None:
        self._other, self._rows = other, rows
        self._tables = all_tables()
        self._before = snapshot(self._tables)
        self._texts = sorted(_texts(self._before, rows))
        self.requests = 0

    def are_intact(self) -> bool:
        """Whether every row is as it was; a view that commits leaves what it has done."""
        return snapshot(self._tables) == self._before

    def compare(self, sent: Sent) -> tuple[Answer, list[str]]:
        """Return the answer, and what differs between the two worlds: sentences."""
        present, absent = self._run(sent), self._run(sent, without=True)
        found = [*present.trespasses]
        names = _differences(present.leaves, absent.leaves)
        if names:
            names = self._steady(names, present, sent)
            names = self._steady(names, absent, sent, without=True)
            if names:
                found.append(f"the outcome depends on rows of {self._other}: {_listed(names)}")
            elif shown := self._shown(sent, present, absent):
                found.append(f"the answer holds what {self._other} has: {_listed(shown)}")
        return present.answer, found

    def _steady(self, names: list[str], outcome: Outcome, sent: Sent, **how: Any) -> list[str]:
        """Return what of some names is always the same when the request is repeated."""
        for _ in range(_REPEATS):
            if not names:
                break
            again = self._run(sent, **how)
            noise = {*_differences(outcome.leaves, again.leaves)}
            names = [name for name in names if name not in noise]
        return names

    def _shown(self, sent: Sent, present: Outcome, absent: Outcome) -> list[str]:
        """Return texts that stand among what differs by itself, and are the other's alone."""
        here, there = (" ".join(one.leaves.values()) for one in (present, absent))
        asked = str(sent[0])
        return [
            repr(one)
            for one in self._texts
            if one in here and one not in there and one not in asked
        ]

    def compare_after(self, sent: Sent, first: Collection[Sent]) -> list[str]:
        """Return what differs where the other organization has asked first: sentences."""
        plain, later = self._run(sent), self._run(sent, first=first)
        if later.answer.status == HTTPStatus.TOO_MANY_REQUESTS:  # a limit says nothing of rows
            return []
        names = self._steady(_differences(plain.leaves, later.leaves), plain, sent)
        names = self._steady(names, later, sent, first=first)
        if not names:
            return []
        return [f"the answer is another one where {self._other} has asked first: {_listed(names)}"]

    def _run(self, sent: Sent, *, without: bool = False, first: Iterable[Sent] = ()) -> Outcome:
        with rolled_back():
            if without:
                remove(self._rows)
            for one in first:
                send(*one)
                self.requests += 1
            writes: list[str] = []
            with ExitStack() as stack:
                for alias in usable_databases():
                    stack.enter_context(connections[alias].execute_wrapper(_noting(writes)))
                answer = send(*sent)
            self.requests += 1
            changes = self._changes(writes, without=without)
        leaves = {"status": str(answer.status), "exception": answer.error, **_of_answer(answer)}
        leaves.update(_of_changes(changes, self._before, self._rows))
        trespasses = () if without else tuple(self._trespasses(changes))
        return Outcome(answer, leaves, trespasses)

    def _changes(self, writes: list[str], *, without: bool) -> Changes:
        """What has become of rows, None for those that are deleted."""
        written = [
            (alias, model)
            for alias, model in self._tables
            if any(model._meta.db_table in sql for sql in writes)
        ]
        try:
            after = snapshot(written)
        except DatabaseError:  # the request has broken its transaction, and nothing of it counts
            return {}
        before = {row: values for row, values in self._before.items() if row[:2] in written}
        gone = {*before} - {*after} - (self._rows if without else set())
        changed = {row: one for row, one in after.items() if one != before.get(row)}
        return {**changed, **dict.fromkeys(gone)}

    def _trespasses(self, changes: Changes) -> Iterator[str]:
        for row, values in changes.items():
            if row not in self._rows:
                yield from self._links(row, values or {})
            elif values is None:
                yield f"it deletes {row} of {self._other}"
            else:
                yield f"it changes {row} of {self._other}"

    def _links(self, row: Row, values: Mapping[str, Any]) -> Iterator[str]:
        """How a row that is new or changed is connected with the other organization."""
        before = self._before.get(row, {})
        for field in row.model._meta.concrete_fields:
            value = values.get(field.attname)
            if value is None or value == before.get(field.attname):
                continue
            if names_organization(field) and value == self._other:
                yield f"it gives {self._other} a row of {row.model._meta.label}"
            elif field.is_relation and self._is_other(row, field, value):
                yield f"it links {row.model._meta.label}.{field.name} to a row of {self._other}"

    def _is_other(self, row: Row, field: Any, value: Any) -> bool:
        return Row(row.database, field.related_model, value) in self._rows


def _texts(every: Rows, rows: frozenset[Row]) -> set[str]:
    """Return the longer texts of some rows that no other row has."""
    own, others = set[str](), set[str]()
    for row, values in every.items():
        texts = {one for one in values.values() if isinstance(one, str) and len(one) >= _LONG}
        (own if row in rows else others).update(texts)
    return own - others


def _noting(writes: list[str]) -> Any:
    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.lstrip(" (").upper().startswith(_READS):
            writes.append(sql)
        return execute(sql, params, many, context)

    return note


def _differences(one: Leaves, other: Leaves) -> list[str]:
    return [name for name in {**one, **other} if one.get(name) != other.get(name)]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SAID_AT_MOST} more" if len(names) > _SAID_AT_MOST else ""
    return ", ".join(names[:_SAID_AT_MOST]) + more


def _of_answer(answer: Answer) -> Leaves:
    headers = {
        f"header {name}": value
        for name, value in answer.headers.items()
        if name not in _HEADERS_LEFT_OUT
    }
    try:
        return {**dict(_leaves("", json.loads(answer.content))), **headers}
    except ValueError:
        lines = answer.content.split(b"\n")
        return {**{f"line {i}": repr(line) for i, line in enumerate(lines, 1)}, **headers}


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Everything in a JSON value, by where it stands."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(f"{name}.{key}" if name else key, each)
    elif isinstance(value, list):
        yield f"length of {name}" if name else "length of the list", str(len(value))
        for i, each in enumerate(value):
            yield from _leaves(f"{name}[{i}]", each)
    else:
        yield name or "the value", repr(value)


def _of_changes(
    changes: Changes, before: Rows, left_out: frozenset[Row]
) -> Iterator[tuple[str, str]]:
    """Every value that is new, but in rows of the other organization; new rows by their order."""
    new: Counter[str] = Counter()
    for row, values in changes.items():
        name, key, old = str(row), "", before.get(row)
        if row in left_out:
            continue
        if values is None:
            yield name, "deleted"
            continue
        if old is None:
            label = row.model._meta.label
            new[label] += 1
            name, key = f"new row {new[label]} of {label}", row.model._meta.pk.attname
        for field, value in values.items():
            if field != key and (old is None or value != old.get(field)):
                yield f"{name}: {field}", repr(value)
