"""The stand-in for Logto as machines meet it: tokens, metadata, keys, and bounded requests."""

import base64
import json
import socket
import struct
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from drf_logto.testing import Logto
from sandbox.stand_in import MAX_BODY
from sandbox.tenant import API_RESOURCE, BACK_OFFICE, STOREFRONT
from tests.exchange import Answer, claims_of, send, send_form

PRODUCTS = {"resource": API_RESOURCE, "scope": "read:products write:products"}
INVITATIONS = {"organization_id": "acme", "scope": "invite:member"}
DOCUMENTS = {
    "resource": API_RESOURCE,
    "organization_id": "acme",
    "scope": "read:documents write:documents",
}


def ask(stand_in: Logto, form: Mapping[str, Any], client: str = "back-office") -> Answer:
    own = {"grant_type": "client_credentials", "client_id": client}
    own["client_secret"] = f"{client}-secret"
    return send_form(f"{stand_in.endpoint}/oidc/token", {**own, **form})


@pytest.mark.parametrize(
    ("name", "form", "scope"),
    [
        ("m2m_api_two", PRODUCTS, PRODUCTS["scope"]),
        ("m2m_api_no_scope_param", {"resource": API_RESOURCE}, None),
        ("m2m_api_scope_all_keyword", {"resource": API_RESOURCE, "scope": "all"}, None),
        ("m2m_org_a", INVITATIONS, INVITATIONS["scope"]),
        ("m2m_org_a_no_scope_param", {"organization_id": "acme"}, ""),
        ("m2m_org_a_api", DOCUMENTS, DOCUMENTS["scope"]),
        (
            "m2m_org_a_api_no_scope_param",
            {"resource": API_RESOURCE, "organization_id": "acme"},
            None,
        ),
    ],
)
def test_a_token_has_the_shape_that_logto_gives_it(
    stand_in: Logto, recordings: dict[str, Any], name: str, form: dict[str, str], scope: str | None
) -> None:
    recorded = recordings["tokens"]["tokens"][name]["response"]
    answer = ask(stand_in, form)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    token = answer.json()
    claims = claims_of(token["access_token"])
    assert token.keys() == recorded.keys()
    assert claims.keys() == claims_of(recorded["access_token"]).keys()
    assert claims.get("scope") == token.get("scope") == scope
    assert claims["sub"] == claims["client_id"] == BACK_OFFICE.id
    assert claims["exp"] - claims["iat"] == token["expires_in"]


@pytest.mark.parametrize(
    ("client", "form", "scope"),
    [
        ("back-office", {"resource": API_RESOURCE}, "read:products write:products"),
        ("storefront", {"resource": API_RESOURCE}, "read:products"),
        ("back-office", {"organization_id": "acme"}, "invite:member"),
        ("back-office", {"organization_id": "globex"}, ""),
        (
            "back-office",
            {"resource": API_RESOURCE, "organization_id": "globex"},
            "read:documents",
        ),
    ],
)
def test_scopes_are_cut_down_to_what_the_roles_grant(
    stand_in: Logto, client: str, form: dict[str, str], scope: str
) -> None:
    wanted = "invite:member read:documents write:documents read:products write:products"
    granted = ask(stand_in, {**form, "scope": wanted}, client)
    assert granted.json()["scope"] == scope


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("m2m_no_resource", {"scope": "read:products"}),
        ("err_unknown_resource", {"resource": "https://nope.example.test"}),
        ("err_resource_trailing_slash", {"resource": f"{API_RESOURCE}/"}),
        ("err_two_resources", {"resource": [API_RESOURCE, "https://other.example.test"]}),
        ("err_org_not_associated", {"organization_id": "initech"}),
        ("err_org_api_not_associated", {**DOCUMENTS, "organization_id": "initech"}),
        ("err_bad_secret", {**PRODUCTS, "client_secret": "wrong"}),
        ("err_bad_secret", {**PRODUCTS, "client_id": "nobody"}),
    ],
)
def test_a_refusal_is_the_one_that_logto_gives(
    stand_in: Logto, recordings: dict[str, Any], name: str, form: dict[str, Any]
) -> None:
    recorded = recordings["tokens"]["tokens"][name]
    answer = ask(stand_in, form)
    assert (answer.status, answer.json()) == (recorded["status"], recorded["response"])
    assert ("WWW-Authenticate" in answer.headers) is (answer.status == 401)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ["client_credentials", "client_credentials"]}, "invalid_request"),
        ({"scope": ["read:products", "read:reports"]}, "invalid_request"),
        ({"client_id": ""}, "invalid_request"),
        ({str(number): "x" for number in range(100)}, "invalid_request"),
    ],
)
def test_a_token_request_that_cannot_be_is_refused(
    stand_in: Logto, form: dict[str, Any], error: str
) -> None:
    answer = ask(stand_in, {**PRODUCTS, **form})
    assert (answer.status, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("Basic " + base64.b64encode(b"storefront:storefront-secret").decode(), 200),
        ("basic " + base64.b64encode(b"%73torefront:storefront%2Dsecret").decode(), 200),
        ("Basic " + base64.b64encode(b"storefront:wrong").decode(), 401),
        ("Basic " + base64.b64encode("storefront:\u00e9".encode()).decode(), 401),
        ("Basic " + base64.b64encode(b"storefront").decode(), 400),
        ("Basic " + base64.b64encode(b"\xff:\xff").decode(), 400),
        ("Basic \u00e9", 400),
        ("Basic", 400),
        ("Bearer c3RvcmVmcm9udDp4", 400),
    ],
)
def test_a_client_may_authenticate_in_the_header(
    stand_in: Logto, authorization: str, status: int
) -> None:
    form = {"grant_type": "client_credentials", **PRODUCTS}
    url = f"{stand_in.endpoint}/oidc/token"
    answer = send_form(url, form, Authorization=authorization)
    assert answer.status == status
    assert (answer.json().get("scope") == "read:products") is (status == 200)


def test_a_client_authenticates_in_one_way_only(stand_in: Logto) -> None:
    form = {"grant_type": "client_credentials", "client_secret": STOREFRONT.secret, **PRODUCTS}
    basic = "Basic " + base64.b64encode(b"storefront:storefront-secret").decode()
    answer = send_form(f"{stand_in.endpoint}/oidc/token", form, Authorization=basic)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Length": str(MAX_BODY + 1)}, 413),
        ({"Content-Length": "9" * 5000}, 413),
        ({"Content-Length": "-1"}, 413),
        ({"Transfer-Encoding": "chunked"}, 413),
        ({"Content-Type": "application/json", "Content-Length": "0"}, 400),
        ({"Content-Length": "0"}, 400),
    ],
)
def test_a_body_that_is_no_bounded_form_is_not_read(
    stand_in: Logto, headers: dict[str, str], status: int
) -> None:
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{stand_in.endpoint}/oidc/token"
    answer = send(url, method="POST", headers=form_type | headers)
    assert (answer.status, answer.json()["error"]) == (status, "invalid_request")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "//["), ("GET", "/oidc/token"), ("POST", "/oidc/jwks")],
)
def test_what_logto_does_not_have_is_not_found(stand_in: Logto, method: str, path: str) -> None:
    with closing(HTTPConnection(urlsplit(stand_in.endpoint).netloc, timeout=10)) as connection:
        connection.request(method, path)
        response = connection.getresponse()
        assert (response.status, json.load(response)["error"]) == (404, "invalid_request")


def test_metadata_and_keys_are_published_as_by_logto(stand_in: Logto) -> None:
    metadata = send(f"{stand_in.endpoint}/oidc/.well-known/openid-configuration").json()
    keys = send(metadata["jwks_uri"])
    assert metadata["issuer"] == f"{stand_in.endpoint}/oidc"
    assert metadata["token_endpoint"] == f"{stand_in.endpoint}/oidc/token"
    assert keys.headers["Content-Type"] == "application/jwk-set+json"
    assert [key["alg"] for key in keys.json()["keys"]] == ["ES384"]


def test_a_client_that_hangs_up_leaves_no_trace(
    stand_in: Logto, capfd: pytest.CaptureFixture[str]
) -> None:
    parts = urlsplit(stand_in.endpoint)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        # Closed with unread data, a socket resets the connection.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(b"POST /oidc/token HTTP/1.1\r\nContent-Length: 9\r\n")
    send(f"{stand_in.endpoint}/oidc/jwks")
    assert capfd.readouterr() == ("", "")


# Other origins


def test_everybody_may_read_metadata_and_keys(stand_in: Logto) -> None:
    for path in ("/oidc/.well-known/openid-configuration", "/oidc/jwks"):
        url = stand_in.endpoint + path
        for answer in (
            send(url, headers={"Origin": "https://app.example"}),
            send(url, method="OPTIONS", headers={"Origin": "https://app.example"}),
        ):
            assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/oidc/token", "/oidc/token/revocation", "/oidc/me"])
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost", "http://localhost"),
        ("https://localhost:8000", None),
        ("http://localhost.example", None),
        ("http://127.0.0.1:8000/", None),
        ("null", None),
    ],
)
def test_a_page_on_loopback_may_ask_for_tokens_and_no_other(
    stand_in: Logto, path: str, origin: str, allowed: str | None
) -> None:
    preflight = send(f"{stand_in.endpoint}{path}", method="OPTIONS", headers={"Origin": origin})
    assert (preflight.status, preflight.text) == (204, "")
    assert preflight.headers["Access-Control-Allow-Origin"] == allowed
    assert preflight.headers["Vary"] == "Origin"
    if allowed:
        assert "X-Requested-With" in preflight.headers["Access-Control-Allow-Headers"]


def test_a_page_on_loopback_may_read_a_refusal(stand_in: Logto) -> None:
    origin = "http://127.0.0.1:8000"
    refused = send_form(f"{stand_in.endpoint}/oidc/token", {}, Origin=origin)
    assert refused.status == 400
    assert refused.headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize("path", ["/oidc/auth", "/sign-in/x", "/oidc/session/end", "/nowhere"])
def test_no_page_may_read_what_is_shown_to_people(stand_in: Logto, path: str) -> None:
    headers = {"Origin": "http://127.0.0.1:8000"}
    answer = send(f"{stand_in.endpoint}{path}", method="OPTIONS", headers=headers)
    assert answer.status == 404
    assert "Access-Control-Allow-Origin" not in answer.headers
