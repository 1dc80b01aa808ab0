"""Applies what Logto says of a user: the profile, and whether the user may sign in at all."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import transaction

from ..conf import get_settings
from ..runtime import get_environment
from .identities import as_datetime, can_be_stored, identities_to_write
from .models import LogtoIdentity
from .profiles import Profile, fill, from_claims, from_user

_AHEAD = 3600  # seconds that Logto's clock may be ahead of this machine's
_LATEST = 10**14  # milliseconds since the epoch; some thousand years from now


class State(NamedTuple):
    """A user in Logto at one time.

    Attributes:
        subject: the id.
        time: when it became so, in seconds since the epoch, by Logto's clock.
        may_sign_in: false if the user was suspended or deleted.
        profile: names and address.
    """

    subject: str
    time: float
    may_sign_in: bool
    profile: Profile


def state_of(user: object) -> State | None:
    """Return the state that a user of the Management API or of a webhook has, None if it is none.

    Args:
        user: parsed from JSON that is Logto's.
    """
    if not isinstance(user, dict):
        return None
    subject, milliseconds = user.get("id"), user.get("updatedAt")
    is_suspended = user.get("isSuspended")
    if not isinstance(subject, str) or not isinstance(is_suspended, bool):
        return None
    if not isinstance(milliseconds, int) or not 0 < milliseconds < _LATEST:
        return None
    return State(subject, milliseconds / 1000, not is_suspended, from_user(user))


def state_of_claims(claims: Mapping[str, Any]) -> State | None:
    """Return the state that somebody has who has signed in, None if it cannot be kept.

    Args:
        claims: of a validated ID token, and perhaps of the userinfo endpoint.
    """
    subject, milliseconds = claims.get("sub"), claims.get("updated_at")
    if not isinstance(subject, str) or not can_be_stored("", subject):
        return None
    time: float = claims["iat"]
    if isinstance(milliseconds, int) and 0 < milliseconds < _LATEST:
        time = milliseconds / 1000  # so it is at Logto, unlike in OpenID Connect Core §5.1
    return State(subject, time, may_sign_in=True, profile=from_claims(claims))


def apply(state: State) -> int:
    """Apply a state to the identities of its subject; return how many there are.

    A state that is older than the one that is known changes nothing.
    """
    issuers, subject = get_settings().issuers, state.subject
    if not can_be_stored("", subject):
        return 0
    found = identities_to_write().filter(issuer__in=issuers, subject=subject)
    identities = [one for one in found if one.subject == subject]
    for identity in identities:
        _apply_to(identity, state)
    return len(identities)


def _apply_to(identity: LogtoIdentity, state: State) -> None:
    time = as_datetime(min(state.time, get_environment().now() + _AHEAD))
    with transaction.atomic(using=identity._state.db):
        locked = identities_to_write().select_for_update().select_related("user")
        latest = locked.filter(pk=identity.pk).first()
        if latest is None:  # deleted meanwhile
            return
        identity = latest
        if identity.updated_at is not None and identity.updated_at > time:
            return
        _set_active(identity, state, time)
        identity.updated_at = time
        identity.save(update_fields=["updated_at", "deactivated_at"])
        fill(identity.user, state.profile)


def _set_active(identity: LogtoIdentity, state: State, time: Any) -> None:
    """Deactivate the user, or activate one whom Logto alone has kept out.

    Whom an administrator of the project has deactivated stays so.
    """
    user: Any = identity.user
    others = user.logto_identities.exclude(pk=identity.pk).filter(deactivated_at__isnull=False)
    kept_out_by_others = others.exists()
    if not state.may_sign_in:
        if user.is_active or kept_out_by_others or identity.deactivated_at is not None:
            identity.deactivated_at = identity.deactivated_at or time
            _save_active(user, is_active=False)
    elif identity.deactivated_at is not None:
        identity.deactivated_at = None
        _save_active(user, is_active=not kept_out_by_others)


def _save_active(user: Any, *, is_active: bool) -> None:
    fields = {field.name for field in user._meta.concrete_fields}
    if "is_active" in fields and user.is_active != is_active:
        user.is_active = is_active
        user.save(update_fields=["is_active"])
