"""System checks of the routes: whether the organization that a route names is compared."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.utils.module_loading import import_string
from rest_framework.settings import api_settings

from ..organization_sources.base import Imported, OrganizationSource
from ..organization_sources.computed import each
from ..organization_sources.named import UrlKeyword
from ..permissions import InOrganization, OrgResourceScopes
from ..routes import Route, guarded_routes
from ..view_options import NOT_DECLARED, declared, organization_source, owner
from .paths import Keyword, Segment, segments

_SOURCE, _KEYWORD = "organization_source", "organization_url_kwarg"
_ORGANIZATION = "orgs?|organi[sz]ations?|tenants?"
# Where an organization is compared already, these are things within it.
_LIKE_AN_ORGANIZATION = (
    "compan(?:y|ies)|customers?|teams?|(?:work)?spaces?|accounts?|firms?|agenc(?:y|ies)|"
    "business(?:es)?|enterprises?|institutions?|schools?|clubs?|merchants?|vendors?|shops?|stores?"
)
_PERHAPS_AN_ORGANIZATION = "clients?|groups?"
_ANOTHER_THING = frozenset({"year", "month", "week", "day", "date", "lang", "language", "locale"})
# Words such as organization_member_id name them.
_WITHIN_AN_ORGANIZATION = (
    "members?|memberships?|users?|roles?|scopes?|permissions?|invit(?:e|ation)s?|app(?:lication)?s?|"
    "units?|documents?|files?|projects?"
)
_SUFFIX = (
    "id|pk|slug|uuid|uid|guid|ref|code|key|name|handle|identifier|domain|number|hash|"
    "public|external|internal|logto|or|details?|list"
)
_BETWEEN = re.compile(rf"[^a-z]*|by(?:[-_].*)?|edit|update|delete|view|show|{_SUFFIX}", re.I)
"""What may stand between a word and its keyword, as in ``teams/by-slug/<slug>``."""


@register(Tags.urls)
def organization_source_can_be_read(**_: Any) -> list[CheckMessage]:
    """E010: what a view declares does not say where its organization is named."""
    found: list[CheckMessage] = []
    for route in guarded_routes():
        try:
            organization_source(route.view)
        except ValueError as error:
            is_source = getattr(route.view, _SOURCE, NOT_DECLARED) is not NOT_DECLARED
            name = _SOURCE if is_source else _KEYWORD
            of_keyword = "Write the name of a keyword of the route, and @property above a method."
            found.append(
                Error(
                    f"{name} of {route.path!r}: {error}",
                    hint=None if is_source else of_keyword,
                    id="drf_logto.E010",
                )
            )
    return found


@register(Tags.urls)
def functions_of_organization_sources_exist(**_: Any) -> list[CheckMessage]:
    """E010: the dotted path of a function leads to none, so that no organization fits."""
    found: dict[str, CheckMessage] = {}
    for route in guarded_routes():
        for path in _dotted_paths(route):
            if path not in found and not _is_function(path):
                found[path] = Error(
                    f"The organization source of {route.path!r} names no function: {path!r}.",
                    hint="Write the dotted path of a function that can be imported.",
                    id="drf_logto.E010",
                )
    return list(found.values())


def _dotted_paths(route: Route) -> Iterator[str]:
    try:
        source = organization_source(route.view)
    except ValueError:  # reported above
        return
    for one in each(source):
        function = getattr(one, "lookup", None) or getattr(one, "function", None)
        if isinstance(function, Imported):
            yield function.path


def _is_function(path: str) -> bool:
    try:
        return callable(import_string(path))
    except ImportError:
        return False


@register(Tags.urls)
def organization_of_the_route_is_compared(**_: Any) -> list[CheckMessage]:
    """E008 and W005: a route names, or may name, an organization that no permission compares."""
    found: dict[Any, CheckMessage] = {}
    for route in guarded_routes():
        for keyword, message in _findings(route):
            # One view may have many routes, and one remedy for all.
            found.setdefault((id(owner(route.callback)), keyword, message.id), message)
    return list(found.values())


def _findings(route: Route) -> Iterator[tuple[Keyword, CheckMessage]]:
    """Yield one message at most: about the first keyword, errors before warnings."""
    source = _compared(route)
    compared = None if source is None else source.keywords
    if source is None or compared is None:  # a function may read any keyword
        return
    path = segments(*route.patterns)
    keywords = [piece for piece in chain.from_iterable(path) if isinstance(piece, Keyword)]
    is_compared = not compared.isdisjoint(one.name for one in keywords if one.name)
    is_declared = bool(compared) and any(
        declared(route.callback, name) is not NOT_DECLARED for name in (_SOURCE, _KEYWORD)
    )
    if is_compared and is_declared:
        return
    others = [one for one in keywords if not _is_innocent(one, compared, path)]
    words = _ORGANIZATION if is_compared else f"{_ORGANIZATION}|{_LIKE_AN_ORGANIZATION}"
    # A view that names its keyword has an organization in its routes.
    named = others if is_declared else [one for one in _named_by(words, path) if one in others]
    if named:
        yield named[0], _error(route, named[0], source)
    elif not is_compared:
        before = [one for one in _before_a_resource(path) if not _is_own_lookup(one, route)]
        # Nothing can compare a group without a name; Django drops those beside named ones.
        nameless = [] if any(one.name for one in keywords) else keywords
        begun = filter(_begins_with_an_organization, keywords)
        perhaps = [*_named_by(_PERHAPS_AN_ORGANIZATION, path), *begun, *before, *nameless]
        yield from [(one, _warning(route, one, source)) for one in perhaps if one in others][:1]


def _is_innocent(keyword: Keyword, compared: frozenset[str], path: tuple[Segment, ...]) -> bool:
    """Whether a keyword names no organization: by its name alone not after the word for one."""
    if keyword.name in {None, *compared, api_settings.FORMAT_SUFFIX_KWARG}:
        return keyword.name is not None
    is_another = keyword.name in _ANOTHER_THING | {api_settings.VERSION_PARAM}
    return is_another and keyword not in _named_by(_ORGANIZATION, path)


def _compared(route: Route) -> OrganizationSource | None:
    """Where the organization that is compared is named, None where none is, or it is not known."""
    kinds = (InOrganization, OrgResourceScopes)
    if not any(isinstance(permission, kinds) for permission in route.permissions):
        return None
    options = vars(route.view)
    if _KEYWORD not in options or _SOURCE not in options:  # computed at run time
        return None
    try:
        return organization_source(route.view)
    except ValueError:  # E010 reports it
        return None


def _named_by(words: str, path: tuple[Segment, ...]) -> Iterator[Keyword]:
    """Yield the keywords that follow one of the words, or are one."""
    word = ""
    for piece in chain.from_iterable(path):
        if isinstance(piece, Keyword):
            if _is_one(words, word) or (piece.name is not None and _is_one(words, piece.name)):
                yield piece
            word = ""
        elif not _BETWEEN.fullmatch(piece):
            word = piece


def _is_one(words: str, name: str) -> bool:
    """Whether a name such as ``my-teams``, ``teamId`` or ``target_organization_id`` is a word."""
    return bool(
        re.search(rf"(?:^|[-_])(?:{words})[-_\d]*(?:(?:{_SUFFIX})[-_\d]*)*$", _parted(name))
    )


def _begins_with_an_organization(keyword: Keyword) -> bool:
    """Whether a name begins with the word for one, and goes on with no known thing within it."""
    another = rf"(?:{_WITHIN_AN_ORGANIZATION})(?:[-_]|$)"
    return bool(re.match(rf"(?:{_ORGANIZATION})[-_]+(?!{another})", _parted(keyword.name or "")))


def _parted(name: str) -> str:
    """A name in lower case, with its words parted as in ``team_id``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("-_@.")


def _before_a_resource(path: tuple[Segment, ...]) -> Iterator[Keyword]:
    """Yield the keywords that the segment of a resource follows."""
    for index, segment in enumerate(path):
        if any(map(_is_a_resource, path[index + 1 :])):
            yield from (one for one in segment if isinstance(one, Keyword))


def _is_a_resource(segment: Segment) -> bool:
    keywords = [one.name for one in segment if isinstance(one, Keyword)]
    return bool(segment) and _ANOTHER_THING.isdisjoint(filter(None, keywords))


def _is_own_lookup(keyword: Keyword, route: Route) -> bool:
    """Whether the keyword finds the object of a viewset, so that what follows is its action."""
    if not declared(route.callback, "detail", None):
        return False
    names = ("lookup_url_kwarg", "lookup_field")
    own = next(filter(None, (declared(route.callback, name, None) for name in names)), None)
    return keyword.name == (own or "pk")


def _error(route: Route, keyword: Keyword, source: OrganizationSource) -> CheckMessage:
    return Error(
        f"The route {route.path!r} names an organization in {_written(keyword)}, "
        f"and the token is compared with another: {source.words}.",
        hint=_hint(keyword, source),
        id="drf_logto.E008",
    )


def _warning(route: Route, keyword: Keyword, source: OrganizationSource) -> CheckMessage:
    return Warning(
        f"The route {route.path!r} may name an organization in {_written(keyword)}, "
        "which is not compared with the token.",
        hint=_hint(keyword, source),
        id="drf_logto.W005",
    )


def _written(keyword: Keyword) -> str:
    return "a group without a name" if keyword.name is None else repr(keyword.name)


def _hint(keyword: Keyword, source: OrganizationSource) -> str:
    name = "organization" if keyword.name is None else keyword.name
    if not isinstance(source, UrlKeyword):
        return (
            f"If it is the organization, write organization_source = [UrlKeyword({name!r}), ...] "
            f"with {source.words} on the view: both must name the same then."
        )
    first = "Name the group and write" if keyword.name is None else "Write"
    return (
        f'{first} organization_url_kwarg = "{name}" on the view if it is the organization, or '
        "organization_url_kwarg = None if the route names none and the token's is meant."
    )
