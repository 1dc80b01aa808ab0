"""Groups and flags of Django that a token gives to its user, or takes away."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import router, transaction
from django.db.models import Exists, OuterRef, QuerySet

from ..auth_info import AuthInfo, TokenKind
from ..conf import LogtoSettings, get_settings
from .models import LogtoIdentity


def with_memberships(identities: QuerySet[LogtoIdentity]) -> QuerySet[LogtoIdentity]:
    """Return identities that know in which of ``GROUPS`` their users are, without more queries."""
    groups = get_settings().groups
    if not groups:
        return identities
    field: Any = get_user_model()._meta.get_field("groups")
    of_user = field.related_model.objects.filter(
        **{field.related_query_name(): OuterRef("user_id")}
    )
    memberships = {
        _membership(number): Exists(of_user.filter(name=name))
        for number, (name, _values) in enumerate(groups)
    }
    return identities.annotate(**memberships)


def _membership(number: int) -> str:
    return f"is_in_group_{number}"


def synchronize(identity: LogtoIdentity, auth: AuthInfo) -> None:
    """Give the user what the token says, and take away what it no longer says.

    Args:
        identity: of ``with_memberships``.
        auth: the verified token.
    """
    settings = get_settings()
    values = _values(auth, settings)
    if values is None:
        return
    user: Any = identity.user
    flags = {"is_staff": settings.staff_scope, "is_superuser": settings.superuser_scope}
    for name, value in flags.items():
        # Whatever is not named belongs to the project.
        if value is not None and getattr(user, name) != (value in values):
            setattr(user, name, value in values)
            user.save(update_fields=[name])
    changed: dict[bool, list[str]] = {True: [], False: []}
    for number, (name, needed) in enumerate(settings.groups):
        if getattr(identity, _membership(number)) != (needed <= values):
            changed[needed <= values].append(name)
    if any(changed.values()):
        _change_groups(user, join=changed[True], leave=changed[False])


def _values(auth: AuthInfo, settings: LogtoSettings) -> frozenset[str] | None:
    """Return what a token says of its user's rights, None where it says nothing.

    What an organization grants must not count outside of it, and each API resource has scopes of
    its own: those of the first one count.
    """
    is_global = auth.kind is TokenKind.GLOBAL and settings.api_resource[0] in auth.audience
    if not is_global or not settings.values_for_rights:
        return None
    claim = auth.claims.get(settings.groups_claim or "scope")
    if isinstance(claim, str):
        found = auth.scopes if settings.groups_claim is None else (claim,)
    elif isinstance(claim, list) and settings.groups_claim is not None:
        found = tuple(one for one in claim if isinstance(one, str))
    else:
        return None
    return frozenset(filter(None, found))


def _change_groups(user: Any, *, join: list[str], leave: list[str]) -> None:
    groups = user._meta.get_field("groups").related_model.objects
    # Another request may do the same at once: adding and removing are harmless then.
    with transaction.atomic(using=router.db_for_write(LogtoIdentity)):
        user.groups.add(*(groups.get_or_create(name=name)[0] for name in join))
        user.groups.remove(*groups.filter(name__in=leave))
