"""The follower of a webhook's log: nothing is missed, nothing is done twice, one process reads."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured

from drf_logto.conf import get_settings
from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.outgoing.management_api import ManagementApiRefused, management_api
from drf_logto.revocation.events import NotUnderstood
from drf_logto.revocation.follow import INTERVAL, Follower
from drf_logto.runtime import Environment, get_environment, override
from drf_logto.shared_cache import BoundedCache, CacheUnavailable
from tests.support.clock import Clock
from tests.support.loopback import LoopbackServer, document, http
from tests.support.management import HookLog, recorded, serve_management_api

HOOK = "zk3i256vrod94ax3uoabj"
NOON = int(Clock.time)
DAY = 86400


class Machine:
    """A process of the project, and what it revoked."""

    def __init__(self, cache: Any = caches["shared"]) -> None:
        self.revoked: list[str] = []
        self.fault: Exception | None = None
        self.follower = Follower(
            management_api(),
            get_settings(),
            cache,
            hook=HOOK,
            needed=["User.Deleted"],
            revoke=self.revoke,
            revoke_all=lambda: self.revoked.append("all"),
            now=get_environment().now,
        )

    def revoke(self, event: Mapping[str, Any]) -> None:
        if self.fault:
            raise self.fault
        self.revoked += event.get("users", [])

    def read(self) -> list[str] | None:
        """What a reading revokes, None where another process reads."""
        self.revoked.clear()
        return None if self.follower.read() is None else self.revoked


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(
    server: LoopbackServer, recordings: dict[str, Any], settings: Any, clock: Clock
) -> Iterator[HookLog]:
    caches["shared"].clear()
    options = serve_management_api(server, recordings["management_api"])
    settings.LOGTO = {**options, "CACHE": "shared", "HTTP_TIMEOUT": 2}
    with override(Environment(now=clock)):
        yield HookLog(server, HOOK)


@pytest.fixture
def machine(log: HookLog) -> Machine:
    """A process that has read all there was."""
    machine = Machine()
    log.add((NOON - 100) * 1000, {"users": ["of old"]})
    assert machine.read() == ["of old"]
    return machine


def at(second: float) -> int:
    return int((NOON + second) * 1000)


def test_what_is_new_is_revoked_once(machine: Machine, log: HookLog) -> None:
    log.add(at(-5), {"users": ["user-1", "user-2"]})
    log.add(at(-4), {"event": "PostSignIn"})
    assert machine.read() == ["user-1", "user-2"]
    assert machine.read() == []


def test_the_number_of_new_entries_is_returned(machine: Machine, log: HookLog) -> None:
    log.add(at(-5), {"users": ["user-1", "user-2"]})
    log.add(at(-4), {"event": "PostSignIn"})
    assert [machine.follower.read() for _ in range(2)] == [2, 0]


def test_an_entry_that_comes_late_is_revoked(machine: Machine, log: HookLog) -> None:
    log.add(at(-5), {"users": ["user-1"]})
    assert machine.read() == ["user-1"]
    log.add(at(-34), {"users": ["user-2"]})
    assert machine.read() == ["user-2"]


def test_entries_of_one_millisecond_are_all_revoked(machine: Machine, log: HookLog) -> None:
    for user in ("user-1", "user-2", "user-3"):
        log.add(at(-5), {"users": [user]})
        assert machine.read() == [user]


def test_a_process_goes_on_where_another_stopped(machine: Machine, log: HookLog) -> None:
    machine.follower.release()
    log.add(at(-5), {"users": ["user-1"]})
    assert Machine().read() == ["user-1", "of old"]  # which it did not read itself
    assert log.asked[-1]["start_time"] == at(-100) - 30_000


def test_one_process_reads(machine: Machine, log: HookLog) -> None:
    other = Machine()
    log.add(at(-5), {"users": ["user-1"]})
    assert other.read() is None
    machine.follower.release()
    other.follower.release()  # of what it has not
    assert other.read() == ["user-1", "of old"]
    assert machine.read() is None


def test_another_process_reads_when_the_first_fails(
    machine: Machine, log: HookLog, server: LoopbackServer
) -> None:
    answer = server.answers.pop(f"/api/hooks/{HOOK}/recent-logs")
    with pytest.raises(AuthorizationServerUnavailable):
        machine.read()
    server.answers[f"/api/hooks/{HOOK}/recent-logs"] = answer
    assert Machine().read() == ["of old"]


def test_sites_of_two_tenants_both_read(machine: Machine, log: HookLog, settings: Any) -> None:
    endpoints = [settings.LOGTO["ENDPOINT"], "https://other.logto.test"]
    settings.LOGTO = {**settings.LOGTO, "ENDPOINT": endpoints}
    assert Machine().read() == ["of old"]


@pytest.mark.parametrize("fault", [CacheUnavailable("it is slow"), ImproperlyConfigured("no app")])
def test_what_could_not_be_written_is_revoked_next_time(
    machine: Machine, log: HookLog, fault: Exception
) -> None:
    log.add(at(-5), {"users": ["user-1"]})
    machine.fault = fault
    with pytest.raises(type(fault)):
        machine.read()
    machine.fault = None
    assert machine.read() == ["user-1"]


def test_a_log_that_breaks_off_is_read_again(
    machine: Machine, log: HookLog, server: LoopbackServer
) -> None:
    for number in range(150):
        log.add(at(-50 + number / 10), {"users": [str(number)]})
    path = f"/api/hooks/{HOOK}/recent-logs"
    second = f"{path}?start_time={at(-100) - 30_000}&page=2&page_size=100"
    server.answers[second] = server.reset
    with pytest.raises(AuthorizationServerUnavailable):
        machine.read()
    assert len(machine.revoked) == 100
    del server.answers[second]
    read = machine.read()
    assert read is not None
    assert {*map(str, range(150))} <= {*read}


def test_an_entry_of_a_clock_that_was_ahead_hides_no_other(machine: Machine, log: HookLog) -> None:
    log.add(at(5000), {"users": ["user-1"]})
    assert machine.read() == ["user-1"]
    log.add(at(1), {"users": ["user-2"]})
    assert machine.read() == ["user-2"]


def test_an_entry_that_is_not_understood_hides_no_other(
    machine: Machine, log: HookLog, caplog: pytest.LogCaptureFixture
) -> None:
    log.add(at(-5), {"users": ["user-1"]})
    machine.fault = NotUnderstood("it is no event")
    assert machine.read() == []
    assert "is not understood, so nothing is revoked: it is no event." in caplog.text
    machine.fault = None
    log.add(at(-4), {"users": ["user-2"]})
    assert machine.read() == ["user-2"]


def gaps(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]


@pytest.mark.parametrize("position", [None, "", "soon", "1 2 3", 5])
def test_an_unknown_position_is_reported_and_all_that_can_matter_is_read(
    machine: Machine, log: HookLog, caplog: pytest.LogCaptureFixture, position: object
) -> None:
    (key,) = (key for key in caches["shared"]._cache if "position" in key)  # type: ignore[attr-defined]
    caches["shared"].set(key.rpartition(":1:")[2], position)
    caplog.clear()
    machine.read()
    assert log.asked[-1]["start_time"] == (NOON - 30 * DAY) * 1000 - 30_000
    (gap,) = gaps(caplog)
    assert "may have been missed: it is not known how far the log was read. Nothing" in gap
    caplog.clear()
    machine.read()
    assert gaps(caplog) == []


@pytest.mark.parametrize(("later", "is_gap"), [(DAY, False), (DAY + 1, True), (-DAY, False)])
def test_a_day_without_reading_is_a_gap(
    machine: Machine, log: HookLog, clock: Clock, caplog: pytest.LogCaptureFixture, later: int,
    is_gap: bool,
) -> None:  # fmt: skip
    caplog.clear()
    clock.time += later
    log.add(at(-50), {"users": ["user-1"]})
    assert machine.read() == ["user-1"]
    assert [f"not read for {later} seconds" in gap for gap in gaps(caplog)] == [True] * is_gap


def test_a_quiet_log_is_no_gap(
    machine: Machine, log: HookLog, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    for _ in range(5):
        clock.time += DAY
        machine.read()
    assert gaps(caplog) == []


def test_all_tokens_are_revoked_after_a_gap_if_a_setting_says_so(
    log: HookLog, settings: Any, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    settings.LOGTO = {**settings.LOGTO, "REVOCATION_AFTER_A_GAP": "revoke"}
    assert Machine().read() == ["all"]
    assert gaps(caplog)[0].endswith("All tokens are revoked.")


def test_a_log_that_does_not_end_is_a_gap(
    machine: Machine, log: HookLog, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    row = {"id": "x", "createdAt": at(-1), "payload": {"hookRequest": {"body": {}}}}
    server.answers[f"/api/hooks/{HOOK}/recent-logs"] = document([row] * 100)
    machine.read()
    assert "more than 20000 new entries" in gaps(caplog)[0]


def test_a_webhook_that_is_deleted_is_noticed(
    machine: Machine, log: HookLog, server: LoopbackServer
) -> None:
    """Its log would be empty."""
    server.answers["/api/hooks"] = document([])
    for _ in range(119):
        assert machine.read() == []
    with pytest.raises(ImproperlyConfigured, match="has no webhook"):
        machine.read()


class Pauses:
    """Waits for nothing; things happen during a pause."""

    def __init__(self, *happens: Callable[[], object]) -> None:
        self.happens = list(happens)
        self.lasted: list[float] = []

    def __call__(self, seconds: float) -> bool:
        self.lasted.append(seconds)
        if self.happens:
            self.happens.pop(0)()
            return False
        return True


def test_the_log_is_read_until_it_shall_end(machine: Machine, log: HookLog) -> None:
    pauses = Pauses(
        lambda: log.add(at(-5), {"users": ["user-1"]}),
        lambda: log.add(at(-4), {"users": ["user-2"]}),
    )
    machine.revoked.clear()
    machine.follower.run(pauses)
    assert machine.revoked == ["user-1", "user-2"]
    assert pauses.lasted == [INTERVAL] * 3


def test_an_outage_is_one_warning_and_longer_pauses(
    machine: Machine, log: HookLog, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    path = f"/api/hooks/{HOOK}/recent-logs"
    answer = server.answers[path]

    def fail() -> None:
        server.answers[path] = http("", "502 Bad Gateway")

    def recover() -> None:
        log.add(at(-5), {"users": ["user-1"]})
        server.answers[path] = answer

    pauses = Pauses(fail, *[lambda: None] * 7, recover, fail)
    caplog.clear()
    machine.follower.run(pauses)
    assert pauses.lasted == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 0.5, 1]
    assert [one.getMessage() for one in caplog.records] == [
        "The log of the webhook cannot be read: HTTP status 502."
    ] * 2
    assert "user-1" in machine.revoked


def test_a_cache_is_soon_asked_again(machine: Machine, log: HookLog) -> None:
    machine.fault = CacheUnavailable("it is slow")
    log.add(at(-5), {"users": ["user-1"]})
    pauses = Pauses(*[lambda: None] * 3)
    machine.follower.run(pauses)
    assert pauses.lasted == [INTERVAL] * 4


@pytest.mark.parametrize(
    ("recording", "message"),
    [("wrong_secret", "'invalid_client'. Check"), ("no_role", "'insufficient_scope'. Give")],
)
def test_a_refusal_is_a_warning_with_its_remedy(
    log: HookLog,
    server: LoopbackServer,
    recordings: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    recording: str,
    message: str,
) -> None:
    server.answers["/oidc/token"] = recorded(recordings["management_api"][recording])
    Machine().follower.run(Pauses())
    assert message in caplog.text
    with pytest.raises(ManagementApiRefused):
        Machine().read()


def test_a_webhook_that_is_missing_ends_the_run_at_its_start_only(
    log: HookLog, server: LoopbackServer, recordings: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    server.answers["/api/hooks"] = document([])
    with pytest.raises(ImproperlyConfigured):
        Machine().follower.run(Pauses())
    machine = Machine()
    server.answers["/api/hooks"] = recorded(recordings["management_api"]["hooks"])
    for _ in range(120):
        machine.read()
    server.answers["/api/hooks"] = document([])
    machine.follower.run(Pauses())
    assert "cannot be read: Logto has no webhook" in caplog.text


def test_a_cache_that_does_not_answer_is_a_failure(machine: Machine, settings: Any) -> None:
    nowhere = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://127.0.0.1:1",
    }
    settings.CACHES = {**settings.CACHES, "nowhere": nowhere}
    other = Machine(BoundedCache("nowhere", 10))
    with pytest.raises(CacheUnavailable):
        other.read()
    other.follower.release()
