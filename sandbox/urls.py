"""The URLs of the API; `organization_id` is compared with the token."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularSwaggerOauthRedirectView,
    SpectacularSwaggerView,
)
from rest_framework.routers import SimpleRouter

from . import views

router = SimpleRouter(use_regex_path=False)
router.register("products", views.ProductViewSet)
router.register(
    "organizations/<str:organization_id>/documents", views.DocumentViewSet, basename="document"
)

urlpatterns = [
    path("", views.FrontPage.as_view()),
    *router.urls,
    path(
        "organizations/<str:organization_id>/invitations/",
        views.InvitationList.as_view(),
        name="invitation-list",
    ),
    path("whoami/", views.WhoAmI.as_view(), name="who-am-i"),
    path("report/", views.report, name="report"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/schema/swagger-ui/", SpectacularSwaggerView.as_view(), name="swagger-ui"),
    # Where Swagger UI lets Logto send the code.
    path(
        "api/schema/swagger-ui/oauth2-redirect.html",
        SpectacularSwaggerOauthRedirectView.as_view(),
    ),
    path("", include("drf_logto.discovery.urls")),
]
if settings.LOGTO.get("APP_ID"):  # a tenant of your own may have no application to sign in with
    urlpatterns.append(path("auth/", include("drf_logto.browsable.urls")))
    urlpatterns.append(path("admin/", admin.site.urls))
if "WEBHOOK_SIGNING_KEYS" in settings.LOGTO:  # or no webhook
    urlpatterns.append(path("logto/", include("drf_logto.revocation.urls")))
