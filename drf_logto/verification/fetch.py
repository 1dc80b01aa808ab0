"""Fetches one JSON document over HTTP, bounded in time and size."""

import http.client
import io
import json
import socket
import time
import urllib.request
from collections.abc import Callable, Collection, Mapping
from email.message import Message
from functools import partial
from typing import Any, Protocol, TypeVar

from ..exceptions import AuthorizationServerUnavailable
from ..telemetry import quoted
from .connect import connect
from .fetch_causes import NO_ADDRESS, UnusableAnswer, cause_of

Fetch = Callable[[str, float], object]
"""``fetch(url, timeout)``: the JSON value at ``url``, or AuthorizationServerUnavailable."""

MAX_BODY = 256 * 1024
"""Longest body that is read, in bytes. A JWK Set of Logto is about one kilobyte."""

_Read = TypeVar("_Read")

_SUCCESS, _REDIRECTION = 2, 3
"""Hundreds of a status."""

_NO_BODY_NEEDED = (201, 204)
"""Statuses under which Logto says that all is done, with a text or nothing."""

REFUSALS = (400, 401, 403)
"""Statuses under which an authorization server says in JSON why it refuses (RFC 6749 §5.2)."""


class Exchange(Protocol):
    """A function like ``exchange``."""

    def __call__(
        self,
        method: str,
        url: str,
        timeout: float,
        *,
        headers: Mapping[str, str],
        body: str | None = None,
        accepted: Collection[int] = REFUSALS,
        max_body: int = MAX_BODY,
    ) -> tuple[int, object]: ...


def fetch_json(url: str, timeout: float, *, headers: Mapping[str, str] | None = None) -> object:
    """GET ``url`` and return its JSON value. Redirects are not followed.

    Args:
        url: an http or https address.
        timeout: seconds for everything from the connection to the last byte of the body.
        headers: more of them.

    Raises:
        AuthorizationServerUnavailable: no answer in time, another status than 2xx, or no JSON.
    """
    return exchange("GET", url, timeout, headers=headers or {}, accepted=())[1]


def post_form(
    url: str, timeout: float, *, headers: Mapping[str, str], body: str
) -> tuple[int, object]:
    """POST a form; return status and JSON value of the answer, which may be a refusal.

    Args:
        url: as for ``fetch_json``.
        timeout: likewise.
        headers: more of them, ``Content-Type`` among them.
        body: the form, urlencoded.

    Raises:
        AuthorizationServerUnavailable: as ``fetch_json``, unless the status is that of a refusal.
    """
    return exchange("POST", url, timeout, headers=headers, body=body)


def exchange(
    method: str,
    url: str,
    timeout: float,
    *,
    headers: Mapping[str, str],
    body: str | None = None,
    accepted: Collection[int] = REFUSALS,
    max_body: int = MAX_BODY,
) -> tuple[int, object]:
    """Send a request; return status and JSON value of the answer.

    Args:
        method: of HTTP.
        url: as for ``fetch_json``.
        timeout: likewise.
        headers: more of them, ``Content-Type`` among them where there is a body.
        body: of the request.
        accepted: the statuses other than 2xx whose answer is returned.
        max_body: the longest body of an answer that is read, in bytes.

    Returns:
        The status, and the JSON value; None where the status, such as 204, needs no JSON.

    Raises:
        AuthorizationServerUnavailable: as ``fetch_json``, unless the status is accepted.
    """
    read = partial(_read_json, accepted=accepted, max_body=max_body)
    return _send(method, url, timeout, headers, body, read)


def fetch_headers(url: str, timeout: float) -> Message:
    """GET ``url`` from where it is, and not from a cache; return the headers of any answer.

    Args:
        url: as for ``fetch_json``.
        timeout: likewise.

    Raises:
        AuthorizationServerUnavailable: no answer in time.
    """
    anew = {"Cache-Control": "no-cache"}
    return _send("GET", url, timeout, anew, None, lambda response: response.headers)


def _send(
    method: str,
    url: str,
    timeout: float,
    headers: Mapping[str, str],
    body: str | None,
    read: Callable[[http.client.HTTPResponse], _Read],
) -> _Read:
    """Send a request; return what is read of the answer."""
    own = {"Accept": "application/json", "User-Agent": "drf-logto-auth"}
    octets = None if body is None else body.encode()
    try:
        request = urllib.request.Request(  # noqa: S310 - the opener knows http and https only
            url, octets, {**own, **headers}, method=method
        )
    except ValueError as error:
        raise AuthorizationServerUnavailable(NO_ADDRESS) from error
    host = request.host
    try:
        with _opener().open(request, timeout=timeout) as response:
            return read(response)
    except (
        *(UnusableAnswer, OSError, http.client.HTTPException),
        *(ValueError, OverflowError),  # an address that cannot be asked
    ) as error:
        raise AuthorizationServerUnavailable(cause_of(error, request, host)) from error


def _read_json(
    response: http.client.HTTPResponse, *, accepted: Collection[int], max_body: int
) -> tuple[int, object]:
    status, hundreds = response.status, response.status // 100
    if hundreds == _REDIRECTION:
        raise UnusableAnswer(f"HTTP status {status}, and redirects are not followed")
    if hundreds != _SUCCESS and status not in accepted:
        raise UnusableAnswer(f"HTTP status {status}")
    body = response.read(max_body + 1)
    if len(body) > max_body:
        raise UnusableAnswer(f"longer than {max_body} bytes")
    if response.length:
        raise UnusableAnswer("ended early")
    try:
        return status, json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        if status in _NO_BODY_NEEDED:
            return status, None
        content_type = quoted(response.headers.get("Content-Type", ""))
        which = "" if hundreds == _SUCCESS else f"HTTP status {status}, and "
        raise UnusableAnswer(f"{which}no JSON (Content-Type {content_type})") from error


class _DeadlineReader(io.RawIOBase):
    """Reads a socket, each time within what is left: a drip of bytes cannot stretch it."""

    def __init__(self, bounded: "_DeadlineSocket", raw: io.RawIOBase) -> None:
        self._bounded = bounded
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._bounded.set_time_left()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineSocket:
    """What http.client uses of a connected socket, under one deadline for all of it."""

    def __init__(self, sock: socket.socket, ends_at: float) -> None:
        self._sock = sock
        self._ends_at = ends_at

    def set_time_left(self) -> None:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)

    def sendall(self, data: bytes) -> None:
        self.set_time_left()
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self, self._sock.makefile("rb", buffering=0)))

    def close(self) -> None:
        self._sock.close()


class _DeadlineConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        ends_at = time.monotonic() + (self.timeout or 0)
        self._create_connection = connect  # of http.client, which gives each address the whole time
        super().connect()
        self.sock = _DeadlineSocket(self.sock, ends_at)


class _DeadlineTLSConnection(_DeadlineConnection, http.client.HTTPSConnection):
    """The same over TLS; the handshake itself has one time limit of its own in ``ssl``."""


class _HTTPHandler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_DeadlineConnection, req)


class _HTTPSHandler(urllib.request.AbstractHTTPHandler):
    """The library's own reads all certificates as soon as it is made, and here for nothing."""

    https_request = urllib.request.AbstractHTTPHandler.do_request_

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_DeadlineTLSConnection, req)


def _opener() -> urllib.request.OpenerDirector:
    """Proxies of the environment, http and https; no redirects, files or FTP; every status."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.UnknownHandler,
        _HTTPHandler,
        _HTTPSHandler,
    ):
        opener.add_handler(handler())
    return opener
