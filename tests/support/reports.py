"""What a reporter of errors would send, and the secrets that must not be in it."""

import base64
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.core.signals import got_request_exception
from django.http import HttpRequest
from django.test import Client
from rest_framework.views import exception_handler

import drf_logto
from drf_logto.testing import Logto

_DEPTH = 5
_PACKAGE = f"{Path(drf_logto.__file__).parent}/"


class Reports:
    """Everything that a reporter of errors would send: messages, frames and their variables."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.exceptions = 0

    def add(self, text: str) -> None:
        self.texts.append(text)

    def add_exception(self, exception: BaseException | None) -> None:
        """The exception and all that led to it, whether suppressed or not."""
        chain = [exception]
        seen: list[BaseException] = []
        for one in chain:
            if one is None or one in seen:
                continue
            seen.append(one)
            self.exceptions += 1
            self.add("".join(traceback.format_exception(one)))
            self.add(repr(one.__dict__))
            for frame, _line in traceback.walk_tb(one.__traceback__):
                self.add_frame(frame)
            chain += [one.__cause__, one.__context__]

    def add_frame(self, frame: FrameType) -> None:
        if frame.f_code.co_filename.startswith(f"{_PACKAGE}testing/"):
            return  # the stand-in for Logto publishes its keys, as Logto does
        for name, value in frame.f_locals.items():
            self.add(f"{name} = {_shown(value, _DEPTH)}")

    def on_crash(self, sender: object, request: Any, **_: object) -> None:
        self.add_exception(sys.exc_info()[1])


def _shown(value: object, depth: int) -> str:
    """As reporters write a variable: containers and attributes opened, text as it is."""
    if isinstance(value, Logto | Client | Reports | HttpRequest) or depth == 0:
        return ""  # the test's own; a request's headers are Django's to hide
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return " ".join(_shown(one, depth - 1) for pair in value.items() for one in pair)
    if isinstance(value, (list, tuple, set, frozenset)):
        return " ".join(_shown(one, depth - 1) for one in value)
    return repr(value)


class Recorder(logging.Handler):
    """Keeps each line, what it was made of, and the package's frames that were running."""

    def __init__(self, reports: Reports) -> None:
        super().__init__(logging.DEBUG)
        self.reports = reports

    def emit(self, record: logging.LogRecord) -> None:
        self.reports.add(f"{record.getMessage()} {record.__dict__!r}")
        self.reports.add_exception(sys.exc_info()[1])
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if frame.f_code.co_filename.startswith(_PACKAGE):
                self.reports.add_frame(frame)
            frame = frame.f_back


@pytest.fixture
def reports(settings: Any) -> Iterator[Reports]:
    reports = Reports()
    recorder, root, ours = Recorder(reports), logging.getLogger(), logging.getLogger("drf_logto")
    before = root.level, ours.level

    def handle(exception: Exception, context: Any) -> Any:
        reports.add_exception(exception)
        return exception_handler(exception, context)

    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "EXCEPTION_HANDLER": handle}
    got_request_exception.connect(reports.on_crash)
    root.addHandler(recorder)
    root.setLevel(logging.DEBUG)
    ours.setLevel(logging.DEBUG)
    yield reports
    root.removeHandler(recorder)
    root.setLevel(before[0])
    ours.setLevel(before[1])
    got_request_exception.disconnect(reports.on_crash)


def secrets_of(logto: Logto, *tokens: str) -> list[str]:
    """What must stand nowhere: tokens, signatures in any spelling, and the numbers of keys."""
    found = [jwk[name] for jwk in logto.jwks["keys"] for name in ("x", "y", "n") if name in jwk]
    for token in tokens:
        for part in token.split(".")[1:]:
            found.append(part[:24])
            raw = base64.urlsafe_b64decode(part[:24])
            if not raw.startswith(b"{"):
                found += [repr(raw)[2:-1], raw.hex()]
    return [secret for secret in found if len(secret) >= 16]


def assert_no_secret(secrets: list[str], *texts: str) -> None:
    assert len(secrets) >= 3
    for text in texts:
        for secret in secrets:
            assert secret not in text
