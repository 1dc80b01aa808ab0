"""Finds and creates the identity of a token's subject, and its user."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, router, transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import make_naive

from ..runtime import get_environment
from ..signals import identity_created
from .models import LONGEST_ISSUER, LONGEST_SUBJECT, LogtoIdentity

_SEEN_AGAIN = 3600  # seconds after which ``last_seen_at`` is written again

NewUser = Callable[[str, str], Any]
"""Returns a user that is not saved for issuer and subject, or None where none shall be made."""


def can_be_stored(issuer: str, subject: object) -> bool:
    """Whether a subject is text that every database stores as it is."""
    is_text = isinstance(subject, str) and subject.isprintable()
    return is_text and 0 < len(str(subject)) <= LONGEST_SUBJECT and len(issuer) <= LONGEST_ISSUER


def as_datetime(seconds: float) -> datetime:
    """Return a time as the project's databases take it."""
    time = datetime.fromtimestamp(seconds, UTC)
    return time if settings.USE_TZ else make_naive(time)


def identities_to_write() -> QuerySet[LogtoIdentity]:
    """Return the identities of the database that is written to, which may be ahead of others."""
    return LogtoIdentity.objects.using(router.db_for_write(LogtoIdentity))


def find(issuer: str, subject: str, among: QuerySet[LogtoIdentity]) -> LogtoIdentity | None:
    """Return the identity with its user, in one query; None where there is none.

    Args:
        issuer: the ``iss`` claim.
        subject: the ``sub`` claim.
        among: identities of the database that is asked.
    """
    found = among.select_related("user").filter(issuer=issuer, subject=subject)
    # Some databases compare without regard to case.
    return next((one for one in found if (one.issuer, one.subject) == (issuer, subject)), None)


def create(issuer: str, subject: str, new_user: NewUser) -> None:
    """Create an identity with its user, unless another request does.

    Raises:
        IntegrityError: the user cannot be saved, and not because the identity is there.
    """
    database = router.db_for_write(LogtoIdentity)
    try:
        # All or nothing, so that who comes second leaves no user behind.
        with transaction.atomic(using=database):
            user = new_user(issuer, subject)
            if user is not None:
                if user._state.adding:
                    user.save(using=database)
                _add(user, issuer, subject, database)
    except IntegrityError:
        if not identities_to_write().filter(issuer=issuer, subject=subject).exists():
            raise


def link_to(user: Any, issuer: str, subject: str) -> bool:
    """Make an identity of a user where there is none; return whether it is this user's now."""
    if find(issuer, subject, identities_to_write()) is None:
        create(issuer, subject, lambda *_: user)
    identity = find(issuer, subject, identities_to_write())
    return identity is not None and identity.user_id == user.pk


def _add(user: Any, issuer: str, subject: str, database: str) -> None:
    created_at = as_datetime(get_environment().now())
    identity = LogtoIdentity(user=user, issuer=issuer, subject=subject, created_at=created_at)
    identity.save(using=database)
    announce = partial(
        identity_created.send_robust,
        sender=LogtoIdentity,
        user=user,
        issuer=issuer,
        subject=subject,
    )
    transaction.on_commit(announce, using=database)


def record_seen(identity: LogtoIdentity) -> None:
    """Write when the identity was seen, once an hour."""
    now = get_environment().now()
    before = as_datetime(now - _SEEN_AGAIN)
    if identity.last_seen_at is None or identity.last_seen_at <= before:
        is_due = Q(last_seen_at=None) | Q(last_seen_at__lte=before)
        due = LogtoIdentity.objects.filter(is_due, pk=identity.pk)
        due.update(last_seen_at=as_datetime(now))
