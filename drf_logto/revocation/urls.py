"""URLs that Logto sends to: ``path("logto/", include("drf_logto.revocation.urls"))``."""

from django.core.checks import CheckMessage
from django.urls import URLPattern, path
from django.urls.resolvers import RoutePattern

from . import views
from .checks import check_urls


class _CheckedRoute(URLPattern):
    """A route that runs the system checks, so that they run only where it is included."""

    def check(self) -> list[CheckMessage]:
        return [*super().check(), *check_urls()]


app_name = "logto"
urlpatterns = [
    _CheckedRoute(
        RoutePattern("webhook/", name="webhook", is_endpoint=True), views.webhook, name="webhook"
    ),
    path("backchannel-logout/", views.backchannel_logout, name="backchannel-logout"),
]
