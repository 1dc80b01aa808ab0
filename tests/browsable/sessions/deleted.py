"""Sessions that are there when they are read, and gone when they are written."""

from typing import Any

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.cache import SessionStore as CacheStore


class SessionStore(CacheStore):
    def load(self) -> dict[str, Any]:
        return {"sign_in": {}}

    def save(self, must_create: bool = False) -> None:
        raise UpdateError
