"""The Django application of the sign-in."""

from importlib.util import find_spec

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured


class BrowsableConfig(AppConfig):
    """Adds the templates, static files and translations."""

    name = "drf_logto.browsable"
    label = "drf_logto_browsable"
    verbose_name = "Logto in the browsable API"

    def ready(self) -> None:
        """Check that the extra is installed, so that the error names it and not a module."""
        if not all(map(find_spec, ("authlib", "cachetools", "joserfc"))):
            raise ImproperlyConfigured(
                "drf_logto.browsable needs Authlib: pip install 'drf-logto-auth[browsable]'"
            )
