SECRET_KEY = "only-for-types"
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "drf_logto",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGTO = {
    "ENDPOINT": "https://your-tenant.logto.app",
    "API_RESOURCE": "https://api.example.com",
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["shop.authentication.UserAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["drf_logto.permissions.HasScopes"],
}
