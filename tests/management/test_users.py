"""``manage.py logto users``: what the Management API says of users is brought to the project's."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db.models.signals import pre_save
from django.test import modify_settings

from drf_logto.runtime import Environment, override
from drf_logto.users import link
from drf_logto.users.authentication import LogtoUserAuthentication
from drf_logto.users.models import LogtoIdentity
from tests.management.conftest import Run
from tests.support.loopback import Connection, LoopbackServer, document, http
from tests.support.management import recorded, serve_management_api

ALICE, BOB, CAROL = "4ubr2sv15604", "9yj2yxureq5h", "aj6wsbm34oa0"
NOW = 1795266300.0


@pytest.fixture
def answers(recordings: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = recordings["management_api"]
    return found


@pytest.fixture
def logto(server: LoopbackServer, answers: Any, settings: Any, db: None) -> Any:
    """A Logto with Alice, Bob and Carol."""
    settings.LOGTO = serve_management_api(server, answers)
    server.answers["/api/users"] = recorded(answers["users"])
    server.answers["/api/dashboard/users/total"] = document({"totalUserCount": 3})
    with override(Environment(now=lambda: NOW, is_shared=False)):
        yield server


@pytest.fixture
def alice(logto: LoopbackServer) -> User:
    user = User.objects.create(username="alice of the project")
    link(user, f"{logto.address}/oidc", ALICE)
    return user


def asked(logto: LoopbackServer) -> list[str]:
    return [path for path in logto.asked if path.startswith("/api/users")]


def test_users_who_are_known_here_are_updated(
    logto: LoopbackServer, alice: User, logto_command: Run
) -> None:
    assert logto_command("users") == (
        0,
        "Users in Logto: 3. Known here: 1. Created: 0. Without a user here: 2.\n",
    )
    alice.refresh_from_db()
    assert (alice.first_name, alice.email) == ("Alice", "alice@example.test")
    assert User.objects.count() == 1
    assert asked(logto) == ["/api/users?page=1&page_size=100"]


def test_users_who_are_suspended_are_deactivated(
    logto: LoopbackServer, alice: User, answers: Any, logto_command: Run
) -> None:
    link(alice, f"{logto.address}/oidc", CAROL)
    logto.answers["/api/users"] = document([answers["suspended_user"]["body"]])
    assert logto_command("users")[0] == 0
    alice.refresh_from_db()
    assert alice.is_active is False


def test_an_older_state_than_a_webhooks_changes_nothing(
    logto: LoopbackServer, alice: User, answers: Any, logto_command: Run
) -> None:
    logto_command("users")
    row = answers["users"]["body"][-1]
    assert row["id"] == ALICE
    logto.answers["/api/users"] = document([{**row, "name": "Old", "updatedAt": 1}])
    logto_command("users")
    alice.refresh_from_db()
    assert alice.first_name == "Alice"


def test_users_are_created_on_demand(
    logto: LoopbackServer, alice: User, logto_command: Run
) -> None:
    summary = "Users in Logto: 3. Known here: 1. Created: 2. Without a user here: 0.\n"
    assert logto_command("users", "--create") == (0, summary)
    bob = LogtoIdentity.objects.get(subject=BOB)
    assert bob.issuer == f"{logto.address}/oidc"
    assert (bob.user.first_name, bob.user.email) == ("Bob", "bob@example.test")
    assert bob.user.username.startswith("logto-")
    assert logto_command("users", "--create")[1].startswith("Users in Logto: 3. Known here: 3.")
    assert User.objects.count() == 3


class OfProject(LogtoUserAuthentication):
    def new_user(self, issuer: str, subject: str) -> Any:
        return User(username=subject) if subject == BOB else None


def test_the_projects_class_makes_its_users(
    logto: LoopbackServer, settings: Any, logto_command: Run
) -> None:
    classes = ["rest_framework.authentication.BasicAuthentication", f"{__name__}.OfProject"]
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": classes}
    summary = "Users in Logto: 3. Known here: 0. Created: 1. Without a user here: 2.\n"
    assert logto_command("users", "--create") == (0, summary)
    assert User.objects.get().username == BOB


def test_nobody_who_is_suspended_is_created(
    logto: LoopbackServer, answers: Any, logto_command: Run
) -> None:
    logto.answers["/api/users"] = document([answers["suspended_user"]["body"]])
    logto_command("users", "--create")
    assert not User.objects.exists()


# Many users, and runs that stop


def many(count: int) -> list[dict[str, Any]]:
    state = {"updatedAt": 1795266000000, "isSuspended": False}
    return [{"id": f"user-{number}", "name": f"N{number}", **state} for number in range(count)]


@pytest.fixture
def pages(logto: LoopbackServer) -> Any:
    """Serve 250 users; the third page fails once."""
    failures = [http("", "500 Internal Server Error")]

    def answer(connection: Connection) -> None:
        page = int(asked(logto)[-1].partition("page=")[2].partition("&")[0])
        if page == 3 and failures:
            failures.pop()(connection)
        else:
            document(many(250)[(page - 1) * 100 : page * 100])(connection)

    logto.answers["/api/users"] = answer
    logto.answers["/api/dashboard/users/total"] = document({"totalUserCount": 250})
    return logto


def test_a_run_that_stops_says_where_to_go_on(pages: Any, logto_command: Run) -> None:
    link(User.objects.create(username="x"), f"{pages.address}/oidc", "user-249")
    code, said = logto_command("users")
    assert code == 1
    # Deletions meanwhile may have moved users from the third page to the second.
    assert said.startswith("Not all were read. Go on with --from-page 2.\nLogto cannot be asked")
    code, said = logto_command("users", "--from-page", "2")
    assert (code, said.partition(".")[0]) == (0, "Users in Logto: 150")
    assert User.objects.get().first_name == "N249"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar(pages: Any) -> None:
    output = Terminal()
    with pytest.raises(CommandError):
        call_command("logto", "users", stdout=output)
    call_command("logto", "users", "--from-page", "3", stdout=output)
    drawn = output.getvalue().split("\r")
    assert f"[{'#' * 12}{'-' * 18}] 100 of 250 users" in drawn
    assert f"[{'#' * 30}] 250 of 250 users" in drawn
    assert drawn[-1].startswith("Users in Logto: 50")


@pytest.mark.parametrize(
    "total",
    [http("", "500 Internal Server Error"), document([]), document({"x": 1})],
    ids=["failed", "no object", "no number"],
)
def test_a_terminal_shows_a_count_where_the_total_is_not_known(
    logto: LoopbackServer, total: Any
) -> None:
    logto.answers["/api/dashboard/users/total"] = total
    output = Terminal()
    call_command("logto", "users", stdout=output)
    assert "3 users" in output.getvalue().split("\r")


# What goes wrong


@pytest.mark.parametrize(
    ("arguments", "options", "code", "message"),
    [
        (["--from-page", "0"], {}, 2, "--from-page must be at least 1."),
        ([], {"MANAGEMENT_APP_SECRET": None}, 2, "MANAGEMENT_APP_SECRET"),
        ([], {"GROUPS": 7}, 2, "LOGTO['GROUPS']"),
    ],
)
def test_what_cannot_work_is_said(
    logto: LoopbackServer,
    logto_command: Run,
    logto_options: Any,
    arguments: list[str],
    options: dict[str, Any],
    code: int,
    message: str,
) -> None:
    logto_options(**options)
    given, said = logto_command("users", *arguments)
    assert given == code
    assert message in said


def test_a_list_that_does_not_end_ends_the_run(logto: LoopbackServer, logto_command: Run) -> None:
    logto.answers["/api/users"] = document(many(100))
    code, said = logto_command("users", "--from-page", "99999")
    assert code == 1
    assert "does not end" in said


def test_what_is_no_list_ends_the_run(logto: LoopbackServer, logto_command: Run) -> None:
    logto.answers["/api/users"] = document({"users": []})
    code, said = logto_command("users")
    assert code == 1
    assert "without a list" in said


def test_what_cannot_be_applied_does_not_stop_the_others(
    logto: LoopbackServer,
    alice: User,
    answers: Any,
    logto_command: Run,
    caplog: pytest.LogCaptureFixture,
) -> None:
    logto.answers["/api/users"] = document([7, {"id": "x"}, *answers["users"]["body"]])
    summary = "Users in Logto: 5. Known here: 1. Created: 0. Without a user here: 2.\n"
    code, said = logto_command("users")
    assert (code, said) == (1, f"{summary}Not applied: 2. The log says why.")
    assert caplog.text.count("what Logto lists is no user") == 2


def test_a_user_whom_the_database_refuses_is_named_in_the_log(
    logto: LoopbackServer, alice: User, logto_command: Run, caplog: pytest.LogCaptureFixture
) -> None:
    from django.db import IntegrityError

    def refuse(**_: Any) -> None:
        raise IntegrityError("alice@example.test")

    pre_save.connect(refuse, sender=User)
    try:
        code, said = logto_command("users")
    finally:
        pre_save.disconnect(refuse, sender=User)
    assert (code, "Not applied: 1." in said) == (1, True)
    assert f"Not applied: the user '{ALICE}': IntegrityError." in caplog.text
    assert "alice@example.test" not in caplog.text


def test_the_application_is_needed(logto: LoopbackServer, logto_command: Run) -> None:
    with modify_settings(INSTALLED_APPS={"remove": "drf_logto.users"}):
        code, said = logto_command("users")
    assert code == 2
    assert said == "Add 'drf_logto.users' to INSTALLED_APPS: logto users is part of it."
