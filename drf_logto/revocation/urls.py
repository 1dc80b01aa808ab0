"""URLs that Logto sends to: ``path("logto/", include("drf_logto.revocation.urls"))``."""

from django.urls import path

from . import views

app_name = "logto"
urlpatterns = [
    path("webhook/", views.webhook, name="webhook"),
    path("backchannel-logout/", views.backchannel_logout, name="backchannel-logout"),
]
