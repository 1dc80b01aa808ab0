"""Django settings: LOGTO and REST_FRAMEWORK are what a project of your own needs."""

import os
import secrets

LOGTO = {
    "ENDPOINT": os.environ.get("LOGTO_ENDPOINT", ""),
    "API_RESOURCE": os.environ.get("LOGTO_API_RESOURCE", ""),
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["drf_logto.authentication.LogtoJWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "UNAUTHENTICATED_USER": None,
}

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_logto",
    "sandbox",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

DEBUG = True
SECRET_KEY = secrets.token_urlsafe(50)
ROOT_URLCONF = "sandbox.urls"
STATIC_URL = "static/"
TIME_ZONE = "UTC"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("SANDBOX_DATABASE", ":memory:"),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
