"""Facts about the way to Logto: proxy, name, connection and certificate."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from ssl import cert_time_to_seconds
from typing import Any
from urllib.parse import SplitResult, urlsplit
from urllib.request import Request, getproxies, proxy_bypass

from ...exceptions import AuthorizationServerUnavailable
from ...telemetry import quoted
from ...verification.connect import connect
from ...verification.fetch_causes import cause_of
from ..output import Verdict
from .examination import Examination
from .facts import Fact, Find
from .findings import Finding, ok, warning

_FEW_DAYS = 14
_DAY = 86400
_PORTS = {"http": 80, "https": 443}
_SHOWN = 5  # addresses of a name


def _proxy(_examination: Examination, address: str) -> Iterator[Finding]:
    found = _proxy_for(address)
    if found is None:
        yield ok("No proxy is in the way.")
    else:
        variable = f"{urlsplit(address).scheme.upper()}_PROXY"
        yield ok(
            f"{variable} sends requests through the proxy {quoted(found)}. NO_PROXY lacks "
            f"{quoted(urlsplit(address).hostname)}."
        )


def _proxy_for(address: str) -> str | None:
    """Return the host of the proxy that ``urllib`` uses, without credentials."""
    parts = urlsplit(address)
    proxy = getproxies().get(parts.scheme)
    if not proxy or proxy_bypass(parts.netloc):
        return None
    return proxy.rpartition("//")[2].rpartition("@")[2].partition("/")[0]


def _direct(find: Callable[[Examination, SplitResult], Finding]) -> Find:
    """Skip a fact where a proxy connects to Logto, and not this machine."""

    def found(examination: Examination, address: str) -> Iterator[Finding]:
        if _proxy_for(address) is not None:
            yield Finding(Verdict.SKIPPED, "The proxy connects to Logto.")
            return
        try:
            yield find(examination, urlsplit(address))
        except (OSError, ValueError) as failure:
            request = Request(address)  # noqa: S310 - it is not opened
            cause = cause_of(failure, request, request.host)
            raise AuthorizationServerUnavailable(cause) from failure

    return found


def _host_and_port(parts: SplitResult) -> tuple[str, int]:
    return parts.hostname or "", parts.port or _PORTS[parts.scheme]


@_direct
def _name(examination: Examination, parts: SplitResult) -> Finding:
    host, port = _host_and_port(parts)
    answers: list[Any] = []

    def resolve() -> None:
        try:
            answers.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as failure:
            answers.append(failure)

    # The resolver of the system has no time limit.
    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(examination.timeout)
    found = answers[0] if answers else TimeoutError()
    if isinstance(found, Exception):
        raise found
    several = dict.fromkeys(str(one[4][0]) for one in found)
    return ok(f"{quoted(host)} resolves to {', '.join(list(several)[:_SHOWN])}.")


@_direct
def _connection(examination: Examination, parts: SplitResult) -> Finding:
    host, port = _host_and_port(parts)
    began = examination.monotonic()
    connect((host, port), examination.timeout).close()
    took = (examination.monotonic() - began) * 1000
    return ok(f"Port {port} accepts connections, after {took:.0f} ms.")


@_direct
def _certificate(examination: Examination, parts: SplitResult) -> Finding:
    if parts.scheme != "https":
        return Finding(Verdict.SKIPPED, "There is no TLS, because the address is http.")
    host, port = _host_and_port(parts)
    context = ssl.create_default_context()
    with (
        connect((host, port), examination.timeout) as connection,
        context.wrap_socket(connection, server_hostname=host) as tls,
    ):
        certificate: Any = tls.getpeercert()
    left = cert_time_to_seconds(certificate["notAfter"]) - examination.environment.now()
    days = f"The certificate is trusted, and valid for {left / _DAY:.0f} more days."
    return warning(days, "Renew it.") if left < _FEW_DAYS * _DAY else ok(days)


FACTS = (
    Fact("proxy", _proxy),
    Fact("name", _name),
    Fact("connection", _connection, ("name",)),
    Fact("certificate", _certificate, ("connection",)),
)
