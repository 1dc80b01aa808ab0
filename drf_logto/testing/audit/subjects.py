"""The objects of the two organizations, by the names that keywords, fields and bodies have."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model

from .rows import names_organization

Pair = tuple[Model, Model]
_KEYS = ("pk", "id", "uuid", "slug")
_SIDES = 2
_DEPTH = 2  # of relations that are followed


class Subjects:
    """Objects in pairs: one of the organization that asks, one of the other.

    What they refer to is known as well, by the name of the field.

    Args:
        given: pairs by name.

    Raises:
        ValueError: a pair is not of two objects of one model that are stored.
    """

    def __init__(self, given: Mapping[str, Pair]) -> None:
        for name, pair in given.items():
            _require_pair(name, pair)
        self.given = dict(given)
        self.pairs: dict[str, Pair] = dict(given)
        for _ in range(_DEPTH):
            for pair in [*self.pairs.values()]:
                for name, related in _related(pair):
                    self.pairs.setdefault(name, related)

    def organizations(self) -> tuple[str, str] | None:
        """Return the ids of the organizations, None where no object has one."""
        for one, other in self.pairs.values():
            for field in one._meta.concrete_fields:
                if names_organization(field):
                    ids = field.value_from_object(one), field.value_from_object(other)
                    if all(ids) and ids[0] != ids[1]:
                        return ids
        return None

    def of_model(self, model: type[Model] | None) -> Pair | None:
        """Return a pair of a model."""
        each = (pair for pair in self.pairs.values() if model and isinstance(pair[0], model))
        return next(each, None)

    def find(self, keyword: str, model: type[Model] | None) -> tuple[Any, Any] | None:
        """Return what stands for a keyword of a route, of either organization.

        Args:
            keyword: the keyword.
            model: that of the view.
        """
        for name, pair in self.pairs.items():
            if keyword == name:
                return pair[0].pk, pair[1].pk
            if keyword.startswith(f"{name}_"):
                return values(pair, keyword.removeprefix(f"{name}_"))
        own = self.of_model(model) or (self.only() if keyword in _KEYS else None)
        return values(own, keyword) if own else None

    def only(self) -> Pair | None:
        """Return the pair that is given, None where there are several."""
        return next(iter(self.given.values())) if len(self.given) == 1 else None

    def names(self, side: int) -> list[str]:
        """Return the texts of the objects of one organization, one of which may be its name."""
        return [text for pair in self.pairs.values() for text in texts(pair[side])]


def values(pair: Pair, attribute: str) -> tuple[Any, Any] | None:
    """Return an attribute of both objects; ``__`` leads through relations."""
    try:
        one, other = (_value(each, attribute) for each in pair)
    except (AttributeError, ObjectDoesNotExist):
        return None
    return one, other


def _value(instance: Any, attribute: str) -> Any:
    for name in attribute.split("__"):
        instance = getattr(instance, name)
    return instance.pk if isinstance(instance, Model) else instance


def texts(instance: Model) -> Iterator[str]:
    """Yield the texts that an object holds."""
    for field in instance._meta.concrete_fields:
        value = field.value_from_object(instance)
        if isinstance(value, str) and value:
            yield value


def _related(pair: Pair) -> Iterator[tuple[str, Pair]]:
    for field in pair[0]._meta.concrete_fields:
        if field.is_relation:
            one, other = (getattr(each, field.name, None) for each in pair)
            if one is not None and other is not None and one != other:
                yield field.name, (one, other)


def _require_pair(name: str, pair: object) -> None:
    objects = [*pair] if isinstance(pair, (tuple, list)) else []
    models = {type(one) for one in objects if isinstance(one, Model)}
    keys = {one.pk for one in objects} if len(models) == 1 else set()
    if len(objects) != _SIDES or len(keys) != _SIDES or not all(map(_is_stored, objects)):
        raise ValueError(f"objects[{name!r}] is not two stored objects of one model.")


def _is_stored(instance: Model) -> bool:
    database = instance._state.db
    rows = type(instance)._base_manager.using(database).filter(pk=instance.pk)
    return database is not None and rows.exists()
