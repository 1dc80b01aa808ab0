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
        """Register the checks, and listen to what Logto says of users."""
        from .. import signals  # noqa: PLC0415 - the models can be used now
        from . import checks, events  # noqa: F401,PLC0415 - importing registers them

        signals.event_received.connect(events.receive, dispatch_uid=self.label)
        signals.signed_in.connect(events.receive_sign_in, dispatch_uid=self.label)
