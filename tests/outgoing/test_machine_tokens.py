"""The machine tokens of one process: which are asked for, kept, replaced and refused."""

import asyncio
import copy
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.outgoing import (
    MachineTokenRefused,
    amachine_token,
    drop_machine_token,
    machine_token,
)
from drf_logto.outgoing.machine_tokens import MAX_TOKENS
from drf_logto.runtime import Environment, override
from tests.support.clock import Clock
from tests.support.loopback import Connection, document, http
from tests.support.machines import LIFETIME, SECRET, TokenEndpoint
from tests.support.management import recorded
from tests.support.reports import Reports, assert_no_secret

API = "https://orders.example.test"
EARLY, END = 0.9 * LIFETIME, LIFETIME - 30
COOLDOWN = 30


def orders() -> str:
    return machine_token(resource=API, scopes="read:orders")


@pytest.mark.parametrize(
    ("arguments", "form"),
    [
        ({"resource": API}, {"resource": API}),
        ({"resource": API, "scopes": "a"}, {"resource": API, "scope": "a"}),
        ({"organization": "o1", "scopes": ["b", "a"]}, {"organization_id": "o1", "scope": "a b"}),
        (
            {"resource": API, "organization": "o1", "scopes": {"a"}},
            {"resource": API, "organization_id": "o1", "scope": "a"},
        ),
    ],
)
def test_each_kind_of_token_is_asked_for(
    endpoint: TokenEndpoint, arguments: Any, form: dict[str, str]
) -> None:
    assert machine_token(**arguments) == "token-1"
    credentials = {"client_id": "machine-1", "client_secret": SECRET}
    assert endpoint.form == {"grant_type": "client_credentials", **credentials, **form}


@pytest.mark.parametrize(
    "name", ["m2m_api_all", "m2m_api_two", "m2m_org_a", "m2m_org_a_api_no_scope_param"]
)
def test_a_real_answer_is_a_token(
    endpoint: TokenEndpoint, recordings: dict[str, Any], name: str
) -> None:
    recording = recordings["tokens"]["tokens"][name]
    answer = recording["response"]
    endpoint.server.answers["/oidc/token"] = document(answer)
    scopes = recording["request"].get("scope", "").split()
    assert machine_token(resource=API, scopes=scopes) == answer["access_token"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs a resource, an organization, or both"),
        ({"resource": ""}, "The resource is not one that Logto can have: ''"),
        ({"organization": "o 1"}, "The organization is not one that Logto can have: 'o 1'"),
        ({"resource": "urn:logto:resource:organizations"}, "pass 'organization' without"),
        ({"resource": "urn:logto:organization:o1"}, "pass 'organization' without"),
        ({"resource": API, "scopes": "two words"}, "'two words' is no scope"),
    ],
)
def test_arguments_that_cannot_be_right_are_named(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        machine_token(**arguments)


@pytest.mark.parametrize("missing", ["MACHINE_APP_ID", "MACHINE_APP_SECRET"])
def test_a_missing_application_is_named(
    endpoint: TokenEndpoint, settings: Any, missing: str
) -> None:
    settings.LOGTO = {**settings.LOGTO, missing: None}
    with pytest.raises(ImproperlyConfigured, match=missing):
        orders()


def test_the_machine_of_the_management_api_is_another(
    endpoint: TokenEndpoint, settings: Any
) -> None:
    other = {"MANAGEMENT_APP_ID": "machine-2", "MANAGEMENT_APP_SECRET": "other"}
    settings.LOGTO = {**settings.LOGTO, **other}
    machine_token(resource="https://default.logto.app/api", scopes="all")
    assert endpoint.form["client_id"] == "machine-1"


@pytest.mark.parametrize(
    ("later", "asked"),
    [(0, 1), (EARLY - 1, 1), (EARLY, 2), (10**6, 2), (-5, 1), (-6, 2)],
)
def test_a_token_is_kept_until_shortly_before_its_end(
    endpoint: TokenEndpoint, clock: Clock, later: float, asked: int
) -> None:
    orders()
    clock.time += later
    assert orders() == f"token-{asked}"


def test_a_token_that_lives_long_is_kept_for_a_day(endpoint: TokenEndpoint, clock: Clock) -> None:
    endpoint.lifetime = 30 * 86400
    orders()
    clock.time += 86400 - 601
    assert orders() == "token-1"
    clock.time += 1
    assert orders() == "token-2"


@pytest.mark.parametrize("lifetime", [None, "3600", 0, -5, 30])
def test_a_token_without_a_usable_lifetime_is_used_once(
    endpoint: TokenEndpoint, lifetime: object
) -> None:
    endpoint.lifetime = lifetime
    assert [orders(), orders()] == ["token-1", "token-2"]


def test_tokens_for_something_else_or_of_other_settings_are_others(
    endpoint: TokenEndpoint, settings: Any
) -> None:
    first = orders()
    others = [
        machine_token(resource=API, scopes="write:orders"),
        machine_token(resource=API),
        machine_token(resource=API, organization="o1", scopes="read:orders"),
    ]
    settings.LOGTO = {**settings.LOGTO, "MACHINE_APP_SECRET": "another"}
    assert len({first, *others, orders()}) == 5


def test_the_order_of_scopes_does_not_matter(endpoint: TokenEndpoint) -> None:
    assert machine_token(resource=API, scopes=["a", "b"]) == "token-1"
    assert machine_token(resource=API, scopes=("b", "a", "a")) == "token-1"


@pytest.mark.usefixtures("endpoint")
def test_a_process_keeps_so_many_tokens(clock: Clock) -> None:
    asked: list[str | None] = []

    def issue(*_: Any, body: str | None = None, **__: Any) -> tuple[int, object]:
        asked.append(body)
        return 200, {"access_token": f"token-{len(asked)}", "expires_in": 60, "scope": ""}

    with override(Environment(now=clock, exchange=issue)):
        first, *_ = [machine_token(organization=f"o{number}") for number in range(MAX_TOKENS)]
        assert machine_token(organization="o0") == first
        machine_token(organization="one-more")
        assert machine_token(organization="o0") == first
        assert len(asked) == MAX_TOKENS + 1
        machine_token(organization="o1")
        assert len(asked) == MAX_TOKENS + 2


def test_threads_that_need_a_token_ask_once(endpoint: TokenEndpoint) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: orders(), range(8)))
    assert tokens == ["token-1"] * 8


def test_the_old_token_is_used_while_another_thread_asks(
    endpoint: TokenEndpoint, clock: Clock
) -> None:
    orders()
    clock.time += EARLY

    def ask_meanwhile(connection: Connection) -> None:
        assert orders() == "token-1"
        endpoint.works()
        endpoint.server.answers["/oidc/token"](connection)

    endpoint.server.answers["/oidc/token"] = ask_meanwhile
    assert orders() == "token-2"


def test_a_thread_does_not_wait_for_another_forever(endpoint: TokenEndpoint, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "HTTP_TIMEOUT": 0.1}
    failures: list[Any] = []

    def ask_meanwhile(*_: Any, **__: Any) -> tuple[int, object]:
        with ThreadPoolExecutor(1) as pool:
            failures.append(pool.submit(orders).exception())
        return 200, {"access_token": "token-1", "scope": "read:orders"}

    with override(Environment(exchange=ask_meanwhile)):
        assert orders() == "token-1"
    assert [one.reason for one in failures] == ["another request waits for the token"]


def test_an_outage_is_asked_about_seldom(endpoint: TokenEndpoint, clock: Clock) -> None:
    endpoint.server.answers["/oidc/token"] = http("", "502 Bad Gateway")
    asked = []
    for _ in range(60):
        with pytest.raises(AuthorizationServerUnavailable, match="unavailable") as failure:
            orders()
        with pytest.raises(AuthorizationServerUnavailable):
            machine_token(organization="o1")
        assert failure.value.reason == "HTTP status 502"
        asked.append(endpoint.asked)
        clock.time += 1
    assert asked[:3] == [1, 2, 2]
    assert asked[-1] == 6  # after 0, 1, 3, 7, 15 and 31 seconds
    endpoint.works()
    clock.time += COOLDOWN
    assert orders().startswith("token")
    assert machine_token(organization="o1").startswith("token")


def test_the_pause_begins_when_a_request_has_failed(endpoint: TokenEndpoint, clock: Clock) -> None:
    """One to a Logto that hangs takes longer than the first pause."""

    def hang(connection: Connection) -> None:
        clock.time += 5
        http("", "504 Gateway Timeout")(connection)

    endpoint.server.answers["/oidc/token"] = hang
    for waits in (1, 1):
        with pytest.raises(AuthorizationServerUnavailable) as failure:
            orders()
        assert failure.value.retry_after == waits
    assert endpoint.asked == 1


def test_a_refusal_stops_only_tokens_of_its_kind(endpoint: TokenEndpoint, clock: Clock) -> None:
    endpoint.denied = {"read:orders"}
    for _ in range(3):
        with pytest.raises(MachineTokenRefused):
            orders()
    assert machine_token(resource=API) == "token-2"
    endpoint.denied = set()
    clock.time += 1
    assert orders() == "token-3"


@pytest.mark.parametrize("failure", ["502 Bad Gateway", "400 Bad Request"])
def test_the_old_token_is_used_until_its_end_where_no_new_one_comes(
    endpoint: TokenEndpoint, clock: Clock, failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    orders()
    begun = clock.time
    endpoint.server.answers["/oidc/token"] = http("{}", failure)
    for later in (EARLY, EARLY + 1, END - 1):
        clock.time = begun + later
        assert orders() == "token-1"
    assert "A machine token is not replaced, and still used: " in caplog.text
    clock.time = begun + END
    with pytest.raises((AuthorizationServerUnavailable, MachineTokenRefused)):
        orders()


@pytest.mark.parametrize(
    ("name", "code", "remedy"),
    [
        ("err_bad_secret", "invalid_client", "Check LOGTO['MACHINE_APP_ID'] and"),
        ("err_unknown_resource", "invalid_target", "exactly as it is registered"),
        ("err_org_not_associated", "access_denied", "Add the application LOGTO['MACHINE_APP_ID']"),
        ("m2m_limited_asks_all", "insufficient_scope", "Not granted: 'api:write', 'write:orders',"),
        ("m2m_none_asks_all", "insufficient_scope", "a machine-to-machine role."),
        ("m2m_org_b", "insufficient_scope", "a machine-to-machine role of the organization."),
    ],
)
def test_a_real_refusal_names_cause_and_remedy(
    endpoint: TokenEndpoint, recordings: dict[str, Any], name: str, code: str, remedy: str
) -> None:
    recording = recordings["tokens"]["tokens"][name]
    endpoint.server.answers["/oidc/token"] = recorded(
        {"status": recording["status"], "body": recording["response"]}
    )
    asked = recording["request"]
    with pytest.raises(MachineTokenRefused) as refused:
        machine_token(
            resource=asked.get("resource", None if "organization_id" in asked else API),
            organization=asked.get("organization_id"),
            scopes=asked.get("scope", "").split(),
        )
    assert refused.value.code == code
    assert remedy in str(refused.value)
    assert str(copy.copy(refused.value)) == str(refused.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[]", "Logto issues no access token: 'HTTP status 400'."),
        ('{"error": "unknown"}', "Logto issues no access token: 'unknown'."),
        ('{"error": "a\\nb"}', "Logto issues no access token: 'HTTP status 400'."),
        (f'{{"error": "{"x" * 101}"}}', "Logto issues no access token: 'HTTP status 400'."),
    ],
)
def test_a_refusal_that_is_not_known_is_named_if_it_is_readable(
    endpoint: TokenEndpoint, body: str, message: str
) -> None:
    endpoint.server.answers["/oidc/token"] = http(body, "400 Bad Request")
    with pytest.raises(MachineTokenRefused) as refused:
        orders()
    assert str(refused.value) == message


def test_a_rejected_token_is_replaced_once_in_a_while(
    endpoint: TokenEndpoint, clock: Clock
) -> None:
    assert drop_machine_token(orders())
    assert orders() == "token-2"
    assert not drop_machine_token("token-2")
    assert orders() == "token-2"
    assert drop_machine_token("token-1"), "another thread has replaced it"
    clock.time += COOLDOWN
    assert drop_machine_token("token-2")
    assert orders() == "token-3"


def test_an_event_loop_goes_on_while_a_token_is_asked_for(endpoint: TokenEndpoint) -> None:
    async def ask() -> tuple[str, bool, str]:
        token = asyncio.ensure_future(amachine_token(resource=API))
        await asyncio.sleep(0)
        is_waiting = not token.done()
        return await token, is_waiting, await amachine_token(resource=API)

    assert asyncio.run(ask()) == ("token-1", True, "token-1")


def test_the_threads_of_the_event_loop_are_left_to_others(endpoint: TokenEndpoint) -> None:
    """Those look up addresses as well, and are few."""

    async def ask() -> tuple[str, bool]:
        loop, is_over = asyncio.get_running_loop(), threading.Event()
        loop.set_default_executor(ThreadPoolExecutor(1))
        other = loop.run_in_executor(None, is_over.wait, 10)
        try:
            return await amachine_token(resource=API), other.done()
        finally:
            is_over.set()

    assert asyncio.run(ask()) == ("token-1", False)


@pytest.mark.parametrize("answer", ["refused", "down", "issued"])
def test_no_failure_reports_a_token_or_the_secret(
    endpoint: TokenEndpoint, reports: Reports, clock: Clock, answer: str
) -> None:
    token = f"{orders()}"
    clock.time += LIFETIME
    endpoint.server.answers["/oidc/token"] = {
        "refused": http("{}", "401 Unauthorized"),
        "down": http("", "500 Internal Server Error"),
        "issued": document({"access_token": "token-secret", "scope": ""}),
    }[answer]
    try:
        orders()
    except (MachineTokenRefused, AuthorizationServerUnavailable) as failure:
        own = failure.__traceback__
        assert own is not None
        reports.add_exception(failure.with_traceback(own.tb_next))
    assert reports.exceptions == 1
    assert_no_secret([SECRET, token, "token-secret"], *reports.texts)
