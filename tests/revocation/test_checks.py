"""What system checks say of a project with revocation."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache.backends.redis import RedisCache
from django.core.checks import run_checks
from django.urls import include, path

Check = Callable[..., list[tuple[str, str]]]
URLS = path("logto/", include("drf_logto.revocation.urls"))
CACHES = "django.core.cache.backends"


def ids(found: list[tuple[str, str]]) -> list[str]:
    return sorted(check_id.removeprefix("drf_logto.") for check_id, _ in found)


@pytest.mark.usefixtures("revocation")
@pytest.mark.parametrize(
    ("cache", "changes", "expected"),
    [
        ("redis.RedisCache", {}, []),
        ("redis.RedisCache", {"CACHE": None}, ["E031"]),
        ("dummy.DummyCache", {}, ["E032"]),
        ("filebased.FileBasedCache", {}, ["E032"]),
        ("locmem.LocMemCache", {}, ["W031"]),
        ("db.DatabaseCache", {}, ["W032"]),
        ("redis.RedisCache", {"MAX_TOKEN_LIFETIME": 3599}, ["W033"]),
        ("redis.RedisCache", {"MAX_TOKEN_LIFETIME": 3600}, []),
        ("redis.RedisCache", {"ENDPOINT": 7}, ["E003"]),
    ],
)
def test_a_cache_or_a_lifetime_that_loses_revocations_is_reported(
    check: Check,
    settings: Any,
    tmp_path: Path,
    cache: str,
    changes: dict[str, Any],
    expected: list[str],
) -> None:
    location = tmp_path if "file" in cache else "redis://127.0.0.1:1"
    tried = {"BACKEND": f"{CACHES}.{cache}", "LOCATION": location}
    settings.CACHES = {**settings.CACHES, "tried": tried}
    settings.LOGTO = {**settings.LOGTO, "CACHE": "tried", **changes}
    assert ids(check()) == expected


@pytest.mark.usefixtures("revocation")
def test_a_database_cache_with_room_is_not_reported(check: Check, settings: Any) -> None:
    options = {"MAX_ENTRIES": 10**6}
    tried = {"BACKEND": f"{CACHES}.db.DatabaseCache", "LOCATION": "cache", "OPTIONS": options}
    settings.CACHES = {**settings.CACHES, "tried": tried}
    settings.LOGTO = {**settings.LOGTO, "CACHE": "tried"}
    assert check() == []


def test_urls_without_a_signing_key_are_reported(
    check: Check, settings: Any, webhooks: None
) -> None:
    assert ids(check(URLS)) == ["W031"]
    settings.LOGTO = {one: value for one, value in settings.LOGTO.items() if "KEYS" not in one}
    assert ids(check(URLS)) == ["W031", "W034"]


def test_urls_without_the_application_are_reported(check: Check, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "WEBHOOK_SIGNING_KEYS": ["key"]}
    assert ids(check(URLS)) == ["E033"]
    settings.LOGTO = {}
    assert "drf_logto.E033" in {check_id for check_id, _ in check(URLS)}


def test_nothing_is_reported_without_the_application(check: Check, settings: Any) -> None:
    without = settings.INSTALLED_APPS
    settings.INSTALLED_APPS = [*without, "drf_logto.revocation"]
    assert ids(check()) == ["E031"]
    settings.INSTALLED_APPS = without
    assert check() == []


class Redis(RedisCache):
    """A Redis that says of its memory what its settings say."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        self.memory = params.pop("memory")
        self._pool_options: dict[str, Any] = {}

    @property
    def _cache(self) -> Any:
        return self

    def get_client(self) -> Any:
        return self

    def info(self, section: str) -> Any:
        return {"memory": self.memory}[section]


LIMIT = 10**9


@pytest.mark.usefixtures("revocation")
@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        ({"maxmemory": LIMIT, "maxmemory_policy": "allkeys-lru"}, ["drf_logto.W036"]),
        ({"maxmemory": LIMIT, "maxmemory_policy": "volatile-ttl"}, ["drf_logto.W036"]),
        ({"maxmemory": LIMIT, "maxmemory_policy": "noeviction"}, []),
        ({"maxmemory": 0, "maxmemory_policy": "allkeys-lru"}, []),
        ({}, []),
    ],
    ids=str,
)
def test_a_redis_that_deletes_revocations_is_reported_before_deployment(
    settings: Any, memory: dict[str, Any], expected: list[str]
) -> None:
    tried = {"BACKEND": f"{__name__}.Redis", "LOCATION": "redis://127.0.0.1:1", "memory": memory}
    assert redis_warnings(settings, tried) == expected


def redis_warnings(settings: Any, cache: dict[str, Any], **logto: Any) -> list[str]:
    settings.CACHES = {**settings.CACHES, "tried": cache}
    settings.LOGTO = {**settings.LOGTO, "CACHE": "tried", **logto}
    found = run_checks(include_deployment_checks=True)
    return [str(one.id) for one in found if one.id == "drf_logto.W036"]


@pytest.mark.usefixtures("revocation")
@pytest.mark.parametrize(
    ("cache", "logto"),
    [("redis.RedisCache", {}), ("locmem.LocMemCache", {}), ("dummy.DummyCache", {"CACHE": None})],
)
def test_nothing_is_reported_of_a_redis_that_does_not_answer(
    settings: Any, cache: str, logto: dict[str, Any]
) -> None:
    tried = {"BACKEND": f"{CACHES}.{cache}", "LOCATION": "redis://127.0.0.1:1"}
    assert redis_warnings(settings, tried, **logto) == []
