"""The Django application of users."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class UsersConfig(AppConfig):
    """Adds the model of identities; registers the checks."""

    name = "drf_logto.users"
    label = "drf_logto_users"
    verbose_name = gettext_lazy("Logto users")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks."""
        from . import checks  # noqa: F401,PLC0415 - importing registers them
