"""The same on PostgreSQL, and with Redis."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches

from tests.support.cache_servers import needs_postgresql, needs_redis, redis
from tests.support.postgresql import postgresql
from tests.tenancy.test_slugs import (
    test_a_change_counts_in_every_process_once_it_is_committed as a_change_counts,
)

pytestmark = pytest.mark.servers

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, Any]]:
    with postgresql() as database:
        yield database


@needs_redis
@pytest.mark.django_db(transaction=True)
def test_a_slug_map_is_void_once_a_change_is_committed_with_redis(
    settings: Any, logto_options: Any, tmp_path: Path
) -> None:
    logto_options(CACHE="shared")
    with redis(tmp_path) as server:
        settings.CACHES = {**settings.CACHES, "shared": server.cache}
        a_change_counts()
        caches["shared"].close()


@needs_postgresql
def test_the_rows_of_one_organization_are_the_same_on_postgresql(server: dict[str, Any]) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not servers", str(HERE)]
    ran = subprocess.run(
        command,
        env={**kept, "TEST_DATABASE": json.dumps(server)},
        cwd=HERE.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
