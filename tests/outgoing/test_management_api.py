"""The client of the Management API against a server that answers as Logto did."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.core.exceptions import ImproperlyConfigured

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.outgoing.management_api import (
    ManagementApi,
    ManagementApiRefused,
    management_api,
    management_api_resource,
)
from drf_logto.runtime import Environment, get_environment, override
from tests.support.clock import Clock
from tests.support.loopback import LoopbackServer, document, http
from tests.support.management import SECRET, recorded, serve_management_api
from tests.support.reports import Reports, assert_no_secret


@pytest.fixture
def answers(recordings: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = recordings["management_api"]
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(server: LoopbackServer, answers: dict[str, Any], settings: Any, clock: Clock) -> Any:
    settings.LOGTO = serve_management_api(server, answers)
    with override(Environment(now=clock)):
        yield management_api()


def tokens_asked(server: LoopbackServer) -> int:
    return server.asked.count("/oidc/token")


def test_a_value_is_returned(api: ManagementApi, answers: dict[str, Any]) -> None:
    assert api.get("/hooks") == answers["hooks"]["body"]


def test_a_machine_asks_with_its_token(
    api: ManagementApi, server: LoopbackServer, answers: dict[str, Any]
) -> None:
    api.get("/hooks", page=2, name="a b")
    assert server.asked[-1] == "/api/hooks?page=2&name=a+b"
    assert (
        server.headers[-1]["Authorization"] == f"Bearer {answers['token']['body']['access_token']}"
    )
    form = parse_qs(server.bodies[server.asked.index("/oidc/token")])
    assert form == {
        "grant_type": ["client_credentials"],
        "client_id": ["machine-1"],
        "client_secret": [SECRET],
        "resource": ["https://default.logto.app/api"],
        "scope": ["all"],
    }


def test_an_internal_endpoint_is_asked(
    api: ManagementApi, server: LoopbackServer, settings: Any, answers: dict[str, Any]
) -> None:
    settings.LOGTO = {
        **settings.LOGTO,
        "ENDPOINT": "https://tenant.logto.test",
        "INTERNAL_ENDPOINT": server.address,
    }
    server.answers["/oidc/.well-known/openid-configuration"] = document(
        {
            "issuer": "https://tenant.logto.test/oidc",
            "authorization_endpoint": "https://tenant.logto.test/oidc/auth",
            "token_endpoint": "https://tenant.logto.test/oidc/token",
        }
    )
    assert management_api().get("/hooks") == answers["hooks"]["body"]


@pytest.mark.parametrize(
    ("later", "asked"),
    [(0, 1), (3239, 1), (3241, 2), (10**6, 2), (-1, 1), (-(10**6), 2)],
)
def test_a_token_is_kept_until_shortly_before_its_end(
    api: ManagementApi, server: LoopbackServer, clock: Clock, later: float, asked: int
) -> None:
    api.get("/hooks")
    clock.time += later
    api.get("/hooks")
    assert tokens_asked(server) == asked


@pytest.mark.parametrize("lifetime", [None, "3600", 0, -5, 30])
def test_a_token_without_a_usable_lifetime_is_used_once(
    api: ManagementApi, server: LoopbackServer, answers: dict[str, Any], lifetime: object
) -> None:
    server.answers["/oidc/token"] = document({**answers["token"]["body"], "expires_in": lifetime})
    assert api.get("/hooks") == api.get("/hooks")
    assert tokens_asked(server) == 2


def test_a_token_that_is_refused_is_replaced_once(
    api: ManagementApi, server: LoopbackServer, answers: dict[str, Any]
) -> None:
    api.get("/hooks")
    server.answers["/api/hooks"] = recorded(answers["invalid_token"])
    with pytest.raises(
        ManagementApiRefused, match=r"Set LOGTO.'MANAGEMENT_API_RESOURCE'"
    ) as refused:
        api.get("/hooks")
    assert refused.value.code == "auth.unauthorized"
    assert tokens_asked(server) == 2


@pytest.mark.parametrize(
    ("recording", "code", "remedy"),
    [
        ("wrong_secret", "invalid_client", "MANAGEMENT_APP_SECRET"),
        ("unknown_client", "invalid_client", "MANAGEMENT_APP_ID"),
        ("wrong_target", "invalid_target", "MANAGEMENT_API_RESOURCE"),
        ("web_application", "invalid_request", "must be a machine-to-machine application"),
        ("no_role", "insufficient_scope", "role with the permission 'all'"),
    ],
)
def test_a_machine_without_access_is_told_the_remedy(
    api: ManagementApi, server: LoopbackServer, answers: dict[str, Any], recording: str, code: str,
    remedy: str,
) -> None:  # fmt: skip
    server.answers["/oidc/token"] = recorded(answers[recording])
    with pytest.raises(ManagementApiRefused, match=remedy) as refused:
        api.get("/hooks")
    assert refused.value.code == code
    assert not [path for path in server.asked if path.startswith("/api")]


@pytest.mark.parametrize(
    ("recording", "code", "remedy"),
    [
        ("forbidden", "auth.forbidden", " Give the application LOGTO['MANAGEMENT_APP_ID'] a"),
        ("invalid_token", "auth.unauthorized", " Set LOGTO['MANAGEMENT_API_RESOURCE'] to"),
        ("unknown_hook", "entity.not_exists_with_id", ""),
    ],
)
def test_an_error_keeps_the_code_of_logto(
    api: ManagementApi, server: LoopbackServer, answers: dict[str, Any], recording: str, code: str,
    remedy: str,
) -> None:  # fmt: skip
    server.answers["/api/hooks"] = recorded(answers[recording])
    with pytest.raises(ManagementApiRefused) as refused:
        api.get("/hooks")
    assert refused.value.code == code
    assert str(refused.value).startswith(f"The Management API refuses: '{code}'.{remedy}")


@pytest.mark.parametrize("body", ["[]", "{}", '{"code": 5}'])
def test_an_error_without_a_code_keeps_the_status(
    api: ManagementApi, server: LoopbackServer, body: str
) -> None:
    server.answers["/api/hooks"] = http(body, "422 Unprocessable")
    with pytest.raises(ManagementApiRefused, match="HTTP status 422"):
        api.get("/hooks")


@pytest.mark.parametrize("code", ["a\\nb", "x" * 101, "\\u001b[31m"])
def test_a_code_that_is_not_readable_is_none(
    api: ManagementApi, server: LoopbackServer, code: str
) -> None:
    server.answers["/api/hooks"] = http(f'{{"code": "{code}"}}', "400 Bad Request")
    with pytest.raises(ManagementApiRefused) as refused:
        api.get("/hooks")
    assert refused.value.code == "HTTP status 400"


@pytest.mark.parametrize(
    "token", [None, 5, "", "two parts", "a\nb", "x" * 20_000], ids=lambda token: str(token)[:9]
)
def test_an_answer_without_a_usable_token_is_no_token(
    api: ManagementApi, server: LoopbackServer, token: object
) -> None:
    server.answers["/oidc/token"] = document({"access_token": token, "scope": "all"})
    with pytest.raises(AuthorizationServerUnavailable) as failure:
        api.get("/hooks")
    assert failure.value.reason == "the token endpoint answers without a token"


def test_an_answer_that_is_no_object_is_no_token(
    api: ManagementApi, server: LoopbackServer
) -> None:
    server.answers["/oidc/token"] = document([])
    with pytest.raises(AuthorizationServerUnavailable):
        api.get("/hooks")


def test_a_list_that_does_not_end_is_no_answer(api: ManagementApi, server: LoopbackServer) -> None:
    """As of a proxy that drops the query."""
    server.answers["/api/hooks"] = document([{}] * 100)
    with pytest.raises(AuthorizationServerUnavailable) as failure:
        list(api.get_pages("/hooks"))
    assert failure.value.reason == "the list does not end"


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("[]", "302 Found", "HTTP status 302, and redirects are not followed"),
        ("[]", "500 Internal Server Error", "HTTP status 500"),
        ("Not Found", "404 Not Found", "HTTP status 404, and no JSON"),
        ("[" + "1," * 200 + "1]", "200 OK", "longer than 100 bytes"),
    ],
)
def test_an_answer_that_cannot_be_used_names_the_cause(
    api: ManagementApi, server: LoopbackServer, body: str, status: str, reason: str
) -> None:
    server.answers["/api/hooks"] = http(body, status, Location="/elsewhere")
    with pytest.raises(AuthorizationServerUnavailable) as failure:
        api.get("/hooks", max_body=100)
    assert reason in failure.value.reason


@pytest.mark.parametrize("method", ["post", "patch"])
def test_a_write_sends_json_and_returns_the_answer(
    api: ManagementApi, server: LoopbackServer, method: str
) -> None:
    server.answers["/api/roles"] = http('{"id": "role-1"}', "201 Created")
    assert getattr(api, method)("/roles", {"name": "편집자"}) == {"id": "role-1"}
    assert (server.methods[-1], server.asked[-1]) == (method.upper(), "/api/roles")
    assert json.loads(server.bodies[-1]) == {"name": "편집자"}
    assert server.headers[-1]["Content-Type"] == "application/json"


@pytest.mark.parametrize(("body", "status"), [("Created", "201 Created"), ("", "204 No Content")])
def test_a_write_that_is_done_without_json_returns_nothing(
    api: ManagementApi, server: LoopbackServer, body: str, status: str
) -> None:
    server.answers["/api/roles"] = http(body, status)
    assert api.post("/roles", {}) is None


def test_a_write_that_is_refused_names_the_code_of_logto(
    api: ManagementApi, server: LoopbackServer
) -> None:
    server.answers["/api/roles"] = http('{"code": "role.name_in_use"}', "422 Unprocessable")
    with pytest.raises(ManagementApiRefused) as refused:
        api.post("/roles", {})
    assert refused.value.code == "role.name_in_use"


def test_a_write_with_a_token_that_is_refused_is_sent_once_more(
    api: ManagementApi, server: LoopbackServer, answers: dict[str, Any]
) -> None:
    server.answers["/api/roles"] = recorded(answers["invalid_token"])
    with pytest.raises(ManagementApiRefused):
        api.post("/roles", {"name": "x"})
    assert server.bodies.count('{"name": "x"}') == tokens_asked(server) == 2


@pytest.mark.parametrize(
    ("endpoint", "resource"),
    [
        ("https://auth.example.test", "https://default.logto.app/api"),
        ("https://a1b2c3.logto.app", "https://a1b2c3.logto.app/api"),
        (["https://auth.example.test", "https://a1b2.logto.app"], "https://a1b2.logto.app/api"),
        ("https://a.logto.app.example.test", "https://default.logto.app/api"),
    ],
)
def test_the_resource_is_named_after_the_tenant(
    settings: Any, endpoint: object, resource: str
) -> None:
    settings.LOGTO = {**settings.LOGTO, "ENDPOINT": endpoint}
    assert management_api_resource(_settings()) == resource
    settings.LOGTO = {**settings.LOGTO, "MANAGEMENT_API_RESOURCE": "https://own.logto.app/api"}
    assert management_api_resource(_settings()) == "https://own.logto.app/api"


def _settings() -> Any:
    from drf_logto.conf import get_settings

    return get_settings()


@pytest.mark.parametrize("missing", ["MANAGEMENT_APP_ID", "MANAGEMENT_APP_SECRET"])
def test_a_missing_machine_is_named(api: ManagementApi, settings: Any, missing: str) -> None:
    settings.LOGTO = {**settings.LOGTO, missing: None}
    with pytest.raises(ImproperlyConfigured, match=missing):
        management_api()


@pytest.mark.parametrize(
    ("path", "recording"),
    [
        ("/oidc/token", "wrong_secret"),
        ("/oidc/token", "no_role"),
        ("/api/hooks", "invalid_token"),
        ("/api/hooks", "unknown_path"),
        ("/api/hooks", "forbidden"),
        ("/api/hooks", "hooks"),
    ],
)
def test_no_failure_reports_a_token_or_the_secret(
    api: ManagementApi,
    server: LoopbackServer,
    answers: dict[str, Any],
    reports: Reports,
    path: str,
    recording: str,
) -> None:
    server.answers[path] = recorded(answers[recording])
    try:
        api.get("/hooks", max_body=5000 if recording != "hooks" else 10)
    except (ManagementApiRefused, AuthorizationServerUnavailable) as failure:
        own = failure.__traceback__
        assert own is not None
        reports.add_exception(failure.with_traceback(own.tb_next))
    assert reports.exceptions == 1
    reports.add(f"{api!r} {api._settings!r} {get_environment()!r}")
    token = answers["token"]["body"]["access_token"]
    assert_no_secret([SECRET, token, token[-40:]], *reports.texts)
