"""Names the cause of a failed fetch in plain words, for the log."""

import http.client
import socket
import ssl
from urllib.error import URLError
from urllib.request import Request

from ..telemetry import quoted

NO_ADDRESS = "the address, or that of a proxy, is not valid"

_TLS_ALERT = "\x15\x03"
"""How a TLS server begins its answer to HTTP (RFC 8446 §5.1)."""

_WITHOUT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
"""What OpenSSL calls an answer without TLS; which of them depends on its version."""

_CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (socket.gaierror, "the name of {host} cannot be resolved"),
    (ConnectionRefusedError, "{host} refuses the connection"),
    (ssl.SSLCertVerificationError, "the certificate of {host} is not trusted: {text}"),
    (ssl.SSLError, "no TLS connection to {host}: {text}"),
    (TimeoutError, "timed out"),
    (ConnectionError, "{host} closed the connection"),
    (OSError, "{host} cannot be reached: {text}"),
    (http.client.IncompleteRead, "ended early"),
    (http.client.InvalidURL, NO_ADDRESS),
    (http.client.HTTPException, "{host} does not speak HTTP"),
    (Exception, NO_ADDRESS),
)


class UnusableAnswer(Exception):
    """There is an answer, and it cannot be used; the text says why."""


def cause_of(error: Exception, request: Request, host: str) -> str:
    """Return why a request had no usable answer, without credentials of an address or a proxy.

    Args:
        error: what it failed with.
        request: as it was sent: where the environment has a proxy for it, its host is the proxy.
        host: the host of the address.
    """
    failure = error.reason if isinstance(error, URLError) else error
    cause = failure if isinstance(failure, Exception) else error
    # An address without a host, such as "file:x", has None here.
    peer = quoted((request.host or "").rpartition("@")[2])
    through = f"through the proxy {peer}: " if request.host != host else ""
    if isinstance(cause, UnusableAnswer):
        return f"{through}{cause}"
    return through + _sentence(cause, request.type).format(host=peer, text=quoted(_text(cause)))


def _sentence(cause: Exception, scheme: str) -> str:
    if isinstance(cause, ssl.SSLError) and cause.reason in _WITHOUT_TLS:
        return "{host} answers https without TLS: it may be a port for http"
    if isinstance(cause, ssl.SSLEOFError):
        return "{host} breaks off the TLS connection: it may be a port for http"
    if isinstance(cause, TimeoutError) and "handshake" in str(cause):
        return "timed out in the TLS handshake with {host}: it may be a port for http"
    is_alert = str(cause).startswith(_TLS_ALERT)  # the status line of no HTTP
    if is_alert or (scheme == "http" and isinstance(cause, ConnectionResetError)):
        return "{host} does not answer http: it may be a port for https"
    return next(sentence for kind, sentence in _CAUSES if isinstance(cause, kind))


def _text(cause: Exception) -> str:
    """What a library says of a failure: never an address, as in the texts of a ValueError."""
    names = ("verify_message", "reason", "strerror")
    return next(filter(None, (getattr(cause, name, None) for name in names)), str(cause))
