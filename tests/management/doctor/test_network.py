"""The way to Logto: what is wrong with it is named, with what to do."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drf_logto.testing import Logto
from tests.management.doctor.conftest import Doctor
from tests.support.certificates import write_self_signed
from tests.support.loopback import LoopbackServer, loopback_server, raw_server, silent_server

ENDPOINT = "LOGTO['ENDPOINT']"


@pytest.fixture
def endpoint(settings: Any) -> Callable[[str], None]:
    def use(address: str) -> None:
        settings.LOGTO = {"ENDPOINT": address, "API_RESOURCE": "https://api.example.test"}

    return use


def test_a_logto_that_can_be_reached_is_ok(logto_at: LoopbackServer, doctor: Doctor) -> None:
    assert doctor("name") == [("ok", "'127.0.0.1' resolves to 127.0.0.1.")]
    assert doctor("connection")[0][0] == "ok"
    assert doctor("certificate")[0][0] == "skipped"
    assert doctor("proxy") == [("ok", "No proxy is in the way.")]


@pytest.mark.parametrize(
    ("address", "fact", "message"),
    [
        ("https://logto.invalid", "name", "The name of 'logto.invalid' cannot be resolved."),
        ("https://" + "a" * 70 + ".test", "name", "The address, or that of a proxy, is not"),
        ("http://127.0.0.1:9", "connection", "'127.0.0.1:9' refuses the connection."),
    ],
)
def test_what_cannot_be_reached_is_an_error_and_what_needs_it_is_skipped(
    endpoint: Callable[[str], None], doctor: Doctor, address: str, fact: str, message: str
) -> None:
    endpoint(address)
    (found,) = doctor(fact)
    assert found[0] == "error"
    assert message in found[1]
    assert f"{ENDPOINT}" in found[1]
    assert doctor("issuer") == [("skipped", "See certificate above.")]
    assert doctor("keys") == [("skipped", "See endpoints above.")]


def test_the_internal_endpoint_is_examined_where_there_is_one(
    endpoint: Callable[[str], None], logto_options: Any, doctor: Doctor
) -> None:
    endpoint("https://logto.invalid")
    logto_options(INTERNAL_ENDPOINT="http://127.0.0.1:9")
    ((verdict, message),) = doctor("connection")
    assert verdict == "error"
    assert "LOGTO['INTERNAL_ENDPOINT']" in message


def test_a_connection_that_nobody_accepts_times_out(
    endpoint: Callable[[str], None], logto_options: Any, doctor: Doctor
) -> None:
    with silent_server() as (host, port):
        endpoint(f"http://{host}:{port}")
        logto_options(HTTP_TIMEOUT=0.1)
        assert doctor("connection")[0][1].startswith("Timed out. Check whether a firewall")


@pytest.mark.parametrize(
    ("host", "days", "message"),
    [
        ("127.0.0.1", 100, "ok The certificate is trusted, and valid for 100 more days."),
        ("127.0.0.1", 3, "warning The certificate is trusted, and valid for 3 more days. Renew"),
        ("127.0.0.1", -0.5, "'certificate has expired'. Renew the certificate, and check the cl"),
        ("localhost", 100, "Write the host in LOGTO['ENDPOINT'] that the certificate is for, or"),
        (None, 100, "error The certificate of '127.0.0.1:"),
        (None, 100, "set the environment variable SSL_CERT_FILE"),
    ],
)
def test_the_certificate_is_trusted_of_the_host_and_valid_for_long(
    tmp_path: Path, endpoint: Callable[[str], None], doctor: Doctor,
    monkeypatch: pytest.MonkeyPatch, host: str | None, days: float, message: str,
) -> None:  # fmt: skip
    path = tmp_path / "certificate.pem"
    write_self_signed(path, days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    if host:
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with loopback_server(context) as server:
        endpoint(server.address.replace("127.0.0.1", host or "127.0.0.1"))
        server.serve_logto(Logto())
        (found,) = doctor("certificate")
    assert message in " ".join(found)


def test_https_to_a_port_for_http_is_named(endpoint: Callable[[str], None], doctor: Doctor) -> None:
    with raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as host:
        endpoint(f"https://{host}")
        ((verdict, message),) = doctor("certificate")
    assert verdict == "error"
    assert message.endswith("Write http in LOGTO['ENDPOINT'], or the port for https.")


def test_http_to_a_port_for_https_is_named(
    tls_server: LoopbackServer, endpoint: Callable[[str], None], doctor: Doctor
) -> None:
    endpoint(tls_server.address.replace("https:", "http:"))
    ((verdict, message),) = doctor("issuer")
    assert verdict == "error"
    assert message.endswith("Write https in LOGTO['ENDPOINT'], or the port for http.")


def test_a_proxy_is_named_without_its_password(
    endpoint: Callable[[str], None], doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint("https://logto.invalid")
    with raw_server(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n") as proxy:
        monkeypatch.setenv("https_proxy", f"http://user:hush-hush@{proxy}/")
        ((verdict, found),) = doctor("proxy")
        assert verdict == "ok"
        assert found.startswith(f"HTTPS_PROXY sends requests through the proxy '{proxy}'. NO_PROXY")
        assert doctor("name") == [("skipped", "The proxy connects to Logto.")]
        ((verdict, message),) = doctor("issuer")
    assert verdict == "error"
    assert message.startswith(f"Through the proxy '{proxy}'")
    assert message.endswith("Check the proxy, or name the host of LOGTO['ENDPOINT'] in NO_PROXY.")
    assert "hush" not in f"{found}{message}"
    monkeypatch.setenv("no_proxy", "logto.invalid")
    assert doctor("proxy") == [("ok", "No proxy is in the way.")]
