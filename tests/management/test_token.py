"""``manage.py logto token``: a token for curl, and nothing else on the standard output."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from drf_logto.runtime import Environment, override
from tests.support.clock import Clock
from tests.support.loopback import LoopbackServer, http
from tests.support.machines import SECRET, TokenEndpoint
from tests.support.reports import Reports, assert_no_secret

API = "https://api.example.test"


@pytest.fixture
def endpoint(server: LoopbackServer, settings: Any) -> Any:
    endpoint = TokenEndpoint(server)
    settings.LOGTO = endpoint.logto
    with override(Environment(now=Clock())):
        yield endpoint


def run(*arguments: str) -> tuple[int, str, str]:
    """Return the exit code, and what is on standard output and standard error."""
    output, errors = StringIO(), StringIO()
    try:
        call_command("logto", "token", *arguments, stdout=output, stderr=errors)
    except CommandError as error:
        return error.returncode, output.getvalue(), f"{errors.getvalue()}{error}"
    return 0, output.getvalue(), errors.getvalue()


@pytest.mark.parametrize(
    ("arguments", "form"),
    [
        ([], {"resource": API}),
        (["--resource", "https://other.test"], {"resource": "https://other.test"}),
        (["--organization", "o1"], {"organization_id": "o1"}),
        (["--organization", "o1", "--resource", API], {"organization_id": "o1", "resource": API}),
        (["--scope", "b", "--scope", "a"], {"resource": API, "scope": "a b"}),
    ],
)
def test_a_token_is_printed(
    endpoint: TokenEndpoint, arguments: list[str], form: dict[str, str]
) -> None:
    code, output, _ = run(*arguments)
    assert (code, output) == (0, "token-1\n")
    client = {"grant_type": "client_credentials", "client_id": "machine-1", "client_secret": SECRET}
    assert endpoint.form == {**client, **form}


def test_a_header_is_one_line_for_curl(endpoint: TokenEndpoint) -> None:
    code, output, errors = run("--header", "--scope", "read:products")
    assert (code, output, errors) == (0, "Authorization: Bearer token-1\n", "")


def test_a_token_without_scopes_is_mentioned_on_standard_error(endpoint: TokenEndpoint) -> None:
    assert run() == (0, "token-1\n", "The token has no scopes: ask for them with --scope.\n")


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ([], "global"),
        (["--organization", "o1"], "organization"),
        (["--organization", "o1", "--resource", API], "organization_resource"),
    ],
)
def test_json_says_what_the_token_is_for(
    endpoint: TokenEndpoint, arguments: list[str], kind: str
) -> None:
    code, output, _ = run("--json", "--scope", "b", "--scope", "a", *arguments)
    assert code == 0
    named = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert json.loads(output) == {
        "token": "token-1",
        "kind": kind,
        "resource": named.get("--resource", None if kind == "organization" else API),
        "organization": named.get("--organization"),
        "scopes": ["a", "b"],
        "expires_in": 3600,
        "expires_at": "2026-11-21T14:02:36+00:00",
        "expires": "in 60 minutes",
    }


@pytest.mark.parametrize(
    ("lifetime", "words"),
    [
        (30, "in 30 seconds"),
        (3599, "in 60 minutes"),
        (7200, "in 2 hours"),
        (30 * 86400, "in 30 days"),
    ],
)
def test_json_says_in_words_how_long_a_token_lives(
    endpoint: TokenEndpoint, lifetime: int, words: str
) -> None:
    endpoint.lifetime = lifetime
    found = json.loads(run("--json")[1])
    assert (found["expires_in"], found["expires"]) == (lifetime, words)


def test_each_run_asks_for_a_new_token(endpoint: TokenEndpoint, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "CACHE": "shared"}
    assert [run()[1], run()[1]] == ["token-1\n", "token-2\n"]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ([], {"API_RESOURCE": [API, "urn:b"]}, f"Choose with --resource: {API}, urn:b."),
        ([], {"MACHINE_APP_SECRET": None}, "LOGTO['MACHINE_APP_SECRET'] is missing"),
        (["--scope", "a b"], {}, "'a b' is no scope"),
        (["--resource", "urn:logto:resource:organizations"], {}, "pass 'organization' without"),
    ],
)
def test_what_cannot_work_exits_with_2(
    endpoint: TokenEndpoint,
    settings: Any,
    arguments: list[str],
    options: dict[str, Any],
    message: str,
) -> None:
    settings.LOGTO = {**settings.LOGTO, **options}
    code, output, errors = run(*arguments)
    assert (code, output) == (2, "")
    assert message in errors


def test_header_and_json_exclude_each_other(endpoint: TokenEndpoint) -> None:
    with pytest.raises(CommandError, match="not allowed with"):
        call_command("logto", "token", "--header", "--json")


def test_a_scope_that_is_not_granted_exits_with_3(endpoint: TokenEndpoint) -> None:
    endpoint.denied = {"write:products"}
    code, output, errors = run("--scope", "read:products", "--scope", "write:products")
    assert (code, output) == (3, "")
    assert "Not granted: 'write:products'." in errors


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ('{"error": "invalid_client"}', "401 Unauthorized", "Check LOGTO['MACHINE_APP_ID'] and"),
        ("", "502 Bad Gateway", "Logto cannot be asked: HTTP status 502."),
    ],
)
def test_a_failure_exits_with_1_and_reports_no_secret(
    endpoint: TokenEndpoint, reports: Reports, body: str, status: str, message: str
) -> None:
    endpoint.server.answers["/oidc/token"] = http(body, status)
    with pytest.raises(CommandError) as failure:
        call_command("logto", "token")
    assert failure.value.returncode == 1
    assert message in str(failure.value)
    reports.add_exception(failure.value)
    assert_no_secret([SECRET, SECRET[5:], SECRET[:-5]], *reports.texts)
