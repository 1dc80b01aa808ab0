"""Receives what Logto says of users: events of its webhooks, and sign-ins in a browser."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..conf import get_settings
from .accounts import State, apply, state_of, state_of_claims
from .authentication import new_user_of_project
from .identities import create
from .installation import is_installed

_UPDATED = ("User.Data.Updated", "User.SuspensionStatus.Updated")
_DELETED = "User.Deleted"

# The data of other routes is no user: that of custom-data, for example, is what somebody wrote.
# Events of the sign-in page and of the Account API name no route.
_ROUTES = (None, "/users/:userId", "/users/:userId/is-suspended", "/users/:userId/password")


def receive(event: Mapping[str, Any], **_: object) -> None:
    """Apply what an event says of a user, if it has an identity here.

    Args:
        event: verified, and parsed from JSON.
    """
    state = _state(event) if is_installed() else None
    if state is not None:
        apply(state)


def receive_sign_in(
    issuer: str, claims: Mapping[str, Any], userinfo: Mapping[str, Any], **_: object
) -> None:
    """Fill the profile of somebody who has signed in, who gets a user as a first token would do.

    An application that may not use this API creates none, as its tokens would not.

    Args:
        issuer: of the ID token.
        claims: of the ID token, validated.
        userinfo: of the same subject.
    """
    if not is_installed():
        return
    state, known = state_of_claims({**userinfo, **claims}), get_settings()
    is_accepted = known.client_ids is None or known.app_id in known.client_ids
    if state is not None and not apply(state) and known.create_users and is_accepted:
        create(issuer, state.subject, new_user_of_project())
        apply(state)


def _state(event: Mapping[str, Any]) -> State | None:
    if event.get("event") == _DELETED:
        return _deleted(event)
    is_user = event.get("event") in _UPDATED and event.get("matchedRoute") in _ROUTES
    return state_of(event.get("data")) if is_user else None


def _deleted(event: Mapping[str, Any]) -> State | None:
    """Return the last state of a user, whom no id will ever name again."""
    data, params = event.get("data"), event.get("params")
    named = {"id": params.get("userId")} if isinstance(params, dict) else {}
    subject = (data if isinstance(data, dict) else named).get("id")
    try:
        time = datetime.fromisoformat(str(event.get("createdAt"))).timestamp()
    except (ValueError, OverflowError):
        return None
    return State(subject, time, may_sign_in=False, profile={}) if isinstance(subject, str) else None
