"""Facts about the project itself: its settings, the system checks, and what is installed."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage
from django.core.checks import Error as CheckError
from django.core.checks.registry import registry

from ...checks.settings import IDS
from ...telemetry import quoted
from ..output import Verdict
from .examination import Examination
from .facts import Fact, Group
from .findings import Finding, error, ok

_LEVEL = CheckError("").level
_EXTRAS = {"browsable": ("authlib", "cachetools", "joserfc"), "openapi": ("drf_spectacular",)}
_ABOUT_LOGTO = frozenset(IDS.values())  # the fact "settings" tells them


def _settings(examination: Examination, _subject: str) -> Iterator[Finding]:
    for problem in examination.problems:
        yield error(problem.message, "")
    if not examination.problems:
        parsed = examination.settings
        yield ok(
            f"LOGTO is understood: ENDPOINT {', '.join(parsed.endpoint)}; API_RESOURCE "
            f"{', '.join(parsed.api_resource)}."
        )


def _checks(_examination: Examination, _subject: str) -> Iterator[Finding]:
    """Run the system checks of this package, those for a deployment as well.

    Those of others are left out, because they may fail or take long.
    """
    messages: list[CheckMessage] = []
    failed: dict[str, list[str]] = {}
    registered: list[Any] = registry.get_checks(include_deployment_checks=True)
    for check in registered:
        if not check.__module__.startswith(("drf_logto.", "django.core.checks.urls")):
            continue
        try:
            messages += check(app_configs=None, databases=None)
        except Exception as failure:  # noqa: BLE001 - it is code of the project that fails
            failed.setdefault(_cause(failure), []).append(check.__name__)
    own = [one for one in messages if str(one.id).startswith("drf_logto.")]
    yield from (_of_failure(cause, names) for cause, names in failed.items())
    shown = [one for one in own if not one.is_silenced() and one.id not in _ABOUT_LOGTO]
    yield from map(_of_check, shown)
    if not failed and not shown:
        yield ok("The system checks of this package find nothing.")


def _cause(failure: Exception) -> str:
    # The text of an ImportError names modules; another may name anything.
    text = f": {quoted(failure)}" if isinstance(failure, ImportError) else ""
    return f"{type(failure).__name__}{text}"


def _of_failure(cause: str, names: list[str]) -> Finding:
    return error(
        f"System checks, {min(names)} among them, cannot run: {cause}.",
        "Correct the URLconf, or what it imports, until manage.py check runs.",
    )


def _of_check(message: CheckMessage) -> Finding:
    verdict = Verdict.ERROR if message.level >= _LEVEL else Verdict.WARNING
    return Finding(verdict, f"{message.id}: {message.msg}", message.hint or "")


def _extras(_examination: Examination, _subject: str) -> Iterator[Finding]:
    for extra in _named_extras():
        missing = [name for name in _EXTRAS[extra] if find_spec(name) is None]
        if missing:
            yield error(
                f"The project uses drf_logto.{extra}, and {', '.join(missing)} is not installed.",
                f"pip install 'drf-logto-auth[{extra}]'",
            )
        else:
            yield ok(f"The extra {extra} is installed.")


def _named_extras() -> Iterator[str]:
    options = getattr(settings, "REST_FRAMEWORK", None) or {}
    if apps.is_installed("drf_logto.browsable") or "drf_logto.browsable" in str(options):
        yield "browsable"
    if "drf_logto.openapi" in str(options):
        yield "openapi"


GROUP = Group(
    "Project",
    (Fact("settings", _settings), Fact("checks", _checks), Fact("extras", _extras)),
)
