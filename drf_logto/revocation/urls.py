"""URLs that Logto sends to: ``path("logto/", include("drf_logto.revocation.urls"))``."""

from django.urls import path

from ..checks.included import CheckedRoute
from . import views
from .checks import check_urls

app_name = "logto"
urlpatterns = [
    CheckedRoute(path("webhook/", views.webhook, name="webhook"), check_urls),
    path("backchannel-logout/", views.backchannel_logout, name="backchannel-logout"),
]
