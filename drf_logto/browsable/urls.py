"""URLs of the sign-in, under the names that DRF's templates link to."""

from django.core.checks import CheckMessage
from django.urls import URLPattern, path
from django.urls.resolvers import RoutePattern

from . import views
from .checks import check_sign_in


class _CheckedRoute(URLPattern):
    """A route that runs the system checks, so that they run only where it is included."""

    def check(self) -> list[CheckMessage]:
        return [*super().check(), *check_sign_in()]


app_name = "rest_framework"  # DRF's templates reverse rest_framework:login and :logout
urlpatterns = [
    _CheckedRoute(
        RoutePattern("login/", name="login", is_endpoint=True), views.login, name="login"
    ),
    path("callback/", views.callback, name="callback"),
    path("logout/", views.logout, name="logout"),
    path("signed-out/", views.signed_out, name="signed-out"),
    path("context/", views.context, name="context"),
    path("curl/", views.curl, name="curl"),
]
