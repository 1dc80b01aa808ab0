"""Runs facts one after another; none of them ends the run, or takes long."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from ...conf import LogtoSettings, Problem, parse
from ...exceptions import AuthorizationServerUnavailable
from ...outgoing.management_api import ManagementApi, ManagementApiRefused
from ...runtime import Environment, get_environment
from ...shared_cache import CacheUnavailable
from ...verification.fetch import MAX_BODY
from ...verification.metadata import Metadata
from ..output import Verdict
from ..tenant.state import TenantState
from .remedies import remedy_for

_TIME = 30.0  # seconds for all facts


class Skipped(Exception):
    """A fact cannot be looked at; the text says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a fact is like.

    Attributes:
        verdict: whether that is good.
        text: one or two sentences.
        remedy: what to do.
    """

    verdict: Verdict
    text: str
    remedy: str = ""


def ok(text: str) -> Finding:
    """Return a finding of what is as it should be."""
    return Finding(Verdict.OK, text)


def warning(text: str, remedy: str) -> Finding:
    """Return a finding of what may be wrong."""
    return Finding(Verdict.WARNING, text, remedy)


def error(text: str, remedy: str) -> Finding:
    """Return a finding of what is wrong."""
    return Finding(Verdict.ERROR, text, remedy)


class _BoundedApi(ManagementApi):
    """Asks only while there is time: some facts need a request for each role of the tenant."""

    def __init__(self, settings: LogtoSettings, examination: "Examination") -> None:
        super().__init__(settings)
        self._examination = examination

    def get(self, path: str, *, max_body: int = MAX_BODY, **parameters: object) -> object:
        _ = self._examination.timeout
        return super().get(path, max_body=max_body, **parameters)


@dataclass(kw_only=True)
class Examination:
    """One look at a project.

    Args:
        base_url: the address of the running API, without a trailing slash.
        value: of the setting ``LOGTO``.
        environment: whose clock and fetcher are used.
        monotonic: a clock that is never set, in seconds.
    """

    base_url: str | None = None
    value: Any = field(default_factory=lambda: getattr(django_settings, "LOGTO", None), repr=False)
    environment: Environment = field(default_factory=get_environment)
    monotonic: Callable[[], float] = time.monotonic
    metadata: dict[str, Metadata] = field(default_factory=dict)  # by address, as it is found
    jwks: dict[str, object] = field(default_factory=dict)  # likewise

    def __post_init__(self) -> None:
        self._ends_at = self.monotonic() + _TIME

    @cached_property
    def problems(self) -> list[Problem]:
        """Everything that is wrong with the setting."""
        return parse(self.value)[1]

    @cached_property
    def usable_settings(self) -> LogtoSettings | None:
        """The settings, without the keys that are wrong."""
        if not self.problems or not isinstance(self.value, Mapping):
            return parse(self.value)[0]
        wrong = tuple(one.message for one in self.problems)
        return parse(
            {
                key: value
                for key, value in self.value.items()
                if not any(message.startswith(f"LOGTO[{key!r}]") for message in wrong)
            }
        )[0]

    @property
    def settings(self) -> LogtoSettings:
        """The same, with an ``HTTP_TIMEOUT`` of what time is left.

        Raises:
            Skipped: they lack what nothing works without, or no time is left.
        """
        if self.usable_settings is None:
            raise Skipped("LOGTO cannot be used, see above.")
        return replace(self.usable_settings, http_timeout=self.timeout)

    @property
    def timeout(self) -> float:
        """Seconds for one exchange.

        Raises:
            Skipped: all of them together have taken too long.
        """
        left = self._ends_at - self.monotonic()
        if left <= 0:
            raise Skipped(f"The facts before have taken {_TIME:g} seconds.")
        usual = self.usable_settings.http_timeout if self.usable_settings else left
        return min(usual, left)

    @cached_property
    def api(self) -> ManagementApi:
        """The Management API.

        Raises:
            Skipped: no machine may ask it.
        """
        settings = self.settings
        if settings.management_app_id is None or settings.management_app_secret is None:
            raise Skipped(
                "It needs the Management API: set LOGTO['MANAGEMENT_APP_ID'] and "
                "LOGTO['MANAGEMENT_APP_SECRET'] to those of a machine-to-machine application with "
                "the role 'Logto Management API access'."
            )
        return _BoundedApi(settings, self)

    @cached_property
    def tenant(self) -> TenantState:
        """What the tenant has; raises as ``api``."""
        return TenantState(self.api)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where this process asks Logto."""
        settings = self.usable_settings
        if settings is None:
            return ()
        return (settings.internal_endpoint,) if settings.internal_endpoint else settings.endpoint

    @property
    def setting(self) -> str:
        """The setting with the addresses."""
        settings = self.usable_settings
        is_internal = settings is not None and settings.internal_endpoint is not None
        return f"LOGTO[{'INTERNAL_ENDPOINT' if is_internal else 'ENDPOINT'!r}]"


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
            remedy = "Check the cache that LOGTO['CACHE'] names, and the way to it."
            return error(f"The cache cannot be used: {failure}.", remedy)
        case ManagementApiRefused() | ImproperlyConfigured():
            return error(str(failure), "")
    return error(
        f"It could not be looked at: {type(failure).__name__}.",
        "Report it, unless code of the project failed.",
    )
