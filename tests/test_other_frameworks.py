"""how-to/other-frameworks.md and the pages that use its helper, with their libraries."""

import asyncio
import importlib
import inspect
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import Any, cast

import pytest
from asgiref.testing import ApplicationCommunicator
from django.test import Client
from django.urls import path

from drf_logto import verify
from drf_logto.auth_info import TokenKind
from drf_logto.decorators import require_access_token
from drf_logto.exceptions import WrongOrganization
from drf_logto.testing import Logto
from tests.support.documents import Page

for library in ("channels", "ninja", "strawberry"):
    pytest.importorskip(library, reason="in the dependency group 'frameworks', which py has")


PAGES = ("other-frameworks", "channels", "graphql", "ninja")
CODE = [block for name in PAGES for block in Page(f"how-to/{name}.md").take()]


@pytest.fixture(scope="module", autouse=True)
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The code blocks of the page are modules under the names in their first line."""
    folder, names = tmp_path_factory.mktemp("examples"), set()
    for block in CODE:
        (folder / block.file).write_text(block.code)
        names.add(block.file.removesuffix(".py"))
    sys.path.insert(0, str(folder))
    yield
    sys.path.remove(str(folder))
    for name in names & sys.modules.keys():
        del sys.modules[name]


SCOPES = ["read:prices", "read:products", "write:products"]
REFUSED: dict[str, tuple[Callable[[Logto], str], int, str]] = {
    "expired": (lambda logto: logto.global_token(SCOPES, expires_in=-1), 401, "token_expired"),
    "opaque": (lambda logto: logto.opaque_token(), 401, "opaque_token"),
    "of another kind": (
        lambda logto: logto.organization_resource_token("org-a", SCOPES),
        403,
        "wrong_token_kind",
    ),
    "without the scope": (lambda logto: logto.global_token(["x"]), 403, "insufficient_scope"),
}
refused = pytest.mark.parametrize(("make", "status", "code"), REFUSED.values(), ids=REFUSED)


def example(module: str) -> Any:
    return importlib.import_module(module)


@cache
def asynchronous(module: str) -> Any:
    """The example, its functions asynchronous and with ``averify``."""
    source = inspect.getsource(example(module))
    for name in ("authenticate", "products", "create_product"):
        source = source.replace(f"def {name}(", f"async def {name}(")
    source = source.replace("get_auth, verify", "averify, get_auth")
    source = source.replace("verify(token)", "await averify(token)")
    made: Any = ModuleType(f"{module}_asynchronous")
    exec(source.replace("NinjaAPI(", "NinjaAPI(urls_namespace='a', "), made.__dict__)
    return made


def client(token: str | None) -> Client:
    return Client(headers={"Authorization": f"Bearer {token}"} if token else {})


# The helper


@pytest.mark.parametrize("named", ["org-b", None])
def test_the_helper_compares_the_organization(logto: Logto, named: str | None) -> None:
    require, kind = example("access").require, TokenKind.ORGANIZATION
    auth = verify(logto.organization_token("org-a", ["invite:member", "remove:member"]))
    assert require(auth, kind, "invite:member", organization_id="org-a") is auth
    with pytest.raises(WrongOrganization):
        require(auth, kind, "invite:member", organization_id=named)


# Channels


def talk(application: Any, *messages: str, answers: int, late: str = "tea") -> list[Any]:
    """Send these in a connection, and return as many answers; after a close nothing answers."""

    async def connect() -> list[Any]:
        scope = {"type": "websocket", "path": "/prices/", "headers": []}
        connection = ApplicationCommunicator(application, scope)
        await connection.send_input({"type": "websocket.connect"})
        assert await connection.receive_output(10) == {
            "type": "websocket.accept",
            "subprotocol": None,
        }
        for message in messages:
            await connection.send_input({"type": "websocket.receive", "text": message})
        answered = [await connection.receive_output(10) for _ in range(answers)]
        if answered[-1]["type"] == "websocket.close":
            await connection.send_input({"type": "websocket.receive", "text": late})
        await connection.send_input({"type": "websocket.disconnect", "code": 1000})
        await connection.wait(10)
        assert connection.output_queue.empty()
        return [one.get("text") or (one["code"], one["reason"]) for one in answered]

    return asyncio.run(connect())


def test_a_web_socket_is_let_in_by_its_first_message(logto: Logto) -> None:
    application, token = example("routing").application, logto.global_token(["read:prices"])
    said = talk(application, token, "tea", answers=2)
    assert said == ["ready", "The price of tea is 3.20."]


@refused
def test_a_web_socket_with_a_token_that_is_refused_is_closed(
    logto: Logto, make: Any, status: int, code: str
) -> None:
    late = logto.global_token(["read:prices"])
    said = talk(example("routing").application, make(logto), answers=1, late=late)
    assert said == [(4000 + status, code)]


def test_a_web_socket_without_a_token_is_closed() -> None:
    consumer = type("Hasty", (example("consumers").PriceConsumer,), {"seconds_to_authenticate": 0})
    assert talk(cast("Any", consumer).as_asgi(), answers=1) == [(4401, "no_token")]


def test_a_web_socket_is_closed_when_its_token_expires() -> None:
    """The verifier's clock is an hour behind that of the consumer."""
    with Logto(now=lambda: time.time() - 3600) as logto:
        token = logto.global_token(["read:prices"], expires_in=60)
        said = talk(example("routing").application, token, answers=2)
    assert said == ["ready", (4401, "token_expired")]


# Django Ninja


@pytest.fixture(params=["sync", "async"])
def ninja(request: pytest.FixtureRequest, route: Callable[..., None]) -> None:
    """The example, and what the page says of asynchronous operations."""
    if request.param == "sync":
        route(path("api/", example("api").api.urls))
    else:
        route(path("api/", asynchronous("api").api.urls))


@pytest.mark.usefixtures("ninja")
def test_an_operation_of_ninja_is_granted_by_its_scope(logto: Logto) -> None:
    reader = client(logto.global_token(["read:products"], user="alice"))
    expected = {"products": ["tea", "coffee"], "for": "alice"}
    assert reader.get("/api/products").json() == expected
    assert reader.post("/api/products").json()["code"] == "insufficient_scope"
    writer = client(logto.global_token(["write:products"]))
    assert writer.post("/api/products").json() == {"created": True}


@refused
@pytest.mark.usefixtures("ninja")
def test_an_operation_of_ninja_refuses_a_token_with_its_status(
    logto: Logto, make: Any, status: int, code: str
) -> None:
    for answer in (client(make(logto)).get, client(make(logto)).post):
        response = answer("/api/products")
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert 'Bearer error="' in response.headers["WWW-Authenticate"]


@pytest.mark.usefixtures("ninja")
def test_an_operation_of_ninja_without_a_token_is_401_and_in_an_outage_503(logto: Logto) -> None:
    missing = client(None).get("/api/products")
    assert (missing.status_code, missing.json()["code"]) == (401, "not_authenticated")
    assert missing.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    with logto.outage():
        response = client(logto.global_token(SCOPES)).get("/api/products")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert "WWW-Authenticate" not in response.headers


# Strawberry


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, route: Callable[..., None]) -> Callable[[str | None], Any]:
    """Ask the view of the example, or an asynchronous one."""
    if request.param == "sync":
        route(*example("graphql_urls").urlpatterns)
    else:
        views = importlib.import_module("strawberry.django.views")
        view = views.AsyncGraphQLView.as_view(schema=example("schema").schema, graphql_ide=None)
        route(path("graphql/", require_access_token(view)))
    body = {"query": "{ products }"}

    def ask(token: str | None) -> Any:
        return client(token).post("/graphql/", body, content_type="application/json")

    return ask


def test_a_field_of_strawberry_is_granted_by_its_scope(logto: Logto, ask: Any) -> None:
    response = ask(logto.global_token(["read:products"]))
    assert response.json() == {"data": {"products": ["tea", "coffee"]}}


@refused
def test_a_field_of_strawberry_refuses_a_token(
    logto: Logto, ask: Any, make: Any, status: int, code: str
) -> None:
    response = ask(make(logto))
    if status == 401:
        assert (response.status_code, response.json()["code"]) == (401, code)
    else:
        assert response.json()["data"] is None
        assert response.json()["errors"][0]["extensions"] == {"code": code}


def test_a_query_of_strawberry_without_a_token_is_401(logto: Logto, ask: Any) -> None:
    assert ask(None).status_code == 401
