"""The key set as a state machine: when it asks the issuer, and what it answers meanwhile."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from drf_logto.exceptions import AuthorizationServerUnavailable, UnknownKey
from drf_logto.testing.signing import SigningKeyPair
from drf_logto.verification.key_set import THREAD_NAME, KeyRequest, KeyResponse, KeySet, Lifetimes
from tests.support.keys import key_response

FIRST, SECOND, THIRD = (SigningKeyPair.generate("ES384").jwk for _ in range(3))
TTL, MAX_STALE, COOLDOWN = 300, 86400, 30


class Issuer:
    """Publishes keys; can be down, and can be held up in the middle of an answer."""

    def __init__(self) -> None:
        self.keys = [FIRST]
        self.answer: Callable[[], object] = lambda: {"keys": list(self.keys)}
        self.time = 1_000_000.0
        self.loads = 0
        self.asked = threading.Semaphore(0)
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.key_set = self.new_key_set()

    def new_key_set(self, wait: float = 5, cooldown: float = COOLDOWN) -> KeySet:
        lifetimes = Lifetimes(ttl=TTL, max_stale=MAX_STALE, cooldown=cooldown, wait=wait)
        return KeySet(self.load, lifetimes=lifetimes, now=lambda: self.time)

    def load(self, request: KeyRequest) -> KeyResponse:
        answer, asked_at = self.answer(), self.time
        self.loads += 1
        self.asked.release()
        assert self.may_answer.wait(10)
        return key_response(answer, asked_at)

    def fail(self) -> object:
        raise AuthorizationServerUnavailable("down")

    def fails(self) -> None:
        def answer() -> object:
            self.loads += 1
            self.asked.release()
            return self.fail()

        self.answer = answer

    def knows(self, jwk: dict[str, Any]) -> bool:
        return bool(self.key_set.find(jwk["kid"]).by_algorithm)

    def settle(self) -> None:
        """Wait until no refresh is under way."""
        refreshing = [thread for thread in threading.enumerate() if thread.name == THREAD_NAME]
        list(map(threading.Thread.join, refreshing))


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.may_answer.set()
    issuer.settle()


def test_an_empty_set_fetches_once(issuer: Issuer) -> None:
    assert issuer.knows(FIRST)
    assert issuer.knows(FIRST)
    assert issuer.loads == 1


def test_an_unknown_key_on_a_cold_set_costs_one_fetch(issuer: Issuer) -> None:
    with pytest.raises(UnknownKey):
        issuer.knows(SECOND)
    assert issuer.loads == 1


def test_fresh_keys_are_answered_from_memory(issuer: Issuer) -> None:
    issuer.knows(FIRST)
    issuer.time += TTL - 1
    issuer.knows(FIRST)
    assert issuer.loads == 1


def test_a_stale_key_is_answered_while_one_refresh_runs_beside_it(issuer: Issuer) -> None:
    issuer.knows(FIRST)
    issuer.time += TTL
    issuer.may_answer.clear()
    for _ in range(10):
        assert issuer.knows(FIRST)
    issuer.may_answer.set()
    issuer.settle()
    assert issuer.loads == 2
    assert issuer.knows(FIRST)
    assert issuer.loads == 2


def test_a_known_key_never_waits_for_the_fetch_of_another(issuer: Issuer) -> None:
    issuer.knows(FIRST)
    issuer.may_answer.clear()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(issuer.knows, SECOND)
        assert issuer.asked.acquire(timeout=10)
        assert issuer.asked.acquire(timeout=10)
        assert issuer.knows(FIRST)
        assert not waiting.done()
        issuer.may_answer.set()
        with pytest.raises(UnknownKey):
            waiting.result()


def test_a_rotation_is_met_at_once(issuer: Issuer) -> None:
    issuer.knows(FIRST)
    issuer.keys = [SECOND, FIRST]
    assert issuer.knows(SECOND)
    assert issuer.loads == 2


def test_a_rotation_right_after_a_routine_fetch_is_met_at_once(issuer: Issuer) -> None:
    issuer.knows(FIRST)
    issuer.time += TTL
    issuer.knows(FIRST)
    issuer.settle()
    issuer.keys = [SECOND, FIRST]
    assert issuer.knows(SECOND)


def test_a_rotation_during_a_routine_fetch_is_met_at_once(issuer: Issuer) -> None:
    issuer.knows(FIRST)
    issuer.time += TTL
    issuer.may_answer.clear()
    issuer.knows(FIRST)
    assert issuer.asked.acquire(timeout=10)
    assert issuer.asked.acquire(timeout=10)
    issuer.keys = [SECOND, FIRST]
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(issuer.knows, SECOND)
        issuer.may_answer.set()
        assert asking.result()


def test_a_flood_of_unknown_keys_costs_one_fetch_a_cooldown(issuer: Issuer) -> None:
    issuer.knows(FIRST)
    for seconds in (0, COOLDOWN - 1, 1):
        issuer.time += seconds
        for number in range(20):
            with pytest.raises(UnknownKey):
                issuer.key_set.find(f"random-{number}")
    assert issuer.loads == 3
    assert issuer.knows(FIRST)


def test_a_withdrawn_key_stops_counting_after_the_next_refresh(issuer: Issuer) -> None:
    issuer.knows(FIRST)
    issuer.keys = [THIRD, SECOND]
    issuer.time += TTL
    assert issuer.knows(FIRST)
    issuer.settle()
    with pytest.raises(UnknownKey):
        issuer.knows(FIRST)


def test_known_keys_serve_while_the_issuer_is_down(issuer: Issuer) -> None:
    issuer.knows(FIRST)
    issuer.fails()
    for _ in range(10):
        issuer.time += MAX_STALE / 10 - 1
        assert issuer.knows(FIRST)
        issuer.settle()


def test_keys_that_are_too_old_serve_no_more(issuer: Issuer) -> None:
    issuer.knows(FIRST)
    issuer.fails()
    issuer.time += MAX_STALE
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        issuer.knows(FIRST)
    assert (refused.value.reason, refused.value.retry_after) == ("down", COOLDOWN)


def test_an_issuer_that_is_back_is_asked_after_the_cooldown(issuer: Issuer) -> None:
    normal = issuer.answer
    issuer.fails()
    with pytest.raises(AuthorizationServerUnavailable):
        issuer.knows(FIRST)
    issuer.answer = normal
    issuer.time += COOLDOWN - 1
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        issuer.knows(FIRST)
    assert refused.value.retry_after == 1
    issuer.time += 1
    assert issuer.knows(FIRST)


def test_fifty_requests_while_it_is_down_cost_one_fetch(issuer: Issuer) -> None:
    issuer.fails()
    for _ in range(50):
        with pytest.raises(AuthorizationServerUnavailable):
            issuer.knows(FIRST)
    assert issuer.loads == 1


def test_an_unknown_key_while_it_is_down_is_no_verdict(issuer: Issuer) -> None:
    issuer.knows(FIRST)
    issuer.fails()
    for _ in range(2):
        with pytest.raises(AuthorizationServerUnavailable):
            issuer.knows(SECOND)
    assert issuer.knows(FIRST)


def test_without_a_cooldown_each_request_with_an_unknown_key_asks(issuer: Issuer) -> None:
    issuer.key_set = issuer.new_key_set(cooldown=0)
    issuer.knows(FIRST)
    answer = issuer.answer
    issuer.fails()
    for _ in range(2):
        with pytest.raises(AuthorizationServerUnavailable):
            issuer.knows(SECOND)
    issuer.answer = answer
    with pytest.raises(UnknownKey):
        issuer.knows(SECOND)
    issuer.keys.append(SECOND)
    assert issuer.knows(SECOND)
    assert issuer.loads == 5


@pytest.mark.parametrize("nonsense", [None, [], {}, {"keys": []}, {"keys": [{"kty": "oct"}]}])
def test_an_answer_without_usable_keys_keeps_what_is_known(
    issuer: Issuer, nonsense: object
) -> None:
    issuer.knows(FIRST)
    issuer.answer = lambda: nonsense
    issuer.time += TTL
    issuer.knows(FIRST)
    issuer.settle()
    assert issuer.knows(FIRST)
    assert issuer.loads == 2


def test_many_threads_on_a_cold_set_cost_one_fetch(issuer: Issuer) -> None:
    issuer.may_answer.clear()
    with ThreadPoolExecutor(64) as pool:
        asking = [pool.submit(issuer.knows, FIRST) for _ in range(64)]
        assert issuer.asked.acquire(timeout=10)
        issuer.may_answer.set()
        assert all(answer.result() for answer in asking)
    assert issuer.loads == 1


def test_no_one_waits_longer_than_the_limit(issuer: Issuer) -> None:
    issuer.key_set = issuer.new_key_set(wait=0.1)
    issuer.may_answer.clear()
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        issuer.knows(FIRST)
    assert refused.value.reason == "timed out"
    assert refused.value.retry_after == 1


def test_a_clock_that_is_set_back_makes_no_key_fresh(issuer: Issuer) -> None:
    issuer.knows(FIRST)
    issuer.time -= 10
    assert issuer.knows(FIRST)
    assert issuer.loads == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_in_the_fetch_is_a_failed_fetch(issuer: Issuer) -> None:
    issuer.answer = lambda: 1 / 0
    with pytest.raises(AuthorizationServerUnavailable):
        issuer.knows(FIRST)
    issuer.settle()


@pytest.mark.usefixtures("no_threads")
def test_a_process_that_can_start_no_thread_gets_a_sentence(issuer: Issuer) -> None:
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        issuer.knows(FIRST)
    assert refused.value.retry_after == COOLDOWN


def test_a_clock_that_is_set_back_prolongs_no_cooldown(issuer: Issuer) -> None:
    normal = issuer.answer
    issuer.fails()
    with pytest.raises(AuthorizationServerUnavailable):
        issuer.knows(FIRST)
    issuer.time -= 86400
    issuer.answer = normal
    assert issuer.knows(FIRST)


def test_a_long_cooldown_of_forced_fetches_holds_up_no_routine_one(issuer: Issuer) -> None:
    issuer.key_set = issuer.new_key_set(cooldown=10 * TTL)
    issuer.knows(FIRST)
    with pytest.raises(UnknownKey):
        issuer.knows(SECOND)
    issuer.time += TTL
    assert issuer.knows(FIRST)
    issuer.settle()
    assert issuer.loads == 3


def test_a_long_cooldown_keeps_no_rotation_from_a_stale_set(issuer: Issuer) -> None:
    issuer.key_set = issuer.new_key_set(cooldown=10 * TTL)
    issuer.knows(FIRST)
    with pytest.raises(UnknownKey):
        issuer.knows(SECOND)
    issuer.time += TTL
    issuer.keys = [SECOND, FIRST]
    assert issuer.knows(SECOND)


def test_a_fetch_that_never_ends_is_given_up(issuer: Issuer) -> None:
    issuer.key_set = issuer.new_key_set(wait=0.01)
    issuer.may_answer.clear()
    while issuer.loads < 2:
        with pytest.raises(AuthorizationServerUnavailable):
            issuer.knows(FIRST)
    issuer.may_answer.set()
    issuer.settle()
    assert issuer.knows(FIRST)


def test_a_clock_that_is_set_back_while_the_issuer_is_down_stops_no_known_key(
    issuer: Issuer,
) -> None:
    issuer.knows(FIRST)
    issuer.fails()
    issuer.time -= 0.5
    assert issuer.knows(FIRST)
    issuer.settle()
    assert issuer.knows(FIRST)


def test_a_key_that_another_thread_brings_meanwhile_is_found(issuer: Issuer) -> None:
    """Between the first look at the known keys and the decision to fetch."""
    issuer.knows(FIRST)
    issuer.keys = [SECOND, FIRST]
    now = issuer.time
    interrupted: list[bool] = []

    def clock() -> float:
        if not interrupted:
            interrupted.append(True)
            assert issuer.knows(SECOND)
        return now

    issuer.key_set._now = clock
    assert issuer.knows(SECOND)
    assert issuer.loads == 2


def test_an_answer_that_comes_late_replaces_no_newer_one(issuer: Issuer) -> None:
    issuer.knows(FIRST)
    issuer.time += TTL
    issuer.keys = [SECOND]
    issuer.knows(FIRST)
    issuer.settle()
    late = key_response({"keys": [FIRST]}, issuer.time - TTL)
    issuer.key_set._source = lambda wanted: late
    issuer.time += TTL
    assert issuer.knows(SECOND)
    issuer.settle()
    assert issuer.knows(SECOND)


def test_a_refresh_that_another_thread_ends_meanwhile_is_enough(issuer: Issuer) -> None:
    issuer.knows(FIRST)
    issuer.time += TTL
    now = issuer.time
    interrupted: list[bool] = []

    def clock() -> float:
        if not interrupted:
            interrupted.append(True)
            assert issuer.knows(FIRST)
            issuer.settle()
        return now

    issuer.key_set._now = clock
    assert issuer.knows(FIRST)
    issuer.settle()
    assert issuer.loads == 2
