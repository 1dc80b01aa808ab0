"""A cache that all processes of a test share."""

from collections.abc import Callable, Mapping, Sequence

from django.core.cache.backends.dummy import DummyCache

from drf_logto.shared_cache import CacheUnavailable


class Store:
    """Counts calls; something else may come between two."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.timeouts: dict[str, int | None] = {}
        self.is_down = False
        self.calls = 0
        self.keys = 0  # of the last call for several
        self.until: float | None = None
        self.before_call: Callable[[], None] = lambda: None
        self.after_add: Callable[[], None] = lambda: None

    def without_news(self) -> dict[str, str]:
        """Return what a journal keeps besides the announcement of something new."""
        return {key: value for key, value in self.values.items() if key[-4:] != "news"}

    def _called(self) -> None:
        self.calls += 1
        between, self.before_call = self.before_call, lambda: None
        between()
        self.before_call = between
        if self.is_down:
            raise CacheUnavailable

    def get_many(self, keys: Sequence[str]) -> Mapping[str, object]:
        self._called()
        self.keys = len(keys)
        return {key: self.values[key] for key in keys if key in self.values}

    def add(self, key: str, value: str, timeout: int | None) -> bool:
        self._called()
        self.timeouts[key] = timeout
        is_new = key not in self.values
        self.values.setdefault(key, value)
        self.after_add()
        return is_new

    def set(self, key: str, value: str, timeout: int | None) -> None:
        self._called()
        self.timeouts[key] = timeout
        self.values[key] = value

    def delete(self, key: str) -> None:
        self._called()
        self.values.pop(key, None)


class Down(DummyCache):
    """A cache of Django's whose server is not there."""

    def get_many(self, *_: object, **__: object) -> dict[str, object]:
        raise ConnectionRefusedError
