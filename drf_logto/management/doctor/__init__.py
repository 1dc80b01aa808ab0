"""Looks from this machine at settings, Logto and the API, and says what is wrong with them."""

from collections.abc import Iterator

from . import (
    applications,
    cache,
    clock,
    keys,
    management_api,
    metadata,
    network,
    project,
    resources,
    revocation,
    running_api,
    sign_in,
)
from .examination import Examination
from .facts import Found, Group, examine

GROUPS = (
    project.GROUP,
    Group("Logto at {}", (*network.FACTS, *metadata.FACTS, *keys.FACTS, *clock.FACTS)),
    cache.GROUP,
    applications.GROUP,
    management_api.GROUP,
    resources.GROUP,
    sign_in.GROUP,
    revocation.GROUP,
    running_api.GROUP,
)


def findings(examination: Examination | None = None) -> Iterator[Found]:
    """Yield what is found of each fact, as soon as it is found."""
    return examine(examination or Examination(), GROUPS)
