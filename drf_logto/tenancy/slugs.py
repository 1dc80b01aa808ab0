"""SlugMap: Logto's ids of organizations by what a project calls them, in Django's cache."""

import secrets
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, TypeVar

from django.apps import apps
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.db.models.signals import class_prepared, post_delete, post_save

from ..conf import get_settings
from ..telemetry import logger

_LONGEST_TIMEOUT = 300  # seconds; a change that is not noticed counts after so long
_LONGEST_NAME = 255
_PAUSE = 30  # seconds for which a cache that has failed is not asked

_Answer = TypeVar("_Answer")


class SlugMap:
    """Returns the id of an organization in Logto for a slug, or for the project's own id.

    Make it beside the model, and name it as the ``lookup`` of a source. Values are in the cache
    ``LOGTO["CACHE"]``, or "default", and are void in every process once a transaction has committed
    that saved or deleted a row of the model.

    Args:
        model: its label, such as ``"teams.Team"``.
        slug: the field that holds what requests say; what two rows have names none.
        organization: the field that holds Logto's id.
        timeout: seconds for which a value is used if a change of the row was not noticed.

    Raises:
        ValueError: a field is not the model's own, or the timeout is not between 1 and 300.
    """

    def __init__(
        self, model: str, *, slug: str, organization: str, timeout: int = _LONGEST_TIMEOUT
    ) -> None:
        if any("__" in one for one in (slug, organization)):
            raise ValueError("A change of a related row would not be noticed: name own fields.")
        if not 1 <= timeout <= _LONGEST_TIMEOUT:
            raise ValueError(f"timeout must be from 1 to {_LONGEST_TIMEOUT} seconds.")
        self._model, self._slug, self._organization = model, slug, organization
        self._timeout = timeout
        self._failed_at: float | None = None
        known = [one for models in apps.all_models.values() for one in models.values()]
        for one in known:
            self._watch(one)
        class_prepared.connect(self._watch, weak=False)

    def __call__(self, name: str) -> str | None:
        """Return the id, None where no row with an organization has this name."""
        if not name.isprintable() or len(name) > _LONGEST_NAME:
            return None
        rows = self._rows()
        if self._has_changes(rows.db):  # a transaction may still be rolled back
            return self._ask(rows, name)
        key = self._key(rows.db, name)
        found: dict[str, Any] = self._try(lambda cache: cache.get_many([self._key(), key]), {})
        # Read before the database: what another transaction changes meanwhile is void.
        generation, value = found.get(self._key()), found.get(key)
        if generation is not None and isinstance(value, tuple) and value[0] == generation:
            return str(value[1])
        organization = self._ask(rows, name)
        if organization is not None:
            self._remember(key, generation, organization)
        return organization

    def clear(self, using: str | None = None) -> None:
        """Void all values once the transaction commits, as after ``queryset.update()``.

        Args:
            using: the alias of the database, the one that the model is written to unless given.
        """
        transaction.on_commit(self._renew, using=using or self._rows().db)

    def _watch(self, sender: Any, **_: Any) -> None:
        """Notice changes of rows by a model: by this one, its proxies and those that derive."""
        labels = {one._meta.label_lower for one in sender.__mro__ if hasattr(one, "_meta")}
        # Django deletes faster what has no receiver, so each model has its own.
        if self._model.lower() in labels and sender._meta.apps is apps:
            for signal in (post_save, post_delete):
                signal.connect(self._on_change, sender=sender, weak=False)

    def _on_change(self, using: str | None = None, **_: Any) -> None:
        self.clear(using)

    def _has_changes(self, using: str) -> bool:
        waiting = transaction.get_connection(using).run_on_commit
        return any(function == self._renew for _, function, *_ in waiting)

    def _rows(self) -> Any:
        model: Any = apps.get_model(self._model)
        # A replica may not have what was written before the map was cleared.
        return model._default_manager.using(router.db_for_write(model))

    def _ask(self, rows: Any, name: str) -> str | None:
        try:
            found = rows.filter(**{self._slug: name}).values_list(self._organization, flat=True)
            organizations = [*found[:2]]
        except (TypeError, ValueError, ValidationError):  # as text for a number
            return None
        is_known = len(organizations) == 1 and bool(organizations[0])
        return str(organizations[0]) if is_known else None

    def _remember(self, key: str, generation: object, organization: str) -> None:
        if generation is None:
            # The rows were read before it, so this value is not written with it.
            made = secrets.token_hex(16)
            self._try(lambda cache: cache.add(self._key(), made, None), False)
        else:
            value = generation, organization
            self._try(lambda cache: cache.set(key, value, self._timeout), None)

    def _renew(self) -> None:
        self._failed_at = None  # a value that is void must go, whatever failed before
        made = secrets.token_hex(16)
        self._try(lambda cache: cache.set(self._key(), made, None), None)

    def _key(self, *of: str) -> str:
        endpoint, *_ = get_settings().endpoint
        about = [endpoint, self._model.lower(), self._slug, self._organization, *of]
        return f"drf_logto:slug:{sha256(repr(about).encode()).hexdigest()}"

    def _try(self, ask: Callable[[Any], _Answer], otherwise: _Answer) -> _Answer:
        """Ask the cache; a warning once in a while says that it has failed."""
        now = time.monotonic()
        if self._failed_at is not None and now - self._failed_at < _PAUSE:
            return otherwise
        alias = get_settings().cache or "default"
        try:
            return ask(caches[alias])
        except Exception as error:  # noqa: BLE001 - every backend has errors of its own
            self._failed_at = now
            fault = type(error).__name__
            logger.warning("The cache %r does not work: %s.", alias, fault)
            return otherwise
