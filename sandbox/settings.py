"""Django settings: LOGTO and REST_FRAMEWORK are what a project of your own needs."""

import os
import secrets

LOGTO = {
    "ENDPOINT": os.environ.get("LOGTO_ENDPOINT", ""),
    "API_RESOURCE": os.environ.get("LOGTO_API_RESOURCE", ""),
    "APP_ID": os.environ.get("LOGTO_APP_ID"),
    "APP_SECRET": os.environ.get("LOGTO_APP_SECRET"),
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "drf_logto.authentication.LogtoJWTAuthentication",
        "drf_logto.browsable.authentication.LogtoSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "UNAUTHENTICATED_USER": None,
}

INSTALLED_APPS = [
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "drf_logto.browsable",
    "rest_framework",
    "drf_logto",
    "sandbox",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
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
