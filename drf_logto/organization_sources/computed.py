"""Sources that are functions of the project or several others; reads what is declared."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from itertools import chain
from types import MethodType
from typing import Any, TypeAlias

from .base import (
    DOTTED_PATH,
    NO_ORGANIZATION,
    Imported,
    OrganizationSource,
    ask_once,
    function_name,
)

Function: TypeAlias = Callable[[Any, Any], str | None]
"""Returns the id of the organization of a request, DRF's or Django's, and a view."""

SOURCES = (
    "UrlKeyword('team'), Header('X-Organization-Id'), Host(), a function of the request and the "
    "view, or a list of these"
)
"""What ``as_source`` takes, for messages."""


@dataclass(frozen=True)
class Computed(OrganizationSource):
    """A function of the project.

    No organization fits where it returns None, raises, or returns something else than a string.
    """

    function: Function

    runs_project_code = True
    keywords = None

    @property
    def words(self) -> str:
        return f"{function_name(self.function)}()"

    def find(self, request: Any, view: Any) -> str | None:
        kwargs = getattr(view, "kwargs", None) or {}
        key = repr(sorted(kwargs.items()))
        return ask_once(request, self.function, key, lambda: self.function(request, view))


@dataclass(frozen=True)
class Several(OrganizationSource):
    """Several sources: those that name an organization must name the same."""

    sources: tuple[OrganizationSource, ...]

    @property
    def runs_project_code(self) -> bool:
        return any(one.runs_project_code for one in self.sources)

    @property
    def keywords(self) -> frozenset[str] | None:
        each = [one.keywords for one in self.sources]
        known = [one for one in each if one is not None]
        return frozenset[str]().union(*known) if len(known) == len(each) else None

    @property
    def words(self) -> str:
        return " and ".join(one.words for one in self.sources)

    def find(self, request: Any, view: Any) -> str | None:
        found = {one.find(request, view) for one in self.sources} - {None}
        if not found:
            return None
        return found.pop() if len(found) == 1 else NO_ORGANIZATION


def each(source: OrganizationSource | None) -> tuple[OrganizationSource, ...]:
    """Return the sources that one consists of."""
    if source is None:
        return ()
    return source.sources if isinstance(source, Several) else (source,)


def as_source(value: object) -> OrganizationSource | None:
    """Return the source that a view or the settings declare, None for None.

    Args:
        value: a source, a function, a dotted path of one, or a list of these.

    Raises:
        ValueError: it is something else.
    """
    if value is None or isinstance(value, OrganizationSource):
        return value
    if isinstance(value, (list, tuple)):
        sources = [*filter(None, map(as_source, value))]
        if not sources or len(sources) < len(value):
            raise ValueError(f"{value!r} does not say where organizations are named.")
        return Several(tuple(chain.from_iterable(map(each, sources))))
    if isinstance(value, str) and DOTTED_PATH.fullmatch(value):
        return Computed(Imported(value))
    # A function that stands on a class is bound to the view.
    function = value.__func__ if isinstance(value, MethodType) else value
    if not callable(function) or isinstance(function, type) or iscoroutinefunction(function):
        raise ValueError(f"{value!r} does not say where organizations are named: write {SOURCES}.")
    return Computed(function)
