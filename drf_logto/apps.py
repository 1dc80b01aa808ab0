"""The Django application; registers system checks, audit trail and OpenAPI extension."""

from django.apps import AppConfig, apps


class DrfLogtoConfig(AppConfig):
    """The Django application: system checks and translations."""

    name = "drf_logto"
    verbose_name = "Logto"

    def ready(self) -> None:
        """Register the checks, the audit trail, and the extension for drf-spectacular.

        The last where that is installed, and the audit trail where its logger has a handler.
        """
        from . import checks  # noqa: F401,PLC0415 - importing registers them
        from .audit import connect  # noqa: PLC0415 - as these do, it needs the applications

        connect()

        if apps.is_installed("drf_spectacular"):
            from . import openapi  # noqa: F401,PLC0415 - importing registers it
