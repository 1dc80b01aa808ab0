"""Machine tokens in a cache that processes share: who asks, and what the cache learns."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.core.cache import caches

from drf_logto.conf import get_settings
from drf_logto.outgoing.client_credentials import (
    MachineTokenRefused,
    TokenRequest,
    machine_application,
)
from drf_logto.outgoing.machine_tokens import MachineTokens, machine_tokens
from drf_logto.outgoing.management_api import management_api
from drf_logto.outgoing.shared_tokens import SharedTokens
from drf_logto.shared_cache import SharedCache
from tests.support.clock import Clock
from tests.support.loopback import Connection, document, http
from tests.support.machines import LIFETIME, SECRET, TokenEndpoint
from tests.support.management import OPTIONS as MANAGEMENT

API = "https://orders.example.test"
EARLY = 0.9 * LIFETIME
Process = Callable[..., str]


@pytest.fixture
def entries() -> Iterator[dict[str, str]]:
    """What the cache has, by its own names."""
    cache: Any = caches["shared"]
    yield cache._cache
    cache.clear()


@pytest.fixture
def begin(
    endpoint: TokenEndpoint, settings: Any, clock: Clock, entries: dict[str, str]
) -> Callable[..., Process]:
    """Begin a process: its memory is empty, and its cache is that of all."""
    settings.LOGTO = {**settings.LOGTO, "CACHE": "shared"}

    def begin_one(**options: Any) -> Process:
        settings.LOGTO = {**settings.LOGTO, **options}
        own = get_settings()
        tokens = MachineTokens(own, clock, SharedCache("shared", 5))

        def token(organization: str | None = None, *, drop: str = "") -> str:
            if drop:
                tokens.drop(drop)
            request = TokenRequest.of(API, organization, "read:orders")
            return tokens.get(machine_application(own), request).value

        return token

    return begin_one


@pytest.fixture
def one(begin: Callable[..., Process]) -> Process:
    return begin()


@pytest.fixture
def other(begin: Callable[..., Process]) -> Process:
    return begin()


def test_processes_share_a_token(one: Process, other: Process) -> None:
    assert (one(), other()) == ("token-1", "token-1")


def test_processes_that_need_a_token_ask_once(begin: Callable[..., Process]) -> None:
    processes = [begin() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda process: process(), processes)) == ["token-1"] * 4


def test_the_old_token_is_used_while_another_process_asks(
    one: Process, other: Process, endpoint: TokenEndpoint, clock: Clock
) -> None:
    one(), other()
    clock.time += EARLY
    meanwhile = []

    def ask_meanwhile(connection: Connection) -> None:
        meanwhile.append(other())
        endpoint.works()
        endpoint.server.answers["/oidc/token"](connection)

    endpoint.server.answers["/oidc/token"] = ask_meanwhile
    assert (one(), meanwhile, other()) == ("token-2", ["token-1"], "token-2")


def test_the_next_process_asks_where_the_first_had_no_answer(
    one: Process, other: Process, endpoint: TokenEndpoint
) -> None:
    endpoint.server.answers["/oidc/token"] = http("{}", "400 Bad Request")
    with pytest.raises(MachineTokenRefused):
        one()
    endpoint.works()
    assert other() == "token-2"


def test_a_lease_that_nobody_gives_back_ends(
    one: Process, entries: dict[str, str], clock: Clock
) -> None:
    """As of a process that was killed, in a cache that keeps it."""
    one()
    (key,) = entries
    caches["shared"].clear()
    caches["shared"].set(f"{key.removeprefix(':1:')}:lease", "taken", None)
    settings = get_settings()
    shared = SharedTokens(SharedCache("shared", 5), settings.issuers[0], clock, lease=0)
    request = TokenRequest.of(API, None, "read:orders")
    asked = partial(shared.get, machine_application(settings), request, lambda: "asked")
    assert asked(rejected="", meanwhile=None) == "asked"


def test_a_rejected_token_is_not_taken_from_the_cache(one: Process, other: Process) -> None:
    one(), other()
    assert one(drop="token-1") == "token-2"
    assert other() == "token-1"
    assert other(drop="token-1") == "token-2"


def test_a_token_that_ends_is_not_shared(
    one: Process, entries: dict[str, str], endpoint: TokenEndpoint
) -> None:
    endpoint.lifetime = 30
    one()
    assert not entries


def test_the_cache_learns_neither_the_token_nor_what_it_is_for(
    one: Process, entries: dict[str, str]
) -> None:
    one("organization-1")
    known = f"{entries!r}"
    for secret in ("token-1", SECRET, "machine-1", API, "organization-1", "read:orders"):
        assert secret not in known
    assert len(entries) == 1


FORGERIES: dict[str, Callable[[str], object]] = {
    "changed": lambda value: f"{value[:-8]}AAAAAAAA",
    "cut": lambda value: value[:20],
    "empty": lambda _: "",
    "not base64": lambda _: "not base64!",
    "long": lambda _: "A" * 70_000,
    "not encrypted": lambda _: json.dumps(["forged", ["read:orders"], 0, 10**12]),
    "a number": lambda _: 5,
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_entry_is_discarded(
    one: Process, other: Process, entries: dict[str, str], forgery: str
) -> None:
    one()
    (key,) = entries
    key = key.removeprefix(":1:")
    caches["shared"].set(key, FORGERIES[forgery](caches["shared"].get(key)))
    assert other() == "token-2"


def test_an_entry_that_was_moved_is_discarded(
    one: Process, other: Process, entries: dict[str, str]
) -> None:
    """As by someone who can write to the cache, and wants another organization's token used."""
    one("o1")
    (first,) = entries
    one("o2")
    second = next(key for key in entries if key != first)
    entries[second] = entries[first]
    assert other("o2") == "token-3"


def test_an_old_entry_that_is_put_back_is_discarded(
    one: Process, other: Process, entries: dict[str, str], clock: Clock
) -> None:
    one()
    (old,) = entries.items()
    clock.time += LIFETIME
    entries[old[0]] = old[1]
    assert other() == "token-2"


@pytest.mark.parametrize("options", [{"MACHINE_APP_SECRET": "another"}, {"MACHINE_APP_ID": "m2"}])
def test_an_application_with_another_secret_or_id_has_its_own(
    one: Process, begin: Callable[..., Process], options: dict[str, str]
) -> None:
    one()
    assert begin(**options)() == "token-2"


def test_the_token_of_the_management_api_stays_in_its_process(
    begin: Callable[..., Process],
    settings: Any,
    endpoint: TokenEndpoint,
    entries: dict[str, str],
) -> None:
    settings.LOGTO = {**settings.LOGTO, **MANAGEMENT}
    endpoint.server.answers["/api/hooks"] = document([])
    assert management_api().get("/hooks") == []
    assert not entries


def test_the_tokens_of_the_settings_are_shared(
    begin: Callable[..., Process], settings: Any, entries: dict[str, str]
) -> None:
    own = get_settings()
    machine_tokens().get(machine_application(own), TokenRequest.of(API, None, ()))
    assert len(entries) == 1
