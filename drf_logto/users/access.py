"""The user of a verified token, with the rights that it gives."""

from typing import Any

from ..auth_info import AuthInfo
from ..conf import get_settings
from ..exceptions import UnknownUser
from .identities import NewUser, can_be_stored, create, find, identities_to_write, record_seen
from .models import LogtoIdentity
from .rights import synchronize, with_memberships


def user_of(auth: AuthInfo, new_user: NewUser) -> Any:
    """Return the user of a token's subject.

    Args:
        auth: the verified token.
        new_user: makes the user of a subject that has none.

    Raises:
        UnknownUser: the subject has no user, and gets none.
    """
    issuer, subject = auth.issuer, auth.sub
    if not can_be_stored(issuer, subject):
        raise UnknownUser().because("the subject or the issuer is too long, or not printable")
    identity = find(issuer, subject, with_memberships(LogtoIdentity.objects.all()))
    if identity is None:
        if not get_settings().create_users:
            raise UnknownUser().because("CREATE_USERS is False, and the subject has no user")
        create(issuer, subject, new_user)
        identity = find(issuer, subject, with_memberships(identities_to_write()))
    if identity is None:
        raise UnknownUser().because("new_user() created none, or another subject is alike")
    if identity.user.is_active:
        synchronize(identity, auth)
        record_seen(identity)
    return identity.user
