"""The journal: whatever processes, their clocks and the cache do, no mark is lost."""

import math
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from drf_logto.revocation.journal import Journal
from drf_logto.revocation.marks import Mark, Marks, dump
from drf_logto.shared_cache import CacheUnavailable
from tests.support.store import Store

ISSUER = "https://auth.example.com/oidc"
NOON = 20_000 * 86400 + 43200.0
LIFETIME = 3 * 86400


def mark(user: str, before: float = NOON) -> Mark:
    return Mark(issuer=ISSUER, user=user, before=before)


class Process:
    def __init__(
        self, store: Store, ahead: float = 0, lane: int | None = None, lifetime: float = LIFETIME
    ) -> None:
        self.marks = Marks(lifetime)
        self.losses: list[int] = []
        self.time = NOON + ahead
        self.journal = Journal(
            store,
            self.marks,
            lifetime=lifetime,
            now=lambda: self.time,
            lost=self.losses.append,
            lane=lane,
        )

    def knows(self, *users: str) -> bool:
        return all(self.marks.covers(mark(user)) for user in users)

    def settle(self) -> "Process":
        """Read until only what is announced leads to another look at the lanes."""
        for _ in range(3):
            self.journal.read()
        return self


@pytest.fixture
def store() -> Store:
    return Store()


def test_a_process_learns_what_another_wrote(store: Store) -> None:
    one, other = Process(store), Process(store)
    other.journal.read()
    one.journal.write([mark("ada"), mark("bob")])
    other.journal.read()
    assert other.knows("ada", "bob")


def test_a_process_that_starts_learns_all(store: Store) -> None:
    one = Process(store)
    for number in range(130):
        one.journal.write([mark(f"user {number}")])
    new = Process(store)
    new.journal.read()
    assert len(new.marks) == 130


@pytest.mark.parametrize("is_emptied", [False, True])
def test_the_epoch_and_the_news_never_end(store: Store, is_emptied: bool) -> None:
    """Memcached refuses an end after January 2038, and ten years are too long from 2028 on."""
    one = Process(store)
    one.journal.write([mark("ada")])
    if is_emptied:
        store.values = {key: value for key, value in store.values.items() if key[-5:] == "epoch"}
        one.journal.write_back()
    ends = {key.rsplit(":")[-1]: end for key, end in store.timeouts.items()}
    assert ends["epoch"] is ends["news"] is None
    assert ends["head"] is not None


def test_nothing_is_written_twice(store: Store) -> None:
    one = Process(store)
    one.journal.write([mark("ada")])
    entries = store.without_news()
    one.journal.write([mark("ada"), mark("ada", NOON - 1)])
    assert store.without_news() == entries


def test_an_emptied_journal_is_written_back_and_reported(store: Store) -> None:
    one, other = Process(store), Process(store)
    one.journal.write([mark("ada")])
    other.journal.read()
    store.values.clear()
    other.journal.write_back()
    new = Process(store)
    new.journal.read()
    assert new.knows("ada")
    assert other.losses == [1]


def test_what_is_written_back_is_announced(store: Store) -> None:
    one, other = Process(store), Process(store)
    one.journal.write([mark("ada")])
    store.values.clear()
    other.settle()
    one.journal.write_back()
    other.journal.read()
    assert other.knows("ada")


def test_what_could_not_be_written_waits(store: Store) -> None:
    one, other = Process(store), Process(store)
    store.is_down = True
    with pytest.raises(CacheUnavailable):
        one.journal.write([mark("ada")])
    assert one.knows("ada")
    assert one.journal.is_behind
    store.is_down = False
    one.journal.write_back()
    other.journal.read()
    assert other.knows("ada")
    assert not one.journal.is_behind


def test_one_process_at_a_time_writes_back(store: Store) -> None:
    one, other = Process(store, lane=0), Process(store, lane=1)
    one.journal.write([mark("ada")])
    other.journal.read()
    store.values.clear()
    one.journal.read()
    other.journal.read()

    def other_is_late() -> None:
        store.after_add = lambda: None
        other.journal.write_back()

    store.after_add = other_is_late
    one.journal.write_back()
    assert sum("ada" in value for value in store.values.values()) == 1


def test_entries_of_all_days_are_looked_at_once_a_minute(store: Store) -> None:
    one = Process(store)
    keys = []
    for seconds in (0, 0, 30, 60):
        one.time = NOON + seconds
        one.journal.read()
        keys.append(store.keys)
    assert keys[1] == keys[2] < keys[3]


def test_lanes_are_looked_at_every_ten_seconds_and_where_something_is_announced(
    store: Store,
) -> None:
    one, other = Process(store).settle(), Process(store)
    keys = []
    for seconds in (0, 9, 10, 10, 19, 19):
        one.time = NOON + seconds
        one.journal.read()
        keys.append(store.keys)
    other.journal.write([mark("ada")])
    one.journal.read()
    assert keys == [2, 2, 73, 2, 2, 2]
    assert one.knows("ada")


def test_what_is_not_announced_is_read_after_ten_seconds(store: Store) -> None:
    """As of a writer that died before, or of two who announce by the same value."""
    one, other = Process(store), Process(store).settle()
    (news,) = store.values.keys() - store.without_news().keys()
    before = store.values[news]
    one.journal.write([mark("ada")])
    store.values[news] = before
    other.journal.read()
    assert not other.knows("ada")
    other.time += 10
    other.journal.read()
    assert other.knows("ada")


@pytest.mark.parametrize("again", ["write_back", "the same mark", "another process"])
def test_a_writer_is_behind_until_it_has_announced(store: Store, again: str) -> None:
    class Slow(Store):
        def delete(self, key: str) -> None:
            raise CacheUnavailable

    one, other = Process(store), Process(store).settle()
    store.__class__ = Slow
    with pytest.raises(CacheUnavailable):
        one.journal.write([mark("ada")])
    assert one.journal.is_behind
    store.__class__ = Store
    other.journal.read()
    assert not other.knows("ada")
    if again == "write_back":
        one.journal.write_back()
    else:
        writer = one if again == "the same mark" else Process(store).settle()
        writer.journal.write([mark("ada")])
    other.journal.read()
    assert other.knows("ada")
    assert one.journal.is_behind == (again == "another process")


def test_what_cannot_be_set_is_announced_all_the_same(store: Store) -> None:
    """Django's cache in a database says nothing where it is locked; one that is full raises."""

    class Locked(Store):
        def set(self, key: str, value: str, timeout: int | None) -> None:
            """Fail in silence."""

    one, other = Process(store), Process(store).settle()
    store.__class__ = Locked
    one.journal.write([mark("ada")])
    other.journal.read()
    assert other.knows("ada")


def test_a_call_that_the_client_repeats_hides_no_announcement(store: Store) -> None:
    """As redis-py does after a broken connection, when others have written meanwhile."""
    calls: list[Callable[[], None]] = []

    class Repeating(Store):
        def set(self, key: str, value: str, timeout: int | None) -> None:
            calls.append(partial(super().set, key, value, timeout))
            calls[-1]()

        def delete(self, key: str) -> None:
            calls.append(partial(super().delete, key))
            calls[-1]()

    one, other, third = (Process(store).settle() for _ in range(3))
    store.__class__ = Repeating
    one.journal.write([mark("ada")])
    announce = calls[-1]
    other.settle()
    third.journal.write([mark("bob")])
    announce()
    other.journal.read()
    assert other.knows("ada", "bob")


def test_a_lost_announcement_is_one(store: Store) -> None:
    one, other = Process(store), Process(store).settle()
    one.journal.write([mark("ada")])
    store.values = store.without_news()
    other.journal.read()
    assert other.knows("ada")
    assert len(store.values) == len(store.without_news()) + 1


@pytest.mark.parametrize("writes", [False, True])
@pytest.mark.parametrize("calls", range(1, 9))
def test_what_is_announced_meanwhile_is_news_at_the_next_question(
    store: Store, writes: bool, calls: int
) -> None:
    one, other, third = (Process(store, lane=lane).settle() for lane in range(3))
    third.journal.write([mark("cleo")])
    left = [calls]

    def other_writes() -> None:
        left[0] -= 1
        if left[0] == 0:
            other.journal.write([mark("bob")])

    store.before_call = other_writes
    one.journal.write([mark("ada")] if writes else [])
    store.before_call = lambda: None
    one.journal.read()
    assert one.knows("cleo", *other.knows("bob") * ["bob"])


def test_a_replica_that_is_behind_the_announcement_is_asked_once_more(store: Store) -> None:
    one, other = Process(store), Process(store).settle()
    one.journal.write([mark("ada")])
    one.journal.read()
    written = store.values
    store.values = {key: value for key, value in written.items() if key[-4:] in ("poch", "news")}
    other.journal.read()
    store.values = written
    other.journal.read()
    assert other.knows("ada")


def test_a_cache_that_is_full_can_be_read(store: Store) -> None:
    class Full(Store):
        def add(self, key: str, value: str, timeout: int | None) -> bool:
            if key[-4:] == "news":
                raise CacheUnavailable
            return super().add(key, value, timeout)

    store.__class__ = Full
    one, other = Process(store), Process(store).settle()
    one.journal.write([mark("ada")])
    store.values = store.without_news()
    other.journal.read()
    assert other.knows("ada")


def test_an_earlier_mark_does_not_replace_one_that_waits(store: Store) -> None:
    one, other = Process(store), Process(store)
    store.is_down = True
    for late in ([mark("ada"), mark("ada", NOON - 1)], [mark("ada", NOON - 2)]):
        with pytest.raises(CacheUnavailable):
            one.journal.write(late)
    store.is_down = False
    one.journal.write([mark("ada", NOON - 3)])
    other.journal.read()
    assert other.knows("ada")


def test_an_earlier_mark_of_another_process_does_not_stand_for_one_that_waits(
    store: Store,
) -> None:
    one, other = Process(store), Process(store)
    store.is_down = True
    with pytest.raises(CacheUnavailable):
        one.journal.write([mark("ada")])
    store.is_down = False
    other.journal.write([mark("ada", NOON - 1)])
    one.journal.read()
    assert one.journal.is_behind


def test_the_loss_of_the_last_entry_is_reported_once(store: Store) -> None:
    one = Process(store)
    one.journal.write([mark("ada")])
    store.values = {key: value for key, value in store.values.items() if "ada" not in value}
    for _ in range(2):
        one.journal.write_back()
    assert one.losses == [1]


def test_who_writes_looks_for_lost_entries_first(store: Store) -> None:
    one = Process(store)
    one.journal.write([mark("ada")])
    one.settle()
    store.values = {key: value for key, value in store.values.items() if "ada" not in value}
    one.journal.write([mark("bob")])
    assert one.losses == [2]


def test_many_marks_are_written_in_entries_that_caches_take(store: Store) -> None:
    one, other = Process(store), Process(store)
    one.journal.write(mark(f"user {number}") for number in range(2500))
    other.journal.read()
    assert len(other.marks) == 2500
    assert max(map(len, store.values.values())) < 2**17


def test_sites_with_other_lifetimes_have_journals_of_their_own(store: Store) -> None:
    """Entries of a short lifetime end before those of a long one, and would seem to be lost."""
    short, long = Process(store), Process(store, lifetime=30 * 86400)
    short.journal.write([mark("ada")])
    long.journal.write([mark("bob")])
    store.values = {key: value for key, value in store.values.items() if "ada" not in value}
    new = Process(store, lifetime=30 * 86400)
    new.journal.read()
    assert new.knows("bob")
    assert new.losses == long.losses == []


@pytest.mark.parametrize("ahead", [-86400, 86400])
def test_clocks_may_differ_by_a_day(store: Store, ahead: float) -> None:
    one, other = Process(store, ahead=ahead), Process(store)
    other.journal.read()
    one.journal.write([mark("ada")])
    other.journal.read()
    assert other.knows("ada")


@pytest.mark.parametrize("lifetime", [7200, 86399, 86400])
def test_a_process_that_starts_learns_the_marks_of_a_clock_that_is_behind(
    store: Store, lifetime: float
) -> None:
    """They stand among those of the day before, and are as young as those of today."""
    midnight = NOON + 43200
    one, new = Process(store, ahead=43200 - 300, lifetime=lifetime), Process(store, 0, 0, lifetime)
    one.journal.write([mark("ada", midnight + 120)])
    new.time = midnight + 120 + lifetime
    new.journal.read()
    assert new.marks.covers(mark("ada", midnight + 120))


@pytest.mark.parametrize("lifetime", [7200, 86399, 86400, 30 * 86400 + 3600])
@pytest.mark.parametrize("ahead", [-86400, 0])
def test_entries_that_end_are_no_loss(store: Store, lifetime: float, ahead: float) -> None:
    one = Process(store, lifetime=lifetime)
    watcher = Process(store, ahead=ahead, lifetime=lifetime)
    one.journal.write([mark("ada")])
    ends = {key: NOON + (end or math.inf) for key, end in store.timeouts.items()}
    for hours in range(0, int(lifetime // 3600) + 7 * 24, 6):
        time = NOON + hours * 3600
        store.values = {key: one for key, one in store.values.items() if ends[key] > time}
        watcher.time = time + ahead
        watcher.journal.read()
    assert watcher.losses == []
    assert {key.rsplit(":")[-1] for key in store.values} == {"epoch", "news"}


def test_marks_end_with_the_longest_token(store: Store) -> None:
    one = Process(store)
    one.journal.write([mark("ada"), mark("bob", NOON + 2)])
    one.time += LIFETIME + 1
    one.journal.read()
    assert [known.user for known in one.marks] == ["bob"]


def test_marks_end_in_a_process_that_runs_on(store: Store) -> None:
    one = Process(store)
    one.journal.write([mark("ada")])
    one.time += LIFETIME + 86400
    one.journal.read()
    assert len(one.marks) == 0


def test_a_clock_that_was_ahead_for_a_while_loses_nothing(store: Store) -> None:
    one, other = Process(store), Process(store)
    one.journal.write([mark("ada")])
    other.time += LIFETIME + 86400
    other.journal.read()
    assert not other.knows("ada")
    other.time = NOON
    other.journal.read()
    assert other.knows("ada")
    assert other.losses == []


def test_a_process_that_was_idle_for_days_learns_all(store: Store) -> None:
    idle, one = Process(store), Process(store)
    idle.journal.read()
    one.journal.write([mark("ada")])
    idle.time += 2.5 * 86400
    idle.journal.read()
    assert idle.knows("ada")


@pytest.mark.parametrize("calls", range(1, 7))
def test_a_start_that_the_cache_interrupts_is_made_good(store: Store, calls: int) -> None:
    one, new = Process(store), Process(store)
    one.time -= 2 * 86400
    one.journal.write([mark("ada")])
    left = [calls]

    def goes_down() -> None:
        left[0] -= 1
        store.is_down = left[0] == 0

    store.before_call = goes_down
    with suppress(CacheUnavailable):
        new.journal.read()
    store.before_call = lambda: None
    store.is_down = False
    new.journal.read()
    assert new.knows("ada")


def test_many_marks_at_once_are_several_entries(store: Store) -> None:
    one, other = Process(store), Process(store)
    one.journal.write(mark(f"user {number}") for number in range(600))
    other.journal.read()
    assert len(other.marks) == 600
    assert max(map(len, store.values.values())) < 30_000


def test_an_entry_that_another_replaced_is_written_again(store: Store) -> None:
    """Django's file cache adds in two steps, so two processes can both believe to be first."""
    one, other = Process(store, lane=0), Process(store, lane=0)
    one.journal.read()
    other.journal.read()
    adds = Store.add

    class Hasty(Store):
        def add(self, key: str, value: str, timeout: int | None) -> bool:
            added = adds(self, key, value, timeout)
            if added and not other.journal.is_behind:
                other.journal.write([mark("bob")])
            return added

    store.__class__ = Hasty
    one.journal.write([mark("ada")])
    new = Process(store)
    new.journal.read()
    assert new.knows("ada", "bob")


@pytest.mark.parametrize("then", ["reads", "writes", "meets a writer"])
def test_an_entry_in_the_place_of_a_lost_one_is_read(store: Store, then: str) -> None:
    """As after Redis failed over to a replica that had not got the last entries."""
    one, other, third = (Process(store, lane=0) for _ in range(3))
    for process in (one, other, third):
        process.journal.read()
    one.journal.write([mark("ada")])
    store.values = {key: value for key, value in store.values.items() if "ada" not in value}
    other.journal.write([mark("bob")])
    if then == "meets a writer":
        third.journal.write([mark("cleo")])
    if then != "reads":
        one.journal.write([mark("dora")])
    for _ in range(2):
        for process in (one, other, third):
            process.journal.write_back()
    for process in (one, other, third):
        assert process.knows("ada", "bob")


def test_a_write_that_meets_a_new_epoch_is_written_to_that(store: Store) -> None:
    one, other = Process(store, lane=0), Process(store)
    one.journal.read()
    other.journal.read()
    calls = [0]

    def other_finds_it_empty() -> None:
        calls[0] += 1
        if calls[0] == 4:
            store.values.clear()
            other.journal.read()

    store.before_call = other_finds_it_empty
    one.journal.write([mark("ada")])
    other.journal.read()
    assert other.knows("ada")


def test_an_entry_that_fills_the_place_of_a_lost_one_is_read_by_those_who_are_past_it(
    store: Store,
) -> None:
    """A writer may have looked before it was lost."""
    one, other = Process(store, lane=0), Process(store)
    one.journal.write([mark("ada")])
    other.journal.read()
    for user in ("bob", "cleo"):
        one.journal.write([mark(user)])
    (lost,) = (key for key, value in store.values.items() if "bob" in value)
    del store.values[lost]
    calls = [0]

    def writer_fills_it() -> None:
        calls[0] += 1
        if calls[0] == 3:
            store.values[lost] = dump([mark("dora")])

    store.before_call = writer_fills_it
    other.journal.read()
    for process in (other, one, other, one):
        process.journal.write_back()
    assert one.knows("ada", "bob", "cleo", "dora")


@pytest.mark.parametrize("left", ["an entry in the middle", "the last entry", "nothing"])
@pytest.mark.parametrize("days", [0, 2])
def test_a_process_that_starts_learns_what_others_know_of_a_lane_that_lost_its_head(
    store: Store, days: int, left: str
) -> None:
    one, new = Process(store, lane=0), Process(store)
    for user in ("ada", "bob", "cleo"):
        one.journal.write([mark(user)])
    one.time += days * 86400
    new.time = one.time
    one.journal.read()
    kept = {"an entry in the middle": "bob", "the last entry": "cleo", "nothing": "-"}[left]
    store.values = {
        key: value for key, value in store.values.items() if key[-5:] == "epoch" or kept in value
    }
    for process in (new, one, new, one, new):
        process.time += 60
        process.journal.write_back()
    assert new.knows("ada", "bob", "cleo")


def test_writers_that_meet_write_both(store: Store) -> None:
    one, other, new = (Process(store, lane=0) for _ in range(3))
    one.journal.read()
    left = [3]

    def other_is_faster() -> None:
        left[0] -= 1
        if left[0] == 0:
            other.journal.write([mark("bob")])

    store.before_call = other_is_faster
    one.journal.write([mark("ada")])
    new.journal.read()
    assert new.knows("ada", "bob")
    assert one.knows("bob")


@pytest.mark.parametrize(
    "rubbish", ['[["x"], 7, {"a": 1}, [null, "b", null, null, null, null, 5]]', "\u00b2"]
)
def test_rubbish_in_the_journal_is_no_mark(store: Store, rubbish: str) -> None:
    one = Process(store)
    one.journal.write([mark("ada")])
    for key in list(store.values):
        if not key.endswith("epoch"):
            store.values[key] = rubbish
    new = Process(store)
    new.journal.read()
    assert len(new.marks) == 0


@pytest.mark.parametrize("kept", ["nothing", "no entry"])
def test_a_cache_that_does_not_keep_what_is_written_is_no_journal(kept: str) -> None:
    class Forgetful(Store):
        def add(self, key: str, value: str, timeout: int | None) -> bool:
            return super().add(key, value, timeout) if key.endswith(kept_key) else True

    kept_key = "epoch" if kept == "no entry" else "no key"
    one = Process(Forgetful())
    with pytest.raises(CacheUnavailable, match="keep"):
        one.journal.write([mark("ada")])
    assert one.journal.is_behind


class Killed(Exception):
    """A process has ended."""


class Machine(RuleBasedStateMachine):
    """Processes that read, write and die; entries, all or the cache itself that go."""

    @initialize()
    def start(self) -> None:
        self.store = Store()
        self.processes = [Process(self.store, lane=number % 2) for number in range(3)]
        self.users = 0
        self.written: list[str] = []  # since the cache has last lost something
        self.perhaps_written: list[str] = []
        self.epochs: list[str] = []
        self.is_torn = False

    def one(self, index: int) -> Process:
        return self.processes[index % len(self.processes)]

    def write(self, process: Process) -> None:
        self.users += 1
        user = f"user {self.users}"
        with suppress(CacheUnavailable):
            process.journal.write([mark(user)])
            self.written.append(user)

    @rule(index=st.integers(0, 2), ahead=st.sampled_from([-40000, 0, 40000]))
    def another_process_starts(self, index: int, ahead: float) -> None:
        if len(self.processes) < 5:
            self.processes.append(Process(self.store, ahead, len(self.processes) % 3))

    @rule(index=st.integers(0, 4))
    def a_process_reads(self, index: int) -> None:
        with suppress(CacheUnavailable):
            # Who had not read an entry that is lost finds the gap at the second question.
            for _ in range(1 + self.is_torn):
                self.one(index).journal.read()
            self.forget_other_epochs()
            assert self.one(index).knows(*self.written)

    def forget_other_epochs(self) -> None:
        """What was written to a torn epoch is read by all only when it is written back."""
        epochs = [value for key, value in self.store.values.items() if key[-5:] == "epoch"]
        if epochs != self.epochs:
            self.epochs = epochs
            self.is_torn = False
            self.written.clear()

    @rule(index=st.integers(0, 4))
    def a_process_writes(self, index: int) -> None:
        self.write(self.one(index))

    @rule(
        index=st.integers(0, 4),
        other=st.integers(0, 4),
        after=st.integers(0, 8),
        what=st.sampled_from(["read", "write", "flush", "evict", "evict the news", "down"]),
        outer=st.sampled_from(["read", "write", "write_back"]),
    )
    def something_comes_between_two_calls(
        self, index: int, other: int, after: int, what: str, outer: str
    ) -> None:
        left = [after]

        def between() -> None:
            left[0] -= 1
            if left[0] == -1:
                self.happen(what, self.one(other))

        process = self.one(index)
        if process is self.one(other) and what in ("read", "write"):
            return
        self.store.before_call = between
        with suppress(CacheUnavailable):
            if outer == "write":
                self.write(process)
            else:
                getattr(process.journal, outer)()
        self.store.before_call = lambda: None

    def happen(self, what: str, process: Process) -> None:
        if what == "write":
            self.write(process)
        elif what == "read":
            with suppress(CacheUnavailable):
                process.journal.read()
        elif what == "down":
            self.store.is_down = True
        elif what == "flush":
            self.written.clear()
            self.store.values.clear()
        elif self.store.values:
            keys = [key for key in self.store.values if what == "evict" or key[-4:] == "news"]
            lost = keys[self.users % len(keys)] if keys else ""
            self.store.values.pop(lost, None)
            if lost[-4:] != "news":  # without that one, nothing is announced, and nothing missed
                self.written.clear()
                self.is_torn = True

    @rule(after=st.integers(0, 8))
    def another_process_dies_while_it_writes(self, after: int) -> None:
        process, left = Process(self.store, lane=1), [after]
        user = f"last {len(self.perhaps_written)}"
        self.perhaps_written.append(user)

        def dies() -> None:
            left[0] -= 1
            if left[0] == -1:
                raise Killed

        with suppress(CacheUnavailable, Killed):
            process.journal.read()
            self.store.before_call = dies
            process.journal.write([mark(user)])
        self.store.before_call = lambda: None

    @rule(what=st.sampled_from(["flush", "evict", "evict the news", "down"]))
    def something_happens_to_the_cache(self, what: str) -> None:
        self.happen(what, self.one(0))

    @precondition(lambda self: self.store.is_down)
    @rule()
    def the_cache_is_back(self) -> None:
        self.store.is_down = False

    @rule()
    def all_look_after_the_journal(self) -> None:
        self.store.is_down = False
        new = Process(self.store, lane=0)
        for _round in range(3):
            for process in [new, *self.processes]:
                process.time += 10  # a lost entry is looked for so often
                process.journal.write_back()
                # The turn of a process that died ends by itself.
                values = self.store.values
                self.store.values = {key: values[key] for key in values if key[-4:] != "turn"}
        users = [f"user {number}" for number in range(1, self.users + 1)]
        for process in [new, *self.processes]:
            assert not process.journal.is_behind
            assert process.knows(*users)
        for user in self.perhaps_written:
            assert len({process.knows(user) for process in [new, *self.processes]}) == 1


# The same in each run, so that a run fails only for what has changed.
Machine.TestCase.settings = settings(max_examples=100, stateful_step_count=20, derandomize=True)
TestJournal = Machine.TestCase
