"""The audit trail: one line of JSON for each event, bounded, and never a token."""

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto import signals
from drf_logto.audit import JsonFormatter
from drf_logto.permissions import HasScopes
from drf_logto.revocation.marks import Mark
from drf_logto.testing import Logto

ISSUER = "https://tenant.logto.test/oidc"
LOGGER = "drf_logto.audit"
SIGNALS = [
    signals.access_granted,
    signals.access_refused,
    signals.access_revoked,
    signals.identity_created,
]


class Told(APIView):
    permission_classes = [HasScopes("a")]

    def get(self, request: Any) -> Response:
        return Response()


@pytest.fixture
def trail() -> Iterator[Callable[..., io.StringIO]]:
    """Start a project whose LOGGING has the audit trail at this level."""
    logger = logging.getLogger(LOGGER)

    def start(level: str = "INFO") -> io.StringIO:
        lines = io.StringIO()
        logging.config.dictConfig(
            {
                "version": 1,
                "disable_existing_loggers": False,
                "formatters": {"json": {"()": "drf_logto.audit.JsonFormatter"}},
                "handlers": {
                    "audit": {
                        "class": "logging.StreamHandler",
                        "formatter": "json",
                        "stream": lines,
                    }
                },
                "loggers": {LOGGER: {"handlers": ["audit"], "level": level, "propagate": False}},
            }
        )
        apps.get_app_config("drf_logto").ready()
        return lines

    yield start
    logger.handlers.clear()
    logger.setLevel(logging.NOTSET)
    logger.propagate = True
    for signal in SIGNALS:
        signal.disconnect(dispatch_uid=LOGGER)


def events(lines: io.StringIO) -> list[dict[str, Any]]:
    """What was logged, without its time."""
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert all(one.pop("time").endswith("+00:00") for one in found)
    return found


BEARER = {
    "issuer": ISSUER,
    "subject": "ada",
    "client_id": "application-1",
    "organization": None,
    "token_id": "token-1",
    "actor": None,
    "kind": "global",
}


@pytest.fixture(autouse=True)
def urls(route: Callable[..., None]) -> None:
    route(path("told/", Told.as_view()))


def ask(logto: Logto) -> None:
    """One request that is granted, and one that is refused."""
    for scopes in (["a"], ["b"]):
        token = logto.global_token(scopes, user="ada", claims={"jti": "token-1"})
        logto.client(token).get("/told/")


def test_requests_are_a_line_each(logto: Logto, trail: Any) -> None:
    lines = trail()
    ask(logto)
    place = {"method": "GET", "route": "told/"}
    assert events(lines) == [
        {"event": "access_granted", **place, **BEARER, "scopes": ["a"]},
        {
            "event": "access_refused",
            "code": "insufficient_scope",
            **place,
            **BEARER,
            "scopes": ["b"],
        },
    ]


def test_a_trail_of_warnings_has_refusals_alone(logto: Logto, trail: Any) -> None:
    before = [one for one in SIGNALS if one.has_listeners()]  # of other tests, until collected
    lines = trail("WARNING")
    ask(logto)
    assert [one["event"] for one in events(lines)] == ["access_refused"]
    listening = [one for one in SIGNALS if one.has_listeners()]
    assert [one for one in listening if one not in before] == [signals.access_refused]


def test_without_a_handler_nothing_listens(logto: Logto) -> None:
    before = [one for one in SIGNALS if one.has_listeners()]
    apps.get_app_config("drf_logto").ready()
    assert [one for one in SIGNALS if one.has_listeners()] == before


def test_revocations_and_identities_are_a_line_each(trail: Any) -> None:
    lines = trail()
    marks = (
        Mark(issuer=ISSUER, before=1_800_000_000, user="ada", organization="org-1"),
        Mark(issuer=ISSUER, before=-1e20, token="token-1", session="session-1"),
    )
    signals.access_revoked.send(None, marks=marks)
    signals.identity_created.send(None, user=User(pk=7), issuer=ISSUER, subject="ada")
    nobody = {"subject": None, "client_id": None, "organization": None, "token_id": None}
    assert events(lines) == [
        {
            "event": "access_revoked",
            "issuer": ISSUER,
            **nobody,
            "subject": "ada",
            "organization": "org-1",
            "session": None,
            "before": "2027-01-15T08:00:00.000+00:00",
        },
        {
            "event": "access_revoked",
            "issuer": ISSUER,
            **nobody,
            "token_id": "token-1",
            "session": "session-1",
            "before": "1970-01-01T00:00:00.000+00:00",
        },
        {"event": "identity_created", "issuer": ISSUER, "subject": "ada", "user": "7"},
    ]


def formatted(message: str, **extra: Any) -> str:
    record = logging.makeLogRecord({"msg": message, "created": 1_800_000_000.25, **extra})
    return JsonFormatter().format(record)


def test_the_time_is_utc_to_the_millisecond() -> None:
    assert formatted("x") == '{"time": "2027-01-15T08:00:00.250+00:00", "event": "x"}'


def test_a_value_from_outside_stays_in_its_line_and_is_cut_off() -> None:
    controls = "".join(map(chr, [*range(32), *range(127, 160), 0x2028, 0x2029, 0xD800]))
    line = formatted("x\n" * 300, method=controls, route="a" * 201, scopes=("b" * 201,) * 101)
    assert line.isascii()
    assert line.isprintable()
    value = json.loads(line)
    assert value["event"] == "x\n" * 100 + "..."
    assert value["method"] == controls
    assert value["route"] == "a" * 200 + "..."
    assert value["scopes"] == ["b" * 200 + "..."] * 100
    assert json.loads(formatted("x", route="a" * 200))["route"] == "a" * 200


def test_no_line_has_the_token(logto: Logto, trail: Any) -> None:
    lines = trail()
    tokens = [
        logto.global_token(["a"]),
        logto.global_token(expires_in=-1),
        logto.opaque_token(),
        logto.id_token(),
        "one two",
    ]
    for token in tokens:
        logto.client(token).get("/told/")
    assert len(events(lines)) == len(tokens)
    for part in [part for token in tokens[:-1] for part in token.split(".")]:
        assert part not in lines.getvalue()
