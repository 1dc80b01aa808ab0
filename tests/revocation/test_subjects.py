"""Whose tokens were accepted: every process tells it, seldom, and one reads it."""

from collections.abc import Callable
from typing import Any

import pytest

from drf_logto.revocation.journal import Journal
from drf_logto.revocation.marks import Mark, Marks
from drf_logto.revocation.subjects import DELAY, MOST, Subjects, in_a_while
from tests.support.auth import auth_info
from tests.support.store import Store

ISSUER = "https://tenant.logto.test/oidc"
HOUR = 3600
NOON = 500_000 * HOUR


class Process:
    def __init__(self, store: Store, issuer: str = ISSUER) -> None:
        self.time: float = NOON
        self.waiting: list[Callable[[], None]] = []
        self.subjects = Subjects(
            store, issuer=issuer, now=lambda: self.time, later=self.waiting.append
        )

    def accept(self, name: str, *, lifetime: float = 60, **claims: Any) -> None:
        auth = auth_info(sub=name, iat=self.time, exp=self.time + lifetime, **claims)
        self.subjects.note(auth)

    def wait(self) -> None:
        waiting, self.waiting[:] = self.waiting[:], []
        for one in waiting:
            one()

    def read(self) -> dict[str, float]:
        """Those who are followed, and for how many hours."""
        marks = self.subjects.read()
        return {f"{one.user or one.client}": (one.before - NOON) / HOUR for one in marks}


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def process(store: Store) -> Process:
    return Process(store)


@pytest.fixture
def reader(store: Store) -> Process:
    return Process(store)


def test_whom_one_process_accepted_another_reads(process: Process, reader: Process) -> None:
    process.accept("user-1")
    process.accept("user-2")
    assert reader.read() == {}
    process.wait()
    assert reader.read() == {"user-1": 1, "user-2": 1}


def test_a_machine_is_told_from_a_user(process: Process, reader: Process) -> None:
    process.accept("user-1")
    process.accept("machine-1", client_id="machine-1")
    process.wait()
    told = {(one.user, one.client) for one in reader.subjects.read()}
    assert told == {("user-1", None), (None, "machine-1")}


@pytest.mark.parametrize(
    ("lifetime", "hours"), [(1, 1), (HOUR - 1, 1), (HOUR, 2), (2.5 * HOUR, 3), (30 * 24 * HOUR, 25)]
)
def test_a_subject_is_followed_to_the_end_of_the_hour_and_a_day_at_most(
    process: Process, reader: Process, lifetime: float, hours: float
) -> None:
    process.accept("user-1", lifetime=lifetime)
    process.wait()
    assert reader.read() == {"user-1": hours}
    reader.time += hours * HOUR + 1
    assert reader.read() == {}


def test_one_who_is_known_is_told_once_per_hour(process: Process, store: Store) -> None:
    process.accept("user-1")
    assert len(process.waiting) == 1
    process.accept("user-1")
    process.accept("user-2")
    assert len(process.waiting) == 1
    process.wait()
    calls = store.calls
    process.accept("user-1", lifetime=90)
    assert (process.waiting, store.calls) == ([], calls)
    process.time += HOUR
    process.accept("user-1")
    assert len(process.waiting) == 1


def test_one_whom_another_process_told_is_not_told_again(
    process: Process, reader: Process, store: Store
) -> None:
    for each in (process, reader):
        each.accept("user-1")
    process.wait()
    entries = store.without_news()
    reader.wait()
    assert store.without_news() == entries


def test_one_who_is_accepted_meanwhile_is_told_next(
    process: Process, reader: Process, store: Store
) -> None:
    process.accept("user-1")

    def between() -> None:
        store.before_call = lambda: None
        process.accept("user-2")

    store.before_call = between
    process.waiting.pop()()
    store.before_call = lambda: None
    assert reader.read() == {"user-1": 1}
    process.wait()
    assert reader.read() == {"user-1": 1, "user-2": 1}
    assert process.waiting == []


def test_who_could_not_be_told_is_told_later(
    process: Process, reader: Process, store: Store
) -> None:
    store.is_down = True
    process.accept("user-1")
    process.wait()
    process.accept("user-2")
    process.wait()
    assert len(process.waiting) == 1
    store.is_down = False
    process.wait()
    assert reader.read() == {"user-1": 1, "user-2": 1}
    assert process.waiting == []


def test_a_cache_that_is_emptied_gets_all_back(
    process: Process, reader: Process, store: Store
) -> None:
    process.accept("user-1")
    process.wait()
    reader.read()
    store.values.clear()
    assert reader.read() == {"user-1": 1}
    assert Process(store).read() == {"user-1": 1}


def test_subjects_of_another_tenant_are_not_read(process: Process, store: Store) -> None:
    process.accept("user-1")
    process.wait()
    assert Process(store, "https://other.logto.test/oidc").read() == {}


def test_a_name_that_is_too_long_is_not_followed(process: Process) -> None:
    process.accept("x" * 201)
    assert process.waiting == []


def test_the_number_of_subjects_is_bounded(
    process: Process, reader: Process, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    marks = [Mark(issuer=ISSUER, user=f"{one}", before=NOON + HOUR) for one in range(MOST - 1)]
    Journal(store, Marks(0), lifetime=25 * HOUR, now=lambda: NOON, name="accepted").write(marks)
    for _ in range(2):
        process.accept("user-1")
        process.accept("user-2")
        process.accept("0", lifetime=HOUR)  # who is followed already
        process.wait()
    assert (len(reader.read()), reader.read()["0"]) == (MOST, 2)
    (warning,) = [one.getMessage() for one in caplog.records]
    assert warning == "More than 10000 subjects: the others are not followed."
    process.time += HOUR + 1
    process.accept("user-2")
    process.wait()
    reader.time = process.time
    assert reader.read() == {"0": 2, "user-2": 2}


def test_what_waits_to_be_told_is_bounded(process: Process) -> None:
    for number in range(MOST + 2):
        process.accept(f"{number}")
    assert len(process.subjects._new) == MOST


def test_a_thread_tells_them(process: Process) -> None:
    timers = [in_a_while(process.subjects.write) for _ in range(20)]
    for timer in timers:
        timer.cancel()
        timer.join()
        assert (timer.daemon, timer.function) == (True, process.subjects.write)
        assert DELAY / 2 < timer.interval <= DELAY
    assert len({timer.interval for timer in timers}) > 1


def test_without_threads_nothing_fails(store: Store, no_threads: None) -> None:
    subjects = Subjects(store, issuer=ISSUER, now=lambda: NOON, later=in_a_while)
    for user in ("user-1", "user-2"):
        subjects.note(auth_info(sub=user, exp=NOON + 1))
    subjects.write()
    assert len(Process(store).read()) == 2
