"""Which requests of one organization may lead to what another one has."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Model, QuerySet

from ...operations import Operation, RequestIsNotKnown, view_of
from .bodies import Body, bodies, keys
from .expectations import source_of
from .paths import filled, keywords_of, name_organization
from .requests import Asked
from .subjects import Pair, Subjects, texts, values

_MOST = 10  # values of one parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """What is asked for an operation.

    Attributes:
        own: the request of the organization that asks, for what is its own.
        others: the same with something of the other organization, each time.
        of_other: the request of the other organization for what is its own.
        kept: what a cache may keep of that.
    """

    own: Asked
    others: tuple[Asked, ...]
    kept: tuple[Asked, ...]
    of_other: Asked


def model_of(operation: Operation) -> type[Model] | None:
    """Return the model of a view, None where that is not known."""
    view = view_of(operation.route, operation.method, operation.action)
    with suppress(Exception, RequestIsNotKnown):  # the project's own code, outside of a request
        found: type[Model] = view.get_queryset().model
        return found
    queryset = getattr(view, "queryset", None)
    meta = getattr(getattr(view, "serializer_class", None), "Meta", None)
    return queryset.model if isinstance(queryset, QuerySet) else getattr(meta, "model", None)


def attempts(
    operation: Operation,
    subjects: Subjects,
    organizations: tuple[str, str],
    given: tuple[Body, Body] | None = None,
) -> Attempts | str:
    """Return what is asked for an operation, or why that is not known: a sentence.

    Args:
        operation: the operation.
        subjects: the objects of both organizations.
        organizations: the one that asks, and the other.
        given: the body of either, None for what the serializer says.
    """
    model = model_of(operation)
    source = source_of(operation)
    named = [
        name_organization(source, one, subjects.names(i)) for i, one in enumerate(organizations)
    ]
    found: dict[str, tuple[Any, Any]] = {}
    for keyword in keywords_of(operation):
        if keyword in named[0][0]:
            continue
        pair = _keyword(operation, subjects, keyword, model)
        if pair is None:
            return f"no object is given for the keyword {keyword} of its path."
        found[keyword] = pair
    pair_of_view = subjects.of_model(model) or subjects.only()
    body = given or bodies(operation, subjects, pair_of_view, organizations)
    asked = []
    for side in (0, 1):
        path = filled(operation, {**{k: v[side] for k, v in found.items()}, **named[side][0]})
        if path is None:
            return "the values of the objects do not fit into its path."
        asked.append(
            Asked(
                method=operation.method,
                path=path,
                headers=named[side][1],
                body=body[side] if body else None,
            )
        )
    own, of_other = asked
    paths = [*_paths(operation, own, found, named[0][0])]
    others = [
        *paths,
        *_forms(own),
        *_queries(operation, own, subjects, pair_of_view, organizations[1]),
        *(_bodies(own, *body) if body else ()),
    ]
    kept = (own, *paths[-1:])
    return Attempts(own=own, others=tuple(others), of_other=of_other, kept=kept)


def _keyword(
    operation: Operation, subjects: Subjects, keyword: str, model: type[Model] | None
) -> tuple[Any, Any] | None:
    view = view_of(operation.route, operation.method, operation.action)
    field = getattr(view, "lookup_field", None)
    pair = subjects.of_model(model)
    if pair and field and keyword == (getattr(view, "lookup_url_kwarg", None) or field):
        return values(pair, field)
    return subjects.find(keyword, model)


def _paths(
    operation: Operation, own: Asked, found: Mapping[str, tuple[Any, Any]], named: Mapping[str, str]
) -> Iterator[Asked]:
    """With the other organization's value for each keyword, and for all of them."""
    mine = {name: pair[0] for name, pair in found.items()}
    choices = [[name] for name in found] + ([[*found]] if len(found) > 1 else [])
    for names in choices:
        others = {name: found[name][1] for name in names}
        path = filled(operation, {**mine, **others, **named}) or own.path
        yield replace(own, path=path, note=f"with the other's {' and '.join(names)}")


def _forms(own: Asked) -> Iterator[Asked]:
    """The other forms of what a GET shows."""
    if own.method == "GET":
        html = {**own.headers, "Accept": "text/html"}
        yield replace(own, headers=html, note="as HTML")
        yield from (replace(own, method=one, note=f"with {one}") for one in ("HEAD", "OPTIONS"))


def _queries(
    operation: Operation, own: Asked, subjects: Subjects, pair: Pair | None, other: str
) -> Iterator[Asked]:
    """With the parameters that filter, search, order and page what is shown or deleted."""
    if operation.method not in {"GET", "DELETE"}:
        return
    view = view_of(operation.route, operation.method, operation.action)
    known = keys(subjects, pair, 1, other)
    parameters = [
        *_of_backends(view, pair),
        *_of_pages(getattr(view, "pagination_class", None)),
        *((name, str(one[0] if name == "ids" else one)) for name, one in known.items()),
    ]
    for name, value in dict.fromkeys(parameters):
        yield replace(own, query={name: value}, note=f"with {name}={value}")


def _of_backends(view: Any, pair: Pair | None) -> Iterator[tuple[str, str]]:
    for backend in getattr(view, "filter_backends", None) or ():
        if search := getattr(backend, "search_param", None):
            others = [*texts(pair[1])] if pair else []
            yield from ((search, one) for one in others[:_MOST])
        if order := getattr(backend, "ordering_param", None):
            for name in _orderings(view, pair):
                yield from ((order, name), (order, f"-{name}"))
    fields = getattr(view, "filterset_fields", None) or ()
    for name in fields:
        found = values(pair, name) if pair else None
        if found:
            yield name, str(found[1])


def _orderings(view: Any, pair: Pair | None) -> list[str]:
    declared = getattr(view, "ordering_fields", None)
    if isinstance(declared, (list, tuple)):
        names = [one if isinstance(one, str) else one[0] for one in declared]
    else:
        names = [one.name for one in pair[0]._meta.concrete_fields] if pair else []
    return names[:_MOST]


def _of_pages(pagination: Any) -> Iterator[tuple[str, str]]:
    for attribute, value in (
        ("page_query_param", "2"),
        ("page_size_query_param", "1"),
        ("limit_query_param", "1"),
        ("offset_query_param", "1"),
    ):
        if name := getattr(pagination, attribute, None):
            yield name, value


def _bodies(own: Asked, mine: Body, others: Body) -> Iterator[Asked]:
    """With the other organization's value for each field of the body."""
    for name, value in others.items():
        note = f"with the other's {name} in the body"
        for one in (value, *_mixed(mine.get(name), value)):
            if one != mine.get(name):
                yield replace(own, body={**mine, name: one}, note=note)


def _mixed(mine: Any, others: Any) -> Iterator[Any]:
    """A nested object, or a list of one, with one value of the other organization at a time.

    What is the other's as a whole changes nothing where it is written to the other's row.
    """
    match mine, others:
        case [[dict() as one, *_], [dict() as other, *_]]:
            yield from ([each] for each in _mixed(one, other))
        case [dict(), dict()]:
            for name, value in others.items():
                yield {**mine, name: value}
