"""When a process asks for news, and what it answers where it cannot."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from drf_logto.exceptions import LifetimeTooLong, RevocationsUnavailable, TokenRevoked
from drf_logto.revocation.marks import Mark
from drf_logto.revocation.news import INTERVAL, PATIENCE, RevocationList
from drf_logto.shared_cache import CacheUnavailable
from tests.support.auth import auth_info
from tests.support.store import Store

ISSUER = "https://tenant.logto.test/oidc"
Writers = Callable[[], set[threading.Thread]]
NOW = 1_800_000_000.0
LIFETIME = 3600


class Clock:
    time = NOW

    def now(self) -> float:
        return self.time


class Process(Clock):
    """A process, whose clocks the test sets."""

    def __init__(self, store: Store, *, is_closed: bool = False) -> None:
        self.list = revocation_list(store, self, is_closed=is_closed)

    def refuses(self, user: str = "ada", *, waits: bool = True, **claims: Any) -> bool:
        self.list.version(waits=waits)
        auth = auth_info(sub=user, **{"iat": NOW, "exp": NOW + 60, **claims})
        return isinstance(self.list.find_refusal(auth), TokenRevoked)

    def settle(self) -> None:
        """Ask until a question is one call, as in a process that has run for a while."""
        for _ in range(3):
            self.refuses()
            self.time += INTERVAL


def revocation_list(
    store: Store, clock: Clock, *, is_closed: bool = False, longest_wait: float = PATIENCE
) -> RevocationList:
    return RevocationList(
        store,
        lifetime=LIFETIME,
        is_closed=is_closed,
        now=clock.now,
        monotonic=clock.now,
        longest_wait=longest_wait,
    )


def mark(user: str = "ada", before: float = NOW) -> Mark:
    return Mark(issuer=ISSUER, user=user, before=before)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def process(store: Store) -> Process:
    return Process(store)


@pytest.fixture
def writers() -> Writers:
    """Return the threads that write, without those of tests before this one."""
    before = set(threading.enumerate())

    def find() -> set[threading.Thread]:
        found = set(threading.enumerate()) - before
        return {thread for thread in found if thread.name == "drf_logto-revoke"}

    return find


def test_what_one_process_adds_another_refuses_after_the_interval(store: Store) -> None:
    one, other = Process(store), Process(store)
    assert not other.refuses()
    one.list.add([mark()])
    assert one.refuses()
    other.time += INTERVAL / 2
    assert not other.refuses()
    other.time += INTERVAL / 2
    assert other.refuses()


def test_a_process_asks_once_per_interval(store: Store, process: Process) -> None:
    process.settle()
    process.refuses()
    calls = store.calls
    for _ in range(3):
        process.refuses()
    assert store.calls == calls
    process.time += INTERVAL
    process.refuses()
    assert store.calls == calls + 1


def test_nothing_is_asked_where_asking_would_wait(store: Store, process: Process) -> None:
    assert process.list.version(waits=False) is None
    assert store.calls == 0
    assert process.list.version(waits=True) == 0
    assert process.list.version(waits=False) == 0
    process.time += INTERVAL
    assert process.list.version(waits=False) is None


@pytest.mark.parametrize(
    ("idle", "is_down", "waits"),
    [(None, False, True), (3600, False, True), (INTERVAL, False, False), (INTERVAL, True, False)],
    ids=["starts", "idle", "busy", "outage"],
)
def test_one_asks_for_all_and_the_others_wait_only_where_too_little_is_known(
    store: Store, process: Process, idle: float | None, is_down: bool, waits: bool
) -> None:
    store.is_down = is_down
    if idle is not None:
        process.settle()
        process.list.version(waits=True)
        process.time += idle
    calls, other = store.calls, threading.Thread(target=process.list.version, kwargs=WAITS)

    def come_between() -> None:
        if other.ident is None:
            other.start()
            other.join(0 if waits else 30)
            assert other.is_alive() == waits

    store.before_call = come_between
    process.list.version(waits=True)
    other.join()
    assert store.calls == calls + (6 if idle is None else 2 if idle > PATIENCE else 1)


def test_no_request_waits_for_a_revocation_that_is_written(store: Store) -> None:
    process = Process(store)
    process.refuses()
    process.time += INTERVAL
    others: list[threading.Thread] = []

    def come_between() -> None:
        other = threading.Thread(target=process.list.version, kwargs=WAITS)
        others.append(other)
        other.start()
        other.join(30)
        assert not other.is_alive()

    store.before_call = come_between
    process.list.add([mark()])
    assert others


def test_a_revocation_waits_longer_for_the_cache_than_a_request(
    store: Store, process: Process
) -> None:
    ends: set[float | None] = set()
    store.before_call = lambda: ends.add(store.until)
    process.list.add([mark()])
    assert ends == {NOW + PATIENCE}
    process.time += INTERVAL
    process.refuses()
    assert ends == {NOW + PATIENCE, None}


def test_a_revocation_that_is_written_is_news(store: Store) -> None:
    process = Process(store, is_closed=True)
    process.list.add([mark()])
    store.is_down = True
    process.time += PATIENCE
    assert process.refuses()


def test_an_idle_closed_process_refuses_nobody_while_one_asks(store: Store) -> None:
    process = Process(store, is_closed=True)
    process.settle()
    process.refuses()
    process.time += PATIENCE + 1
    answers: list[int | None] = []
    other = threading.Thread(target=lambda: answers.append(process.list.version(waits=True)))
    store.before_call = other.start  # called once, as this question is one call
    process.list.version(waits=True)
    other.join()
    assert answers == [0]


def test_requests_stop_waiting_for_a_question_that_one_has_awaited_in_vain(store: Store) -> None:
    states: list[bool] = []
    known = revocation_list(store, Clock(), longest_wait=0.1)
    others = [threading.Thread(target=known.version, kwargs=WAITS, daemon=True) for _ in "12"]

    def hangs() -> None:
        if others[0].ident is None:
            for other in others:
                other.start()
                other.join(30)
                states.append(other.is_alive())
                known.longest_wait = 3600  # for which the second would wait in vain

    store.before_call = hangs
    known.version(waits=True)
    assert states == [False, False]


WAITS = {"waits": True}


def test_known_marks_hold_in_an_outage_with_one_warning(
    store: Store, process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    process.list.add([mark()])
    store.is_down = True
    for _ in range(50):
        process.time += 1
        assert process.refuses()
        assert not process.refuses("bob")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    process.time += 60
    process.refuses()
    assert len(caplog.records) == 2


@pytest.mark.parametrize("knows", [True, False], ids=["knows", "starts"])
def test_a_closed_process_refuses_all_after_its_patience(store: Store, knows: bool) -> None:
    process = Process(store, is_closed=True)
    if knows:
        process.refuses()
    store.is_down = True
    if knows:
        process.time += PATIENCE
        assert not process.refuses()
    process.time += 0.1
    with pytest.raises(RevocationsUnavailable) as refused:
        process.refuses()
    assert refused.value.retry_after == PATIENCE
    with pytest.raises(RevocationsUnavailable):
        process.refuses(waits=False)
    store.is_down = False
    process.time += INTERVAL
    assert not process.refuses()


def test_an_open_process_that_starts_in_an_outage_accepts_tokens(
    store: Store, process: Process
) -> None:
    store.is_down = True
    assert not process.refuses()


@pytest.mark.parametrize(
    "claims", [{"iat": None}, {"iat": "1"}, {"iat": NOW, "exp": NOW + LIFETIME + 1}], ids=str
)
def test_a_token_that_could_outlive_a_mark_is_refused(
    process: Process, claims: dict[str, Any]
) -> None:
    auth = auth_info(**{"exp": NOW + 10, **claims})
    assert isinstance(process.list.find_refusal(auth), LifetimeTooLong)


def test_a_mark_lives_as_long_as_a_token_is_accepted_with_leeway(process: Process) -> None:
    process.list.add([mark()])
    process.time += LIFETIME + 3599
    assert process.refuses(exp=NOW + LIFETIME)


def test_what_could_not_be_written_is_written_by_the_next_request(
    store: Store, no_threads: None
) -> None:
    one, other = Process(store), Process(store)
    one.refuses()
    store.is_down = True
    with pytest.raises(CacheUnavailable):
        one.list.add([mark()])
    store.is_down = False
    one.time += INTERVAL
    one.list.version(waits=True)
    assert other.refuses()


def test_what_could_not_be_written_is_written_without_a_request(
    store: Store, writers: Writers
) -> None:
    one, other = Process(store), Process(store)
    written = threading.Event()
    store.is_down = True
    for user in ("ada", "bob"):
        with pytest.raises(CacheUnavailable):
            one.list.add([mark(user)])
    (thread,) = writers()
    store.after_add = written.set
    store.is_down = False
    assert written.wait(30)
    thread.join(30)
    assert other.refuses("ada")
    assert other.refuses("bob")
    assert not writers()


def test_nothing_is_written_by_a_process_that_has_no_threads(
    store: Store, process: Process, no_threads: None, writers: Writers
) -> None:
    store.is_down = True
    with pytest.raises(CacheUnavailable):
        process.list.add([mark()])
    assert not writers()


def test_the_thread_that_writes_ends_with_its_list(store: Store, writers: Writers) -> None:
    store.is_down = True
    known = revocation_list(store, Clock())
    with pytest.raises(CacheUnavailable):
        known.add([mark()])
    (thread,) = writers()
    del known
    thread.join(30)
    assert not thread.is_alive()


def test_a_journal_that_lost_marks_is_reported_and_written_back(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    one = Process(store)
    one.list.add([mark()])
    one.refuses()
    store.values.clear()
    for _ in range(2):
        one.time += INTERVAL
        one.refuses()
    assert Process(store).refuses()
    assert caplog.messages == [
        "The cache has lost revocations. This process writes back the 1 that it knows."
    ]


def test_what_the_cache_has_lost_is_known_to_all_within_a_second(store: Store) -> None:
    """The one that reads first finds the cache empty; the one that knows more reads later."""
    first, knows = Process(store), Process(store)
    first.refuses()
    knows.refuses()
    knows.time += 0.01
    knows.list.add([mark()])
    store.values.clear()
    first.time = NOW + INTERVAL
    assert not first.refuses()
    knows.time += INTERVAL
    assert knows.refuses()
    first.time = knows.time + 0.1
    assert first.refuses()
    first.time += 2
    first.settle()
    calls = store.calls
    first.refuses()
    first.time += INTERVAL / 2
    first.refuses()
    assert store.calls == calls + 1


def test_a_session_is_over_after_a_sign_out_elsewhere(store: Store) -> None:
    one, other = Process(store), Process(store, is_closed=True)
    facts: dict[str, Any] = {"issuer": ISSUER, "user": "ada", "client": "app", "session": "sid"}
    assert not other.list.is_signed_out(**facts, since=NOW)
    one.list.add([Mark(issuer=ISSUER, client="app", session="sid", before=NOW)])
    other.time += INTERVAL
    assert other.list.is_signed_out(**facts, since=NOW)
    store.is_down = True
    other.time += PATIENCE + 1
    assert other.list.is_signed_out(**facts, since=NOW)


def test_whose_tokens_are_accepted_is_noted(store: Store) -> None:
    noted: list[str] = []
    clock = Clock()
    known = RevocationList(
        store, lifetime=LIFETIME, is_closed=False, now=clock.now, monotonic=clock.now,
        note=lambda auth: noted.append(auth.sub),
    )  # fmt: skip
    known.add([mark("ada")])
    for user in ("ada", "bob", "bob"):
        known.find_refusal(auth_info(sub=user, iat=NOW, exp=NOW + 60))
    known.find_refusal(auth_info(sub="eve", iat=NOW, exp=NOW + LIFETIME + 1))
    assert noted == ["bob", "bob"]
