"""Django settings: LOGTO and REST_FRAMEWORK are what a project of your own needs."""

import os
import secrets

from .tenant import SWAGGER_UI

LOGTO = {
    "ENDPOINT": os.environ.get("LOGTO_ENDPOINT", ""),
    "API_RESOURCE": os.environ.get("LOGTO_API_RESOURCE", ""),
    "APP_ID": os.environ.get("LOGTO_APP_ID"),
    "APP_SECRET": os.environ.get("LOGTO_APP_SECRET"),
    "CACHE": "default",
    # Only commands of manage.py logto need the two.
    "MANAGEMENT_APP_ID": os.environ.get("LOGTO_MANAGEMENT_APP_ID"),
    "MANAGEMENT_APP_SECRET": os.environ.get("LOGTO_MANAGEMENT_APP_SECRET"),
    # Who may use the admin site, and what there.
    "STAFF_SCOPE": "admin:site",
    "GROUPS": {"catalogue editor": ["read:products", "write:products"]},
    "ADMIN_PASSWORD_LOGIN": False,
}
if _key := os.environ.get("LOGTO_WEBHOOK_SIGNING_KEY"):
    LOGTO["WEBHOOK_SIGNING_KEYS"] = _key
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    }
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "drf_logto.authentication.LogtoJWTAuthentication",
        "drf_logto.browsable.authentication.LogtoSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["drf_logto.permissions.HasScopes"],
    "DEFAULT_SCHEMA_CLASS": "drf_logto.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Sandbox",
    "DESCRIPTION": "A small SaaS, protected by access tokens of Logto.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False},
    "SWAGGER_UI_OAUTH2_CONFIG": {
        "clientId": os.environ.get("LOGTO_SWAGGER_UI_CLIENT_ID", SWAGGER_UI.id),
        "usePkceWithAuthorizationCodeGrant": True,
        # Logto gives a token for the API only where it is asked for one.
        "additionalQueryStringParams": {"resource": LOGTO["API_RESOURCE"]},
    },
}

INSTALLED_APPS = [
    "drf_logto.users.admin_config.LogtoAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "drf_logto.browsable",
    "drf_logto.revocation",
    "drf_logto.tenancy",
    "drf_logto.users",
    "drf_spectacular",
    "drf_spectacular_sidecar",
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
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
# The window that signs in to Logto comes back to Swagger UI's, which opened it.
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTHENTICATION_BACKENDS = ["drf_logto.users.backends.LogtoBackend"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"drf_logto": {"handlers": ["console"], "level": "INFO"}},
}
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
