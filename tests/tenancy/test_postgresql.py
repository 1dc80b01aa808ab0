"""The same on PostgreSQL."""

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

pytestmark = [pytest.mark.servers, needs_postgresql]

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, Any]]:
    with postgresql() as database:
        yield database


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
