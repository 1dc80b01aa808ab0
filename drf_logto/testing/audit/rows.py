"""The rows of the databases: which are an organization's, what a request does to them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.apps import apps
from django.core.exceptions import FieldError, ValidationError
from django.db import connections, models
from django.db.models import Model

from .isolation import usable_databases

_KEPT_BY = frozenset({models.SET_NULL, models.SET_DEFAULT})
"""What leaves the rows that refer to one that is deleted."""

Values = Mapping[str, Any]


class Row(NamedTuple):
    """A row of a table."""

    database: str
    model: type[Model]
    pk: Any

    def __str__(self) -> str:
        return f"{self.model._meta.label} {self.pk}"


Rows = dict[Row, Values]


Table = tuple[str, type[Model]]
"""A database, and a model."""


def all_tables() -> list[Table]:
    """Return every table of every database that has a model."""
    return [(alias, model) for alias in usable_databases() for model in _models(alias)]


def snapshot(tables: Iterable[Table]) -> Rows:
    """Return every row of some tables."""
    return {
        Row(alias, model, values[model._meta.pk.attname]): values
        for alias, model in tables
        for values in model._base_manager.using(alias).order_by("pk").values()
    }


def _models(alias: str) -> list[type[Model]]:
    tables = set(connections[alias].introspection.table_names())
    every = apps.get_models(include_auto_created=True)
    return [one for one in every if one._meta.db_table in tables and not one._meta.proxy]


def row_of(instance: Model) -> Row:
    """Return the row of an instance."""
    model = type(instance)._meta.concrete_model or type(instance)
    return Row(str(instance._state.db), model, instance.pk)


def names_organization(field: Any) -> bool:
    """Whether a field holds the id of an organization, by its name."""
    return isinstance(field, models.CharField) and "organization" in field.name


def named_rows(
    organization: str, given: Iterable[Model], lookups: Iterable[tuple[type[Model], str]]
) -> frozenset[Row]:
    """Return the rows that say themselves that they are an organization's, or that are given.

    Args:
        organization: its id in Logto.
        given: objects of it.
        lookups: models, and the field or lookup that holds the organization of their rows.
    """
    found = set(map(row_of, given))
    every, also = all_tables(), {*lookups}
    for alias, model in every:
        named = {field.name for field in model._meta.concrete_fields if names_organization(field)}
        named.update(lookup for other, lookup in also if other._meta.concrete_model is model)
        for lookup in named:
            found.update(_looked_up(alias, model, lookup, organization))
    return frozenset(found)


def with_dependents(rows: frozenset[Row], others: frozenset[Row]) -> frozenset[Row]:
    """Return rows, and those that are deleted with them.

    Args:
        rows: the rows.
        others: rows that are another's, whatever they refer to.
    """
    found = set(rows - others)
    waiting = [*found]
    while waiting:
        new = set(_belonging(waiting.pop())) - found - others
        found |= new
        waiting += new
    return frozenset(found)


def _looked_up(alias: str, model: type[Model], lookup: str, organization: str) -> Iterator[Row]:
    rows = model._base_manager.using(alias)
    try:
        keys = [*rows.filter(**{lookup: organization}).values_list("pk", flat=True)]
    except (FieldError, TypeError, ValueError, ValidationError):  # the checks report it
        return
    yield from (Row(alias, model, pk) for pk in keys)


def _belonging(row: Row) -> Iterator[Row]:
    """What is deleted with a row."""
    yield from (Row(row.database, one, row.pk) for one in row.model._meta.get_parent_list())
    for relation in _relations(row.model):
        if relation.on_delete not in _KEPT_BY:
            yield from _referring(row, relation)


def _relations(model: type[Model]) -> Iterator[Any]:
    """The relations that lead to a model, those of tables between two models as well."""
    for one in model._meta.get_fields(include_hidden=True):
        if one.auto_created and not one.concrete and (one.one_to_one or one.one_to_many):
            yield one


def _referring(row: Row, relation: Any) -> Iterator[Row]:
    model, name = relation.related_model, relation.field.name
    rows = model._base_manager.using(row.database).filter(**{name: row.pk})
    yield from (Row(row.database, model, pk) for pk in rows.values_list("pk", flat=True))


def remove(rows: Iterable[Row]) -> None:
    """Delete rows without signals; the transaction must be rolled back afterwards."""
    tables: dict[tuple[str, type[Model]], list[Any]] = {}
    for row in rows:
        tables.setdefault((row.database, row.model), []).append(row.pk)
    for (alias, model), keys in tables.items():
        for relation in _relations(model):
            if relation.on_delete in _KEPT_BY and relation.field.null:
                name = relation.field.name
                referring = relation.related_model._base_manager.using(alias)
                referring.filter(**{f"{name}__in": keys}).update(**{name: None})
        with connections[alias].constraint_checks_disabled():
            model._base_manager.using(alias).filter(pk__in=keys)._raw_delete(alias)
