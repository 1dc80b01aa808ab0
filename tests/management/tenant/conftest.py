"""A tenant behind the stand-in for the Management API."""

from collections.abc import Iterator
from typing import Any

import pytest

from drf_logto.testing import Logto, ManagementApi
from tests.support.management import OPTIONS


@pytest.fixture
def stand_in(logto: Logto, settings: Any) -> Iterator[ManagementApi]:
    """An empty tenant, which the settings name a machine for."""
    settings.LOGTO = {**settings.LOGTO, **OPTIONS}
    with ManagementApi() as stand_in:
        yield stand_in
