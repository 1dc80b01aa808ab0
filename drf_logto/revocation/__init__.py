"""Refuses tokens of those whose access was taken away in Logto."""

import time
from typing import Any

__all__ = ["revoke"]


def revoke(
    *,
    user: str | None = None,
    organization: str | None = None,
    client: str | None = None,
    token: str | None = None,
    issuer: str | None = None,
    before: float | None = None,
) -> None:
    """Refuse the tokens that have all that is named and were issued at or before a time.

    It holds in this process at once, and in every other within a second.

    Args:
        user: the ``sub`` claim; a machine's is its application's id.
        organization: the organization of the token.
        client: the ``client_id`` claim.
        token: the ``jti`` claim.
        issuer: the ``iss`` claim; every issuer of ``ENDPOINT`` unless given. Alone it revokes all
            tokens.
        before: seconds since the epoch, now unless given. Tokens state whole seconds.

    Raises:
        TypeError: nothing is named, or a combination that no token is looked up by: an organization
            goes with a user or alone, so does a client, and a token goes alone.
        CacheUnavailable: it holds in this process alone as yet; a thread writes it for the others
            as soon as the cache answers.
        ImproperlyConfigured: ``drf_logto.revocation`` is not in ``INSTALLED_APPS``.
    """
    from . import process  # noqa: PLC0415 - importing the package must not need settings
    from .marks import Mark  # noqa: PLC0415

    named = {"user": user, "organization": organization, "client": client, "token": token}
    given = {name for name, value in named.items() if value is not None}
    allowed: Any = ({"user"}, {"organization"}, {"client"}, {"token"}, {"user", "organization"})
    if given not in (*allowed, {"user", "client"}) and not (issuer and not given):
        raise TypeError(
            "revoke() takes a user, an organization, a client, a token or an issuer; a user may "
            "be narrowed to an organization or to a client."
        )
    until = time.time() if before is None else before
    process.add(
        Mark(issuer=one, before=until, **named)
        for one in ([issuer] if issuer else process.issuers())
    )
