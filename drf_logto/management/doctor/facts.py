"""Runs facts one after another; none of them ends the run."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from ...exceptions import AuthorizationServerUnavailable
from ...outgoing.management_api import ManagementApiRefused
from ...shared_cache import CacheUnavailable
from ..output import Verdict
from .examination import Examination
from .findings import Finding, Skipped, error
from .remedies import remedy_for

Find = Callable[[Examination, str], Iterable[Finding]]
"""Looks at a fact; of one address where there are several."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to look at.

    Attributes:
        name: as in JSON.
        find: yields findings; what it raises becomes one.
        needs: names of facts without which it cannot be looked at.
    """

    name: str
    find: Find
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Facts below one heading; ``{}`` in its title stands for each address, where there is one."""

    title: str
    facts: tuple[Fact, ...]

    def subjects(self, examination: Examination) -> tuple[str, ...]:
        """Return what the group looks at in turn."""
        return examination.addresses if "{}" in self.title else ("",)


@dataclass(frozen=True, slots=True)
class Found:
    """A finding and where it belongs."""

    group: str
    fact: str
    finding: Finding


def examine(examination: Examination, groups: Iterable[Group]) -> Iterator[Found]:
    """Yield what is found of each fact.

    A fact is skipped if one that it needs has an error, or could not be looked at.
    """
    unknown: set[tuple[str, str]] = set()
    for group in groups:
        for subject in group.subjects(examination):
            for fact in group.facts:
                for one in _find(fact, examination, subject, unknown):
                    yield Found(group.title.format(subject), fact.name, one)


def _find(
    fact: Fact, examination: Examination, subject: str, unknown: set[tuple[str, str]]
) -> Iterator[Finding]:
    # What has no address of its own asks Logto at the first.
    subjects = {subject, *([] if subject else examination.addresses[:1]), ""}
    lacks = [name for name in fact.needs if any((name, one) in unknown for one in subjects)]
    try:
        _require(examination, lacks)
        for finding in fact.find(examination, subject):
            if finding.verdict is Verdict.ERROR:
                unknown.add((fact.name, subject))
            yield finding
    except Exception as failure:  # noqa: BLE001 - a fact that fails must not end the others
        unknown.add((fact.name, subject))
        yield _failed(failure, examination)


def _require(examination: Examination, lacks: list[str]) -> None:
    if lacks:
        raise Skipped(f"See {lacks[0]} above.")
    _ = examination.timeout  # raises Skipped, too


def _failed(failure: Exception, examination: Examination) -> Finding:
    match failure:
        case Skipped():
            return Finding(Verdict.SKIPPED, str(failure))
        case AuthorizationServerUnavailable():
            reason = str(failure.reason)
            sentence = f"{reason[:1].upper()}{reason[1:]}."
            return error(sentence, remedy_for(reason, examination.setting))
        case ImproperlyConfigured() if examination.problems:
            return Finding(Verdict.SKIPPED, "Correct LOGTO first.")
        case CacheUnavailable():
            remedy = (
                "Check the cache that LOGTO['CACHE'] names, and the way to it. If it is in the "
                "database, run manage.py createcachetable."
            )
            return error(f"The cache cannot be used: {failure}.", remedy)
        case ManagementApiRefused() | ImproperlyConfigured():
            return error(str(failure), "")
    return error(
        f"This could not be checked: {type(failure).__name__}.",
        "If it is not code of your project that fails, report it as a bug of this package.",
    )
