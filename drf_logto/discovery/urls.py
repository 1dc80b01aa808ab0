"""URLs of the metadata: ``path("", include("drf_logto.discovery.urls"))`` at the root."""

from django.urls import re_path

from ..checks.included import CheckedRoute
from .checks import check_urls
from .views import metadata

app_name = "logto_discovery"
urlpatterns = [
    CheckedRoute(
        re_path(
            r"^\.well-known/oauth-protected-resource(?P<rest>(?:/.*)?)\Z",
            metadata,
            name="protected-resource-metadata",
        ),
        check_urls,
    )
]
