"""Caches that several processes share: real servers, each in a folder of its own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .postgresql import PATH, postgresql
from .running import free_port, running


@dataclass(frozen=True, slots=True)
class CacheServer:
    """A cache that runs.

    Attributes:
        cache: its entry in ``CACHES``.
        databases: ``DATABASES``.
        process: the id of its process.
    """

    cache: dict[str, Any]
    databases: dict[str, Any] = field(default_factory=dict)
    process: int | None = None


def needs(package: str, command: str, path: str | None = None) -> pytest.MarkDecorator:
    """Skip a test where a server is not installed, unless none may be missing."""
    return pytest.mark.skipif(
        shutil.which(command, path=path) is None and "REQUIRE_SERVERS" not in os.environ,
        reason=f"{command} is not installed (Debian: apt-get install {package})",
    )


needs_redis = needs("redis-server", "redis-server")
needs_memcached = needs("memcached", "memcached")
needs_postgresql = needs("postgresql", "postgres", PATH)


@contextmanager
def redis(folder: Path, port: int | None = None) -> Iterator[CacheServer]:
    """Run a Redis that keeps nothing on disk."""
    port = port or free_port()
    options = f"--port {port} --bind 127.0.0.1 --appendonly no --dir {folder}".split(" ")
    ready = "Ready to accept connections"
    with running("redis-server", *options, "--save", "", until=ready) as process:
        cache = _entry("redis.RedisCache", f"redis://127.0.0.1:{port}")
        yield CacheServer(cache, process=process)


@contextmanager
def memcached(folder: Path) -> Iterator[CacheServer]:
    """Run a Memcached, which needs no folder."""
    port = free_port()
    options = f"-u nobody -l 127.0.0.1 -p {port}".split(" ")
    with running("memcached", *options, until=port) as process:
        cache = _entry("memcached.PyMemcacheCache", f"127.0.0.1:{port}")
        yield CacheServer(cache, process=process)


@contextmanager
def sqlite(folder: Path) -> Iterator[CacheServer]:
    """Django's database cache in a file, in the mode in which a writer locks out no reader."""
    wal = {"init_command": "PRAGMA journal_mode=WAL", "transaction_mode": "IMMEDIATE"}
    engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/db.sqlite3"}
    yield _in_database({**engine, "OPTIONS": wal})


@contextmanager
def database(folder: Path) -> Iterator[CacheServer]:
    """Django's database cache in a PostgreSQL, whose folder others than root must open."""
    with postgresql() as engine:
        yield _in_database(engine)


def _in_database(engine: dict[str, Any]) -> CacheServer:
    cache = _entry("db.DatabaseCache", "marks") | {"OPTIONS": {"MAX_ENTRIES": 10**6}}
    return CacheServer(cache, {"default": engine})


def _entry(backend: str, location: str) -> dict[str, Any]:
    return {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": location}
