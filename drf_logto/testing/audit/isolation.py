"""Requests that leave nothing behind: no row, no cached value, no mail, no log record."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.conf import settings
from django.core import mail
from django.core.cache import caches
from django.db import DatabaseError, connections, transaction
from django.test import override_settings

_LOCMEM = "django.core.cache.backends.locmem.LocMemCache"
_KEPT = ("KEY_FUNCTION", "KEY_PREFIX", "TIMEOUT", "VERSION")


def require_test() -> None:
    """Refuse to send requests to anything but a project in a test.

    Raises:
        RuntimeError: Django is not set up for tests, so its databases and mails are real.
    """
    if not hasattr(mail, "outbox"):
        raise RuntimeError(
            "The audit deletes rows and sends requests that write: call it in a test, or run "
            "manage.py logto audit."
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Give the project caches of its own for the block, any host, and no log."""
    own = {
        alias: {
            **{name: options[name] for name in _KEPT if name in options},
            "BACKEND": _LOCMEM,
            "LOCATION": f"drf_logto.testing.audit {alias}",
        }
        for alias, options in settings.CACHES.items()
    }
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with override_settings(CACHES=own, ALLOWED_HOSTS=["*"]):
            empty_caches()
            yield
    finally:
        logging.disable(level)


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo what the block does to databases, caches and the mailbox of tests."""
    outbox = getattr(mail, "outbox", [])
    sent = len(outbox)
    with ExitStack() as stack:
        for alias in usable_databases():
            block = transaction.atomic(using=alias)
            block._from_testcase = True  # type: ignore[attr-defined] # so that views may ask for the outermost
            stack.enter_context(block)
            stack.callback(transaction.set_rollback, True, using=alias)
        try:
            yield
        finally:
            empty_caches()
            del outbox[sent:]


def empty_caches() -> None:
    """Forget every cached value."""
    for alias in settings.CACHES:
        caches[alias].clear()


def usable_databases() -> list[str]:
    """Return the databases that this test may use."""
    return [alias for alias in connections if _is_usable(alias)]


def _is_usable(alias: str) -> bool:
    try:
        connections[alias].ensure_connection()
        connections[alias].cursor().close()  # Django's tests forbid that of an open connection
    except (
        AssertionError,
        DatabaseError,
        RuntimeError,
    ):  # as Django's and pytest's tests forbid it
        return False
    return True
