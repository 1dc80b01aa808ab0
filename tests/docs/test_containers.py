"""docs/en/how-to/containers.md: Logto at an internal address, and a proxy that terminates TLS."""

import logging
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path
from ssl import create_default_context
from typing import Any

import pytest
import yaml
from django.core.checks import run_checks
from django.test import RequestFactory

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.runtime import get_verifier
from drf_logto.testing import Logto
from tests.support.documents import Page
from tests.support.loopback import LoopbackServer, http
from tests.support.web_servers import needs_nginx, nginx

PAGE = Page("how-to/containers.md")
(COMPOSE,) = PAGE.take(file="compose.yaml")
(INTERNAL,) = PAGE.take("Logto in another container", file="settings.py")
(PROXY,) = PAGE.take("A proxy in front", file="settings.py")
(NGINX,) = PAGE.take(language="nginx")
SERVICES = yaml.safe_load(COMPOSE.code)["services"]


@pytest.fixture
def in_container(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a block of settings with the environment of the container, in which some differs."""

    def run(code: str, **environment: str) -> None:
        for name, value in {**SERVICES["api"]["environment"], **environment}.items():
            monkeypatch.setenv(name, value)
        found: dict[str, Any] = {"LOGTO": dict(settings.LOGTO)}
        exec(code, found)
        for name in filter(str.isupper, found):
            setattr(settings, name, found[name])

    return run


@pytest.fixture
def tenant(settings: Any, server: LoopbackServer) -> Logto:
    """A Logto that knows its public address alone."""
    tenant = Logto(SERVICES["logto"]["environment"]["ENDPOINT"], settings.LOGTO["API_RESOURCE"])
    server.serve_logto(tenant)
    return tenant


def test_the_internal_address_is_asked_for_the_keys_of_the_public_one(
    in_container: Any, tenant: Logto, server: LoopbackServer
) -> None:
    in_container(INTERNAL.code, LOGTO_INTERNAL_ENDPOINT=server.address)
    assert get_verifier().verify(tenant.global_token()).issuer == tenant.issuer
    assert server.asked == ["/oidc/.well-known/openid-configuration", "/oidc/jwks"]


def test_an_endpoint_that_is_the_internal_address_is_named_in_the_log(
    in_container: Any, tenant: Logto, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    address = server.address
    in_container(INTERNAL.code, LOGTO_ENDPOINT=address, LOGTO_INTERNAL_ENDPOINT=address)
    inside = Logto(address, "https://api.example.test")
    with (
        caplog.at_level(logging.WARNING, "drf_logto"),
        pytest.raises(AuthorizationServerUnavailable),
    ):
        get_verifier().verify(inside.global_token())
    assert "the metadata is of another issuer" in caplog.text
    assert tenant.issuer in caplog.text


def test_plain_http_between_containers_is_reported(in_container: Any) -> None:
    in_container(INTERNAL.code)
    assert "drf_logto.W001" in {one.id for one in run_checks()}


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_address_has_the_scheme_that_the_proxy_names(in_container: Any, scheme: str) -> None:
    in_container(PROXY.code)
    headers = {"Host": "api.example.com", "X-Forwarded-Proto": scheme}
    address = RequestFactory().get("/auth/", headers=headers).build_absolute_uri()
    assert address == f"{scheme}://api.example.com/auth/"


@needs_nginx
@pytest.mark.parametrize(
    ("without", "length", "status"),
    [("", 20_000, 401), ("large_client_header_buffers 4 20k;", 9_000, 400)],
    ids=["as written", "without buffers"],
)
@pytest.mark.servers
def test_nginx_passes_on_the_token_the_host_and_its_own_headers(
    in_container: Any,
    server: LoopbackServer,
    certificate: Path,
    without: str,
    length: int,
    status: int,
) -> None:
    server.others = http("", "401 Unauthorized", WWW_Authenticate="Bearer")
    values = {
        "/etc/ssl/api.pem": str(certificate),
        "/etc/ssl/api.key": str(certificate),
        "http://127.0.0.1:8000": server.address,
    }
    tls = create_default_context(cafile=certificate)
    token = f"Bearer {'x' * length}"
    forged = {"X-Forwarded-For": "10.9.9.9", "X-Forwarded-Proto": "http"}
    with nginx(certificate.parent, NGINX.code.replace(without, ""), values) as port:
        connection = HTTPSConnection("127.0.0.1", port, context=tls)
        headers = {"Host": "api.example.com", "Authorization": token, **forged}
        connection.request("GET", "/products/", headers=headers)
        with closing(connection), connection.getresponse() as response:
            assert response.status == status
            if status == 400:
                return
            assert response.getheader("WWW-Authenticate") == "Bearer"
    (arrived,) = server.headers
    assert (arrived["Authorization"], arrived["X-Forwarded-For"]) == (token, "127.0.0.1")
    in_container(PROXY.code)
    request = RequestFactory().get("/auth/", headers=dict(arrived.items()))
    assert request.build_absolute_uri() == "https://api.example.com/auth/"
