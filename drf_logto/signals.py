"""Signals of Django's that this package sends."""

from django.dispatch import Signal

__all__ = ["access_revoked"]

access_revoked = Signal()
"""Sent with ``marks``, a tuple of ``revocation.marks.Mark``, in the process that revoked access."""
