"""The lock has one holder at a time, in whatever order the processes take their steps."""

import hashlib
import random
import threading
from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drf_logto.browsable.exceptions import SignedOut
from drf_logto.browsable.lock import Lock

Result = TypeVar("Result")
TIMEOUT = 10


class Store:
    """Records in memory; each step on them is taken when ``turn`` lets it."""

    def __init__(self, turn: Callable[[], None] = lambda: None) -> None:
        self.records: dict[str, str] = {}
        self._turn = turn

    def create(self, name: str, value: str) -> bool:
        self._turn()
        return self.records.setdefault(name, value) is value

    def read(self, name: str) -> str | None:
        self._turn()
        return self.records.get(name)

    def delete(self, name: str) -> None:
        self._turn()
        self.records.pop(name, None)


class Died(Exception):
    """What ends a process."""


class Schedule:
    """Lets one of several threads take one step at a time, in an order that a seed determines."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._changed = threading.Condition()
        self._waiting: set[int] = set()
        self._chosen: int | None = None
        self._ended = 0
        self.steps = 0

    def turn(self) -> None:
        """Wait until this thread may take its next step."""
        me = threading.get_ident()
        with self._changed:
            self._waiting.add(me)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self._chosen == me, 60)
            self._chosen = None
            self._waiting.discard(me)

    def run(self, *tasks: Callable[[], None]) -> None:
        """Run the tasks to their end."""
        threads = [threading.Thread(target=self._task, args=(task,)) for task in tasks]
        for thread in threads:
            thread.start()
        while True:
            with self._changed:
                # Only the chosen thread runs, so the order is that of the seed.
                assert self._changed.wait_for(
                    lambda: (
                        self._chosen is None and len(self._waiting) + self._ended == len(threads)
                    ),
                    60,
                )
                if self._ended == len(threads):
                    break
                self._chosen = self._random.choice(
                    [thread.ident for thread in threads if thread.ident in self._waiting]
                )
                self.steps += 1
                self._changed.notify_all()
        for thread in threads:
            thread.join()

    def _task(self, task: Callable[[], None]) -> None:
        try:
            self.turn()
            task()
        finally:
            with self._changed:
                self._ended += 1
                self._changed.notify_all()


class Trial:
    """Threads that want the same lock, and a clock that the trial advances."""

    def __init__(self, seed: int) -> None:
        self.schedule = Schedule(seed)
        self.store = Store(self.schedule.turn)
        self.time = 0.0
        self.inside = 0
        self.most = 0
        self.entered = 0

    def lock(self) -> Lock:
        return Lock(self.store, "key", TIMEOUT, clock=lambda: self.time, sleep=lambda _: None)

    def enter(self) -> None:
        with self.lock():
            self.inside += 1
            self.most = max(self.most, self.inside)
            self.entered += 1
            self.schedule.turn()
            self.inside -= 1

    def pass_time(self) -> None:
        """Let the timeout pass for the current holder."""
        for _ in range(20):
            self.schedule.turn()
        self.time += TIMEOUT + 1

    def release_late(self) -> None:
        """Hold the lock, and release it when the timeout has just passed."""
        with self.lock():
            self.inside += 1
            self.entered += 1
            self.pass_time()
            self.inside -= 1


def leave_records_of_a_dead_holder(store: Store, steps: int) -> None:
    """Leave in the store the records of a holder that dies after so many steps."""

    def die() -> None:
        nonlocal steps
        steps -= 1
        if steps < 0:
            raise Died

    dying = Store(die)
    dying.records = store.records
    with pytest.raises(Died), Lock(dying, "key", TIMEOUT):
        """The holder dies when it acquires or releases the lock."""


# Create; append, read twice and once without a result; delete the first record of two.
STEPS_OF_A_HOLDER = 7
RECORDS_OF_A_RELEASED_LOCK = 2


@settings(max_examples=150)
@given(
    seed=st.integers(0, 2**32),
    steps=st.integers(1, STEPS_OF_A_HOLDER - 1),
    waiters=st.integers(2, 5),
)
def test_one_waiter_at_a_time_enters_after_the_holder_died(
    seed: int, steps: int, waiters: int
) -> None:
    trial = Trial(seed)
    leave_records_of_a_dead_holder(quiet := Store(), steps)
    trial.store.records.update(quiet.records)
    trial.schedule.run(*[trial.enter] * waiters, trial.pass_time)
    assert (trial.most, trial.entered) == (1, waiters)
    # The rest of the dead holder's chain expires. The lock is free.
    rest = Store()
    rest.records = trial.store.records
    with Lock(rest, "key", TIMEOUT, sleep=lambda _: pytest.fail("it waits")):
        assert len(rest.records) <= waiters + 1


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32), waiters=st.integers(2, 5))
def test_one_process_at_a_time_enters(seed: int, waiters: int) -> None:
    trial = Trial(seed)
    trial.schedule.run(*[trial.enter] * waiters)
    assert (trial.most, trial.entered) == (1, waiters)
    assert trial.store.records == {}


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32), waiters=st.integers(2, 5))
def test_one_waiter_at_a_time_enters_while_a_timed_out_holder_releases(
    seed: int, waiters: int
) -> None:
    trial = Trial(seed)
    trial.schedule.run(trial.release_late, *[trial.enter] * waiters)
    assert (trial.most, trial.entered) == (1, waiters + 1)
    assert trial.store.records == {}


def test_a_holder_that_timed_out_does_not_release_the_next() -> None:
    store, time = Store(), 0.0
    slow = Lock(store, "key", TIMEOUT)
    slow.__enter__()

    def wait(_: float) -> None:
        nonlocal time
        time += TIMEOUT

    impatient = [Lock(store, "key", TIMEOUT, clock=lambda: time, sleep=wait) for _ in "bc"]
    impatient[0].__enter__()
    before = dict(store.records)
    slow.__exit__(None, None, None)
    assert store.records == before
    impatient[1].__enter__()
    impatient[0].__exit__(None, None, None)
    assert store.records.items() >= before.items()
    impatient[1].__exit__(None, None, None)
    assert store.records == {}


def test_a_release_that_takes_too_long_does_not_release_the_next() -> None:
    time = 0.0

    class Late(Store):
        """The end of the chain is read too late."""

        def read(self, name: str) -> str | None:
            value = super().read(name)
            if value is None and len(self.records) == RECORDS_OF_A_RELEASED_LOCK:
                following.__enter__()
            return value

    def wait(_: float) -> None:
        nonlocal time
        time += TIMEOUT

    store: Store = Late()
    quiet = Store()
    quiet.records = store.records
    following = Lock(quiet, "key", TIMEOUT, clock=lambda: time, sleep=wait)
    with Lock(store, "key", TIMEOUT, clock=lambda: time):
        """Released before the other acquires it."""
    assert len(store.records) == RECORDS_OF_A_RELEASED_LOCK + 1
    following.__exit__(None, None, None)
    assert store.records == {}


def test_a_waiter_that_is_overtaken_before_it_reads_leaves_the_chain_unchanged() -> None:
    time = 0.0

    class Busy(Store):
        """Another waiter takes the lock over before the second has read the chain."""

        def create(self, name: str, value: str) -> bool:
            is_created = super().create(name, value)
            if is_created and len(self.records) > 1:
                store.records[hashlib.sha256(value.encode()).hexdigest()[:32]] = "third"
            return is_created

    def wait(_: float) -> None:
        nonlocal time
        time += TIMEOUT
        if len(store.records) > 1:
            raise Died

    store: Store = Busy()
    dead = Lock(store, "key", TIMEOUT)
    dead.__enter__()
    second = Lock(store, "key", TIMEOUT, clock=lambda: time, sleep=wait)
    with pytest.raises(Died):
        second.__enter__()
    assert len(store.records) == 3


def test_a_store_that_neither_creates_nor_returns_a_record_counts_as_signed_out() -> None:
    time = 0.0

    class Full(Store):
        def create(self, name: str, value: str) -> bool:
            return False

    def wait(seconds: float) -> None:
        nonlocal time
        time += 1

    lock = Lock(Full(), "key", TIMEOUT, clock=lambda: time, sleep=wait)
    with pytest.raises(SignedOut):
        lock.__enter__()
    assert time == TIMEOUT + 1
