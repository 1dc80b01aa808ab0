"""System checks of discovery, run where its URLs are included."""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning
from django.http.request import split_domain_port, validate_host

from ..conf import LogtoSettings
from ..responses import METADATA_PATH, find_challenge_parameters
from ..routes import current_settings
from .documents import served, split_indicator


def check_urls() -> Iterator[CheckMessage]:
    """Yield E051 and W051 to W053."""
    if find_challenge_parameters() is None:
        yield Error(
            f"{METADATA_PATH} does not lead to drf_logto.discovery, so no client finds it and no "
            "challenge names it.",
            hint='Write path("", include("drf_logto.discovery.urls")) into ROOT_URLCONF, outside '
            "of i18n_patterns, and before what takes every path.",
            id="drf_logto.E051",
        )
    parsed = current_settings()
    if parsed is not None:
        for resource in parsed.api_resource:
            yield from _check_resource(resource, parsed)


def _check_resource(resource: str, settings: LogtoSettings) -> Iterator[CheckMessage]:
    named = f"LOGTO['API_RESOURCE'] has {resource!r}"
    parts = split_indicator(resource)
    if parts is None:
        yield Warning(
            f"{named}, which is not an https address, so clients cannot find its metadata.",
            hint="RFC 9728 derives the address of the metadata from the resource indicator. "
            "Register the address of this API in Logto. Silence this if only clients that know "
            "Logto use this indicator.",
            id="drf_logto.W051",
        )
    elif (first := served(settings)[unquote(parts[1])]) != resource:
        yield Warning(
            f"{named}, whose metadata would have the same path here as that of {first!r}, so it is "
            "not served.",
            hint="Write the indicator first that clients find by themselves, or use another path. "
            "An API with several hosts needs one indicator.",
            id="drf_logto.W052",
        )
    elif not _is_own_host(parts[0]):
        yield Warning(
            f"{named}, whose host is not in ALLOWED_HOSTS. Clients ask that host for the metadata.",
            hint="Register the address of this API in Logto as its resource indicator. Silence "
            "this if that host hands such requests on to this project.",
            id="drf_logto.W053",
        )


def _is_own_host(origin: str) -> bool:
    """Whether Django answers for a host; without ALLOWED_HOSTS, the project is in development."""
    allowed = django_settings.ALLOWED_HOSTS
    return not allowed or validate_host(split_domain_port(urlsplit(origin).netloc)[0], allowed)
