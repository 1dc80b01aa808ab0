"""Sessions of a store that breaks where a sign-in is written or deleted."""

from typing import Any

from django.contrib.sessions.backends.cache import SessionStore as CacheStore


class SessionStore(CacheStore):
    def save(self, must_create: bool = False) -> None:
        data: Any = dict(self.items())
        if "sign_in" not in data:
            return super().save(must_create=must_create)
        try:
            int(str(data))
        except ValueError as error:
            raise OSError("The store is down.") from error

    def delete(self, session_key: str | None = None) -> None:
        if "sign_in" in self:
            raise OSError("The store is down.")
        super().delete(session_key)
