"""The Django project that the benchmarks run in."""

from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.conf import settings
from django.test import override_settings

from .server import Server, serving
from .tenant import API_RESOURCE, ENDPOINT, Tenant


def set_up_django() -> None:
    """Make this process the project's."""
    settings.configure(
        SECRET_KEY="only-for-benchmarks",  # noqa: S106 - nothing is signed with it
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF="benchmarks.views",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
    )
    django.setup()


@contextmanager
def trusting(tenant: Tenant, *, token_cache_size: int = 10_000) -> Iterator[Server]:
    """Let the project trust a tenant for a while; nothing is known of its keys at first."""
    with (
        serving(tenant.jwks) as server,
        override_settings(
            LOGTO={
                "ENDPOINT": ENDPOINT,
                "INTERNAL_ENDPOINT": server.address,
                "API_RESOURCE": API_RESOURCE,
                "TOKEN_CACHE_SIZE": token_cache_size,
            }
        ),
    ):
        yield server
