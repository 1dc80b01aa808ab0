"""Builds the redirect URIs of this site, and logs once what must be registered in Logto."""

import logging

from django.http import HttpRequest
from django.urls import reverse

from ..runtime import get_kept
from ..telemetry import logger

_TO_REGISTER = (
    "In Logto, register the redirect URI %.200s and the post sign-out redirect URI %.200s."
)
_MISTAKEN = (
    "The redirect URI %.200s is http, but the header X-Forwarded-Proto says that the browser uses "
    "https. If a proxy sets this header, set SECURE_PROXY_SSL_HEADER."
)


class _Logged(set[str]):
    """The lines that this process has logged."""

    def __init__(self, _now: object) -> None:
        super().__init__()


def redirect_uri(request: HttpRequest) -> str:
    """Return the address of the callback. Each process logs once what to do about it."""
    uri = _absolute(request, "callback")
    if not request.is_secure() and _forwarded_proto(request) == "https":
        _log_once(logging.WARNING, _MISTAKEN, uri)
    else:
        _log_once(logging.INFO, _TO_REGISTER, uri, signed_out_uri(request))
    return uri


def signed_out_uri(request: HttpRequest) -> str:
    """Return the address that Logto leads to after a log-out."""
    return _absolute(request, "signed-out")


def _absolute(request: HttpRequest, name: str) -> str:
    return request.build_absolute_uri(reverse(f"rest_framework:{name}"))


def _forwarded_proto(request: HttpRequest) -> str:
    """Return what the proxy next to the browser says of its connection."""
    return request.headers.get("X-Forwarded-Proto", "").partition(",")[0].strip().lower()


def _log_once(level: int, line: str, *uris: str) -> None:
    logged = get_kept(_Logged)
    if line not in logged:
        logged.add(line)
        logger.log(level, line, *uris)
