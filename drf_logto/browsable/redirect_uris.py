"""Builds the redirect URIs of this site, and logs once what must be registered in Logto."""

import logging
from urllib.parse import urlsplit

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


class _Logged(set[tuple[str, str]]):
    """The lines that this process has logged."""

    def __init__(self, _now: object) -> None:
        super().__init__()


def redirect_uri(request: HttpRequest) -> str:
    """Return the address of the callback. Each process logs once what to do about it."""
    return to_register(request, _absolute(request, "callback"), signed_out_uri(request))


def to_register(request: HttpRequest, uri: str, signed_out_uri: str) -> str:
    """Return a redirect URI; each process logs once what to do about it.

    Args:
        request: the one that needs it.
        uri: the redirect URI.
        signed_out_uri: where Logto leads to after a log-out.
    """
    if not request.is_secure() and _forwarded_proto(request) == "https":
        _log_once(logging.WARNING, _MISTAKEN, uri)
    else:
        _log_once(logging.INFO, _TO_REGISTER, uri, signed_out_uri)
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
    logged_as = line, urlsplit(uris[0]).path  # not the host, which a client may choose
    if logged_as not in logged:
        logged.add(logged_as)
        logger.log(level, line, *uris)
