"""Counts the requests to Logto of a process that knows its keys."""

from .project import trusting
from .scenarios import Scenario
from .tenant import Tenant
from .work import advance

TIMES = 100


def count(scenario: Scenario, tenant: Tenant) -> dict[str, int]:
    """Return how many documents each contender fetches for ``TIMES`` repetitions, by name."""
    fetched = {}
    for contender in scenario.others:
        with trusting(tenant) as server:
            work = contender.start(tenant, server)
            before = len(server.asked)
            advance(work, TIMES)
            fetched[contender.name] = len(server.asked) - before
    return fetched
