"""The project has no routes of its own; a test that needs some names its own module."""

from typing import Any

urlpatterns: list[Any] = []
