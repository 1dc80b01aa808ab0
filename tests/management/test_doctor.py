"""``manage.py logto doctor``: what it writes, and how it exits."""

import json
from collections.abc import Callable
from io import StringIO
from itertools import count
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from drf_logto.conf import get_settings
from drf_logto.management.doctor import findings
from drf_logto.management.doctor.examination import Examination
from drf_logto.management.doctor.facts import Fact, Group, examine
from drf_logto.management.doctor.findings import Finding, error, ok
from drf_logto.management.output import Verdict
from drf_logto.testing import Logto
from tests.management.conftest import Run
from tests.support.loopback import LoopbackServer, http


@pytest.fixture
def logto_at(server: LoopbackServer, settings: Any) -> LoopbackServer:
    settings.LOGTO = {"ENDPOINT": server.address, "API_RESOURCE": "https://api.example.test"}
    server.serve_logto(Logto())
    return server


@pytest.mark.parametrize(
    ("arguments", "options", "code"),
    [
        ([], {}, 0),
        (["--fail-on-warning"], {}, 3),
        ([], {"ALGORITHMS": ["RS256"]}, 3),
        (["--base-url", "api.example.com"], {}, 2),
        (["--base-url", "https://api.example.com/"], {}, 0),
    ],
)
def test_the_exit_code_says_whether_something_is_wrong(
    logto_at: LoopbackServer, logto_options: Any, logto_command: Run, arguments: list[str],
    options: dict[str, Any], code: int,
) -> None:  # fmt: skip
    logto_options(**options)
    assert logto_command("doctor", *arguments)[0] == code


def test_each_finding_is_below_its_group(logto_at: LoopbackServer, logto_command: Run) -> None:
    _code, output = logto_command("doctor")
    assert f"\nLogto at {logto_at.address}\nok        proxy: No proxy is in the way.\n" in output
    assert output.splitlines()[-1].endswith(" skipped")
    assert "Pipe it into manage.py logto explain" in output


def test_json_has_every_finding_and_nothing_else(
    logto_at: LoopbackServer, logto_command: Run
) -> None:
    code, output = logto_command("doctor", "--json")
    written = json.loads(output)
    assert code == 0
    assert len(written["facts"]) == sum(written["count"].values())
    assert written["facts"][0] == {
        "group": "Project",
        "fact": "settings",
        "verdict": "ok",
        "text": f"LOGTO is understood: ENDPOINT {logto_at.address}; API_RESOURCE "
        "https://api.example.test.",
        "remedy": "",
    }


TOKENS: dict[str, Callable[[Logto], str]] = {
    "accepted": lambda one: one.global_token(["a"]),
    "opaque": lambda one: one.opaque_token(),
}


@pytest.mark.parametrize(
    ("given", "arguments", "options", "code", "said"),
    [
        ("accepted", [], {}, 0, "Kind"),
        ("opaque", [], {}, 3, "The token is refused: opaque_token."),
        ("opaque", ["--json"], {}, 3, '"accepted": false'),
        ("opaque", [], {"ALGORITHMS": ["RS256"]}, 3, "1 finding to correct, see above."),
        ("accepted", [], {"LEEWAY": "long"}, 3, "The token is not explained"),
        ("accepted", ["--json"], {"LEEWAY": "long"}, 3, '"token": null'),
        ("accepted", ["--path", "/nowhere/"], {}, 2, "No route leads to '/nowhere/'."),
    ],
)
def test_a_token_is_explained_as_well(
    logto_at: LoopbackServer, logto_options: Any, given: str, arguments: list[str],
    options: dict[str, Any], code: int, said: str,
) -> None:  # fmt: skip
    logto = Logto(logto_at.address)
    logto_at.serve_logto(logto)
    logto_options(**options)
    output, stdin = StringIO(), StringIO(TOKENS[given](logto))
    ended, message = 0, ""
    try:
        call_command("logto", "doctor", "--token", *arguments, stdin=stdin, stdout=output)
    except CommandError as error:
        ended, message = error.returncode, str(error)
    assert (ended, said in output.getvalue() + message) == (code, True), output.getvalue()
    assert "--json" not in arguments or "facts" in json.loads(output.getvalue())


def test_a_path_without_a_token_is_a_usage_error(logto_command: Run) -> None:
    assert logto_command("doctor", "--path", "/x/") == (2, "--path needs --token.")


def test_each_address_is_examined_by_itself(logto_at: LoopbackServer, logto_options: Any) -> None:
    addresses = [logto_at.address, "http://127.0.0.1:9"]
    logto_options(ENDPOINT=addresses)
    found = {
        (one.group, one.fact): one.finding.verdict
        for one in findings(Examination())
        if one.group.startswith("Logto at ")
    }
    keys = [found[f"Logto at {address}", "keys"] for address in addresses]
    assert keys == [Verdict.OK, Verdict.SKIPPED]


def test_no_secret_is_written(
    logto_at: LoopbackServer, logto_options: Any, logto_command: Run, caplog: Any, monkeypatch: Any
) -> None:
    """The stand-in refuses all of them, and its answers repeat what it was sent."""
    names = ("APP", "MACHINE_APP", "MANAGEMENT_APP")
    logto_options(**{f"{one}_ID": "id-1" for one in names})
    logto_options(**{f"{one}_SECRET": f"hush-hush-{one}" for one in names})
    logto_options(WEBHOOK_SIGNING_KEYS=["hush-hush-key"])
    monkeypatch.setenv("https_proxy", "http://user:hush-hush@127.0.0.1:9")

    def answer(connection: Any) -> None:
        error = {"error": "invalid_client", "error_description": connection.body}
        http(json.dumps(error), "400 Bad Request")(connection)

    logto_at.answers["/oidc/token"] = answer
    for arguments in ([], ["--json"], ["--base-url", "https://api.example.com"]):
        code, output = logto_command("doctor", *arguments)
        assert code == 3
        assert "hush" not in output + caplog.text


def test_facts_that_take_too_long_are_skipped() -> None:
    seconds = count(step=9)
    found = list(findings(Examination(monotonic=lambda: next(seconds))))
    looked_at = {one.fact for one in found if one.finding.verdict is not Verdict.SKIPPED}
    assert looked_at == {"settings", "checks"}
    assert "No time is left: the facts above have taken 30 seconds." in {
        one.finding.text for one in found
    }


def test_what_a_fact_raises_says_what_is_wrong() -> None:
    def fail(_examination: Examination, _subject: str) -> Any:
        raise ImproperlyConfigured("Set APP_ID.")

    (found,) = examine(Examination(), [Group("Made", (Fact("fails", fail),))])
    assert found.finding == error("Set APP_ID.", "")


def test_what_needs_settings_that_are_wrong_is_skipped(logto_options: Any) -> None:
    def fail(_examination: Examination, _subject: str) -> Any:
        return get_settings()

    logto_options(LEEWAY="long")
    (found,) = examine(Examination(), [Group("Made", (Fact("fails", fail),))])
    assert found.finding == Finding(Verdict.SKIPPED, "Correct LOGTO first.")


def test_a_fact_that_fails_ends_neither_the_run_nor_its_findings() -> None:
    def fail(_examination: Examination, _subject: str) -> Any:
        yield ok("One.")
        raise KeyError("hush-hush")

    group = Group("Made", (Fact("fails", fail), Fact("needs", fail, ("fails",))))
    one, failure, needs = (found.finding for found in examine(Examination(), [group]))
    assert one == ok("One.")
    assert (failure.verdict, failure.text) == ("error", "This could not be checked: KeyError.")
    assert (needs.verdict, needs.text) == ("skipped", "See fails above.")
