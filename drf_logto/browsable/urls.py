"""``include("drf_logto.browsable.urls")`` lights DRF's own links to log in and out."""

from django.core.checks import CheckMessage
from django.urls import URLPattern, path
from django.urls.resolvers import RoutePattern

from . import views
from .checks import sign_in_can_work


class _CheckedRoute(URLPattern):
    """A route that has the sign-in checked wherever it is included, and nowhere else."""

    def check(self) -> list[CheckMessage]:
        return [*super().check(), *sign_in_can_work()]


app_name = "rest_framework"  # DRF looks for login and logout under this name
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
