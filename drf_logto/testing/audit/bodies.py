"""What is sent to be written: the values of an object, as the view's serializer takes them."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import Any

from django.db import models
from rest_framework import serializers

from ...operations import Operation, RequestIsNotKnown, view_of
from .subjects import Pair, Subjects

Body = dict[str, Any]
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def bodies(
    operation: Operation, subjects: Subjects, pair: Pair | None, organizations: tuple[str, str]
) -> tuple[Body, Body] | None:
    """Return the body of either organization, None where none is sent.

    Every name of an object holds its key, and so do ``id`` and ``ids`` that of the view's object;
    ``organization`` and ``organization_id`` hold that of the organization in Logto:
    what a view does not know it does not read.

    Args:
        operation: the operation.
        subjects: the objects.
        pair: those of the view.
        organizations: the ids of both.
    """
    if operation.method not in _WRITES:
        return None
    own, other = (keys(subjects, pair, side, organizations[side]) for side in (0, 1))
    serializer = _serializer(operation)
    if serializer is not None:
        instances = pair or (None, None)
        own.update(_values(operation, serializer, instances[0], subjects, 0))
        other.update(_values(operation, serializer, instances[1], subjects, 1))
        if operation.method == "POST" and pair:
            own.update(_made_unique(own, pair[0]))
    return own, other


def keys(subjects: Subjects, pair: Pair | None, side: int, organization: str) -> Body:
    """Return what names one organization and its objects, by what parameters may be called."""
    found = Body(organization=organization, organization_id=organization)
    for name, each in subjects.pairs.items():
        found.update({name: each[side].pk, f"{name}_id": each[side].pk})
    if pair:
        found.update(id=pair[side].pk, ids=[pair[side].pk])
    return found


def _serializer(operation: Operation) -> type[Any] | None:
    view = view_of(operation.route, operation.method, operation.action)
    with suppress(Exception, RequestIsNotKnown):  # the project's own code, outside of a request
        found: type[Any] = view.get_serializer_class()
        return found
    return getattr(view, "serializer_class", None)


def _values(
    operation: Operation, serializer: type[Any], instance: Any, subjects: Subjects, side: int
) -> Iterator[tuple[str, Any]]:
    view = view_of(operation.route, operation.method, operation.action)
    context = {"view": view, "request": view.request}
    fields: Body = {}
    with suppress(Exception, RequestIsNotKnown):  # as above
        fields = serializer(instance, context=context).fields
        fields = dict(fields)
    for name, field in fields.items():
        if field.read_only or isinstance(field, (serializers.HiddenField, serializers.FileField)):
            continue
        found = _value(field, instance)
        if found is None and name in subjects.pairs:
            found = subjects.pairs[name][side].pk
        if found is None and field.required:
            found = _anything(field)
        if found is not None:
            yield name, found


def _value(field: Any, instance: Any) -> Any:
    with suppress(Exception, RequestIsNotKnown):  # the object is not one that the serializer is for
        attribute = field.get_attribute(instance)
        return None if attribute is None else field.to_representation(attribute)
    return None


_ANYTHING: tuple[tuple[type[Any], Any], ...] = (
    (serializers.BooleanField, True),
    (serializers.IntegerField, 1),
    (serializers.FloatField, 1),
    (serializers.DecimalField, "1"),
    (serializers.DateTimeField, "2026-01-01T00:00:00Z"),
    (serializers.DateField, "2026-01-01"),
    (serializers.EmailField, "audit@example.com"),
    (serializers.URLField, "https://audit.example.com/"),
    (serializers.UUIDField, "00000000-0000-4000-8000-000000000000"),
    (serializers.ListField, []),
    (serializers.DictField, {}),
    (serializers.CharField, "audit"),
)


def _anything(field: Any) -> Any:
    if isinstance(field, serializers.ChoiceField):
        return next(iter(field.choices), None)
    return next((value for kind, value in _ANYTHING if isinstance(field, kind)), None)


def _made_unique(body: Body, instance: models.Model) -> Body:
    """Other texts for the fields that no two rows may share, alone or together."""
    meta, changed = instance._meta, Body()
    sets = [*meta.unique_together, *(one.fields for one in meta.total_unique_constraints)]
    together = frozenset(chain.from_iterable(sets))
    for field in meta.concrete_fields:
        value = body.get(field.name)
        is_unique = field.unique or field.name in together
        if is_unique and isinstance(field, models.CharField) and isinstance(value, str):
            changed[field.name] = f"{value[: (field.max_length or len(value) + 1) - 1]}0"
    return changed
