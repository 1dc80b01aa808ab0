"""Refuses tokens of those whose access was taken away in Logto."""

import math

__all__ = ["revoke"]

_COMBINATIONS = (
    {"user"},
    {"organization"},
    {"client"},
    {"token"},
    {"user", "organization"},
    {"user", "client"},
)


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
        user: the ``sub`` claim, or ``act.sub``; a machine's is its application's id.
        organization: the organization of the token.
        client: the ``client_id`` claim.
        token: the ``jti`` claim.
        issuer: the ``iss`` claim; every issuer of ``ENDPOINT`` unless given. Alone it revokes all
            tokens.
        before: seconds since the epoch, now unless given. Tokens state whole seconds, so those that
            are issued later in the same second are refused as well.

    Raises:
        TypeError: nothing is named, or a combination that no token is looked up by: an organization
            goes with a user or alone, so does a client, and a token goes alone.
        ValueError: a name is empty or longer than 200 characters, the issuer is none of
            ``ENDPOINT``, or the time is no number or in the future.
        CacheUnavailable: it holds in this process alone as yet; a thread writes it for the others
            as soon as the cache answers.
        ImproperlyConfigured: ``drf_logto.revocation`` is not in ``INSTALLED_APPS``.
    """
    from . import process  # noqa: PLC0415 - importing the package must not need settings
    from .marks import Mark, is_name  # noqa: PLC0415

    named = {"user": user, "organization": organization, "client": client, "token": token}
    given = {name: value for name, value in named.items() if value is not None}
    if given.keys() not in _COMBINATIONS and (given or issuer is None):
        raise TypeError(
            "revoke() takes a user, an organization, a client, a token or an issuer; a user may "
            "be narrowed to an organization or to a client."
        )
    # An empty name is a variable that was not set, and must not revoke all of something.
    if not all(value and is_name(value) for value in given.values()):
        raise ValueError("revoke() takes names of 1 to 200 characters.")
    issuers = process.issuers()
    if issuer is not None and issuer not in issuers:
        raise ValueError(f"revoke() takes one of these issuers: {', '.join(issuers)}.")
    until = process.now() if before is None else before
    if not -math.inf < until <= process.now():
        raise ValueError("revoke() takes a time that is not in the future.")
    process.add(
        Mark(issuer=one, before=until, **named)
        for one in (issuers if issuer is None else (issuer,))
    )
