from django.urls import path
from rest_framework.routers import SimpleRouter

from . import plain_views, views

router = SimpleRouter()
router.register("products", views.ProductViewSet, "product")
urlpatterns = [
    *router.urls,
    path("reports/", views.ReportView.as_view()),
    path("organizations/<organization_id>/members/", views.members),
    path("bare/<int:page>/", plain_views.bare),
    path("async/<int:page>/", plain_views.with_several),
    path("pages/<int:page>/", plain_views.Pages.as_view()),
]
