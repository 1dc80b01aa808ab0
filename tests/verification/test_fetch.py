"""fetch_json against a real server: one document, bounded in time and size, or one exception."""

import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.verification.connect import connect
from drf_logto.verification.fetch import (
    MAX_BODY,
    _DeadlineConnection,
    _DeadlineSocket,
    fetch_json,
    post_form,
)
from tests.support.loopback import (
    Answer,
    Connection,
    LoopbackServer,
    document,
    http,
    raw_server,
)


def fetch(server: LoopbackServer, answer: Answer, timeout: float = 5) -> object:
    server.answers["/"] = answer
    return fetch_json(f"{server.address}/", timeout)


def reason_of(server: LoopbackServer, answer: Answer, timeout: float = 5) -> str:
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        fetch(server, answer, timeout)
    return refused.value.reason


def host_of(server: LoopbackServer) -> str:
    return repr(urlsplit(server.address).netloc)


def test_a_json_document_is_returned(server: LoopbackServer) -> None:
    assert fetch(server, document({"keys": []})) == {"keys": []}


def test_a_document_of_the_greatest_length_is_returned(server: LoopbackServer) -> None:
    assert fetch(server, http("{}" + " " * (MAX_BODY - 2))) == {}


def test_the_addresses_of_a_host_share_the_time_limit(server: LoopbackServer) -> None:
    connection = _DeadlineConnection(urlsplit(server.address).netloc, timeout=5)
    connection.connect()
    connection.close()
    assert connection._create_connection is connect


def test_what_is_no_http_is_no_document(server: LoopbackServer) -> None:
    reason = reason_of(server, lambda connection: _write(connection, b"NOT HTTP\r\n\r\n"))
    assert reason == f"{host_of(server)} does not speak HTTP"


def _write(connection: Connection, octets: bytes) -> None:
    connection.wfile.write(octets)


def test_a_chunked_document_is_returned(server: LoopbackServer) -> None:
    def chunked(connection: Connection) -> None:
        connection.wfile.write(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        )

    assert fetch(server, chunked) == {}


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops"])
def test_another_status_is_no_document(server: LoopbackServer, status: str) -> None:
    assert reason_of(server, http("{}", status)) == f"HTTP status {status[:3]}"


def test_a_redirect_is_not_followed(server: LoopbackServer) -> None:
    server.answers["/elsewhere"] = document({})
    redirect = http("", "302 Found", Location=f"{server.address}/elsewhere")
    assert reason_of(server, redirect) == "HTTP status 302, and redirects are not followed"
    assert server.asked == ["/"]


def test_of_two_members_with_one_name_the_last_counts(server: LoopbackServer) -> None:
    assert fetch(server, http('{"keys": [1], "keys": [2]}')) == {"keys": [2]}


@pytest.mark.parametrize("body", ["", "<html>", "{", b"\xff\xfe{}", "[" * 100_000])
def test_what_is_no_json_is_no_document(server: LoopbackServer, body: bytes | str) -> None:
    page = http(body, Content_Type="text/html; charset=utf-8")
    assert reason_of(server, page) == "no JSON (Content-Type 'text/html; charset=utf-8')"


def test_a_body_that_is_too_long_is_not_read(server: LoopbackServer) -> None:
    for length in (MAX_BODY + 1, 50_000_000):
        assert reason_of(server, http(" " * length)) == f"longer than {MAX_BODY} bytes"


def test_a_body_that_ends_early_is_no_document(server: LoopbackServer) -> None:
    assert reason_of(server, http("{}", Content_Length="10")) == "ended early"


def test_a_connection_that_is_closed_is_no_document(server: LoopbackServer) -> None:
    closed = f"{host_of(server)} does not answer http: it may be a port for https"
    assert reason_of(server, lambda connection: None) == closed


def test_a_connection_that_is_reset_is_no_document(server: LoopbackServer) -> None:
    assert reason_of(server, server.reset)


NO_ADDRESS = "the address, or that of a proxy, is not valid"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:9/", "'127.0.0.1:9' refuses the connection"),
        ("https://logto.invalid/", "the name of 'logto.invalid' cannot be resolved"),
        ("ftp://127.0.0.1/", "'127.0.0.1' cannot be reached: 'unknown url type: ftp'"),
        ("file:///etc/passwd", "'' cannot be reached: 'unknown url type: file'"),
        ("file:x", "'' cannot be reached: 'unknown url type: file'"),
        ("nonsense", NO_ADDRESS),
        ("http://[/", NO_ADDRESS),
        ("http://user:secret@127.0.0.1/", NO_ADDRESS),
        ("http://" + "a" * 5000 + ".invalid/", NO_ADDRESS),
    ],
)
def test_an_address_that_cannot_be_asked_is_no_document(url: str, reason: str) -> None:
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        fetch_json(url, 5)
    assert refused.value.reason == reason


def test_a_port_that_is_none_is_no_document() -> None:
    # Python 3.13 asks the resolver, and earlier ones do not.
    reasons = [NO_ADDRESS, f"the name of '127.0.0.1:{10**20}' cannot be resolved"]
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        fetch_json(f"http://127.0.0.1:{10**20}/", 5)
    assert refused.value.reason in reasons


@pytest.mark.parametrize("behaviour", ["hang", "drip", "drip_headers"])
def test_a_slow_answer_ends_at_the_time_limit(server: LoopbackServer, behaviour: str) -> None:
    assert reason_of(server, getattr(server, behaviour), timeout=0.2) == "timed out"


def test_a_server_that_does_not_read_ends_at_the_time_limit(server: LoopbackServer) -> None:
    long_path = "/" + "a" * 20_000_000
    server.answers["/"] = server.hang
    with pytest.raises(AuthorizationServerUnavailable):
        fetch_json(server.address + long_path, 0.2)


@pytest.mark.parametrize(
    ("scheme", "octets", "reason"),
    [
        ("https", b"HTTP/1.1 400\r\n", "{} answers https without TLS: it may be a port for http"),
        ("https", b"", "timed out in the TLS handshake with {}: it may be a port for http"),
        ("http", b"\x15\x03\x01\0\2\2F", "{} does not answer http: it may be a port for https"),
    ],
)
def test_the_other_scheme_is_named_when_the_port_answers_or_waits_for_it(
    scheme: str, octets: bytes, reason: str
) -> None:
    with raw_server(octets) as host, pytest.raises(AuthorizationServerUnavailable) as refused:
        fetch_json(f"{scheme}://{host}/", 1)
    assert refused.value.reason == reason.format(repr(host))


def test_a_handshake_that_the_server_refuses_is_not_called_a_timeout() -> None:
    alert = b"\x15\x03\x03\0\2\2("
    with raw_server(alert) as host, pytest.raises(AuthorizationServerUnavailable) as refused:
        fetch_json(f"https://{host}/", 5)
    assert refused.value.reason.startswith(f"no TLS connection to '{host}': '")


def test_a_document_is_returned_over_tls(
    tls_server: LoopbackServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert fetch_json(f"{tls_server.address}/", 5) == {"keys": []}


def test_a_connection_over_tls_that_is_closed_is_called_so(
    tls_server: LoopbackServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    closed = f"{host_of(tls_server)} closed the connection"
    assert reason_of(tls_server, lambda connection: None) == closed


def test_a_certificate_that_no_one_vouches_for_is_refused(tls_server: LoopbackServer) -> None:
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        fetch_json(f"{tls_server.address}/", 5)
    certificate = f"the certificate of {host_of(tls_server)} is not trusted"
    assert refused.value.reason == f"{certificate}: 'self-signed certificate'"
    assert tls_server.asked == []


def test_a_port_for_http_that_hangs_up_on_tls_is_named(server: LoopbackServer) -> None:
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        fetch_json(server.address.replace("http:", "https:"), 5)
    reason = f"{host_of(server)} breaks off the TLS connection: it may be a port for http"
    assert refused.value.reason == reason


def test_a_port_for_tls_is_named_when_it_is_asked_without(tls_server: LoopbackServer) -> None:
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        fetch_json(tls_server.address.replace("https:", "http:"), 5)
    reason = f"{host_of(tls_server)} does not answer http: it may be a port for https"
    assert refused.value.reason == reason


def test_a_certificate_of_another_host_is_refused(
    tls_server: LoopbackServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    address = tls_server.address.replace("127.0.0.1", "localhost")
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        fetch_json(f"{address}/", 5)
    assert "Hostname mismatch" in refused.value.reason
    assert tls_server.asked == []


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", "407"),
        (b"HTTP/1.1 502 \x1b" + b"x" * 900 + b"\r\nContent-Length: 0\r\n\r\n", "502"),
        (b"\xff", "does not speak HTTP"),
    ],
)
def test_a_proxy_is_named_without_its_password_when_a_fetch_fails(
    monkeypatch: pytest.MonkeyPatch, scheme: str, answer: bytes, fault: str
) -> None:
    with raw_server(answer) as proxy:
        monkeypatch.setenv(f"{scheme}_proxy", f"http://user:secret@{proxy}")
        with pytest.raises(AuthorizationServerUnavailable) as refused:
            fetch_json(f"{scheme}://logto.invalid/", 1)
    reason = refused.value.reason
    assert reason.startswith(f"through the proxy '{proxy}': ")
    assert fault in reason
    assert "secret" not in reason
    assert reason.isprintable()
    assert len(reason) < 400


def test_nothing_is_read_or_written_after_the_deadline() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        _DeadlineSocket(ours, time.monotonic() + 5).sendall(b"in time")
        assert 0 < (ours.gettimeout() or 0) <= 5
        late = _DeadlineSocket(ours, time.monotonic())
        theirs.sendall(b"late")
        with pytest.raises(TimeoutError):
            late.sendall(b"late")
        with late.makefile("rb") as reader, pytest.raises(TimeoutError):
            reader.read(4)


def post(server: LoopbackServer, answer: Answer) -> tuple[int, object]:
    server.answers["/token"] = answer
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return post_form(f"{server.address}/token", 5, headers=form, body="a=1&b=%20")


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "401 No", "403 Forbidden"])
def test_the_answer_to_a_form_is_returned_with_its_status_when_it_is_a_refusal_too(
    server: LoopbackServer, status: str
) -> None:
    assert post(server, http('{"error": "no"}', status)) == (int(status[:3]), {"error": "no"})


@pytest.mark.parametrize("status", ["302 Found", "404 Not Found", "429 Slowly", "500 Oops"])
def test_another_status_is_no_answer_to_a_form(server: LoopbackServer, status: str) -> None:
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        post(server, http("{}", status, Location="/"))
    assert refused.value.reason.startswith(f"HTTP status {status[:3]}")
    assert server.asked == ["/token"]


def test_a_form_arrives_as_it_was_sent(server: LoopbackServer) -> None:
    post(server, document({}))
    assert server.bodies == ["a=1&b=%20"]
    assert server.headers[0]["content-type"] == "application/x-www-form-urlencoded"


def test_headers_are_sent_besides_the_usual_ones(server: LoopbackServer) -> None:
    with_headers = {"Authorization": "Bearer secret"}
    server.answers["/"] = document({})
    fetch_json(f"{server.address}/", 5, headers=with_headers)
    assert server.headers[-1]["authorization"] == "Bearer secret"
    assert server.headers[-1]["accept"] == "application/json"
