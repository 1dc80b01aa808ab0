"""A Django project as a user would have it: two settings of ours, one of DRF's."""

import json
import os
from pathlib import Path
from tempfile import gettempdir

SECRET_KEY = "only-for-tests"
DEBUG = False
ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
ROOT_URLCONF = "tests.urls"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "drf_logto.browsable",
    "drf_logto.users",
    "drf_spectacular",
    "rest_framework",
    "drf_logto",
    "sandbox",
    "tests.support.teams",
]
# Most tests use other authentication classes.
SILENCED_SYSTEM_CHECKS = ["drf_logto.W041"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
STATIC_URL = "static/"
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
DATABASES = {
    # As tests/tenancy/test_servers.py says.
    "default": json.loads(os.environ.get("TEST_DATABASE", "null"))
    or {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        # Threads of their own use it; Django closes no connection to a database in memory.
        "OPTIONS": {"timeout": 60},  # many threads write in turn
        "TEST": {"NAME": Path(gettempdir()) / f"drf_logto-{os.getpid()}.sqlite3"},
    }
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "shared": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "shared"},
}

LOGTO = {
    "ENDPOINT": "https://tenant.logto.test",
    "API_RESOURCE": "https://api.example.test",
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["drf_logto.authentication.LogtoJWTAuthentication"],
    "DEFAULT_SCHEMA_CLASS": "drf_logto.openapi.AutoSchema",
}
