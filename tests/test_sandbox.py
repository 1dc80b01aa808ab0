"""The sandbox as a newcomer meets it: started with its one command, used with what it prints."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest

from drf_logto.testing import Logto
from sandbox import settings
from sandbox.server import bound_server
from sandbox.tenant import (
    ADA,
    API_RESOURCE,
    BACK_OFFICE,
    BEN,
    BROWSABLE_API,
    CHO,
    DAN,
    PEOPLE,
    SWAGGER_UI,
    Person,
)
from tests.support.exchange import Answer, send, send_form
from tests.support.relying_party import Browser, RelyingParty
from tests.support.running import free_port

ROOT = Path(__file__).parent.parent
LAST_LINE = re.compile(r'^  -d scope=read:products "\$LOGTO/oidc/token"\n', re.MULTILINE)
PRINTED = re.compile(r"^# (\d{3}): .*\ncurl ", re.MULTILINE)
ANSWERED = re.compile(r"^HTTP/1\.[01] (\d+)", re.MULTILINE)
HAS_SHELL = shutil.which("bash") is not None and shutil.which("curl") is not None
PATIENCE = 60  # seconds until a process that neither prints nor ends is killed

PRODUCTS = {"resource": API_RESOURCE, "scope": "read:products write:products"}
REPORTS = {"resource": API_RESOURCE, "scope": "read:reports"}
INVITATIONS = {"organization_id": "acme", "scope": "invite:member"}
DOCUMENTS = {
    "resource": API_RESOURCE,
    "organization_id": "acme",
    "scope": "read:documents write:documents",
}
OTHER_DOCUMENTS = {**DOCUMENTS, "organization_id": "globex"}

# What opens each page, and what is refused there.
PAGES = {
    "/products/": (PRODUCTS, INVITATIONS),
    "/products/1/": (PRODUCTS, DOCUMENTS),
    "/organizations/acme/invitations/": (INVITATIONS, PRODUCTS),
    "/organizations/acme/documents/": (DOCUMENTS, OTHER_DOCUMENTS),
    "/organizations/acme/documents/1/": (DOCUMENTS, INVITATIONS),
}


@dataclass(frozen=True, slots=True)
class Sandbox:
    process: subprocess.Popen[str]
    stdout: IO[str]
    output: str
    log: Path

    @property
    def address(self) -> str:
        (address,) = re.findall(r"(http://127\.0\.0\.1:\d+)/ is its browsable API", self.output)
        return str(address)

    @property
    def statuses(self) -> list[str]:
        return PRINTED.findall(self.output)

    @property
    def endpoint(self) -> str:
        (endpoint,) = re.findall("^LOGTO=(.*)$", self.output, re.MULTILINE)
        return str(endpoint)

    @property
    def resource(self) -> str:
        (resource,) = re.findall("^RESOURCE=(.*)$", self.output, re.MULTILINE)
        return str(resource)

    def here(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """What to ask for, of this very API."""
        return {**parameters, **({"resource": self.resource} if "resource" in parameters else {})}

    def token(self, parameters: Mapping[str, str]) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": BACK_OFFICE.id,
            "client_secret": BACK_OFFICE.secret,
        }
        form |= self.here(parameters)
        token: str = send_form(f"{self.endpoint}/oidc/token", form).json()["access_token"]
        return token

    def send(self, path: str, token: str | None = None, **options: Any) -> Answer:
        headers = {"Accept": options.pop("accept", "application/json")}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if "body" in options:
            headers["Content-Type"] = "application/json"
            options["body"] = json.dumps(options["body"])
        return send(self.address + path, headers=headers, **options)

    def end(self, number: int) -> tuple[int, str]:
        self.process.send_signal(number)
        with killed_unless_done(self.process):
            return self.process.wait(), self.stdout.read()


@contextmanager
def killed_unless_done(process: "subprocess.Popen[str]") -> Iterator[None]:
    """Kill a process that lets the block wait for longer than ``PATIENCE``."""
    impatience = threading.Timer(PATIENCE, process.kill)
    impatience.start()
    try:
        yield
    finally:
        impatience.cancel()


def environment(**changes: str) -> dict[str, str]:
    ours = {"PORT", "SANDBOX_DATABASE"}
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith("LOGTO_")
    }
    return inherited | {"no_proxy": "*", "PYTHONWARNINGS": "error"} | changes


@contextmanager
def started(directory: Path, *arguments: str, **changes: str) -> Iterator[Sandbox]:
    log = directory.with_suffix(".log")
    command = [sys.executable, "-m", "sandbox", *arguments]
    env = environment(TMPDIR=str(directory), **changes)
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=stderr, text=True
        ) as process,
        ExitStack() as at_the_end,
    ):
        at_the_end.callback(process.terminate)
        stdout = cast("IO[str]", process.stdout)
        output = ""
        with killed_unless_done(process):
            while not LAST_LINE.search(output):
                line = stdout.readline()
                assert line, log.read_text()
                output += line
        yield Sandbox(process, stdout, output, log)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    no_way_out = {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    with started(tmp_path_factory.mktemp("sandbox"), PORT="0", **no_way_out) as sandbox:
        yield sandbox
        assert sandbox.end(signal.SIGTERM) == (0, "")
    log = sandbox.log.read_text()
    assert "Traceback" not in log
    assert "Warning" not in log
    assert "eyJ" not in log


def refused_start(*arguments: str, **changes: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=ROOT,
        env=environment(**{"PORT": "0", **changes}),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    return sentence


# What it prints


def test_each_permission_model_is_shown_granted_and_refused(sandbox: Sandbox) -> None:
    models = ["200", "403", "201", "403", "200", "403"]
    assert sandbox.statuses == [*models, "200", "401", "200", "401", "200"]
    assert sandbox.output.count("\ncurl ") == len(sandbox.statuses)


def test_no_token_is_printed_and_each_variable_is_set_once(sandbox: Sandbox) -> None:
    names = re.findall("^([A-Z]+)=", sandbox.output, re.MULTILINE)
    used = set(re.findall(r"\$([A-Z]+)", sandbox.output))
    assert len(names) == len(set(names))
    assert set(names) == used
    assert "eyJ" not in sandbox.output


def test_the_printed_lines_are_short(sandbox: Sandbox) -> None:
    lines = [line for line in sandbox.output.splitlines() if not re.match("[A-Z]+=", line)]
    assert max(map(len, lines)) <= 100


def test_the_people_who_can_sign_in_are_named(sandbox: Sandbox) -> None:
    assert "\n  Ada: catalogue editor, analyst, site manager, admin of Acme\n" in sandbox.output
    assert all(f"\n  {person.name}: " in sandbox.output for person in PEOPLE.values())


@pytest.mark.skipif(not HAS_SHELL, reason="bash or curl is not installed")
def test_the_printed_lines_answer_as_printed_in_a_shell(sandbox: Sandbox) -> None:
    answers = pasted(sandbox)
    assert ANSWERED.findall(answers) == sandbox.statuses
    assert re.findall('"code": ?"(.*?)"', answers) == [
        "insufficient_scope",
        "wrong_organization",
        "wrong_token_kind",
        "token_revoked",
    ]
    assert '"scope": "read:products"' in answers
    tenant, _, doctor = answers.partition("\nNothing is missing.\n")
    assert "  = scope 'write:documents'\n" in tenant
    assert re.search("^[0-9]+ ok, 0 warnings, 0 errors,", doctor, re.MULTILINE)


def pasted(sandbox: Sandbox, **variables: str) -> str:
    """What a shell answers to all that is printed for it."""
    shell = subprocess.run(
        ["bash", "--norc"],
        input=sandbox.output[sandbox.output.index("\n# ") :],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert shell.stderr.count("curl:") == 0
    return shell.stdout


# The API


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_the_browsable_api_is_rendered_whatever_the_answer(
    sandbox: Sandbox, path: str
) -> None:
    opening, refused = PAGES[path]
    for status, token in [
        (200, sandbox.token(opening)),
        (401, None),
        (401, "no-token"),
        (403, sandbox.token(refused)),
    ]:
        answer = sandbox.send(path, token, accept="text/html")
        assert answer.status == status
        assert answer.headers.get_content_type() == "text/html"
        assert f"<b>HTTP {status} " in answer.text
        assert answer.text.rstrip().endswith("</html>")


def test_who_am_i_shows_what_the_token_says(sandbox: Sandbox) -> None:
    token = sandbox.token(INVITATIONS)
    assert sandbox.send("/whoami/", token).json() == {
        "kind": "organization",
        "sub": "back-office",
        "client_id": "back-office",
        "organization_id": "acme",
        "scopes": ["invite:member"],
        "audience": ["urn:logto:organization:acme"],
    }
    page = sandbox.send("/whoami/", token, accept="text/html")
    assert (page.status, page.headers.get_content_type()) == (200, "text/html")


@pytest.mark.parametrize(
    ("token", "status"), [(REPORTS, 200), (PRODUCTS, 403), (DOCUMENTS, 403), (None, 401)]
)
def test_the_plain_django_view_is_protected(
    sandbox: Sandbox, token: dict[str, str] | None, status: int
) -> None:
    bearer = None if token is None else sandbox.token(token)
    answer = sandbox.send("/report/", bearer, accept="text/html")
    assert answer.status == status
    assert answer.json().keys() == (
        {"products", "documents"} if status == 200 else {"error", "code"}
    )


def test_the_front_page_links_every_endpoint(sandbox: Sandbox) -> None:
    page = sandbox.send("/", accept="text/html")
    links = re.findall(r'<a href="(http[^"]+)" rel="nofollow">', page.text)
    assert page.status == 200
    assert {link.removeprefix(sandbox.address): send(link).status for link in links} == {
        "/products/": 401,
        "/report/": 401,
        "/whoami/": 401,
        "/api/schema/": 200,
        "/api/schema/swagger-ui/": 200,
        "/organizations/acme/documents/": 401,
        "/organizations/acme/invitations/": 401,
        "/organizations/globex/documents/": 401,
        "/organizations/globex/invitations/": 401,
    }


def test_the_browsable_api_leads_to_the_stand_in_to_log_in(sandbox: Sandbox) -> None:
    assert 'href="/auth/login/?next=%2F"' in sandbox.send("/", accept="text/html").text
    answer = sandbox.send("/auth/login/")
    assert answer.status == 302
    asked = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert asked["client_id"] == "browsable-api"
    assert asked["redirect_uri"] == f"{sandbox.address}/auth/callback/"
    assert "invite:member" in asked["scope"]


def test_the_browsable_api_has_its_style(sandbox: Sandbox) -> None:
    page = sandbox.send("/", accept="text/html").text
    sheets = re.findall(r'<link rel="stylesheet" [^>]*href="([^"]+)"', page)
    assert sheets
    assert {sandbox.send(sheet).status for sheet in sheets} == {200}


# Swagger UI


def test_swagger_ui_is_served_without_anything_from_elsewhere(sandbox: Sandbox) -> None:
    page = sandbox.send("/api/schema/swagger-ui/", accept="text/html").text
    sources = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"', page)
    texts = [source for source in sources if source.endswith((".css", ".js"))]
    assert len(texts) == 3
    assert all(source.startswith("/static/") for source in sources)
    assert {sandbox.send(text).status for text in texts} == {200}


def test_swagger_ui_asks_for_a_token_for_this_api_without_a_secret(sandbox: Sandbox) -> None:
    page = sandbox.send("/api/schema/swagger-ui/", accept="text/html").text
    (options,) = re.findall(r"initOAuth\((\{.+?\})\);", page, re.DOTALL)
    assert json.loads(options) == {
        "clientId": SWAGGER_UI.id,
        "usePkceWithAuthorizationCodeGrant": True,
        "additionalQueryStringParams": {"resource": sandbox.resource},
    }


def test_a_client_that_knows_the_address_alone_finds_its_token(sandbox: Sandbox) -> None:
    challenge = sandbox.send("/products/").headers["WWW-Authenticate"]
    named: dict[str, str] = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    metadata = send(named["resource_metadata"]).json()
    assert metadata["resource"] == f"{sandbox.address}/"
    (issuer,) = metadata["authorization_servers"]
    assert send(f"{issuer}/.well-known/openid-configuration").json()["issuer"] == issuer
    wanted = {"resource": metadata["resource"], "scope": named["scope"]}
    assert sandbox.send("/products/", sandbox.token(wanted)).status == 200


def test_the_window_that_signs_in_comes_back_to_swagger_ui(sandbox: Sandbox) -> None:
    answer = sandbox.send("/api/schema/swagger-ui/oauth2-redirect.html")
    assert answer.status == 302
    assert "Cross-Origin-Opener-Policy" not in answer.headers
    assert sandbox.send(answer.headers["Location"].partition("?")[0]).status == 200


def test_who_signs_in_to_swagger_ui_may_use_the_api(sandbox: Sandbox) -> None:
    description = sandbox.send("/api/schema/", accept="application/vnd.oai.openapi+json").json()
    (flow,) = description["components"]["securitySchemes"]["LogtoOAuth2"]["flows"].values()
    swagger_ui = RelyingParty(
        flow["tokenUrl"].removesuffix("/oidc/token"), SWAGGER_UI, sandbox.address
    )
    tokens = swagger_ui.sign_in(ADA, scope=" ".join(flow["scopes"]), resource=sandbox.resource)
    assert sandbox.send("/products/", tokens["access_token"]).status == 200


def test_the_description_names_the_stand_in(sandbox: Sandbox) -> None:
    description = sandbox.send("/api/schema/", accept="application/vnd.oai.openapi+json").json()
    flows = description["components"]["securitySchemes"]["LogtoOAuth2"]["flows"]
    assert flows["authorizationCode"]["tokenUrl"] == f"{sandbox.endpoint}/oidc/token"


def test_a_product_is_created_with_both_scopes(sandbox: Sandbox) -> None:
    product = {"name": "Shelf", "price": "80.00"}
    answer = sandbox.send("/products/", sandbox.token(PRODUCTS), method="POST", body=product)
    assert answer.status == 201


# Organizations


def test_documents_of_another_organization_do_not_exist(sandbox: Sandbox) -> None:
    acme, globex = sandbox.token(DOCUMENTS), sandbox.token(OTHER_DOCUMENTS)
    (others,) = sandbox.send("/organizations/globex/documents/", globex).json()
    listed = sandbox.send("/organizations/acme/documents/", acme).json()
    assert {document["organization_id"] for document in listed} == {"acme"}
    path = f"/organizations/acme/documents/{others['id']}/"
    change = {"body": {"title": "Mine"}}
    assert sandbox.send(path, acme).status == 404
    assert sandbox.send(path, acme, method="PUT", **change).status == 404
    assert sandbox.send(path, acme, method="PATCH", **change).status == 404
    assert sandbox.send(path, acme, method="DELETE").status == 404
    path = f"/organizations/globex/documents/{others['id']}/"
    assert sandbox.send(path, acme).json()["code"] == "wrong_organization"
    assert sandbox.send(path, globex).json() == others


def test_a_document_belongs_to_the_organization_of_the_token(sandbox: Sandbox) -> None:
    token = sandbox.token(DOCUMENTS)
    document = {"title": "Draft", "organization_id": "globex"}
    path = "/organizations/acme/documents/"
    created = sandbox.send(path, token, method="POST", body=document)
    assert created.status == 201
    assert created.json()["organization_id"] == "acme"
    path += f"{created.json()['id']}/"
    moved = sandbox.send(path, token, method="PATCH", body=document)
    assert moved.json()["organization_id"] == "acme"
    assert sandbox.send(path, token, method="DELETE").status == 204


def test_a_member_reads_documents_and_changes_none(sandbox: Sandbox) -> None:
    token, path = sandbox.token(OTHER_DOCUMENTS), "/organizations/globex/documents/"
    assert sandbox.send(path, token).status == 200
    refused = sandbox.send(path, token, method="POST", body={"title": "Draft"})
    assert refused.json()["code"] == "insufficient_scope"


def test_invitations_belong_to_the_organization_of_the_token(sandbox: Sandbox) -> None:
    token, path = sandbox.token(INVITATIONS), "/organizations/acme/invitations/"
    invitation = {"email": "grace@example.com", "organization_id": "globex", "invited_by": "x"}
    created = sandbox.send(path, token, method="POST", body=invitation).json()
    assert (created["organization_id"], created["invited_by"]) == ("acme", "back-office")
    listed = sandbox.send(path, token).json()
    assert {invitation["organization_id"] for invitation in listed} == {"acme"}


# People


@pytest.fixture(scope="module")
def relying_party(sandbox: Sandbox) -> RelyingParty:
    return party_of(sandbox)


def party_of(sandbox: Sandbox) -> RelyingParty:
    return RelyingParty(sandbox.endpoint, origin=sandbox.address, resource=sandbox.resource)


@pytest.mark.parametrize(
    ("wanted", "path", "kind"),
    [
        ({"resource": API_RESOURCE}, "/products/", "global"),
        ({"organization_id": "acme"}, "/organizations/acme/invitations/", "organization"),
        (
            {"resource": API_RESOURCE, "organization_id": "acme"},
            "/organizations/acme/documents/",
            "organization_resource",
        ),
    ],
)
def test_each_kind_of_token_of_a_person_opens_its_page(
    sandbox: Sandbox,
    relying_party: RelyingParty,
    wanted: dict[str, str],
    path: str,
    kind: str,
) -> None:
    refresh_token = relying_party.sign_in(ADA, prompt="login consent")["refresh_token"]
    token = relying_party.refresh(refresh_token, **sandbox.here(wanted)).json()["access_token"]
    assert sandbox.send(path, token).status == 200
    who = sandbox.send("/whoami/", token).json()
    assert (who["sub"], who["client_id"], who["kind"]) == ("ada", "browsable-api", kind)


def test_a_token_without_a_resource_opens_nothing(
    sandbox: Sandbox, relying_party: RelyingParty
) -> None:
    token = relying_party.sign_in(DAN, prompt="login")["access_token"]
    assert sandbox.send("/products/", token).json()["code"] == "opaque_token"
    assert "Refused: opaque_token (method 'GET', route 'products/')." in sandbox.log.read_text()


def test_the_code_of_a_sign_in_is_not_logged(sandbox: Sandbox) -> None:
    assert sandbox.send("/auth/callback/?code=a-code&state=a-state").status == 400
    line = '"GET /auth/callback/ HTTP/1.1" 400 '

    def read() -> str:
        assert sandbox.send("/").status == 200  # a process that was killed ends the test
        return sandbox.log.read_text()

    with killed_unless_done(sandbox.process):  # the line is written after the answer
        log = next(one for one in iter(read, None) if line in one)
    assert "a-code" not in log
    assert "a-state" not in log


# Access that is taken away

TAKEN_AWAY: dict[str, tuple[Person, dict[str, str]]] = {
    "signed out": (ADA, {}),
    "removed from an organization": (BEN, {"person": "ben"}),
    "suspended": (
        CHO,
        {"person": "cho", "acme": "member", "globex": "admin", "is_suspended": "on"},
    ),
    "deleted": (DAN, {"delete": "dan"}),
}


def test_what_is_taken_away_at_the_stand_in_is_refused_by_the_api(tmp_path: Path) -> None:
    directory = tmp_path / "sandbox"
    directory.mkdir()
    with started(directory, PORT="0") as sandbox:
        for person, form in TAKEN_AWAY.values():
            relying_party = RelyingParty(
                sandbox.endpoint, origin=sandbox.address, resource=sandbox.resource
            )
            refresh_token = relying_party.sign_in(person)["refresh_token"]
            tokens = relying_party.refresh(refresh_token, resource=sandbox.resource).json()
            assert sandbox.send("/products/", tokens["access_token"]).status == 200
            if form:
                send_form(f"{sandbox.endpoint}/people/", form)
            else:
                relying_party.end_session()
            ask = partial(sandbox.send, "/products/", tokens["access_token"])
            with killed_unless_done(sandbox.process):  # while the delivery is on its way
                answer = next(one for one in iter(ask, None) if one.status != 200)
            assert (answer.status, answer.json()["code"]) == (401, "token_revoked")


# The environment


def test_a_real_tenant_takes_the_place_of_the_stand_in(stand_in: Logto, tmp_path: Path) -> None:
    with started_with_tenant(tmp_path, stand_in) as sandbox:
        assert sandbox.send("/").json()["organizations"] == []
        assert "Log in" not in sandbox.send("/", accept="text/html").text
        assert "people" not in sandbox.output
        assert "globex" not in sandbox.send("/", accept="text/html").text


@pytest.mark.skipif(not HAS_SHELL, reason="bash or curl is not installed")
def test_the_printed_lines_answer_as_printed_with_a_machine_of_a_real_tenant(
    stand_in: Logto, tmp_path: Path
) -> None:
    machine = {"APP_ID": BACK_OFFICE.id, "APP_SECRET": BACK_OFFICE.secret}
    with started_with_tenant(tmp_path, stand_in) as sandbox:
        answers = pasted(sandbox, ORGANIZATION_ID="acme", **machine)
        assert ANSWERED.findall(answers) == sandbox.statuses


@contextmanager
def started_with_tenant(tmp_path: Path, logto: Logto, **changes: str) -> Iterator[Sandbox]:
    directory = tmp_path / "sandbox"
    directory.mkdir()
    tenant = {"LOGTO_ENDPOINT": f"{logto.endpoint}/", "LOGTO_API_RESOURCE": API_RESOURCE}
    with started(directory, PORT="0", **tenant, **changes) as sandbox:
        yield sandbox


def test_the_front_page_links_the_organizations_of_who_is_signed_in(
    stand_in: Logto, tmp_path: Path
) -> None:
    application = {"LOGTO_APP_ID": BROWSABLE_API.id, "LOGTO_APP_SECRET": BROWSABLE_API.secret}
    with started_with_tenant(tmp_path, stand_in, **application) as sandbox:
        here, there = Browser(), Browser()
        authorization = here.get(f"{sandbox.address}/auth/login/").headers["Location"]
        page = urljoin(authorization, there.get(authorization).headers["Location"])
        here.get(there.post(page, {"person": "ada"}).headers["Location"])
        front_page = here.get(f"{sandbox.address}/", Accept="application/json")
        assert "no-store" in front_page.headers["Cache-Control"]
        assert front_page.json()["organizations"] == [
            {
                "name": "Acme",
                "document-list": f"{sandbox.address}/organizations/acme/documents/",
                "invitation-list": f"{sandbox.address}/organizations/acme/invitations/",
            }
        ]


def test_a_tenant_without_its_api_resource_is_one_sentence() -> None:
    sentence = refused_start(LOGTO_ENDPOINT="https://tenant.logto.test")
    assert sentence.startswith("Set both LOGTO_ENDPOINT and LOGTO_API_RESOURCE")


def test_an_api_resource_without_its_tenant_is_one_sentence() -> None:
    sentence = refused_start(LOGTO_API_RESOURCE=API_RESOURCE)
    assert sentence.startswith("Set both LOGTO_ENDPOINT and LOGTO_API_RESOURCE")


def test_a_tenant_that_cannot_be_is_one_sentence() -> None:
    sentence = refused_start(
        LOGTO_ENDPOINT="http://tenant.logto.test", LOGTO_API_RESOURCE=API_RESOURCE
    )
    assert sentence.startswith("LOGTO['ENDPOINT'] must use https")


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert refused_start(PORT=port).startswith(f"Port {port} cannot be had")
        of_stand_in = refused_start("--stand-in-port", port)
    assert of_stand_in.startswith(f"Port {port} cannot be had")
    assert of_stand_in.endswith("set --stand-in-port to another one.")


@pytest.mark.parametrize("option", ["--port", "--stand-in-port"])
def test_a_port_of_the_command_line_that_is_none_is_one_sentence(option: str) -> None:
    sentence = refused_start(option, "http")
    assert sentence.endswith(f"{option} must be a number from 1 to 65535, or 0 for any free port.")


def test_a_port_for_the_stand_in_next_to_a_tenant_is_one_sentence() -> None:
    tenant = {"LOGTO_ENDPOINT": "https://t.logto.test", "LOGTO_API_RESOURCE": API_RESOURCE}
    sentence = refused_start("--stand-in-port", "9000", **tenant)
    assert sentence.startswith("--stand-in-port has no effect")


def test_the_ports_can_be_chosen(tmp_path: Path) -> None:
    directory = tmp_path / "sandbox"
    directory.mkdir()
    ports = [free_port(), free_port()]
    options = ("--port", str(ports[0]), "--stand-in-port", str(ports[1]))
    with started(directory, *options) as sandbox:
        assert sandbox.address == f"http://127.0.0.1:{ports[0]}"
        assert sandbox.endpoint == f"http://127.0.0.1:{ports[1]}"
        assert sandbox.send("/").status == 200


@pytest.mark.parametrize("port", ["http", "-1", "65536", "9" * 5000, "80 80"])
def test_a_port_that_is_none_is_one_sentence(port: str) -> None:
    with pytest.raises(SystemExit, match="PORT or --port must be a number from 1 to 65535"):
        bound_server(port)


def test_another_port_is_used_where_the_default_one_is_taken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with bound_server("", port) as server:
            expected = f"Port {port} is taken, so this is port {server.server_port}.\n"
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_all_is_gone_at_the_end(tmp_path: Path, number: signal.Signals) -> None:
    directory = tmp_path / "sandbox"
    directory.mkdir()
    with started(directory, PORT="0") as sandbox:
        assert sandbox.send("/").status == 200
        assert [path.name for path in directory.glob("*/*")] == ["sandbox.sqlite3"]
        assert sandbox.end(number) == (0, "")
    assert list(directory.iterdir()) == []
    assert "Traceback" not in sandbox.log.read_text()


# The project


def test_the_settings_of_the_package_are_few() -> None:
    application = {"APP_ID", "APP_SECRET"}
    of_admin = {"STAFF_SCOPE", "GROUPS", "ADMIN_PASSWORD_LOGIN"}
    of_commands = {"MANAGEMENT_APP_ID", "MANAGEMENT_APP_SECRET"}
    needed = {"ENDPOINT", "API_RESOURCE", "CACHE"}
    assert settings.LOGTO.keys() == needed | application | of_admin | of_commands


def within_django(*arguments: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        cwd=ROOT,
        env=environment(
            DJANGO_SETTINGS_MODULE="sandbox.settings",
            LOGTO_ENDPOINT="https://tenant.logto.test",
            LOGTO_API_RESOURCE=API_RESOURCE,
            **variables,
        ),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    "variables", [{}, {"LOGTO_APP_ID": "app-1", "LOGTO_WEBHOOK_SIGNING_KEY": "key-1"}]
)
def test_the_checks_have_nothing_to_say(variables: dict[str, str]) -> None:
    output = within_django("check", **variables)
    assert output == "System check identified no issues (0 silenced).\n"


def test_rows_are_called_by_their_names() -> None:
    rows = "Product(name='Desk'), Document(title='Road map'), Invitation(email='ada@example.com')"
    code = f"from sandbox.models import *; print(*({rows}), sep=', ')"
    assert within_django("shell", "-v", "0", "-c", code) == "Desk, Road map, ada@example.com\n"
