"""The parts of a request that can name an organization: the URL, a header, the host."""

import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, TypeAlias

from django.core.exceptions import DisallowedHost
from django.urls import Resolver404, ResolverMatch, resolve

from .base import NO_ORGANIZATION, Imported, OrganizationSource, ask_once, django_request

Lookup: TypeAlias = Callable[[str], str | None]
"""Returns the id of an organization in Logto for what a request calls it, None for no such."""

_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.1
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
_LABELS = 3  # of a host whose first one is a name within a domain
_ABSENT = object()


class _Named(OrganizationSource):
    """A part of the request that names an organization, by Logto's id or a name of the project."""

    lookup: Any

    def __post_init__(self) -> None:
        if isinstance(self.lookup, str):
            object.__setattr__(self, "lookup", Imported(self.lookup))

    @property
    def runs_project_code(self) -> bool:
        return self.lookup is not None

    @property
    def keywords(self) -> frozenset[str]:
        return frozenset()

    def find(self, request: Any, view: Any) -> str | None:
        name, lookup = self._read(request, view), self.lookup
        if lookup is None or not name:
            return name
        return ask_once(request, lookup, name, lambda: lookup(name))

    @abstractmethod
    def _read(self, request: Any, view: Any) -> str | None:
        """Return what the request calls the organization, None where it names none."""


@dataclass(frozen=True)
class UrlKeyword(_Named):
    """A keyword of the route.

    Args:
        name: of the keyword.
        lookup: returns Logto's id for what stands there, None for no such organization, or is the
            dotted path of such a function; without it the id itself stands there.

    Raises:
        ValueError: the name is not the name of a keyword.
    """

    name: str
    lookup: Lookup | str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _is_text(self.name) or not self.name.isidentifier():
            raise ValueError(f"{self.name!r} is not the name of a URL keyword.")

    @property
    def keywords(self) -> frozenset[str]:
        return frozenset({self.name})

    @property
    def words(self) -> str:
        return f"URL keyword {self.name}"

    def _read(self, request: Any, view: Any) -> str | None:
        # A decorator may hand a keyword on by position, or keep it; the route has it all the same.
        match = getattr(django_request(request), "resolver_match", None)
        kwargs = {**getattr(match, "kwargs", {}), **(getattr(view, "kwargs", None) or {})}
        named = kwargs.get(self.name, _ABSENT)
        if named is _ABSENT and _has_keyword(match, self.name):
            named = _captured(self.name, request)
        if named is _ABSENT:
            return None
        # A path converter may have made another type of it; Logto's ids are strings.
        return NO_ORGANIZATION if named is None else str(named)


@dataclass(frozen=True)
class Header(_Named):
    """A header of the request, such as ``X-Organization-Id``.

    Args:
        name: of the header.
        lookup: as for ``UrlKeyword``.

    Raises:
        ValueError: the name is not that of a header (RFC 9110 §5.1).
    """

    name: str
    lookup: Lookup | str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _is_text(self.name) or not _FIELD_NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not the name of a header.")

    @property
    def words(self) -> str:
        return f"header {self.name}"

    def _read(self, request: Any, view: Any) -> str | None:
        headers: Mapping[str, str] = getattr(django_request(request), "headers", {})
        return headers.get(self.name)


@dataclass(frozen=True)
class Host(_Named):
    """The subdomain of the host: ``acme`` of ``acme.example.com``, in lower case.

    Args:
        domain: below which the subdomains are, such as ``example.com``; a request for another host,
            or for the domain itself, names no organization. Without it the first of three or more
            labels is the subdomain.
        lookup: as for ``UrlKeyword``.

    Raises:
        ValueError: the domain is not a host name in lower case.
    """

    domain: str | None = None
    lookup: Lookup | str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.domain is not None and not (
            _is_text(self.domain) and _DOMAIN.fullmatch(self.domain)
        ):
            raise ValueError(f"{self.domain!r} is not a host name in lower case.")

    @property
    def words(self) -> str:
        return f"subdomain of {self.domain}" if self.domain else "subdomain of the host"

    def _read(self, request: Any, view: Any) -> str | None:
        try:
            sent = django_request(request).get_host()
        except DisallowedHost:
            return NO_ORGANIZATION
        host = re.sub(r":\d*$", "", sent).lower().rstrip(".")
        if self.domain is None:
            labels = host.split(".")
            return labels[0] if len(labels) >= _LABELS and not _is_address(host) else None
        if not host.endswith(f".{self.domain}"):
            return None
        subdomain = host.removesuffix(f".{self.domain}")
        return NO_ORGANIZATION if "." in subdomain else subdomain


def _has_keyword(match: ResolverMatch | None, keyword: str) -> bool:
    """Whether the route has the keyword, in its path or among its extra options."""
    if match is None:
        return False
    options: Mapping[str, Any] = getattr(match, "extra_kwargs", None) or {}
    return f"{keyword}>" in (match.route or "") or keyword in options


def _captured(keyword: str, request: Any) -> Any:
    """What the path holds for a keyword that a middleware may have taken from the others."""
    asked = django_request(request)
    try:
        found = resolve(asked.path_info, getattr(asked, "urlconf", None))
    except Resolver404:
        return None
    return found.kwargs.get(keyword, _ABSENT)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
