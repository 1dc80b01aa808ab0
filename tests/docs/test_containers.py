"""docs/en/how-to/containers.md: Logto at an internal address, and a proxy that terminates TLS."""

import logging
from typing import Any

import pytest
import yaml
from django.core.checks import run_checks
from django.test import RequestFactory

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.runtime import get_verifier
from drf_logto.testing import Logto
from tests.support.documents import Page
from tests.support.loopback import LoopbackServer

PAGE = Page("how-to/containers.md")
(COMPOSE,) = PAGE.take(file="compose.yaml")
(INTERNAL,) = PAGE.take("Logto in another container", file="settings.py")
(PROXY,) = PAGE.take("A proxy in front", file="settings.py")
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
