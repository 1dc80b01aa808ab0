"""The Django application of tenancy."""

from django.apps import AppConfig


class TenancyConfig(AppConfig):
    """Registers the checks."""

    name = "drf_logto.tenancy"
    label = "drf_logto_tenancy"
    verbose_name = "Logto tenancy"

    def ready(self) -> None:
        """Register the checks."""
        from . import checks  # noqa: F401,PLC0415 - importing registers them
