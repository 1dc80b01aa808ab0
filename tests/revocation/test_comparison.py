"""The comparison of what subjects have in Logto: what is lost is revoked, within a budget."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from drf_logto.conf import get_settings
from drf_logto.outgoing.management_api import management_api
from drf_logto.revocation.comparison import Comparison
from drf_logto.revocation.subjects import Subjects
from drf_logto.runtime import Environment, override
from drf_logto.shared_cache import CacheUnavailable
from tests.support.auth import auth_info
from tests.support.clock import Clock
from tests.support.loopback import LoopbackServer, document, http
from tests.support.management import recorded, serve_management_api, serve_subjects
from tests.support.store import Store

BOB, WORKER, A = "n8bgw5maijvz", "xvsg2l8xfe095te52rpgc", "oo6xxt104eob"
BOBS, WORKERS = f"/api/users/{BOB}", f"/api/applications/{WORKER}"


class Tenant:
    """A Logto, the processes of an API, and the one among them that compares."""

    def __init__(self, server: LoopbackServer, clock: Clock) -> None:
        self.server = server
        self.clock = clock
        self.store = Store()
        self.revoked: list[tuple[dict[str, str], float]] = []
        self.is_down = False
        self.said: list[str] = []
        self.comparison = self.new_comparison()

    def new_comparison(self, rate: float = 100) -> Comparison:
        return Comparison(
            management_api(),
            self.new_subjects(),
            self.store,
            requests_per_second=rate,
            revoke=self.revoke,
            say=self.said.append,
            now=self.clock,
        )

    def new_subjects(self) -> Subjects:
        issuer = f"{get_settings().endpoint[0]}/oidc"
        return Subjects(self.store, issuer=issuer, now=self.clock, later=lambda tell: None)

    def accept(self, *names: str) -> None:
        subjects = self.new_subjects()
        for one in names:
            client = WORKER if one == WORKER else "web"
            subjects.note(auth_info(sub=one, client_id=client, exp=self.clock() + 3600))
        subjects.write()

    def revoke(self, named: Iterable[dict[str, str]], before: float) -> None:
        if self.is_down:
            raise CacheUnavailable("it is slow")
        self.revoked += [(one, before) for one in named]

    def compare(self, comparison: Comparison | None = None) -> list[dict[str, str]]:
        """What is revoked when some time has passed."""
        self.clock.time += 5
        self.revoked.clear()
        (comparison or self.comparison).go_on()
        return [named for named, _before in self.revoked]

    def asked(self) -> list[str]:
        """Who was asked for since the last call."""
        asked = [path.split("/")[3] for path in self.server.asked if "/roles?" in path]
        self.server.asked.clear()
        return asked


@pytest.fixture
def tenant(server: LoopbackServer, recordings: dict[str, Any], settings: Any) -> Iterator[Tenant]:
    settings.LOGTO = serve_management_api(server, recordings["management_api"])
    serve_subjects(server, recordings["management_api"])
    clock = Clock()
    with override(Environment(now=clock)):
        yield Tenant(server, clock)


@pytest.fixture
def known(tenant: Tenant) -> Tenant:
    """What a user and a machine have was asked once."""
    tenant.accept(BOB, WORKER)
    assert tenant.compare() == []
    return tenant


@pytest.mark.parametrize(
    ("path", "left", "void"),
    [
        (f"{BOBS}/roles", [{"id": "40c1eb53h5eo4wtv1wdwm"}], [{"user": BOB}]),
        (
            f"{BOBS}/organizations",
            [
                {"id": A, "organizationRoles": []},
                {"id": "my3y7rctpl3y", "organizationRoles": [{"id": "4aqsda9ubq367mkmulypk"}]},
            ],
            [{"user": BOB, "organization": A}, {"user": BOB, "organization": ""}],
        ),
        (f"{WORKERS}/roles", [], [{"user": WORKER, "organization": ""}]),
        (f"{WORKERS}/organizations", [], [{"user": WORKER, "organization": A}]),
        (f"{WORKERS}/secrets", [], [{"client": WORKER}]),
    ],
)
def test_what_was_lost_is_revoked_once(
    known: Tenant, path: str, left: object, void: list[dict[str, str]]
) -> None:
    known.server.answers[path] = document(left)
    assert known.compare() == void
    assert {before for _named, before in known.revoked} == {known.clock.time}
    assert known.compare() == []


def test_what_is_given_revokes_nothing(known: Tenant) -> None:
    answers = [{"id": one} for one in ("40c1eb53h5eo4wtv1wdwm", "98v2nppjgtgjki73m22op", "new")]
    known.server.answers[f"{BOBS}/roles"] = document(answers)
    assert known.compare() == []
    known.server.answers[f"{BOBS}/roles"] = document(answers[:2])
    assert known.compare() == [{"user": BOB}]


@pytest.mark.parametrize(
    ("path", "recording", "name"),
    [(BOBS, "unknown_user", BOB), (WORKERS, "unknown_machine", WORKER)],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_one_who_is_gone_is_revoked_once(
    tenant: Tenant, recordings: dict[str, Any], path: str, recording: str, name: str, is_known: bool
) -> None:
    tenant.accept(name)
    if is_known:
        tenant.compare()
    tenant.server.answers[f"{path}/roles"] = recorded(recordings["management_api"][recording])
    assert tenant.compare() == [{"user": name}]
    assert tenant.compare() == []
    assert tenant.compare(tenant.new_comparison()) == []


def test_another_process_goes_on_with_what_is_known(known: Tenant) -> None:
    known.server.answers[f"{BOBS}/roles"] = document([])
    assert known.compare(known.new_comparison()) == [{"user": BOB}]


def test_what_is_known_is_forgotten_after_the_tokens(known: Tenant) -> None:
    until = known.clock.time + 3600 - known.clock.time % 3600  # at least; full hours are told
    times = [timeout for key, timeout in known.store.timeouts.items() if ":held:" in key]
    assert times == [int(until + 3600 - known.clock.time) + 3600] * 2


@pytest.mark.parametrize("kept", ["", "5", "null", "[5]", "[[[], []]]", "[[1, 2, 3, 4]]"])
def test_what_another_program_wrote_is_not_known(known: Tenant, kept: str) -> None:
    for key in known.store.values:
        if ":held:" in key:
            known.store.values[key] = kept
    known.server.answers[f"{BOBS}/roles"] = document([])
    assert known.compare() == []


def test_what_could_not_be_revoked_is_revoked_later(known: Tenant) -> None:
    known.server.answers[f"{BOBS}/roles"] = document([])
    known.is_down = True
    with pytest.raises(CacheUnavailable):
        known.compare()
    known.is_down = False
    assert known.compare() == [{"user": BOB}]


def test_one_of_whom_logto_does_not_tell_is_asked_again_after_the_others(
    known: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    answer = known.server.answers[f"{BOBS}/roles"]
    known.server.answers[f"{BOBS}/roles"] = http("", "502 Bad Gateway")
    known.server.answers[f"{WORKERS}/roles"] = document([])
    known.asked()
    revoked = known.compare() + known.compare()
    assert revoked == [{"user": WORKER, "organization": ""}]
    assert sorted(known.asked()) == sorted([BOB, WORKER, BOB])
    (warning,) = [one.getMessage() for one in caplog.records]
    assert warning == "What subjects have in Logto cannot be compared: HTTP status 502."
    known.clock.time += 60
    known.compare()
    assert len(caplog.records) == 2
    known.server.answers[f"{BOBS}/roles"] = answer
    assert known.compare() == []


def users(tenant: Tenant, count: int) -> list[str]:
    names = [f"user-{number}" for number in range(count)]
    for one in names:
        tenant.server.answers[f"/api/users/{one}/roles"] = document([])
        tenant.server.answers[f"/api/users/{one}/organizations"] = document([])
    tenant.accept(*names)
    return names


def test_subjects_are_asked_in_turn_within_the_budget(tenant: Tenant) -> None:
    comparison = tenant.new_comparison(rate=4)
    names = users(tenant, 5)
    comparison.go_on()
    first = tenant.asked()
    assert (len(first), comparison.is_unfinished) == (2, True)
    comparison.go_on()
    assert tenant.asked() == []
    tenant.clock.time += 0.5
    comparison.go_on()
    second = tenant.asked()
    tenant.clock.time += 3600  # nothing is saved up
    comparison.go_on()
    third = tenant.asked()
    assert sorted(first + second + third) == names
    assert not comparison.is_unfinished
    tenant.clock.time += 1
    comparison.go_on()
    assert tenant.asked() == first


def test_a_budget_below_one_request_is_kept(tenant: Tenant) -> None:
    comparison = tenant.new_comparison(rate=0.5)
    users(tenant, 2)
    asked = []
    for _ in range(8):
        comparison.go_on()
        asked.append(len(tenant.asked()))
        tenant.clock.time += 1
    assert asked == [1, 0, 0, 1, 0, 0, 0, 1]


def test_a_clock_that_was_set_back_stops_nothing(tenant: Tenant) -> None:
    users(tenant, 1)
    tenant.compare()
    tenant.clock.time -= 3600
    tenant.comparison.go_on()
    tenant.compare()
    assert len(tenant.asked()) >= 2


def test_new_subjects_are_asked_first_and_those_who_left_no_longer(tenant: Tenant) -> None:
    users(tenant, 3)
    comparison = tenant.new_comparison(rate=2)
    comparison.go_on()
    tenant.asked()
    tenant.server.answers["/api/users/new/roles"] = document([])
    tenant.server.answers["/api/users/new/organizations"] = document([])
    tenant.accept("new")
    tenant.clock.time += 5
    comparison.go_on()
    assert tenant.asked()[0] != "user-0"
    assert comparison.is_unfinished
    tenant.clock.time += 2 * 3600
    comparison.go_on()
    assert (tenant.asked(), comparison.is_unfinished) == ([], False)


def test_the_delay_is_said_once_per_minute(tenant: Tenant) -> None:
    tenant.compare()
    assert tenant.said == []
    tenant.accept(BOB, WORKER)
    comparison = tenant.new_comparison(rate=2)
    for _ in range(13):
        tenant.compare(comparison)
    assert (
        tenant.said == ["Users and machines to compare: 2. Requests to Logto: 5. Seconds: 3."] * 2
    )
