"""Discovery: which JWK Set an endpoint names, for which issuer."""

from typing import Any

import pytest

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.verification import metadata
from drf_logto.verification.metadata import discover_jwks_uri

ADDRESS = "https://tenant.logto.test"
ISSUER = f"{ADDRESS}/oidc"
METADATA = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"}


def discover(document: object, address: str = ADDRESS, issuers: tuple[str, ...] = (ISSUER,)) -> str:
    def fetch(url: str, timeout: float) -> object:
        assert (url, timeout) == (f"{address}/oidc/.well-known/openid-configuration", 5)
        return document

    return discover_jwks_uri(address, issuers, fetch=fetch, timeout=5)


def test_the_jwks_uri_of_the_issuer_is_returned() -> None:
    assert discover(METADATA) == f"{ISSUER}/jwks"


def test_what_a_real_logto_published_is_read(recordings: dict[str, Any]) -> None:
    document = recordings["openid_configuration"]
    address = "http://localhost:3001"
    assert discover(document, address, (f"{address}/oidc",)) == document["jwks_uri"]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "text",
        {},
        {"issuer": ISSUER},
        {"issuer": ISSUER, "jwks_uri": 7},
        {"issuer": [ISSUER], "jwks_uri": "https://x"},
        {**METADATA, "issuer": f"{ISSUER}/"},
        {**METADATA, "issuer": ADDRESS},
        {**METADATA, "issuer": "https://TENANT.logto.test/oidc"},
        {**METADATA, "jwks_uri": "http://tenant.logto.test/oidc/jwks"},
        {**METADATA, "jwks_uri": "file:///etc/passwd"},
    ],
)
def test_metadata_of_another_issuer_or_shape_is_refused(document: object) -> None:
    with pytest.raises(AuthorizationServerUnavailable):
        discover(document)


def test_an_internal_address_is_kept_for_the_keys_too() -> None:
    assert discover(METADATA, "http://logto:3001") == "http://logto:3001/oidc/jwks"


def test_keys_at_another_host_are_left_where_they_are() -> None:
    elsewhere = {**METADATA, "jwks_uri": "https://keys.test/jwks"}
    assert discover(elsewhere) == "https://keys.test/jwks"


def found(address: str, authorization_endpoint: object) -> metadata.Metadata:
    document = {**METADATA, "authorization_endpoint": authorization_endpoint}
    return metadata.discover(address, [ISSUER], fetch=lambda *_: document, timeout=5)


@pytest.mark.parametrize("host", [ADDRESS, "http://logto:3001"])
def test_a_browser_is_sent_to_the_public_address_whichever_was_asked(host: str) -> None:
    internal = found("http://logto:3001", f"{host}/oidc/auth")
    assert internal.front_channel("authorization_endpoint") == f"{ISSUER}/auth"
    assert internal.back_channel("authorization_endpoint") == "http://logto:3001/oidc/auth"


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://[",
        "http://[::1",
        "http://logto:port/auth",
        "http://logto:0/auth",
        "http://logto:99999/auth",
        "http://",
        "http:///auth",
        "http://logto/a b",
        "http://logto/\r\nX: y",
        "http://l\u00f6gto/auth",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "logto/auth",
    ],
)
def test_an_endpoint_that_is_no_address_counts_as_none(endpoint: str) -> None:
    of_plain_http = found("http://logto:3001", endpoint)
    for channel in (of_plain_http.back_channel, of_plain_http.front_channel):
        with pytest.raises(AuthorizationServerUnavailable):
            channel("authorization_endpoint")


@pytest.mark.parametrize("endpoint", [None, 7, "http://tenant.logto.test/oidc/auth", "javascript:"])
def test_a_browser_is_not_sent_where_no_tls_is(endpoint: object) -> None:
    with pytest.raises(AuthorizationServerUnavailable):
        found(ADDRESS, endpoint).front_channel("authorization_endpoint")
