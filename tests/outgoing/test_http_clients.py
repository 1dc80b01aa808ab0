"""HTTPX and Requests as a machine: which requests have its token, and which must not."""

import asyncio
import importlib
import io
import runpy
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import requests

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.outgoing import machine_token
from drf_logto.outgoing.destination import Destination
from drf_logto.outgoing.httpx import HttpxAuth
from drf_logto.outgoing.requests import RequestsAuth
from tests.support.clock import Clock
from tests.support.loopback import Connection, LoopbackServer, http, loopback_server
from tests.support.machines import SECRET, TokenEndpoint
from tests.support.reports import Reports, assert_no_secret

RESOURCE = "https://orders.example.test"
Send = Callable[..., Any]


# To read the certificates of all authorities takes longer than the rest of a test.
HTTPX: dict[str, Any] = {"follow_redirects": True, "timeout": 60, "verify": False}


def send_with_httpx(auth: dict[str, Any], method: str, url: str, **options: Any) -> Any:
    with httpx.Client(auth=HttpxAuth(**auth), **HTTPX) as client:
        return client.request(method, url, **options)


def send_with_async_httpx(auth: dict[str, Any], method: str, url: str, **options: Any) -> Any:
    async def send() -> httpx.Response:
        client = httpx.AsyncClient(auth=HttpxAuth(**auth), **HTTPX)
        async with client:
            return await client.request(method, url, **options)

    return asyncio.run(send())


def send_with_requests(auth: dict[str, Any], method: str, url: str, **options: Any) -> Any:
    with requests.Session() as session:
        session.auth = RequestsAuth(**auth)
        return session.request(method, url, timeout=60, **options)


@pytest.fixture(params=[send_with_httpx, send_with_async_httpx, send_with_requests])
def send(request: pytest.FixtureRequest) -> Any:
    """Send a request with each client."""
    return request.param


@pytest.fixture
def api() -> Iterator[LoopbackServer]:
    """The API that is called; it answers to the tokens that it does not reject."""
    with loopback_server() as server:
        server.answers["/"] = http("ok")
        yield server


@pytest.fixture
def auth(endpoint: TokenEndpoint, api: LoopbackServer) -> dict[str, Any]:
    return {"resource": RESOURCE, "scopes": "read:orders", "origin": api.address}


def tokens(server: LoopbackServer) -> list[str | None]:
    return [headers["Authorization"] for headers in server.headers]


def reject(server: LoopbackServer, path: str, *tokens: str) -> None:
    """Let an API answer 401 to these tokens."""

    def answer(connection: Connection) -> None:
        is_rejected = server.headers[-1]["Authorization"] in [f"Bearer {one}" for one in tokens]
        http("", "401 Unauthorized" if is_rejected else "200 OK")(connection)

    server.answers[path] = answer


def test_a_request_has_the_token(send: Send, auth: dict[str, Any], api: LoopbackServer) -> None:
    assert send(auth, "GET", f"{api.address}/").status_code == 200
    assert send(auth, "POST", f"{api.address}/", json={"a": 1}).status_code == 200
    assert tokens(api) == ["Bearer token-1"] * 2


def test_an_organization_token_goes_to_its_origin(
    send: Send, endpoint: TokenEndpoint, api: LoopbackServer
) -> None:
    send({"organization": "o1", "origin": api.address}, "GET", f"{api.address}/")
    assert tokens(api) == ["Bearer token-1"]


@pytest.mark.parametrize("body", [{}, {"data": b"bytes"}, {"json": {"a": 1}}], ids=repr)
def test_a_rejected_token_is_replaced_and_the_request_sent_once_more(
    send: Send, auth: dict[str, Any], api: LoopbackServer, body: dict[str, Any]
) -> None:
    if send is not send_with_requests and "data" in body:
        body = {"content": body["data"]}
    reject(api, "/", "token-1")
    assert send(auth, "POST", f"{api.address}/", **body).status_code == 200
    assert tokens(api) == ["Bearer token-1", "Bearer token-2"]
    assert api.bodies[0] == api.bodies[1]


def test_an_api_that_rejects_every_token_is_asked_twice(
    send: Send, auth: dict[str, Any], api: LoopbackServer, endpoint: TokenEndpoint
) -> None:
    api.answers["/"] = http("no", "401 Unauthorized")
    assert send(auth, "GET", f"{api.address}/").status_code == 401
    assert tokens(api) == ["Bearer token-1", "Bearer token-2"]
    assert send(auth, "GET", f"{api.address}/").status_code == 401
    assert len(api.asked) == 3
    assert endpoint.asked == 2


def test_a_body_that_cannot_be_sent_again_is_not(
    send: Send, auth: dict[str, Any], api: LoopbackServer, endpoint: TokenEndpoint
) -> None:
    reject(api, "/", "token-1")
    upload = {"files": {"file": io.BytesIO(b"content")}}
    if send is send_with_requests:
        upload = {"data": io.BytesIO(b"content")}  # type: ignore[dict-item]  # a file as it is
    assert send(auth, "POST", f"{api.address}/", **upload).status_code == 401
    assert endpoint.asked == 1


def test_no_new_token_after_a_rejection_is_an_exception_without_secrets(
    send: Send,
    auth: dict[str, Any],
    api: LoopbackServer,
    endpoint: TokenEndpoint,
    reports: Reports,
) -> None:
    def reject_and_stop(connection: Connection) -> None:
        endpoint.server.answers["/oidc/token"] = http("", "503 Service Unavailable")
        http("", "401 Unauthorized")(connection)

    api.answers["/"] = reject_and_stop
    with pytest.raises(AuthorizationServerUnavailable) as failure:
        send(auth, "GET", f"{api.address}/")
    reports.add_exception(failure.value)
    assert_no_secret([SECRET, SECRET[5:], "token-1"], *reports.texts)


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized"])
@pytest.mark.parametrize("redirect", ["302 Found", "307 Temporary Redirect"])
def test_a_redirect_to_another_origin_has_no_token(
    send: Send, auth: dict[str, Any], api: LoopbackServer, server: LoopbackServer, redirect: str,
    status: str,
) -> None:  # fmt: skip
    """Another port is another origin, and no 401 from there is answered with a token."""
    server.answers["/elsewhere"] = http("", status)
    api.answers["/"] = http("", redirect, Location=f"{server.address}/elsewhere")
    send(auth, "POST", f"{api.address}/", json={"a": 1})
    assert tokens(api) == ["Bearer token-1"]
    assert server.asked[-1] == "/elsewhere"
    assert server.headers[-1]["Authorization"] is None


def test_a_redirect_back_has_no_new_token(
    send: Send, auth: dict[str, Any], api: LoopbackServer, server: LoopbackServer
) -> None:
    """Who leads the request there must not choose what the machine asks."""
    server.answers["/elsewhere"] = http("", "302 Found", Location=f"{api.address}/chosen")
    api.answers["/"] = http("", "302 Found", Location=f"{server.address}/elsewhere")
    api.answers["/chosen"] = http("", "401 Unauthorized")
    send(auth, "GET", f"{api.address}/")
    assert (api.asked[1], tokens(api)[1]) == ("/chosen", None)
    assert api.asked == ["/", "/chosen"]


def test_a_redirect_within_the_origin_has_the_token(
    send: Send, auth: dict[str, Any], api: LoopbackServer
) -> None:
    api.answers["/old"] = http("", "302 Found", Location="/")
    send(auth, "GET", f"{api.address}/old")
    assert tokens(api) == ["Bearer token-1"] * 2


def test_a_token_that_another_origin_rejects_is_kept(endpoint: TokenEndpoint) -> None:
    """Whatever a client sends there, it must not get a new token as well."""
    destination = Destination(resource=RESOURCE)
    header = f"Bearer {machine_token(**destination.arguments)}"
    for url in ("https://evil.example.test/", None):
        assert not destination.drop_rejected(401, url=url, authorization=header)
    assert destination.drop_rejected(401, url=f"{RESOURCE}/orders", authorization=header)


@pytest.mark.parametrize(
    ("redirect", "method"), [("303 See Other", "GET"), ("307 Temporary Redirect", "POST")]
)
def test_what_a_redirect_leads_to_is_repeated_and_not_what_led_there(
    send: Send, auth: dict[str, Any], api: LoopbackServer, redirect: str, method: str
) -> None:
    """An order that was accepted must not be placed again because its page needs a new token."""
    api.answers["/orders"] = http("", redirect, Location="/orders/1")
    reject(api, "/orders/1", "token-1")
    response = send(auth, "POST", f"{api.address}/orders", json={"a": 1})
    assert (response.status_code, response.request.method) == (200, method)
    assert api.asked == ["/orders", "/orders/1", "/orders/1"]
    assert tokens(api) == ["Bearer token-1"] * 2 + ["Bearer token-2"]
    assert api.bodies[1] == api.bodies[2]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.test/",
        "https://orders.example.test.evil.test/",
        "https://orders.example.test@evil.test/",
        "https://orders.example.test:8443/",
        "http://orders.example.test/",
    ],
)
def test_a_request_to_another_origin_is_refused(
    send: Send, endpoint: TokenEndpoint, url: str
) -> None:
    with pytest.raises(ValueError, match=r"for https://orders.example.test:443 alone"):
        send({"resource": RESOURCE}, "GET", url)
    assert endpoint.asked == 0


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("https://user:secret@evil.test/secret?key=secret", "'https://evil.test:443'"),
        ("https://secret@[::1]:1/", r"'https://\[::1\]:1'"),
        ("secret:", "an address that is neither http nor https"),
    ],
)
def test_of_an_address_that_is_refused_only_the_origin_is_named(address: str, named: str) -> None:
    with pytest.raises(ValueError, match=f"must not go to {named}") as refused:
        Destination(resource=RESOURCE).require(address)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://orders.example.test",
        "https://Orders.Example.test:443/path?a=b",
        "HTTPS://user@orders.example.test/",
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str) -> None:
    assert Destination(resource=RESOURCE).has(url)
    assert Destination(resource="urn:api", origin=url).has(RESOURCE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"resource": "urn:api"}, "Pass the address of the API as 'origin'.*'urn:api'"),
        ({"organization": "o1"}, "Pass the address of the API as 'origin'"),
        ({"organization": "o1", "origin": "https://"}, "Pass the address of the API as 'origin'"),
        ({"organization": "o1", "origin": "https://h:x"}, "Pass the address of the API"),
        ({"resource": "http://orders.example.test"}, "must not go over plain http"),
        ({"resource": RESOURCE, "origin": "http://10.0.0.1"}, "must not go over plain http"),
        ({}, "needs a resource, an organization, or both"),
    ],
)
@pytest.mark.parametrize("kind", [HttpxAuth, RequestsAuth])
def test_a_destination_that_cannot_be_right_is_named(
    kind: type[Destination], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**arguments)


def test_an_event_loop_goes_on_while_a_token_is_asked_for(
    endpoint: TokenEndpoint, auth: dict[str, Any], api: LoopbackServer
) -> None:
    """Logto answers only when the loop has served another request meanwhile."""

    async def main() -> list[int]:
        loop, is_served = asyncio.get_running_loop(), asyncio.Event()

        def answer_later(connection: Connection) -> None:
            asyncio.run_coroutine_threadsafe(is_served.wait(), loop).result(60)
            endpoint.works()
            endpoint.server.answers["/oidc/token"](connection)

        endpoint.server.answers["/oidc/token"] = answer_later
        async with httpx.AsyncClient(**HTTPX) as client:
            machine = asyncio.ensure_future(client.get(f"{api.address}/", auth=HttpxAuth(**auth)))
            other = await client.get(f"{api.address}/")
            is_served.set()
            return [other.status_code, (await machine).status_code]

    assert asyncio.run(main()) == [200, 200]


def test_a_token_is_replaced_while_requests_go_on(
    send: Send, auth: dict[str, Any], api: LoopbackServer, clock: Clock
) -> None:
    send(auth, "GET", f"{api.address}/")
    clock.time += 3300
    send(auth, "GET", f"{api.address}/")
    assert tokens(api) == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize("name", ["httpx", "requests"])
def test_a_client_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    module = importlib.import_module(f"drf_logto.outgoing.{name}")
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=rf"pip install 'drf-logto-auth\[{name}\]'"):
        runpy.run_path(str(module.__file__))
