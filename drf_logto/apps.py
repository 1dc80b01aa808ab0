"""The Django application; registers the system checks and the OpenAPI extension."""

from django.apps import AppConfig, apps


class DrfLogtoConfig(AppConfig):
    """The Django application: system checks and translations."""

    name = "drf_logto"
    verbose_name = "Logto"

    def ready(self) -> None:
        """Register the checks, and the extension for drf-spectacular where that is installed."""
        from . import checks  # noqa: F401,PLC0415 - importing registers them

        if apps.is_installed("drf_spectacular"):
            from . import openapi  # noqa: F401,PLC0415 - importing registers it
