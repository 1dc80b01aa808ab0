"""One JWK Set for many processes: who asks the issuer, and what the others take."""

import json
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from drf_logto.exceptions import AuthorizationServerUnavailable, UnknownKey
from drf_logto.testing.signing import SigningKeyPair
from drf_logto.verification.jwk import SIGNATURE_ALGORITHMS, parse_jwks
from drf_logto.verification.key_set import THREAD_NAME, KeyRequest, KeyResponse, KeySet, Lifetimes
from drf_logto.verification.shared_keys import SharedKeys
from tests.support.keys import key_response

FIRST, SECOND = (SigningKeyPair.generate("ES384").jwk for _ in range(2))
TTL, MAX_STALE, COOLDOWN = 300, 86400, 30


class Memory:
    """A cache in memory that never forgets; marks end when a test says so."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.timeouts: dict[str, int] = {}
        self.lock = threading.Lock()

    def get(self, key: str) -> object:
        return self.values.get(key)

    def add(self, key: str, value: str, timeout: int) -> bool:
        with self.lock:
            is_free = key not in self.values
            self.values.setdefault(key, value)
            return is_free

    def set(self, key: str, value: str, timeout: int) -> None:
        self.values[key] = value
        self.timeouts[key] = timeout

    def delete(self, key: str) -> None:
        self.values.pop(key, None)

    def end(self, mark: str) -> None:
        """Let the mark of this name run out."""
        for key in [key for key in self.values if key.endswith(mark)]:
            del self.values[key]

    def only(self, name: str) -> str:
        """Return the one key of this name."""
        (key,) = [key for key in self.values if key.endswith(name)]
        return key


class OutOfOrder(Memory):
    """What SharedCache is while its backend does not work."""

    def get(self, key: str) -> object:
        return None

    def add(self, key: str, value: str, timeout: int) -> bool:
        return True


class Company:
    """Processes that share a cache, and the issuer that they ask."""

    def __init__(self, cache: Memory | None = None) -> None:
        self.cache = cache or Memory()
        self.keys = [FIRST]
        self.is_down = False
        self.loads = 0
        self.time = 1_000_000.0
        self.asked = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def ask(self, request: KeyRequest) -> KeyResponse:
        self.loads += 1
        self.asked.set()
        assert self.may_answer.wait(10)
        if self.is_down:
            raise AuthorizationServerUnavailable("down")
        return key_response({"keys": list(self.keys)}, self.time)

    def lifetimes(self, wait: float = 5, cooldown: float = COOLDOWN) -> Lifetimes:
        return Lifetimes(ttl=TTL, max_stale=MAX_STALE, cooldown=cooldown, wait=wait)

    def source(
        self,
        name: str = "https://tenant.logto.test",
        wait: float = 5,
        cooldown: float = COOLDOWN,
    ) -> SharedKeys:
        return SharedKeys(
            self.ask,
            cache=self.cache,
            name=name,
            parse=partial(parse_jwks, algorithms=SIGNATURE_ALGORITHMS),
            lifetimes=self.lifetimes(wait, cooldown),
            now=lambda: self.time,
        )

    def process(self, cooldown: float = COOLDOWN) -> KeySet:
        """Start another process."""
        return KeySet(
            self.source(cooldown=cooldown),
            lifetimes=self.lifetimes(cooldown=cooldown),
            now=lambda: self.time,
        )


@pytest.fixture
def company() -> Company:
    return Company()


def knows(process: KeySet, jwk: dict[str, Any]) -> bool:
    return bool(process.find(jwk["kid"]).by_algorithm)


def test_one_process_asks_and_the_others_take_its_copy(company: Company) -> None:
    assert all(knows(company.process(), FIRST) for _ in range(4))
    assert company.loads == 1


def test_processes_that_start_together_ask_once(company: Company) -> None:
    company.may_answer.clear()
    processes = [company.process() for _ in range(4)]
    with ThreadPoolExecutor(32) as pool:
        answers = [pool.submit(knows, process, FIRST) for process in processes for _ in range(8)]
        assert company.asked.wait(10)
        company.may_answer.set()
        assert all(answer.result() for answer in answers)
    assert company.loads == 1


def test_a_restart_during_an_outage_starts_from_the_copy(company: Company) -> None:
    knows(company.process(), FIRST)
    company.is_down = True
    company.time += MAX_STALE - 1
    assert knows(company.process(), FIRST)


def test_a_copy_that_is_too_old_is_none(company: Company) -> None:
    knows(company.process(), FIRST)
    company.time += MAX_STALE
    knows(company.process(), FIRST)
    assert company.loads == 2


def test_a_rotation_that_one_process_met_is_met_by_all(company: Company) -> None:
    one, other = company.process(), company.process()
    assert knows(one, FIRST)
    assert knows(other, FIRST)
    company.time += 1
    company.keys = [SECOND, FIRST]
    assert knows(one, SECOND)
    assert knows(other, SECOND)
    assert company.loads == 2


def test_a_rotation_right_after_a_cold_start_from_the_copy_is_met(company: Company) -> None:
    knows(company.process(), FIRST)
    company.time += 1
    company.keys = [SECOND, FIRST]
    assert knows(company.process(), SECOND)


def test_a_flood_across_processes_costs_one_forced_fetch_a_cooldown(company: Company) -> None:
    processes = [company.process() for _ in range(4)]
    for expected in (2, 3):
        for number, process in enumerate(processes * 5):
            assert knows(process, FIRST)
            with pytest.raises(UnknownKey):
                process.find(f"random-{number}")
        assert company.loads == expected
        company.time += COOLDOWN


def test_a_failed_fetch_is_not_tried_by_each_process(company: Company) -> None:
    company.is_down = True
    for _ in range(4):
        with pytest.raises(AuthorizationServerUnavailable):
            company.process().find(FIRST["kid"])
    assert company.loads == 1
    company.is_down = False
    company.time += COOLDOWN
    assert knows(company.process(), FIRST)


def test_the_failure_of_another_is_waited_for_as_long_as_it_lasts(company: Company) -> None:
    company.is_down = True
    one, other = company.process(), company.process()
    with pytest.raises(AuthorizationServerUnavailable):
        one.find(FIRST["kid"])
    company.time += COOLDOWN - 1
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        other.find(FIRST["kid"])
    assert refused.value.retry_after == 1
    company.is_down = False
    company.time += 1
    assert knows(other, FIRST)


def test_a_process_that_alone_cannot_reach_the_issuer_does_not_stop_the_others(
    company: Company,
) -> None:
    other = company.process()
    company.is_down = True
    with pytest.raises(AuthorizationServerUnavailable):
        company.process().find(FIRST["kid"])
    with pytest.raises(AuthorizationServerUnavailable):
        other.find(FIRST["kid"])
    company.time += COOLDOWN
    with pytest.raises(AuthorizationServerUnavailable):
        company.process().find(FIRST["kid"])
    company.is_down = False
    assert knows(other, FIRST)


@pytest.mark.parametrize("rubbish", ["", "soon", "nan", "inf", "1e400", 7, "9" * 400])
def test_rubbish_for_a_failure_lasts_no_longer_than_one(company: Company, rubbish: object) -> None:
    company.is_down = True
    process = company.process()
    with pytest.raises(AuthorizationServerUnavailable):
        process.find(FIRST["kid"])
    company.cache.values[company.cache.only(":failed")] = rubbish
    company.is_down = False
    company.time += COOLDOWN
    other = company.process()
    for _ in range(2):
        with suppress(AuthorizationServerUnavailable):
            other.find(FIRST["kid"])
        company.time += COOLDOWN
    assert knows(other, FIRST)


def forces(process: KeySet, company: Company) -> bool:
    """Whether an unknown key makes a process ask the issuer."""
    loads = company.loads
    with pytest.raises(UnknownKey):
        process.find("random")
    return company.loads > loads


def test_each_site_applies_its_own_cooldown_to_a_forced_fetch(company: Company) -> None:
    patient, eager = company.process(3600), company.process(1)
    assert knows(patient, FIRST)
    assert knows(eager, FIRST)
    assert forces(patient, company)
    company.time += 2
    company.keys = [SECOND, FIRST]
    assert knows(eager, SECOND)
    other = company.process(3600)
    assert knows(other, FIRST)
    company.time += 2
    assert not forces(other, company)
    company.time += 3598
    assert forces(other, company)


def test_the_mark_of_a_forced_fetch_stays_for_who_waits_longer(company: Company) -> None:
    process = company.process(1)
    assert knows(process, FIRST)
    assert forces(process, company)
    assert company.cache.timeouts[company.cache.only(":forced")] == 24 * 3600
    company.time += 2
    process = company.process(30 * 3600)
    assert knows(process, FIRST)
    company.cache.end(":forced")
    assert forces(process, company)
    assert company.cache.timeouts[company.cache.only(":forced")] == 30 * 3600


@pytest.mark.parametrize(("ahead", "is_let"), [(0, False), (5, False), (6, True), (4000, True)])
def test_a_forced_fetch_by_a_clock_that_is_ahead_stops_others_only_within_the_skew(
    company: Company, ahead: float, is_let: bool
) -> None:
    fast, slow = company.process(), company.process()
    assert knows(fast, FIRST)
    assert knows(slow, FIRST)
    company.time += ahead
    assert forces(fast, company)
    company.time -= ahead
    assert forces(slow, company) is is_let


@pytest.mark.parametrize("rubbish", ["", "forced", "nan", "inf", "-inf", "1e400", 7, "9" * 400])
def test_rubbish_for_a_forced_fetch_stops_no_one(company: Company, rubbish: object) -> None:
    process = company.process()
    assert knows(process, FIRST)
    assert forces(process, company)
    company.cache.values[company.cache.only(":forced")] = rubbish
    other = company.process()
    assert knows(other, FIRST)
    assert forces(other, company)


def test_each_site_applies_its_own_cooldown_to_a_failed_fetch(company: Company) -> None:
    company.is_down = True
    with pytest.raises(AuthorizationServerUnavailable):
        company.process(3600).find(FIRST["kid"])
    company.is_down = False
    company.time += 1
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        company.process(10).find(FIRST["kid"])
    assert refused.value.retry_after == 9
    assert knows(company.process(1), FIRST)


@pytest.mark.parametrize(("ahead", "is_let"), [(5, False), (6, True), (4000, True)])
def test_a_failure_by_a_clock_that_is_ahead_stops_others_only_within_the_skew(
    company: Company, ahead: float, is_let: bool
) -> None:
    company.is_down = True
    company.time += ahead
    with pytest.raises(AuthorizationServerUnavailable):
        company.process().find(FIRST["kid"])
    company.time -= ahead
    company.is_down = False
    process = company.process()
    if is_let:
        assert knows(process, FIRST)
        return
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        process.find(FIRST["kid"])
    assert refused.value.retry_after == COOLDOWN


def test_a_look_in_vain_holds_up_no_rotation_for_a_cooldown(company: Company) -> None:
    one, other = company.process(), company.process()
    for process in (one, other):
        assert knows(process, FIRST)
        with pytest.raises(UnknownKey):
            process.find("random")
    assert company.loads == 2
    company.time += 1
    company.keys = [SECOND, FIRST]
    company.cache.end(":forced")
    assert knows(other, SECOND)


def test_a_stale_set_is_refreshed_from_the_copy_of_another(company: Company) -> None:
    one, other = company.process(), company.process()
    assert knows(one, FIRST)
    assert knows(other, FIRST)
    company.time += TTL
    for process in (one, other):
        assert knows(process, FIRST)
        _settle()
    assert company.loads == 2
    company.time += TTL - 1
    assert knows(other, FIRST)
    _settle()
    assert company.loads == 2


def _settle() -> None:
    refreshing = [thread for thread in threading.enumerate() if thread.name == THREAD_NAME]
    list(map(threading.Thread.join, refreshing))


def test_a_turn_that_comes_after_another_finds_what_that_wrote(company: Company) -> None:
    class Late(Memory):
        """Another process writes its copy and ends its turn between the look and the turn."""

        def add(self, key: str, value: str, timeout: int) -> bool:
            assert knows(company.process(), FIRST)
            return super().add(key, value, timeout)

    shared = company.cache
    late = Late()
    late.values = shared.values
    company.cache = late
    process = company.process()
    company.cache = shared
    assert knows(process, FIRST)
    assert company.loads == 1


def test_a_turn_that_no_one_ends_runs_out(company: Company) -> None:
    """As when a process dies in the middle of its fetch."""
    company.cache.add(_turn_key(company), "taken", 1)
    source = company.source(wait=0)
    assert source(KeyRequest("kid", 0, forced=False)) is not None
    assert company.loads == 1


def _turn_key(company: Company) -> str:
    knows(company.process(), FIRST)
    copy = company.cache.only(":copy")
    company.cache.end(":copy")
    company.loads = 0
    return copy.replace(":copy", ":lease")


@pytest.mark.parametrize(
    "rubbish",
    [
        None,
        "",
        b"\xff",
        "nonsense",
        7,
        "null",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps({"document": {"keys": [FIRST]}}),
        json.dumps({"at": 1_000_000, "document": None}),
        json.dumps({"at": 1_000_000, "document": {"keys": []}}),
        json.dumps({"at": "yesterday", "document": {"keys": [FIRST]}}),
        json.dumps({"at": float("nan"), "document": {"keys": [FIRST]}}),
        json.dumps({"at": float("inf"), "document": {"keys": [FIRST]}}),
        json.dumps({"at": 10**400, "document": {"keys": [FIRST]}}),
    ],
    ids=lambda rubbish: str(rubbish).replace(json.dumps(FIRST), "FIRST")[:60],
)
def test_rubbish_in_the_cache_is_no_copy(company: Company, rubbish: object) -> None:
    knows(company.process(), FIRST)
    company.cache.values[company.cache.only(":copy")] = rubbish
    assert knows(company.process(), FIRST)
    assert company.loads == 2


def test_a_copy_from_a_clock_that_is_ahead_starts_a_process(company: Company) -> None:
    company.time += 4000
    knows(company.process(), FIRST)
    company.time -= 4000
    assert knows(company.process(), FIRST)
    assert company.loads == 1


def test_a_copy_from_a_clock_that_is_ahead_is_no_newer_one(company: Company) -> None:
    company.time += 4000
    knows(company.process(), FIRST)
    company.time -= 4000
    process = company.process()
    assert knows(process, FIRST)
    company.keys = [SECOND]
    company.time += TTL
    assert knows(process, FIRST)
    _settle()
    with pytest.raises(UnknownKey):
        process.find(FIRST["kid"])
    assert company.loads >= 2


def test_without_a_working_cache_each_process_asks_for_itself() -> None:
    company = Company(OutOfOrder())
    processes = [company.process() for _ in range(3)]
    for process in processes:
        assert knows(process, FIRST)
        for number in range(3):
            with pytest.raises(UnknownKey):
                process.find(f"random-{number}")
    assert company.loads == 6


def test_two_key_sets_do_not_share(company: Company) -> None:
    for name in ("https://a.logto.test", "https://b.logto.test"):
        assert company.source(name)(KeyRequest("kid", 0, forced=False)) is not None
    assert company.loads == 2


# Which copy will do


def copied(company: Company, kid: str | None, newer_than: float, *, forced: bool = False) -> bool:
    """Whether a copy answers this, and the issuer is not asked."""
    fetched = company.source()(KeyRequest(kid, newer_than, forced))
    assert fetched is not None
    return fetched.is_copy


def test_a_copy_answers_the_first_question_of_a_process_whatever_the_key(company: Company) -> None:
    knows(company.process(), FIRST)
    assert copied(company, "random", -math.inf)


def test_a_copy_that_is_no_newer_than_the_known_keys_is_not_enough(company: Company) -> None:
    knows(company.process(), FIRST)
    assert not copied(company, FIRST["kid"], company.time)
    assert copied(company, FIRST["kid"], company.time - 1)


def test_a_copy_past_its_time_is_not_enough_for_a_routine_refresh(company: Company) -> None:
    knows(company.process(), FIRST)
    begun = company.time
    company.time += TTL - 1
    assert copied(company, None, begun - 1)
    company.time += 1
    assert not copied(company, None, begun - 1)


def test_a_copy_that_no_process_may_use_any_more_is_none(company: Company) -> None:
    knows(company.process(), FIRST)
    company.time += MAX_STALE - 1
    assert copied(company, FIRST["kid"], -math.inf)
    company.time += 1
    assert not copied(company, FIRST["kid"], -math.inf)
