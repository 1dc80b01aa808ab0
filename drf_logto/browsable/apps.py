"""The Django application of the sign-in."""

from django.apps import AppConfig


class BrowsableConfig(AppConfig):
    """Adds the templates, static files and translations."""

    name = "drf_logto.browsable"
    label = "drf_logto_browsable"
    verbose_name = "Logto in the browsable API"
