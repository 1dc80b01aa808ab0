"""Logto's people as users of Django."""

from typing import Any

__all__ = ["AlreadyLinked", "link"]


class AlreadyLinked(ValueError):
    """A subject belongs to another user."""


def link(user: Any, issuer: str, subject: str) -> None:
    """Let the tokens of a subject be those of a user that exists; again, it does nothing.

    Whoever calls it vouches for it: neither an e-mail address nor a name shows whose account it is.

    Args:
        user: of the project's user model, saved.
        issuer: the ``iss`` claim, ``<ENDPOINT>/oidc``.
        subject: the ``sub`` claim: the id of the user in Logto, or of a machine's application.

    Raises:
        AlreadyLinked: the subject is linked to another user. Its identity must be deleted first.
        ValueError: the issuer is none of ``ENDPOINT``, the subject is no text of 1 to 200 printable
            characters, or the user is not saved.
        ImproperlyConfigured: the ``LOGTO`` setting cannot work.
    """
    from ..conf import get_settings  # noqa: PLC0415 - importing the package must not need settings
    from .identities import can_be_stored, link_to  # noqa: PLC0415 - as above, nor models

    issuers = get_settings().issuers
    if issuer not in issuers:
        raise ValueError(f"link() takes one of these issuers: {', '.join(issuers)}.")
    if not can_be_stored(issuer, subject):
        raise ValueError("link() takes a subject of 1 to 200 printable characters.")
    if user._state.adding:
        raise ValueError("link() takes a user that is saved.")
    if not link_to(user, issuer, subject):
        raise AlreadyLinked("The subject is linked to another user.")
