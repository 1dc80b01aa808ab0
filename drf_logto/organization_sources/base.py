"""What a source of organizations is, and how one asks a function of the project."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from inspect import iscoroutine
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from django.utils.module_loading import import_string

from ..telemetry import logger, request_facts

NO_ORGANIZATION = ""
"""A name that no organization has."""

DOTTED_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")

_FOUND = "_logto_organizations"


class OrganizationSource(ABC):
    """Where a request names its organization."""

    @property
    @abstractmethod
    def runs_project_code(self) -> bool:
        """Whether a function of the project is asked, which may wait."""

    @property
    @abstractmethod
    def keywords(self) -> frozenset[str] | None:
        """The URL keywords that it reads, None where a function may read any."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What descriptions and messages call it."""

    @abstractmethod
    def find(self, request: Any, view: Any) -> str | None:
        """Return the id of the organization, None where the request names none.

        It is ``""``, which no organization has, where none fits. It never raises.
        """


def ask_once(request: Any, function: object, asked: str, ask: Callable[[], object]) -> str:
    """Return what a function of the project says, the same for the whole request.

    Args:
        request: the request, DRF's or Django's.
        function: the function.
        asked: what it is asked about.
        ask: calls it.
    """
    known = getattr(django_request(request), "__dict__", {}).setdefault(_FOUND, {})
    key = (function.path if isinstance(function, Imported) else id(function), asked)
    if key not in known:
        # With the function, so that no other one gets its id.
        known[key] = function, _ask(request, function, ask)
    return str(known[key][1])


def _ask(request: Any, function: object, ask: Callable[[], object]) -> str:
    try:
        organization = ask()
    except (Http404, ObjectDoesNotExist):
        return NO_ORGANIZATION
    except Exception as error:  # noqa: BLE001 - the project's own code; no organization fits
        fault = f"raised {type(error).__name__}"
    else:
        if organization is None or isinstance(organization, str):
            return organization or NO_ORGANIZATION
        if iscoroutine(organization):
            organization.close()
        fault = f"returned {type(organization).__name__}"
    name = function_name(function)
    logger.error("No organization is found (%s): %s %s.", request_facts(request), name, fault)
    return NO_ORGANIZATION


@dataclass(frozen=True)
class Imported:
    """A function that is imported when it is called first, for settings that models need.

    Raises:
        ValueError: the path is not dotted.
    """

    path: str

    def __post_init__(self) -> None:
        if not DOTTED_PATH.fullmatch(self.path):
            raise ValueError(f"{self.path!r} is not the dotted path of a function.")

    def __call__(self, *args: Any) -> Any:
        """Call it."""
        return import_string(self.path)(*args)


def function_name(function: object) -> str:
    """Return what messages call a function."""
    if isinstance(function, Imported):
        return function.path
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def django_request(request: Any) -> Any:
    """Return Django's request below one of DRF, whose look-up of its attributes is slow."""
    return getattr(request, "_request", request)
