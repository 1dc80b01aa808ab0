"""How a request names its organization: the parameter of a header, and a host in words."""

from collections.abc import Iterator
from typing import Any

from ..auth_info import TokenKind
from ..compositions.alternatives import Alternative
from ..operations import is_filtered
from ..organization_sources.base import OrganizationSource
from ..organization_sources.computed import each
from ..organization_sources.named import Header, Host
from ..view_options import organization_source

_MUST_BE = "It must be that of the token. Without it, the organization of the token is meant."
_OF_ALL = "With a token of no organization: whose rows are shown; without it, those of all."


def header_parameters(view: Any, ways: tuple[Alternative, ...]) -> list[dict[str, Any]]:
    """Return the headers that may name the organization, as parameters; none must be sent."""
    return [
        {
            "in": "header",
            "name": one.name,
            "schema": {"type": "string"},
            "description": " ".join(_words(view, ways, one)),
        }
        for one in _sources(view, ways)
        if isinstance(one, Header)
    ]


def host_in_words(view: Any, ways: tuple[Alternative, ...]) -> str:
    """Return a sentence about the hosts that name the organization, "" if none does."""
    hosts = [one for one in _sources(view, ways) if isinstance(one, Host)]
    return " ".join(
        f"The {one.words} names the organization, which must be that of the token." for one in hosts
    )


def _words(view: Any, ways: tuple[Alternative, ...], header: Header) -> Iterator[str]:
    yield "The organization." if header.lookup else "The ID of the organization in Logto."
    if any(way.kinds != {TokenKind.GLOBAL} for way in ways):
        yield _MUST_BE
    is_optional = getattr(view, "organization_optional", False) is True
    if is_optional and any(TokenKind.GLOBAL in way.kinds for way in ways):
        yield _OF_ALL


def _sources(view: Any, ways: tuple[Alternative, ...]) -> tuple[OrganizationSource, ...]:
    """Where requests name it; nowhere if neither a permission nor a filter compares it."""
    compares = any(TokenKind.GLOBAL not in way.kinds for way in ways) or is_filtered(view)
    try:
        source = organization_source(view, view.request) if compares else None
    except ValueError:  # E010 reports it
        return ()
    return each(source)
