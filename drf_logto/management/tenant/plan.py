"""The plan: which steps are done, which are missing, and how the missing ones are made."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.core.management import CommandError

from ...exceptions import AuthorizationServerUnavailable
from ...outgoing.management_api import ManagementApi, ManagementApiRefused
from ..subcommands import FAILED
from .state import TenantState
from .steps import PermissionStep, ResourceStep, ScopeStep, Step

ATTEMPTS = 5
"""So often a step is tried, where others write the same or Logto fails."""


@dataclass(frozen=True, slots=True)
class Item:
    """A step, and what it was when the plan was made.

    Attributes:
        step: the step.
        is_there: whether the tenant has it.
        text: what is there, or is missing.
        obstacle: what somebody must do in the console, and why; "" where there is nothing.
    """

    step: Step
    is_there: bool
    text: str
    obstacle: str

    @property
    def sign(self) -> str:
        """``=`` for what is there, ``+`` for what would be made, ``!`` for what is left."""
        if self.obstacle:
            return "!"
        return "=" if self.is_there else "+"

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        state = {"=": "there", "+": "missing", "!": "blocked"}[self.sign]
        named = {"group": self.step.group, "text": self.text, "state": state}
        return {**named, "obstacle": self.obstacle} if self.obstacle else named


def plan(steps: Iterable[Step], state: TenantState) -> list[Item]:
    """Compare steps with what the tenant has.

    Raises:
        AuthorizationServerUnavailable, ManagementApiRefused: the tenant cannot be read.
    """
    return [_item(step, state) for step in steps]


def _item(step: Step, state: TenantState) -> Item:
    return Item(step, step.is_there(state), step.text(state), step.obstacle(state))


def unused(steps: Iterable[Step], state: TenantState) -> dict[str, list[str]]:
    """Return the scopes and permissions that no step names, of API resources that one does."""
    steps = list(steps)
    found: dict[str, list[str]] = {}
    for resource in (step for step in steps if isinstance(step, ResourceStep)):
        named = {
            step.name
            for step in steps
            if isinstance(step, ScopeStep) and step.group == resource.group
        }
        has = state.resources.get(resource.indicator)
        found[resource.group] = sorted(has.scopes.keys() - named) if has else []
    named = {step.name for step in steps if isinstance(step, PermissionStep)}
    found[PermissionStep("").group] = sorted(state.organization_permissions.keys() - named)
    return {group: names for group, names in found.items() if names}


def apply(
    items: Iterable[Item], api: ManagementApi, say: Callable[[Item, bool], None]
) -> list[Item]:
    """Create what is missing, in turn. What another run creates meanwhile is no failure.

    Args:
        items: of a plan.
        api: of the tenant.
        say: called with each item that was missing, as it is now, and whether it was made here.

    Returns:
        the items as they are now.

    Raises:
        AuthorizationServerUnavailable, ManagementApiRefused: something could not be created. What
            was said is done; a new plan goes on from there.
        CommandError: somebody else changes the same.
    """
    state = TenantState(api)
    return [_applied(item, api, state, say) if item.sign == "+" else item for item in items]


def _applied(
    item: Item, api: ManagementApi, state: TenantState, say: Callable[[Item, bool], None]
) -> Item:
    state.forget(item.step.part)
    now = _item(item.step, state)
    is_new = now.sign == "+" and _make(item.step, api, state)
    is_there = now.is_there or now.sign == "+"
    done = replace(item, is_there=is_there, obstacle=item.step.obstacle(state))
    say(done, is_new)
    return done


def _make(step: Step, api: ManagementApi, state: TenantState) -> bool:
    """Whether it was certainly made here."""
    failure: Exception | None = None
    for _attempt in range(ATTEMPTS):
        failure = _failure(step, api, state)
        if failure is None and not step.part:  # to read it again is expensive
            return True
        state.forget(*(TenantState.PARTS if failure else [step.part]))
        if step.is_there(state):
            return failure is None
        if failure is not None and (step.obstacle(state) or not step.is_unique):
            break
    message = f"{step.group}: somebody else changes it at the same time. Run the command again."
    raise failure or CommandError(message, returncode=FAILED)


def _failure(step: Step, api: ManagementApi, state: TenantState) -> Exception | None:
    try:
        step.make(api, state)
    except (AuthorizationServerUnavailable, ManagementApiRefused) as failure:
        return failure
    return None
