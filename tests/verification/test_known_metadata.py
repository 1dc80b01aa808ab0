"""The metadata of one Logto: fetched once, by one request, and never queued for by anybody."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event, Thread

import pytest

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.verification.key_set import Lifetimes
from drf_logto.verification.known_metadata import KnownMetadata
from drf_logto.verification.metadata import Metadata

LIFETIMES = Lifetimes(ttl=300, max_stale=1000, cooldown=30, wait=60)


@dataclass
class World:
    """A clock, and a Logto that answers, is down or hangs."""

    time: float = 10_000
    asked: int = 0
    fault: Exception | None = None
    moment: float = 60
    lifetimes: Lifetimes = LIFETIMES
    asking: Event = field(default_factory=Event)
    released: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.released.set()
        self.metadata = KnownMetadata(
            self.ask, lifetimes=self.lifetimes, now=lambda: self.time, moment=self.moment
        )

    def ask(self) -> Metadata:
        self.asked += 1
        number = self.asked
        self.asking.set()
        assert self.released.wait(60)
        if self.fault is not None:
            raise self.fault
        return Metadata("https://logto.test", "https://logto.test/oidc", {"number": number})

    def find(self, *, waits: bool = False) -> object:
        return self.metadata.find(waits=waits).document["number"]

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let one request fetch, and Logto not answer, until the block ends."""
        self.released.clear()
        self.asking.clear()
        fetching = Thread(target=self._fetch)
        fetching.start()
        assert self.asking.wait(60)
        try:
            yield
        finally:
            self.released.set()
            fetching.join()

    def _fetch(self) -> None:
        try:
            self.find(waits=True)
        except AuthorizationServerUnavailable:
            assert self.fault is not None


DOWN = AuthorizationServerUnavailable("down")


def test_metadata_is_fetched_once_while_it_is_fresh() -> None:
    world = World()
    assert [world.find(), world.find()] == [1, 1]
    world.time += 299
    assert world.find() == 1
    world.time += 1
    assert world.find() == 2


def test_a_failed_fetch_is_not_tried_again_before_the_cooldown_is_over() -> None:
    world = World(fault=DOWN)
    for left in (30, 10, 1):
        with pytest.raises(AuthorizationServerUnavailable) as refused:
            world.find(waits=True)
        assert (world.asked, refused.value.retry_after) == (1, left)
        assert refused.value.reason == "down"
        world.time += 20 if left == 30 else 9
    world.fault = None
    world.time += 1
    assert world.find() == 2


def test_without_a_cooldown_each_request_asks_and_is_given_the_reason() -> None:
    world = World(fault=DOWN, lifetimes=replace(LIFETIMES, cooldown=0))
    for _ in range(2):
        with pytest.raises(AuthorizationServerUnavailable) as refused:
            world.find()
        assert (refused.value.reason, refused.value.retry_after) == ("down", 1)
    assert world.asked == 2


def test_stale_metadata_is_used_while_logto_is_down() -> None:
    world = World()
    world.find()
    world.fault = DOWN
    world.time += 999
    assert world.find() == 1
    assert world.asked == 2
    world.time += 1
    with pytest.raises(AuthorizationServerUnavailable):
        world.find()


def test_the_first_good_answer_ends_the_cooldown() -> None:
    world = World(fault=DOWN)
    with pytest.raises(AuthorizationServerUnavailable):
        world.find()
    world.fault = None
    world.time += 31
    world.find()
    world.time += 300
    assert world.find() == 3


def test_a_clock_that_is_set_back_makes_metadata_stale_and_no_cooldown_longer() -> None:
    world = World()
    world.find()
    world.time -= 5000
    assert world.find() == 2
    world.fault = DOWN
    world.time += 300
    assert world.find() == 2
    world.time -= 5000
    world.fault = None
    assert world.find() == 4


def test_a_fault_that_no_one_foresaw_ends_the_fetch() -> None:
    world = World(fault=ZeroDivisionError())
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        world.find()
    assert refused.value.reason == "the fetch raised ZeroDivisionError"
    world.fault = None
    world.time += 30
    assert world.find() == 2


def test_anonymous_requests_do_not_wait_while_another_request_fetches() -> None:
    world = World()
    with world.hanging():
        for _ in range(12):  # in this thread: each returns before Logto answers
            with pytest.raises(AuthorizationServerUnavailable) as refused:
                world.find()
            assert refused.value.reason == "the metadata is being fetched"
            assert refused.value.retry_after == 1
        assert world.asked == 1
    assert world.find() == 1


def test_an_anonymous_request_gives_the_fetch_that_it_starts_a_moment() -> None:
    world = World(moment=0.01)
    world.released.clear()
    with pytest.raises(AuthorizationServerUnavailable) as refused:  # before Logto answers
        world.find()
    assert refused.value.reason == "the metadata is being fetched"
    world.released.set()
    assert world.find(waits=True) == 1
    assert world.asked == 1


@pytest.mark.usefixtures("no_threads")
def test_a_process_without_threads_has_no_metadata() -> None:
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        World().find(waits=True)
    assert (refused.value.reason, refused.value.retry_after) == ("no thread can be started", 30)


def test_stale_metadata_is_returned_at_once_while_another_request_fetches() -> None:
    world = World()
    world.find()
    world.time += 300
    with world.hanging():
        assert [world.find(), world.find(waits=True)] == [1, 1]
    assert world.find() == 2


def test_requests_that_wait_get_what_another_request_fetches() -> None:
    world = World(moment=0)
    with ThreadPoolExecutor(4) as threads:
        with world.hanging():
            waiting = [threads.submit(world.find, waits=True) for _ in range(4)]
        assert [one.result() for one in waiting] == [1] * 4
    assert world.asked == 1


def test_requests_that_wait_are_refused_when_the_fetch_fails() -> None:
    world = World(fault=DOWN)
    with ThreadPoolExecutor(1) as threads:
        with world.hanging():
            waiting = threads.submit(world.find, waits=True)
        with pytest.raises(AuthorizationServerUnavailable):
            waiting.result()
    assert world.asked == 1
