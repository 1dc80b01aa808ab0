"""First tokens of one subject, in many processes at once, on real databases."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cache_servers import needs_postgresql
from tests.support.postgresql import postgresql

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(os.name != "posix", reason="processes fork on POSIX systems only"),
]

PROCESSES = 8


def sign_in_at_once(database: dict[str, Any], *arguments: str) -> str:
    logto = {
        "ENDPOINT": "https://tenant.logto.test",
        "API_RESOURCE": "https://api.example.test",
        "GROUPS": {"writers": "write:a", "readers": "read:a"},
        "STAFF_SCOPE": "read:a",
    }
    apps = ["django.contrib.auth", "django.contrib.contenttypes", "drf_logto.users"]
    served = {"APPS": apps, "CACHES": {}, "DATABASES": {"default": database}, "LOGTO": logto}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
        **{f"SERVED_{name}": json.dumps(value) for name, value in served.items()},
    }
    command = [sys.executable, "-m", "tests.support.signing_in", str(PROCESSES), *arguments]
    return subprocess.check_output(command, env=environment, text=True).strip()


ONE = str((1, 1, 2, 1, 0))
"""User, identity, memberships of groups, user that was seen; and no failure."""


@pytest.mark.parametrize("transaction", ["atomic", "autocommit"])
def test_first_tokens_at_once_make_one_user_on_sqlite(tmp_path: Path, transaction: str) -> None:
    # A transaction that begins to write after it has read fails on SQLite, whoever writes.
    options = {"timeout": 60, "transaction_mode": "IMMEDIATE"}
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "db.sqlite3")}
    assert sign_in_at_once({**database, "OPTIONS": options}, transaction) == ONE


@pytest.fixture
def server() -> Iterator[dict[str, Any]]:
    with postgresql() as database:
        yield database


@needs_postgresql
@pytest.mark.parametrize("transaction", ["atomic", "autocommit"])
def test_first_tokens_at_once_make_one_user_on_postgresql(
    server: dict[str, Any], transaction: str
) -> None:
    assert sign_in_at_once(server, transaction) == ONE
