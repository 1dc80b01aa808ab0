"""drf_logto.testing.ManagementApi: it answers as the Management API of a real Logto did."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.outgoing.management_api import ManagementApi as Client
from drf_logto.outgoing.management_api import ManagementApiRefused, management_api
from drf_logto.testing import Logto, ManagementApi
from tests.support.loopback import LoopbackServer
from tests.support.management import OPTIONS, SECRET, serve_stand_in

FORM = "client_id=machine-1&client_secret={}&resource={}&scope={}"
RESOURCE = "https://default.logto.app/api"


@pytest.fixture
def stand_in(logto: Logto, settings: Any) -> Iterator[ManagementApi]:
    settings.LOGTO = {**settings.LOGTO, **OPTIONS}
    with ManagementApi() as stand_in:
        yield stand_in


@pytest.fixture
def client(stand_in: ManagementApi) -> Client:
    return management_api()


def answer(
    stand_in: ManagementApi, method: str, path: str, body: str = "", *, authorization: str = ""
) -> tuple[int, dict[str, str], Any]:
    header = authorization or f"Bearer {token(stand_in)}"
    status, headers, text = stand_in.respond(method, path, {"Authorization": header}, body)
    return status, headers, json.loads(text) if "json" in headers["Content-Type"] else text


def token(
    stand_in: ManagementApi, secret: str = SECRET, to: str = RESOURCE, of: str = "all"
) -> Any:
    form = FORM.format(secret, to, of)
    return json.loads(stand_in.respond("POST", "/oidc/token", {}, form)[2]).get("access_token")


def fill(stand_in: ManagementApi, rows: dict[str, Any]) -> None:
    """Have what the recorded tenant had."""
    tenant = stand_in.tenant
    tenant.assigned |= {id: list(ids) for id, ids in rows.pop("role_scopes").items()}
    for role in rows["organization-roles"]:
        ids = {name: [one["id"] for one in role.pop(name)] for name in ("scopes", "resourceScopes")}
        tenant.assigned[f"{role['id']} permissions"] = ids["scopes"]
        tenant.assigned[role["id"]] = ids["resourceScopes"]
    for kind, found in rows.items():
        tenant.rows[kind] = {row["id"]: row for row in found}


def members(document: Any) -> Any:
    first = document[0] if isinstance(document, list) and document else document
    return sorted(first) if isinstance(first, dict) else first


def test_every_recorded_exchange_has_the_recorded_status_code_and_members(
    stand_in: ManagementApi, recordings: dict[str, Any]
) -> None:
    recorded = recordings["management_api_exchanges"]
    fill(stand_in, recorded["tenant"])
    ids: dict[str, str] = {}
    for one in recorded["exchanges"]:
        path, body = one["path"], one.get("body", "")
        for recorded_id, id in ids.items():
            path, body = path.replace(recorded_id, id), body.replace(recorded_id, id)
        if "two requests at the same moment" in one["title"]:
            stand_in.at_write(1, before=partial(stand_in.create, path, **json.loads(body)))
        status, headers, document = answer(stand_in, one["method"], f"/api{path}", body)
        code = document.get("code") if status >= 400 and isinstance(document, dict) else None
        found = status, code, members(document), "Total-Number" in headers
        expected = one["status"], one.get("code"), one["keys"], one.get("paged", False)
        assert (one["title"], *found) == (one["title"], *expected)
        if "id" in one:
            ids[one["id"]] = document["id"]


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        ("Basic abc", 401, "auth.authorization_token_type_not_supported"),
        ("bearer abc", 401, "auth.authorization_token_type_not_supported"),
        ("Bearer abc", 401, "auth.unauthorized"),
    ],
)
def test_a_wrong_token_is_refused_as_recorded(
    stand_in: ManagementApi, authorization: str, status: int, code: str
) -> None:
    found = answer(stand_in, "GET", "/api/resources", authorization=authorization)
    assert (found[0], found[2]["code"]) == (status, code)


def test_a_request_without_a_token_is_refused_as_recorded(stand_in: ManagementApi) -> None:
    status, _headers, text = stand_in.respond("GET", "/api/resources", {}, "")
    assert (status, json.loads(text)["code"]) == (401, "auth.authorization_header_missing")


@pytest.mark.parametrize("scope", ["", "read"])
def test_a_token_without_the_scope_opens_nothing(stand_in: ManagementApi, scope: str) -> None:
    header = f"Bearer {token(stand_in, of=scope)}"
    status, _headers, document = answer(stand_in, "GET", "/api/roles", authorization=header)
    assert (status, document["code"]) == (403, "auth.forbidden")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        (FORM.format("wrong", RESOURCE, "all"), 401, "invalid_client"),
        (FORM.format(SECRET, f"{RESOURCE}/", "all"), 400, "invalid_target"),
        ("client_id=nobody", 400, "invalid_client"),
    ],
)
def test_a_machine_gets_no_token_as_recorded(
    stand_in: ManagementApi, form: str, status: int, error: str
) -> None:
    found, _headers, text = stand_in.respond("POST", "/oidc/token", {}, form)
    assert (found, json.loads(text)["error"]) == (status, error)


def test_the_client_reads_what_the_test_has_created(
    client: Client, stand_in: ManagementApi
) -> None:
    role = stand_in.create("/roles", name="editor", description="Edits")
    hook = {"events": ["User.Deleted"], "config": {"url": "https://api.example.test"}}
    stand_in.change(f"/hooks/{stand_in.create('/hooks', **hook)['id']}", enabled=False)
    assert client.get_list("/hooks")[0]["enabled"] is False
    assert client.get_list("/roles")[0]["name"] == "editor"
    assert client.get(f"/roles/{role['id']}/scopes") == []
    assert stand_in.requests[-1] == ("GET", f"/api/roles/{role['id']}/scopes")


def test_an_id_that_a_test_chooses_is_that_of_no_later_row(stand_in: ManagementApi) -> None:
    with pytest.raises(ValueError, match=r"guard\.invalid_input"):
        stand_in.create("/roles", id="mine")
    _status, _headers, role = answer(
        stand_in, "POST", "/api/roles", json.dumps({"name": "a", "description": "b"})
    )
    assert role["id"] != "mine"


def test_pages_are_counted_and_their_links_lead_nowhere(stand_in: ManagementApi) -> None:
    for number in range(3):
        stand_in.create("/organization-scopes", name=f"permission:{number}")
    path = "/api/organization-scopes?page=1&page_size=2"
    _status, headers, rows = answer(stand_in, "GET", path)
    assert (len(rows), headers["Total-Number"]) == (2, "3")
    assert headers["Link"].endswith('</organization-scopes?page=2&page_size=2>; rel="next"')
    page = answer(stand_in, "GET", "/organization-scopes?page=2&page_size=2")
    assert (page[0], page[2]) == (200, "<!DOCTYPE html>")


@pytest.mark.parametrize("path", ["/nothing", "/resources/x/y/z"])
def test_what_it_does_not_cover_is_not_found(
    client: Client, stand_in: ManagementApi, path: str
) -> None:
    with pytest.raises(AuthorizationServerUnavailable) as failure:
        client.get(path)
    assert failure.value.reason == "HTTP status 404, and no JSON"
    with pytest.raises(ValueError, match="Not Found"):
        stand_in.create(path)


@pytest.mark.parametrize("is_done", [False, True])
def test_a_write_fails_when_the_test_says_so(
    client: Client, stand_in: ManagementApi, is_done: bool
) -> None:
    stand_in.fail_write(2, is_done=is_done)
    client.post("/organization-scopes", {"name": "first"})
    with pytest.raises(AuthorizationServerUnavailable) as failure:
        client.post("/organization-scopes", {"name": "second"})
    assert failure.value.reason == "HTTP status 500"
    assert len(client.get_list("/organization-scopes")) == 1 + is_done


def test_a_scope_that_another_request_assigns_meanwhile_is_a_fault_of_the_server(
    client: Client, stand_in: ManagementApi
) -> None:
    resource = stand_in.create("/resources", name="API", indicator="https://api.example.test")
    scope = stand_in.create(f"/resources/{resource['id']}/scopes", name="read")
    path = f"/roles/{stand_in.create('/roles', name='reader', description='x')['id']}/scopes"
    body = {"scopeIds": [scope["id"]]}
    stand_in.at_write(1, before=lambda: stand_in.create(path, **body))
    with pytest.raises(AuthorizationServerUnavailable):
        client.post(path, body)
    with pytest.raises(ManagementApiRefused) as refused:
        client.post(path, body)
    assert refused.value.code == "role.scope_exists"


def test_a_third_party_application_has_its_consent_scopes(
    client: Client, stand_in: ManagementApi
) -> None:
    resource = stand_in.create("/resources", name="API", indicator="https://api.example.test")
    scope = stand_in.create(f"/resources/{resource['id']}/scopes", name="read")
    permission = stand_in.create("/organization-scopes", name="invite")
    application = stand_in.create(
        "/applications", name="Partner", type="Traditional", isThirdParty=True
    )
    path = f"/applications/{application['id']}/user-consent-scopes"
    stand_in.create(
        path,
        userScopes=["email"],
        resourceScopes=[scope["id"]],
        organizationScopes=[permission["id"]],
    )
    found: Any = client.get(path)
    assert found["resourceScopes"][0]["resource"]["indicator"] == "https://api.example.test"
    assert found["resourceScopes"][0]["scopes"][0]["name"] == "read"
    assert found["organizationScopes"][0]["name"] == "invite"
    assert (found["userScopes"], found["organizationResourceScopes"]) == (["email"], [])


def test_an_answer_that_is_too_long_is_none(client: Client, stand_in: ManagementApi) -> None:
    with pytest.raises(AuthorizationServerUnavailable) as failure:
        client.get("/resources", max_body=9)
    assert failure.value.reason == "longer than 9 bytes"


def test_it_answers_over_http_too(server: LoopbackServer, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, **OPTIONS}
    settings.LOGTO = {**settings.LOGTO, **serve_stand_in(server, ManagementApi())}
    client = management_api()
    client.post("/organization-scopes", {"name": "a b"})
    assert client.get_list("/organization-scopes")[0]["name"] == "a b"
