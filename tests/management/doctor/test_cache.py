"""The cache: shared between processes, and working."""

from itertools import count
from typing import Any

import pytest
from django.core.cache.backends.locmem import LocMemCache

from tests.management.doctor.conftest import Doctor

LOCMEM = "django.core.cache.backends.locmem.LocMemCache"
DUMMY = "django.core.cache.backends.dummy.DummyCache"
REDIS = "django.core.cache.backends.redis.RedisCache"
KEEPS = f"{__name__}.KeepsForever"


class KeepsForever(LocMemCache):
    def get_backend_timeout(self, timeout: Any = None) -> float | None:
        return None


@pytest.fixture
def cache(settings: Any, logto_options: Any) -> Any:
    def use(backend: str, location: str = "") -> None:
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": location}}
        logto_options(CACHE="default")

    return use


def test_no_cache_is_a_warning(doctor: Doctor) -> None:
    ((verdict, message),) = doctor("cache")
    assert verdict == "warning"
    assert "each process fetches the keys for itself. Name one that all processes" in message
    assert doctor("cache answers") == [("skipped", "There is no cache.")]


def test_no_cache_is_no_warning_in_development(doctor: Doctor, settings: Any) -> None:
    settings.DEBUG = True
    assert doctor("cache") == [
        ("skipped", "With DEBUG = True, one process needs no LOGTO['CACHE'].")
    ]


@pytest.mark.parametrize("backend", [LOCMEM, DUMMY])
def test_a_cache_of_one_process_is_a_warning(cache: Any, doctor: Doctor, backend: str) -> None:
    cache(backend)
    ((verdict, message),) = doctor("cache")
    assert verdict == "warning"
    assert "a cache that other processes cannot see." in message


@pytest.mark.parametrize(
    ("backend", "location", "verdict", "message"),
    [
        (LOCMEM, "", "ok", "adds, keeps and expires values: five calls in "),
        (DUMMY, "", "error", "The cache 'default' does not keep what is added to it."),
        (KEEPS, "forever", "error", "The cache 'default' does not let values expire."),
        (REDIS, "redis://127.0.0.1:9", "error", "The cache cannot be used: ConnectionError. Che"),
    ],
)
def test_what_the_cache_does_is_tried(
    cache: Any, doctor: Doctor, backend: str, location: str, verdict: str, message: str
) -> None:
    cache(backend, location)
    ((found, text),) = doctor("cache answers")
    assert (found, message in text) == (verdict, True), text


def test_a_cache_that_processes_share_is_ok(cache: Any, doctor: Doctor) -> None:
    cache(REDIS, "redis://127.0.0.1:9")
    assert doctor("cache") == [("ok", "LOGTO['CACHE'] is 'default', a cache that processes share.")]


def test_a_slow_cache_is_a_warning(cache: Any, logto_options: Any, doctor: Doctor) -> None:
    cache(LOCMEM)
    logto_options(ENDPOINT="https://logto.invalid")
    seconds = count()
    ((verdict, message),) = doctor("cache answers", monotonic=lambda: next(seconds))
    assert verdict == "warning"
    assert message.endswith("or one that is nearer.")
