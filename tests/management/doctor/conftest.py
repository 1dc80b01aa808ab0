"""A project whose Logto is a loopback server, and what doctor finds of a fact there."""

from collections.abc import Callable
from itertools import dropwhile, takewhile
from typing import Any

import pytest

from drf_logto.management.doctor import findings
from drf_logto.management.doctor.examination import Examination
from drf_logto.testing import Logto, ManagementApi
from tests.support.loopback import LoopbackServer, document
from tests.support.management import OPTIONS, serve_stand_in

Doctor = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def doctor() -> Doctor:
    """Return verdict and sentences of each finding of a fact."""

    def run(fact: str, **options: Any) -> list[tuple[str, str]]:
        others = dropwhile(lambda one: one.fact != fact, findings(Examination(**options)))
        found = takewhile(lambda one: one.fact == fact, others)  # what comes later is not run
        return [
            (str(one.finding.verdict), f"{one.finding.text} {one.finding.remedy}".rstrip())
            for one in found
        ]

    return run


@pytest.fixture
def logto_at(server: LoopbackServer, settings: Any) -> LoopbackServer:
    """The server of a Logto that the settings name."""
    settings.LOGTO = {"ENDPOINT": server.address, "API_RESOURCE": "https://api.example.test"}
    server.serve_logto(Logto())
    return server


@pytest.fixture
def tenant(logto_at: LoopbackServer, logto_options: Any) -> ManagementApi:
    """The tenant of that Logto, which is empty; the settings name a machine for it."""
    logto_options(**OPTIONS)
    stand_in = ManagementApi()
    serve_stand_in(logto_at, stand_in)
    logto_at.serve_logto(Logto())
    logto_at.answers["/api/configs/jwt-customizer"] = document([])
    return stand_in
