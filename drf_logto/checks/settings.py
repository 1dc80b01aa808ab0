"""System checks of the ``LOGTO`` setting and the authentication classes."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from rest_framework.settings import api_settings

from ..authentication import LogtoJWTAuthentication
from ..conf import is_loopback, parse

IDS = {
    "missing": "drf_logto.E001",
    "unknown": "drf_logto.E002",
    "value": "drf_logto.E003",
    "plain_http": "drf_logto.E004",
    "symmetric": "drf_logto.E005",
    "reserved_audience": "drf_logto.E006",
}


@register
def settings_can_work(**_: Any) -> list[CheckMessage]:
    """E001 to E006: everything that keeps the ``LOGTO`` setting from working."""
    _parsed, problems = parse(getattr(settings, "LOGTO", None))
    return [Error(problem.message, id=IDS[problem.kind]) for problem in problems]


@register
def internal_endpoint_is_private(**_: Any) -> list[CheckMessage]:
    """W001: keys are fetched over plain http from another machine."""
    parsed, _problems = parse(getattr(settings, "LOGTO", None))
    address = parsed.internal_endpoint if parsed else None
    if address is None or address.startswith("https:") or is_loopback(address):
        return []
    return [
        Warning(
            "LOGTO['INTERNAL_ENDPOINT'] is plain http to another machine.",
            hint="Whoever can answer there can sign tokens. Silence this where the network "
            "between the two is yours alone.",
            id="drf_logto.W001",
        )
    ]


@register
def authentication_comes_first(**_: Any) -> list[CheckMessage]:
    """W002: DRF takes status and challenge of every 401 from the first authentication class."""
    classes: list[Any] = api_settings.DEFAULT_AUTHENTICATION_CLASSES  # type: ignore[assignment]  # classes by now
    is_own = [issubclass(one, LogtoJWTAuthentication) for one in classes]
    if not any(is_own) or is_own[0]:
        return []
    return [
        Warning(
            "LogtoJWTAuthentication is not the first of DEFAULT_AUTHENTICATION_CLASSES.",
            hint="Put it first: DRF asks the first class alone for the challenge of a 401, and "
            "answers 403 where that class has none.",
            id="drf_logto.W002",
        )
    ]
