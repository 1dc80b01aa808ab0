"""Registers the system checks."""

from django.apps import AppConfig


class DrfLogtoConfig(AppConfig):
    """The Django application: system checks and translations."""

    name = "drf_logto"
    verbose_name = "Logto"

    def ready(self) -> None:
        """Register the checks."""
        from . import checks, route_checks  # noqa: F401,PLC0415 - importing registers them
