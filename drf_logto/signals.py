"""Signals of Django's that this package sends."""

from django.dispatch import Signal

__all__ = ["access_revoked", "identity_created"]

access_revoked = Signal()
"""Sent with ``marks``, a tuple of ``revocation.marks.Mark``, in the process that revoked access."""

identity_created = Signal()
"""Sent with ``user``, ``issuer`` and ``subject`` when a subject of Logto has got a user.

It is sent once the transaction is committed. Exceptions of receivers are logged.
"""
