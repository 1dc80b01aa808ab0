"""SharedCache on Django's backends: it answers as an empty cache where the backend does not."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.management import call_command
from django.db import connections

from drf_logto.runtime import Environment, get_verifier, override
from drf_logto.shared_cache import BoundedCache, CacheUnavailable, SharedCache
from drf_logto.testing import Logto


class Broken(LocMemCache):
    """A backend that cannot be reached."""

    calls = 0

    def get(self, *args: Any, **kwargs: Any) -> Any:
        type(self).calls += 1
        raise ConnectionError("the password is in here")

    add = set = delete = get


class Hanging(LocMemCache):
    """A backend that does not answer."""

    released = threading.Event()
    calls = connections = 0

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        type(self).connections += 1

    def get(self, *args: Any, **kwargs: Any) -> Any:
        type(self).calls += 1
        self.released.wait()

    add = set = delete = get


class WithoutClient(DummyCache):
    """A backend whose client is not installed, as Django's for Redis."""

    @property
    def _cache(self) -> Any:
        raise ModuleNotFoundError("redis")

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._cache

    add = set = delete = get


class Unclosable(LocMemCache):
    """A backend whose connection to the database fails when it is closed."""

    calls = 0

    def get(self, *args: Any, **kwargs: Any) -> Any:
        type(self).calls += 1
        vars(connections["default"])["close"] = self.fail
        self.fail()

    add = set = delete = get

    def fail(self) -> None:
        raise ConnectionError


class Slow(LocMemCache):
    """A backend that takes most of the time that it has."""

    calls = 0

    def get(self, *args: Any, **kwargs: Any) -> Any:
        type(self).calls += 1
        threading.Event().wait(0.07)

    add = set = delete = get


# What is registered with atexit first runs last. One cache has a connection, another hangs.
ENDING = """
import atexit, sys
opened = []
atexit.register(lambda: print([one.connection for one in opened]))

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.backends.signals import connection_created

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
    CACHES={
        "db": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cached"},
        "hanging": {"BACKEND": "tests.test_shared_cache.Hanging"},
    },
)
django.setup()
call_command("createcachetable")
connection.close()

def note(connection, **_):
    opened.append(connection)

connection_created.connect(note)
from drf_logto.shared_cache import SharedCache
SharedCache("hanging", 0.01).get("key")
SharedCache("db", 10).set("key", "value", 60)
assert opened
"""


@pytest.fixture(autouse=True)
def backends(settings: Any, tmp_path: Any) -> Iterator[None]:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        "locmem": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": str(tmp_path),
        },
        "file": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": tmp_path,
        },
        "db": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cached"},
        "dummy": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
        "broken": {"BACKEND": f"{__name__}.Broken"},
        "hanging": {"BACKEND": f"{__name__}.Hanging"},
        "slow": {"BACKEND": f"{__name__}.Slow"},
        "unclosable": {"BACKEND": f"{__name__}.Unclosable"},
        "without client": {"BACKEND": f"{__name__}.WithoutClient"},
    }
    Broken.calls = Hanging.calls = Slow.calls = Unclosable.calls = 0
    Hanging.released.clear()
    yield
    Hanging.released.set()


@pytest.fixture
def table(transactional_db: None) -> None:
    call_command("createcachetable", "cached", verbosity=0)


@pytest.mark.parametrize("alias", ["locmem", "file", "db"])
@pytest.mark.usefixtures("table")
def test_what_one_writes_another_reads(alias: str) -> None:
    one, other = SharedCache(alias, 10), SharedCache(alias, 10)
    assert one.get("key") is None
    assert one.add("key", "first", 60)
    assert not other.add("key", "second", 60)
    assert other.get("key") == "first"
    other.set("key", "third", 60)
    assert one.get("key") == "third"
    assert one.get_many(["key", "another"]) == {"key": "third"}
    one.delete("key")
    assert other.get("key") is None


def test_a_backend_that_keeps_nothing_is_an_empty_cache() -> None:
    cache = SharedCache("dummy", 10)
    assert cache.add("key", "value", 60)
    cache.set("key", "value", 60)
    cache.delete("key")
    assert cache.get("key") is None


def use(cache: SharedCache) -> None:
    assert cache.get("key") is None
    assert cache.add("key", "value", 60)
    cache.set("key", "value", 60)
    cache.delete("key")


@pytest.mark.parametrize(
    ("alias", "fault"),
    [
        ("broken", "ConnectionError"),
        ("without client", "ModuleNotFoundError"),
        ("hanging", "it is slow"),
        ("slow", "it is slow"),
    ],
)
def test_a_backend_that_does_not_work_is_reported_once(
    alias: str, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    use(SharedCache(alias, 0.1))
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("drf_logto", logging.WARNING)
    assert record.getMessage() == f"The cache {alias!r} does not work: {fault}."


def test_a_value_that_cannot_be_read_can_be_replaced() -> None:
    use(SharedCache("broken", 10))
    assert Broken.calls == 4


def test_a_cache_whose_connections_cannot_be_closed_is_asked_again() -> None:
    """Calls would wait in vain for a thread that has ended by it."""
    cache = SharedCache("unclosable", 10)
    use(cache)
    for thread in threading.enumerate():
        if thread.name == "drf_logto-cache":
            thread.join(10)
    use(cache)
    assert Unclosable.calls == 8


def test_a_process_closes_its_connections_when_it_ends(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ENDING, str(tmp_path / "db.sqlite3")],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, "unclosed" in done.stderr) == ("[None]\n", False), done.stderr


@pytest.mark.parametrize(("alias", "backend"), [("slow", Slow), ("hanging", Hanging)])
def test_a_slow_backend_is_asked_once(alias: str, backend: Any) -> None:
    use(SharedCache(alias, 0.1))
    assert backend.calls == 1


def test_no_more_is_asked_while_a_call_hangs() -> None:
    use(SharedCache("hanging", 0.5, pause=0))  # a connection is replaced after 20 of these
    assert Hanging.calls == 1


def test_a_caller_with_an_end_of_its_own_waits_for_a_call_that_hangs() -> None:
    cache = BoundedCache("hanging", 0.1, pause=0)
    with pytest.raises(CacheUnavailable):
        cache.get("key")
    cache.until = time.monotonic() + 30
    threading.Timer(0.1, Hanging.released.set).start()
    assert cache.get("key") is None
    assert Hanging.calls == 2
    cache.until = time.monotonic() - 1
    with pytest.raises(CacheUnavailable):
        cache.get("key")


def test_a_connection_that_hangs_for_long_is_replaced_after_longer_and_longer() -> None:
    """As after the server has lost its power: such a connection never answers."""
    limit = 1 / 64
    times = [0.0]
    cache = BoundedCache("hanging", limit, pause=0, monotonic=lambda: times[-1])
    replaced_at: list[float] = []
    while len(replaced_at) < 3:
        connections = Hanging.connections
        with pytest.raises(CacheUnavailable):
            cache.get("key")
        replaced_at += times[-1:] * (Hanging.connections - connections)
        times.append(times[-1] + 4 * limit)
    assert replaced_at == [24 * limit, 68 * limit, 152 * limit]
    Hanging.released.set()
    cache.until = times[-1] + 30
    assert cache.get("key") is None


@pytest.mark.usefixtures("no_threads")
def test_a_process_that_can_start_no_thread_has_no_cache() -> None:
    use(SharedCache("locmem", 10))


def test_settings_with_other_algorithms_share_nothing(settings: Any) -> None:
    logto = Logto()
    for algorithms in (["ES384"], ["ES384", "RS256"], ["RS256", "ES384"]):
        settings.LOGTO = {**settings.LOGTO, "CACHE": "locmem", "ALGORITHMS": algorithms}
        with override(Environment(logto.fetch, logto.now)):
            get_verifier().verify(logto.global_token())
    assert sum(url.endswith("/jwks") for url in logto.fetched) == 2


@pytest.mark.parametrize("alias", ["locmem", "file", "db", "dummy", "broken", "hanging"])
@pytest.mark.usefixtures("table")
def test_tokens_are_verified_whatever_the_cache_does(settings: Any, alias: str) -> None:
    # A busy machine must not make a cache slow, and one that hangs costs a third of it.
    timeout = 3 if alias == "hanging" else 60
    settings.LOGTO = {**settings.LOGTO, "CACHE": alias, "HTTP_TIMEOUT": timeout}
    logto = Logto()
    for _ in range(2):
        with override(Environment(logto.fetch, logto.now)):
            assert get_verifier().verify(logto.global_token()).sub == "user-1"
    jwks_fetches = sum(url.endswith("/jwks") for url in logto.fetched)
    assert jwks_fetches == (1 if alias in {"locmem", "file", "db"} else 2)


def test_an_in_process_logto_shares_with_no_one(settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "CACHE": "locmem"}
    for _ in range(3):
        with Logto() as logto:
            assert get_verifier().verify(logto.global_token()).sub == "user-1"
