"""Server-side store for tokens: apart from the session, one writer at a time, no cookies."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from drf_logto.browsable import sign_in_store
from drf_logto.browsable.contexts import Organization, Person
from drf_logto.browsable.exceptions import SignedOut
from drf_logto.browsable.sign_in_store import SignIn

ADA = Person("ada", "Ada", (Organization("acme", "Acme Inc."),))
SIGN_IN = SignIn(
    person=ADA,
    refresh_token="refresh-1",
    chosen="global x",
    nonce="nonce-1",
    sid="sid-1",
    tokens={"global x": "access-1"},
)
ENGINES = ["cache", "db", "cached_db", "file"]


@pytest.fixture(params=ENGINES)
def engine(request: Any, settings: Any, tmp_path: Any, transactional_db: None) -> str:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    return str(request.param)


def test_a_saved_sign_in_replaces_the_former(engine: str) -> None:
    key = sign_in_store.create(SIGN_IN)
    assert sign_in_store.load(key) == SIGN_IN
    other = replace(SIGN_IN, refresh_token="refresh-2", tokens={})
    sign_in_store.save(key, other)
    assert sign_in_store.load(key) == other


def test_a_deleted_sign_in_is_neither_loaded_nor_saved(engine: str) -> None:
    key = sign_in_store.create(SIGN_IN)
    sign_in_store.delete(key)
    with pytest.raises(SignedOut):
        sign_in_store.load(key)
    with pytest.raises(SignedOut):
        sign_in_store.save(key, SIGN_IN)


OF_THE_FIRST_VERSION = ("person", "refresh_token", "chosen", "tokens", "retry_at")


@pytest.mark.parametrize("names", [OF_THE_FIRST_VERSION, ("person",), ("tokens", "unheard_of")])
def test_a_record_of_another_version_counts_as_signed_out(
    settings: Any, names: tuple[str, ...]
) -> None:
    key = sign_in_store.create(SIGN_IN)
    store = import_module(settings.SESSION_ENGINE).SessionStore(key)
    store["sign_in"] = {name: store["sign_in"].get(name) for name in names}
    store.save()
    with pytest.raises(SignedOut):
        sign_in_store.load(key)


def test_a_sign_in_that_is_deleted_while_it_is_saved_stays_deleted(settings: Any) -> None:
    settings.SESSION_ENGINE = "tests.browsable.sessions.deleted"
    with pytest.raises(SignedOut):
        sign_in_store.save("k" * 32, SIGN_IN)


def test_the_repr_of_a_sign_in_has_no_token() -> None:
    assert "access-1" not in f"{SIGN_IN!r}"
    assert "refresh-1" not in f"{SIGN_IN!r}"
    assert "nonce-1" not in f"{SIGN_IN!r}"


def test_one_thread_at_a_time_has_the_lock(engine: str) -> None:
    key = sign_in_store.create(SIGN_IN)
    inside = 0
    most = 0

    def enter(_: int) -> None:
        nonlocal inside, most
        with sign_in_store.lock(key, timeout=60):
            inside += 1
            most = max(most, inside)
            sign_in_store.save(key, sign_in_store.load(key))
            inside -= 1
        connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(enter, range(12)))
    assert most == 1


def test_sign_ins_have_separate_locks() -> None:
    with sign_in_store.lock("one", timeout=60), sign_in_store.lock("two", timeout=60):
        pass


def test_the_lock_of_a_dead_process_is_taken_over(engine: str) -> None:
    with sign_in_store.lock("key", timeout=60):  # not released, as by a dead process
        entered = threading.Event()

        def wait() -> None:
            with sign_in_store.lock("key", timeout=0.1):
                entered.set()
            connection.close()

        waiting = threading.Thread(target=wait)
        waiting.start()
        assert entered.wait(30)
        waiting.join()


def test_one_thread_at_a_time_takes_over_the_lock_of_a_dead_process(engine: str) -> None:
    inside = 0
    most = 0
    all_have_read = threading.Barrier(8, timeout=60)
    dead = sign_in_store.lock("key", timeout=60)
    dead.__enter__()

    def clock() -> Iterator[float]:
        """Stand still until all threads have read the lock, and then exceed the timeout."""
        yield 0
        all_have_read.wait()
        yield 0
        while True:
            yield 61

    def enter(_: int) -> None:
        nonlocal inside, most
        with sign_in_store.lock("key", timeout=60, clock=clock().__next__):
            inside += 1
            most = max(most, inside)
            sign_in_store.create(SIGN_IN)
            inside -= 1
        connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(enter, range(8)))
    assert most == 1
    dead.__exit__(None, None, None)


def test_a_lock_leaves_nothing_in_the_store(engine: str, settings: Any) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    first = hashlib.sha256(b"lock key").hexdigest()[:32]
    with sign_in_store.lock("key", timeout=60):
        id_of_holder = store(first)["lock"]
        assert isinstance(id_of_holder, str)
    assert not store().exists(first)
    assert not store().exists(hashlib.sha256(id_of_holder.encode()).hexdigest()[:32])


def test_a_change_of_another_process_is_read_past_the_cache(
    settings: Any, transactional_db: None
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    key = sign_in_store.create(SIGN_IN)
    other = replace(SIGN_IN, refresh_token="refresh-2")
    settings.SESSION_ENGINE = (
        "django.contrib.sessions.backends.db"  # like a process with another cache
    )
    sign_in_store.save(key, other)
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    assert sign_in_store.load(key) == other


@pytest.mark.parametrize(
    "engine_of_cookies",
    ["django.contrib.sessions.backends.signed_cookies", "tests.browsable.sessions.cookies"],
)
def test_tokens_are_not_stored_in_cookies(settings: Any, engine_of_cookies: str) -> None:
    settings.SESSION_ENGINE = engine_of_cookies
    assert sign_in_store.uses_cookies()
    with pytest.raises(ImproperlyConfigured, match="cookies"):
        sign_in_store.create(SIGN_IN)


def test_a_call_without_a_transaction_runs_in_this_thread() -> None:
    assert sign_in_store.outside_transactions(threading.get_ident) == threading.get_ident()


@pytest.mark.django_db(transaction=True)
def test_a_call_within_a_transaction_runs_in_another_thread() -> None:
    with transaction.atomic():
        assert sign_in_store.outside_transactions(threading.get_ident) != threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            sign_in_store.outside_transactions(lambda: 1 // 0)
