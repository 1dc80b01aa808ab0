"""URLs of the sign-in, under the names that DRF's templates link to."""

from django.urls import path

from ..checks.included import CheckedRoute
from . import views
from .checks import check_sign_in

app_name = "rest_framework"  # DRF's templates reverse rest_framework:login and :logout
urlpatterns = [
    CheckedRoute(path("login/", views.login, name="login"), check_sign_in),
    path("callback/", views.callback, name="callback"),
    path("logout/", views.logout, name="logout"),
    path("signed-out/", views.signed_out, name="signed-out"),
    path("context/", views.context, name="context"),
    path("explain/", views.explain, name="explain"),
    path("curl/", views.curl, name="curl"),
]
