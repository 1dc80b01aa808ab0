"""The Django application of the admin site that staff sign in to with Logto."""

from django.contrib.admin.apps import AdminConfig

__all__ = ["LogtoAdminConfig"]


class LogtoAdminConfig(AdminConfig):
    """Stands in ``INSTALLED_APPS`` in the place of ``django.contrib.admin``."""

    default = False
    default_site = "drf_logto.users.admin_site.LogtoAdminSite"
