"""Fills the keywords of routes, and names the organization where its source reads it."""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from urllib.parse import quote

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils.translation import override

from ...operations import Operation
from ...organization_sources.base import OrganizationSource
from ...organization_sources.computed import each
from ...organization_sources.named import Header, Host, UrlKeyword

_KEYWORD = re.compile(r"\{(\w+)\}")
_UUID, _DATE, _PATH = "00000000-0000-4000-8000-000000000000", "2026-01-01", "audit/audit"
_ANY = ("1", "audit", _UUID, _DATE, _PATH, "json")
"""What stands for an object that is not known; some of them fit into any path converter."""

_MOST = 3  # keywords for which all combinations are tried


def keywords_of(operation: Operation) -> tuple[str, ...]:
    """Return the keywords in the path of an operation."""
    return tuple(dict.fromkeys(_KEYWORD.findall(operation.path)))


def filled(operation: Operation, values: Mapping[str, object]) -> str | None:
    """Return the path with these values, None where it does not lead to the operation then."""
    text = {name: quote(str(value)) for name, value in values.items()}
    path = _KEYWORD.sub(lambda one: text.get(one[1], ""), operation.path)
    try:
        with override(settings.LANGUAGE_CODE):  # a path may be translated
            found = resolve(path)
    except Resolver404:
        return None
    return path if found.func is operation.route.callback else None


def filled_somehow(operation: Operation, values: Mapping[str, object]) -> str | None:
    """Return the path, with anything that fits for the keywords without a value."""
    missing = [name for name in keywords_of(operation) if name not in values]
    for guessed in _guesses(len(missing)):
        path = filled(operation, {**values, **dict(zip(missing, guessed, strict=True))})
        if path:
            return path
    return None


def _guesses(number: int) -> Iterable[tuple[str, ...]]:
    if number > _MOST:
        return ((one,) * number for one in _ANY)
    return product(_ANY, repeat=number)


def name_organization(
    source: OrganizationSource | None, organization: str, names: Iterable[str] = ()
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the keywords and the headers that name an organization.

    Args:
        source: where requests name it.
        organization: its id in Logto.
        names: what the project may call it.
    """
    keywords: dict[str, str] = {}
    headers: dict[str, str] = {}
    for one in each(source):
        lookup = getattr(one, "lookup", None)
        name = _called(organization, lookup, names)
        match one:
            case UrlKeyword():
                keywords[one.name] = name
            case Header():
                headers[one.name] = name
            case Host():
                headers["Host"] = f"{name}.{one.domain or 'example.com'}"
    return keywords, headers


def _called(
    organization: str, lookup: Callable[[str], str | None] | None, names: Iterable[str]
) -> str:
    """What a lookup finds the organization by."""
    for name in names if lookup else ():
        try:
            if lookup and lookup(name) == organization:
                return name
        except Exception:  # noqa: BLE001,S112 - the project's own code; another name may do
            continue
    return organization
