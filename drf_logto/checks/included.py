"""A route whose system checks run only where its URLs are included."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.checks import CheckMessage
from django.urls import URLPattern


class CheckedRoute(URLPattern):
    """The same as another route, with checks of its own.

    Args:
        route: what ``path`` or ``re_path`` returns.
        check_included: returns the messages.
    """

    def __init__(self, route: Any, check_included: Callable[[], Iterable[CheckMessage]]) -> None:
        super().__init__(route.pattern, route.callback, route.default_args, route.name)
        self._check_included = check_included

    def check(self) -> list[CheckMessage]:
        """Return the messages of Django and those of the package."""
        return [*super().check(), *self._check_included()]
