"""The Django application of the sign-in."""

from importlib.util import find_spec

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured

_NEEDED = ("authlib", "joserfc")


class BrowsableConfig(AppConfig):
    """Brings the page's template, its style and script, and translations."""

    name = "drf_logto.browsable"
    label = "drf_logto_browsable"
    verbose_name = "Logto in the browsable API"

    def ready(self) -> None:
        """Tell how to install what is missing, before an import fails without saying so."""
        if not all(map(find_spec, _NEEDED)):
            raise ImproperlyConfigured(
                "drf_logto.browsable needs Authlib: pip install 'drf-logto-auth[browsable]'"
            )
