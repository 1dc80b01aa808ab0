"""docs/en/how-to/mcp.md: its server and its client, with a stand-in for Logto, over HTTP."""

import asyncio
import importlib.util
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest

from sandbox.stand_in import running_stand_in
from sandbox.tenant import ADA, BEN, SWAGGER_UI, Person
from tests.support.documents import Page
from tests.support.new_project import Project, start_project
from tests.support.relying_party import Browser, answered
from tests.support.running import free_port, running

pytestmark = pytest.mark.servers

for library in ("mcp", "mcp_server"):
    pytest.importorskip(library, reason="in the dependency group 'frameworks', which py has")

CLIENT = SWAGGER_UI
REDIRECT_URI = f"http://127.0.0.1:3000{CLIENT.redirect_paths[0]}"


CODE = Page("how-to/mcp.md").take(language="python")


@dataclass
class Asked:
    """A person with a browser; ``requests`` are the authorization requests of the client."""

    person: Person
    requests: list[dict[str, str]] = field(default_factory=list)
    browser: Browser = field(default_factory=Browser)

    async def open_browser(self, address: str) -> None:
        self.requests.append({k: v for k, (v,) in parse_qs(urlsplit(address).query).items()})
        self.answer = self.browser.get(address)
        if self.answer.headers["Location"].startswith("/sign-in/"):
            page = urljoin(address, self.answer.headers["Location"])
            self.answer = self.browser.post(page, {"person": self.person.id})

    async def wait_for_code(self) -> tuple[str, str | None]:
        told = answered(self.answer)
        return told["code"], told["state"]

    @property
    def scopes(self) -> list[str]:
        return [one["scope"] for one in self.requests]


@dataclass(frozen=True)
class McpServer:
    """A running server of the page, and the page's client."""

    address: str
    client: Any

    def call(self, asked: Asked, *calls: tuple[str, dict[str, str]]) -> list[str]:
        """Connect, call these tools, and return what they answer.

        In a thread: Python 3.11 no longer traces the frames below a cancelled task group.
        """
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, self._call(asked, calls)).result()

    def http(self, asked: Asked) -> Any:
        """Return an HTTP client that signs this person in."""
        import httpx

        auth = self.client.sign_in(
            self.address, CLIENT.id, REDIRECT_URI, asked.open_browser, asked.wait_for_code
        )
        return httpx.AsyncClient(auth=auth, timeout=10)

    async def _call(self, asked: Asked, calls: Any) -> list[str]:
        from mcp import ClientSession
        from mcp.client.streamable_http import streamable_http_client

        async with (
            self.http(asked) as http,
            streamable_http_client(self.address, http_client=http) as (incoming, outgoing, _),
            ClientSession(incoming, outgoing) as session,
        ):
            await session.initialize()
            results = [await session.call_tool(tool, given) for tool, given in calls]
        return [getattr(one.content[0], "text", "") for one in results]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return start_project(tmp_path_factory.mktemp("project"), CODE)


@pytest.fixture(scope="module")
def server(project: Project) -> Iterator[McpServer]:
    """The addresses of the page lead to loopback."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running_stand_in() as logto:
        logto.logto.api_resource = f"{address}/mcp"
        for file in project.folder.rglob("*.py"):
            code = file.read_text().replace("https://api.example.com", address)
            file.write_text(code.replace("https://your-tenant.logto.app", logto.logto.endpoint))
        manage = project.folder / "manage.py", "runserver", str(port), "--noreload", "--skip-checks"
        environment = {"DJANGO_SETTINGS_MODULE": "project.settings"}
        with running(sys.executable, *map(str, manage), until=port, environment=environment):
            yield McpServer(f"{address}/mcp", module(project.folder / "client.py"))


def module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_the_project_of_the_page_has_no_fault(project: Project) -> None:
    assert project.check() == "System check identified no issues (0 silenced).\n"


def test_a_client_finds_logto_by_itself_and_calls_a_tool(server: McpServer) -> None:
    asked = Asked(BEN)
    assert server.call(asked, ("list_products", {})) == ["tea"]
    (request,) = asked.requests
    assert (request["resource"], request["scope"]) == (server.address, "read:products")


def test_a_client_signs_in_again_for_a_tool_with_more_scopes(server: McpServer) -> None:
    asked = Asked(ADA)
    added = server.call(asked, ("list_products", {}), ("add_product", {"name": "cocoa"}))
    assert added == ["tea", "ada added cocoa."]
    assert asked.scopes == ["read:products", "read:products write:products"]


@pytest.mark.parametrize(
    ("tool", "requested"),
    [
        ("add_product", ["read:products", "read:products write:products"]),
        # In no entry of SCOPES_OF_TOOLS: the client tries all scopes of the metadata.
        ("remove_product", ["read:products", "read:documents read:products write:products"]),
    ],
)
def test_a_tool_that_a_person_may_not_call_is_refused(
    server: McpServer, tool: str, requested: list[str]
) -> None:
    import httpx

    asked = Asked(BEN)
    with pytest.RaisesGroup(
        pytest.RaisesExc(httpx.HTTPStatusError, match="403 Forbidden"), flatten_subgroups=True
    ):
        server.call(asked, (tool, {"name": "tea"}))
    assert asked.scopes == requested


def test_a_body_that_is_too_long_is_refused_before_there_is_a_token(server: McpServer) -> None:
    """The scope of a 401 depends on the tool, so the body is parsed before there is a token."""
    import httpx

    body = b'{"a": "%s"}' % (b"x" * 2**22)
    headers = {"Content-Type": "application/json"}
    assert httpx.post(server.address, content=b"{}", headers=headers).status_code == 401
    assert httpx.post(server.address, content=body, headers=headers).status_code == 400


def test_no_request_keeps_a_thread_of_the_server(server: McpServer) -> None:
    """The answer to a GET would be a stream that does not end when its reader leaves."""

    async def get() -> int:
        async with server.http(Asked(BEN)) as http:
            accept = {"Accept": "application/json, text/event-stream"}
            response = await http.get(server.address, headers=accept)
            return int(response.status_code)

    assert asyncio.run(get()) == 405
