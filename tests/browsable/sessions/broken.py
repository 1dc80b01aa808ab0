"""Sessions of a store that breaks when it is written to."""

from typing import Any

from django.contrib.sessions.backends.cache import SessionStore as CacheStore


class SessionStore(CacheStore):
    def save(self, must_create: bool = False) -> None:
        data: Any = dict(self.items())
        try:
            int(str(data))
        except ValueError as error:
            raise OSError("The store is down.") from error
