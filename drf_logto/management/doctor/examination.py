"""One look at a project: its settings as far as they can be used, and the time that is left."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.conf import settings as django_settings

from ...conf import LogtoSettings, Problem, parse
from ...outgoing.management_api import ManagementApi
from ...runtime import Environment, get_environment
from ...verification.fetch import MAX_BODY
from ...verification.metadata import Metadata
from ..tenant.state import TenantState
from .findings import Skipped

_TIME = 30.0  # seconds for all facts


class _BoundedApi(ManagementApi):
    """Asks only while there is time: some facts need a request for each role of the tenant."""

    def __init__(self, settings: LogtoSettings, examination: "Examination") -> None:
        super().__init__(settings)
        self._examination = examination

    def get(self, path: str, *, max_body: int = MAX_BODY, **parameters: object) -> object:
        _ = self._examination.timeout
        return super().get(path, max_body=max_body, **parameters)


@dataclass(kw_only=True)
class Examination:
    """One look at a project.

    Args:
        base_url: the address of the running API, without a trailing slash.
        value: of the setting ``LOGTO``.
        environment: whose clock and fetcher are used.
        monotonic: a clock that is never set, in seconds.
    """

    base_url: str | None = None
    value: Any = field(default_factory=lambda: getattr(django_settings, "LOGTO", None), repr=False)
    environment: Environment = field(default_factory=get_environment)
    monotonic: Callable[[], float] = time.monotonic
    metadata: dict[str, Metadata] = field(default_factory=dict)  # by address, as it is found
    jwks: dict[str, object] = field(default_factory=dict)  # likewise

    def __post_init__(self) -> None:
        self._ends_at = self.monotonic() + _TIME

    @cached_property
    def problems(self) -> list[Problem]:
        """Everything that is wrong with the setting."""
        return parse(self.value)[1]

    @cached_property
    def usable_settings(self) -> LogtoSettings | None:
        """The settings, without the keys that are wrong."""
        if not self.problems or not isinstance(self.value, Mapping):
            return parse(self.value)[0]
        wrong = tuple(one.message for one in self.problems)
        return parse(
            {
                key: value
                for key, value in self.value.items()
                if not any(message.startswith(f"LOGTO[{key!r}]") for message in wrong)
            }
        )[0]

    @property
    def settings(self) -> LogtoSettings:
        """The same, with an ``HTTP_TIMEOUT`` of what time is left.

        Raises:
            Skipped: they lack what nothing works without, or no time is left.
        """
        if self.usable_settings is None:
            raise Skipped("LOGTO cannot be used, see above.")
        return replace(self.usable_settings, http_timeout=self.timeout)

    @property
    def timeout(self) -> float:
        """Seconds for one exchange.

        Raises:
            Skipped: all of them together have taken too long.
        """
        left = self._ends_at - self.monotonic()
        if left <= 0:
            raise Skipped(f"No time is left: the facts above have taken {_TIME:g} seconds.")
        usual = self.usable_settings.http_timeout if self.usable_settings else left
        return min(usual, left)

    @cached_property
    def api(self) -> ManagementApi:
        """The Management API.

        Raises:
            Skipped: no machine may ask it.
        """
        settings = self.settings
        if settings.management_app_id is None or settings.management_app_secret is None:
            raise Skipped(
                "To look at the tenant, set LOGTO['MANAGEMENT_APP_ID'] and "
                "LOGTO['MANAGEMENT_APP_SECRET'] to those of a machine-to-machine application with "
                "the role 'Logto Management API access'."
            )
        return _BoundedApi(settings, self)

    @cached_property
    def tenant(self) -> TenantState:
        """What the tenant has; raises as ``api``."""
        return TenantState(self.api)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where this process asks Logto."""
        settings = self.usable_settings
        if settings is None:
            return ()
        return (settings.internal_endpoint,) if settings.internal_endpoint else settings.endpoint

    @property
    def setting(self) -> str:
        """The setting with the addresses."""
        settings = self.usable_settings
        is_internal = settings is not None and settings.internal_endpoint is not None
        return f"LOGTO[{'INTERNAL_ENDPOINT' if is_internal else 'ENDPOINT'!r}]"
