"""URLs of the metadata: ``path("", include("drf_logto.discovery.urls"))`` at the root."""

from django.core.checks import CheckMessage
from django.urls import URLPattern
from django.urls.resolvers import RegexPattern

from .checks import check_urls
from .views import metadata

_NAME = "protected-resource-metadata"


class _CheckedRoute(URLPattern):
    """A route that runs the system checks, so that they run only where it is included."""

    def check(self) -> list[CheckMessage]:
        return [*super().check(), *check_urls()]


app_name = "logto_discovery"
urlpatterns = [
    _CheckedRoute(
        RegexPattern(
            r"^\.well-known/oauth-protected-resource(?P<rest>(?:/.*)?)\Z",
            name=_NAME,
            is_endpoint=True,
        ),
        metadata,
        name=_NAME,
    )
]
