"""The sandbox as a newcomer meets it: started with its one command, used with what it prints."""

import argparse
import base64
import json
import os
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from drf_logto.testing import Logto
from sandbox import settings
from sandbox.server import bound_server
from sandbox.stand_in import MAX_BODY, running_stand_in
from sandbox.tenant import API_RESOURCE, BACK_OFFICE, STOREFRONT

ROOT = Path(__file__).parent.parent
LAST_LINE = re.compile(r"curl .*/oidc/token'?\n")
PRINTED = re.compile(r"^# (\d{3}) .*\n(curl .*)$", re.MULTILINE)
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
class Answer:
    status: int
    headers: Message
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


def send(
    url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: str = ""
) -> Answer:
    parts = urlsplit(url)
    with closing(HTTPConnection(parts.netloc, timeout=10)) as connection:
        connection.request(method, parts.path, body or None, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read().decode())


def send_form(url: str, form: Mapping[str, Any], **headers: str) -> Answer:
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    return send(url, method="POST", headers=form_type | headers, body=urlencode(form, doseq=True))


def send_printed(line: str) -> Answer:
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", action="store_true", required=True)
    parser.add_argument("-w", choices=[r"\n"], required=True)
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d", action="append", default=[])
    parser.add_argument("-u", default="")
    parser.add_argument("url")
    given = parser.parse_args(shlex.split(line.removeprefix("curl ")))
    headers = dict(header.split(": ") for header in given.H)
    if given.u:
        headers["Authorization"] = f"Basic {base64.b64encode(given.u.encode()).decode()}"
    if not given.d:
        return send(given.url, headers=headers)
    return send_form(given.url, dict(parse_qsl("&".join(given.d))), **headers)


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


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
    def printed(self) -> list[tuple[int, str]]:
        return [(int(status), line) for status, line in PRINTED.findall(self.output)]

    def token(self, parameters: Mapping[str, str]) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": BACK_OFFICE.id,
            "client_secret": BACK_OFFICE.secret,
        }
        url = shlex.split(self.printed[-1][1])[-1]
        token: str = send_form(url, {**form, **parameters}).json()["access_token"]
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
        return self.process.wait(), self.stdout.read()


def environment(**changes: str) -> dict[str, str]:
    ours = {"PORT", "LOGTO_ENDPOINT", "LOGTO_API_RESOURCE", "SANDBOX_DATABASE"}
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    return inherited | {"no_proxy": "*", "PYTHONWARNINGS": "error"} | changes


@contextmanager
def started(directory: Path, **changes: str) -> Iterator[Sandbox]:
    log = directory.with_suffix(".log")
    command = [sys.executable, "-m", "sandbox"]
    env = environment(TMPDIR=str(directory), **changes)
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=stderr, text=True
        ) as process,
        ExitStack() as at_the_end,
    ):
        impatience = threading.Timer(PATIENCE, process.kill)
        impatience.start()
        at_the_end.callback(impatience.cancel)
        at_the_end.callback(process.terminate)
        stdout = cast("IO[str]", process.stdout)
        output = ""
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


def refused_start(**changes: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox"],
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
    statuses = [status for status, _ in sandbox.printed]
    assert statuses == [200, 403, 201, 403, 200, 403, 401, 200]
    assert sandbox.output.count("curl ") == len(statuses)


def test_each_printed_token_is_a_fresh_one(sandbox: Sandbox) -> None:
    tokens = re.findall(r"Bearer (\S+)\"", sandbox.output)
    assert len({claims_of(token)["jti"] for token in tokens}) == len(tokens) == 6


def test_the_printed_lines_answer_as_printed(sandbox: Sandbox) -> None:
    answers = [send_printed(line) for _, line in sandbox.printed]
    assert [answer.status for answer in answers] == [status for status, _ in sandbox.printed]
    assert [answer.json()["code"] for answer in answers if answer.status == 403] == [
        "insufficient_scope",
        "wrong_organization",
        "wrong_token_kind",
    ]
    assert answers[-1].json()["scope"] == "read:products"


def test_the_printed_lines_can_be_pasted_into_a_shell(sandbox: Sandbox) -> None:
    assert pasted(sandbox) == (
        [status for status, _ in sandbox.printed] if shutil.which("curl") else []
    )


def pasted(sandbox: Sandbox, **variables: str) -> list[int]:
    """The statuses that curl sees, none where there is no curl."""
    shell = subprocess.run(
        [shutil.which("bash") or "sh"],
        input=sandbox.output[sandbox.output.index("\n# ") :],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    return [int(one) for one in re.findall(r"^HTTP/1\.[01] (\d+)", shell.stdout, re.MULTILINE)]


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


def test_who_am_i_tells_what_the_token_says(sandbox: Sandbox) -> None:
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
        "/organizations/acme/documents/": 401,
        "/organizations/acme/invitations/": 401,
        "/organizations/globex/documents/": 401,
        "/organizations/globex/invitations/": 401,
    }


def test_the_browsable_api_has_its_style(sandbox: Sandbox) -> None:
    page = sandbox.send("/", accept="text/html").text
    sheets = re.findall(r'<link rel="stylesheet" [^>]*href="([^"]+)"', page)
    assert sheets
    assert {sandbox.send(sheet).status for sheet in sheets} == {200}


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


# The stand-in


@pytest.fixture(scope="module")
def stand_in() -> Iterator[Logto]:
    with running_stand_in() as server:
        yield server.logto


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


# The environment


def test_a_real_tenant_takes_the_place_of_the_stand_in(stand_in: Logto, tmp_path: Path) -> None:
    tenant = {"LOGTO_ENDPOINT": f"{stand_in.endpoint}/", "LOGTO_API_RESOURCE": API_RESOURCE}
    directory = tmp_path / "sandbox"
    directory.mkdir()
    with started(directory, PORT="0", **tenant) as sandbox:
        token = ask(stand_in, DOCUMENTS).json()["access_token"]
        assert sandbox.send("/organizations/acme/documents/", token).status == 200
        assert "eyJ" not in sandbox.output
        assert sandbox.output.count('"Authorization: Bearer $TOKEN"') == 6
        assert "$ORGANIZATION_ID/documents/" in sandbox.output
        answered = pasted(
            sandbox,
            TOKEN=token,
            ORGANIZATION_ID="acme",
            APP_ID=BACK_OFFICE.id,
            APP_SECRET=BACK_OFFICE.secret,
        )
    # The one token is right for one line, and the last line asks for another one.
    right = [403, 403, 403, 403, 200, 200, 401, 200]
    assert answered == (right if shutil.which("curl") else [])


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


@pytest.mark.parametrize("port", ["http", "-1", "65536", "9" * 5000, "80 80"])
def test_a_port_that_is_none_is_one_sentence(port: str) -> None:
    with pytest.raises(SystemExit, match="PORT must be a number from 1 to 65535"):
        bound_server(port)


def test_another_port_is_used_where_the_default_one_is_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr("sandbox.server.DEFAULT_PORT", port)
        with bound_server("") as server:
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


def test_the_settings_of_the_package_are_two() -> None:
    assert settings.LOGTO.keys() == {"ENDPOINT", "API_RESOURCE"}


def within_django(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        cwd=ROOT,
        env=environment(
            DJANGO_SETTINGS_MODULE="sandbox.settings",
            LOGTO_ENDPOINT="https://tenant.logto.test",
            LOGTO_API_RESOURCE=API_RESOURCE,
        ),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.stderr == ""
    return done.stdout


def test_the_checks_have_nothing_to_say() -> None:
    assert within_django("check") == "System check identified no issues (0 silenced).\n"


def test_rows_are_called_by_their_names() -> None:
    rows = "Product(name='Desk'), Document(title='Road map'), Invitation(email='ada@example.com')"
    code = f"from sandbox.models import *; print(*({rows}), sep=', ')"
    assert within_django("shell", "-v", "0", "-c", code) == "Desk, Road map, ada@example.com\n"
