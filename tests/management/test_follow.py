"""``manage.py logto follow``: what Logto takes away is refused here, without its webhook."""

import re
import signal
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.cache import caches
from django.core.management import call_command

from drf_logto.conf import get_settings
from drf_logto.exceptions import TokenRevoked
from drf_logto.revocation.process import subjects
from drf_logto.runtime import Environment, get_environment, get_revocations, override
from tests.management.conftest import NOON, Run
from tests.support.auth import auth_info
from tests.support.documents import Page
from tests.support.loopback import Connection, LoopbackServer, document, http
from tests.support.management import recorded, serve_management_api, serve_subjects

FEW, ALL = "zk3i256vrod94ax3uoabj", "iwrz95z0m3l7zf9hdrnmz"
CAROL = "aj6wsbm34oa0"
PAGE = Page("how-to/revocation.md")
COMMANDS = [
    block.code for language in ("sh", "ini", "text") for block in PAGE.take(language=language)
]
LOG = f"/api/hooks/{FEW}/recent-logs"


@pytest.fixture
def answers(recordings: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = recordings["management_api"]
    return found


@pytest.fixture
def logto(
    server: LoopbackServer, answers: dict[str, Any], settings: Any, installed: None
) -> Iterator[LoopbackServer]:
    """A Logto whose log has Carol suspended three times, twice without a receiver."""
    caches["shared"].clear()
    settings.LOGTO = {**serve_management_api(server, answers), "CACHE": "shared"}
    server.answers[LOG] = recorded(answers["recent_logs"])
    with override(Environment(now=lambda: NOON + 3600, is_shared=False)):
        yield server


def is_refused(server: LoopbackServer, issued_at: float, user: str = CAROL) -> bool:
    revocations = get_revocations()
    assert revocations is not None
    claims = {"iss": f"{server.address}/oidc", "sub": user, "iat": issued_at, "exp": issued_at + 9}
    return isinstance(revocations.find_refusal(auth_info(**claims)), TokenRevoked)


def test_what_a_real_log_takes_away_is_refused(
    logto: LoopbackServer, logto_command: Run, caplog: pytest.LogCaptureFixture
) -> None:
    assert logto_command("follow", "--once", "--hook", FEW) == (0, "Entries read: 4.\n")
    suspended = 1795266162.935  # the last time; then she was un-suspended
    assert is_refused(logto, int(suspended))
    assert not is_refused(logto, int(suspended) + 1)
    assert "not known how far the log was read" in caplog.text


def test_all_tokens_are_refused_after_a_gap_if_a_setting_says_so(
    logto: LoopbackServer, logto_command: Run, settings: Any
) -> None:
    settings.LOGTO = {**settings.LOGTO, "REVOCATION_AFTER_A_GAP": "revoke"}
    logto_command("follow", "--once", "--hook", FEW)
    assert is_refused(logto, NOON + 3600)
    assert not is_refused(logto, NOON + 3601)


def test_the_only_webhook_is_found(
    logto: LoopbackServer, logto_command: Run, answers: dict[str, Any]
) -> None:
    few = [hook for hook in answers["hooks"]["body"] if hook["id"] == FEW]
    logto.answers["/api/hooks"] = document(few)
    assert logto_command("follow", "--once") == (0, "Entries read: 4.\n")


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ([], {}, f": '{FEW}', '{ALL}'."),
        (
            ["--hook", "other"],
            {},
            "Logto has no webhook 'other'. Name one with --hook that is enabled",
        ),
        (
            ["--hook", FEW],
            {"REVOKE_ON_ROLE_CHANGE": True},
            "lacks events: OrganizationRole.Deleted",
        ),
        (["--hook", FEW], {"MANAGEMENT_APP_SECRET": None}, "MANAGEMENT_APP_SECRET"),
        (["--hook", FEW], {"CACHE": None}, "LOGTO['CACHE'] is missing."),
        (["--hook", FEW], {"REVOCATION_AFTER_A_GAP": "ignore"}, "must be 'report' or 'revoke'"),
    ],
)
@pytest.mark.parametrize("once", [["--once"], []])
def test_what_cannot_work_exits_with_2(
    logto: LoopbackServer,
    logto_command: Run,
    settings: Any,
    arguments: list[str],
    options: dict[str, Any],
    message: str,
    once: list[str],
) -> None:
    settings.LOGTO = {**settings.LOGTO, **options}
    code, output = logto_command("follow", *once, *arguments)
    assert code == 2
    assert message in output


@pytest.mark.parametrize(
    ("path", "recording", "message"),
    [
        ("/oidc/token", "wrong_secret", "The Management API refuses: 'invalid_client'. Check"),
        (LOG, "unknown_path", "Logto cannot be asked: HTTP status 404"),
    ],
)
def test_a_log_that_cannot_be_read_once_exits_with_1(
    logto: LoopbackServer, logto_command: Run, answers: dict[str, Any], path: str, recording: str,
    message: str,
) -> None:  # fmt: skip
    logto.answers[path] = recorded(answers[recording])
    code, output = logto_command("follow", "--once", "--hook", FEW)
    assert code == 1
    assert message in output


def test_another_process_reads(logto: LoopbackServer, logto_command: Run) -> None:
    """It began while this one read."""
    outputs = []

    def answer(connection: Connection) -> None:
        outputs.append(logto_command("follow", "--once", "--hook", FEW))
        http("[]")(connection)

    logto.answers[LOG] = answer
    logto_command("follow", "--once", "--hook", FEW)
    assert outputs == [(0, "Another process reads.\n")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_the_reading(
    logto: LoopbackServer, logto_command: Run, answers: dict[str, Any], number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    log = recorded(answers["recent_logs"])

    def answer(connection: Connection) -> None:
        signal.raise_signal(number)
        log(connection)

    logto.answers[LOG] = answer
    code, output = logto_command("follow", "--hook", FEW)
    assert (code, output.startswith("Following the log")) == (0, True)
    assert is_refused(logto, NOON)
    assert signal.getsignal(number) is before
    logto.answers[LOG] = log
    assert logto_command("follow", "--once", "--hook", FEW)[1] == "Entries read: 4.\n"


class Pipe(StringIO):
    """What a service writes to; it shows what was flushed."""

    shown = ""

    def flush(self) -> None:
        self.shown = self.getvalue()


def test_what_it_says_is_seen_while_it_runs(logto: LoopbackServer, answers: dict[str, Any]) -> None:
    pipe, shown = Pipe(), []

    def answer(connection: Connection) -> None:
        shown.append(pipe.shown)
        signal.raise_signal(signal.SIGTERM)
        http("[]")(connection)

    logto.answers[LOG] = answer
    call_command("logto", "follow", "--hook", FEW, stdout=pipe)
    assert shown == ["Following the log of the webhook. SIGTERM or SIGINT ends it.\n"]


BOB = "n8bgw5maijvz"


@pytest.fixture
def accepted(logto: LoopbackServer, answers: dict[str, Any], settings: Any) -> Iterator[None]:
    """Another process has accepted a token of Bob, and told it."""
    settings.LOGTO = {**settings.LOGTO, "FOLLOW_ROLES": True}
    serve_subjects(logto, answers)
    with override(Environment(now=lambda: NOON + 3600)):
        told = subjects(get_settings(), get_environment())
        told.note(auth_info(sub=BOB, exp=NOON + 7200))
        told.write()
        yield


def test_what_a_user_has_lost_is_refused(
    logto: LoopbackServer, logto_command: Run, accepted: None
) -> None:
    said = "Users and machines to compare: 1. Requests to Logto: 2. Seconds: 1.\nEntries read: 4.\n"
    arguments = ("follow", "--once", "--hook", FEW, "--roles")
    assert logto_command(*arguments) == (0, said)
    assert not is_refused(logto, NOON + 3600, BOB)
    logto.answers[f"/api/users/{BOB}/roles"] = document([])
    assert logto_command(*arguments, "--requests-per-second", "10")[0] == 0
    assert is_refused(logto, NOON + 3600, BOB)


def test_all_subjects_are_compared_once(
    logto: LoopbackServer, logto_command: Run, accepted: None
) -> None:
    """Within the budget, and so over several readings of the log."""
    told = subjects(get_settings(), get_environment())
    told.note(auth_info(sub="nosuchuser00", exp=NOON + 7200))
    told.write()
    time = iter(range(10**6))
    with override(Environment(now=lambda: NOON + 3600 + next(time) * 2)):
        command = ("follow", "--once", "--hook", FEW, "--roles", "--requests-per-second", "1")
        assert logto_command(*command)[1].endswith("\nEntries read: 4.\n")
    assert len([path for path in logto.asked if "/roles?" in path]) == 2


@pytest.mark.parametrize("code", COMMANDS, ids=["once", "roles", "unit", "crontab"])
def test_each_command_of_the_guide_reads_the_log_of_the_hook(
    logto: LoopbackServer, logto_command: Run, accepted: None, code: str
) -> None:
    """Those that would go on are run once."""
    (arguments,) = re.findall("manage.py logto ([^>\n]+)", code)
    status, said = logto_command(*arguments.replace("--once", "").split(), "--once")
    assert (status, said.splitlines()[-1]) == (0, "Entries read: 4.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--roles"], "LOGTO['FOLLOW_ROLES'] is not True"),
        (["--requests-per-second", "5"], "is a number above 0, and goes with --roles."),
        (["--roles", "--requests-per-second", "0"], "is a number above 0, and goes with --roles."),
        (["--roles", "--requests-per-second", "inf"], "is a number above 0, and goes with"),
        (["--roles", "--requests-per-second", "nan"], "is a number above 0, and goes with"),
    ],
)
def test_roles_that_cannot_be_compared_exit_with_2(
    logto: LoopbackServer, logto_command: Run, arguments: list[str], message: str
) -> None:
    code, output = logto_command("follow", "--once", "--hook", FEW, *arguments)
    assert (code, message in output) == (2, True)
