"""What ``manage.py logto tenant`` writes: a plan, and what is done of it."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from ...telemetry import quoted
from ..output import Output
from .plan import Item
from .steps import HOOK_NAME, HookStep

_MOST_NAMES = 100  # in one list for people
_SIGNING_KEY = (
    f"Logto has created the webhook's signing key: in the console under Webhooks, {HOOK_NAME}. "
    "Add it to LOGTO['WEBHOOK_SIGNING_KEYS']."
)


class Report:
    """Writes at once for people, or at the end as one JSON document.

    Args:
        output: where to.
        is_json: whether JSON is wanted.
        shows_all: whether people also see what is there.
    """

    def __init__(self, output: Output, *, is_json: bool, shows_all: bool) -> None:
        self._output = output
        self._is_json = is_json
        self._shows_all = shows_all
        self._document: dict[str, Any] = {}

    def plan(self, items: Iterable[Item]) -> None:
        """Write what is missing, by what it belongs to."""
        items = list(items)
        self._document["plan"] = [item.to_dict() for item in items]
        shown = [item for item in items if self._shows_all or item.sign != "="]
        for group, members in groupby(shown, key=lambda item: item.step.group):
            self._heading(group)
            for item in members:
                self._line(f"{item.sign} {item.text}")
                self._obstacle(item)

    def more(self, heading: str, found: Mapping[str, Iterable[str]]) -> None:
        """Write what the tenant has more, by what it belongs to."""
        self._document["more"] = {group: list(names) for group, names in found.items()}
        if found:
            self._heading(heading)
        for group, names in found.items():
            self._line(f"{group}: {_listed(list(names))}")

    def skipped(self, sentences: Iterable[str]) -> None:
        """Write what was not compared."""
        self._document["skipped"] = list(sentences)
        for sentence in self._document["skipped"]:
            self._heading(sentence)

    def done(self, item: Item, is_new: bool) -> None:
        """Write what has become of a step: by this run, or perhaps by another."""
        done = self._document.setdefault("done", [])
        if not done or done[-1]["group"] != item.step.group:
            self._heading(item.step.group)
        state = "there" if item.is_there else "blocked"
        done.append({**item.to_dict(), "state": state, "is_new": is_new})
        others = "is there now" if item.is_there else "not created"
        self._line(f"{'created' if is_new else others}: {item.text}")
        if is_new and isinstance(item.step, HookStep):
            self._line(_SIGNING_KEY)
        self._obstacle(item)

    def close(self) -> None:
        """Write the JSON document, if it is wanted and there is a plan."""
        if self._is_json and self._document:
            self._output.json(self._document)

    def _obstacle(self, item: Item) -> None:
        if item.obstacle:
            self._line(f"  {item.obstacle}")

    def _heading(self, text: str) -> None:
        if not self._is_json:
            self._output.heading(text)

    def _line(self, text: str) -> None:
        if not self._is_json:
            self._output.text(text, indent=2, hanging=4)


def _listed(names: list[str]) -> str:
    others = len(names) - _MOST_NAMES
    shown = ", ".join(map(quoted, names[:_MOST_NAMES]))
    return f"{shown} and {others} more" if others > 0 else shown
