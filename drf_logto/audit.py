"""The audit trail: the signals of this package on the logger ``drf_logto.audit``, as JSON."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.dispatch import Signal

from .signals import access_granted, access_refused, access_revoked, identity_created

__all__ = ["JsonFormatter"]

_logger = logging.getLogger("drf_logto.audit")

_KEYS = (
    "code",
    "method",
    "route",
    "issuer",
    "subject",
    "client_id",
    "organization",
    "token_id",
    "actor",
    "kind",
    "scopes",
    "user",
    "session",
    "before",
)
_LONGEST = 200  # characters of a value
_MOST = 100  # scopes


class JsonFormatter(logging.Formatter):
    """Formats a record of the logger ``drf_logto.audit`` as one line of JSON, in ASCII.

    It has ``time`` (UTC, ISO 8601), ``event``, the name of the signal, and every key of the event,
    null where the value is not known. A value is cut off after 200 characters, and ends in ``...``
    then; ``scopes`` has the first 100.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        line = {"time": _iso(record.created), "event": _bounded(record.getMessage())}
        line |= {key: _bounded(getattr(record, key)) for key in _KEYS if hasattr(record, key)}
        return json.dumps(line).replace("\x7f", "\\u007f")  # the one control character in ASCII


def connect() -> None:
    """Log the signals from now on, if the logger has a handler of its own; once is enough."""
    if not _logger.handlers:
        return
    receivers: dict[Signal, tuple[int, Callable[..., None]]] = {
        access_granted: (logging.INFO, _log_granted),
        access_refused: (logging.WARNING, _log_refused),
        access_revoked: (logging.INFO, _log_revoked),
        identity_created: (logging.INFO, _log_created),
    }
    for signal, (level, receiver) in receivers.items():
        if _logger.isEnabledFor(level):
            signal.connect(receiver, dispatch_uid=__name__)


def _log_granted(signal: object, sender: object, **facts: Any) -> None:
    _logger.info("access_granted", extra=facts)


def _log_refused(signal: object, sender: object, **facts: Any) -> None:
    _logger.warning("access_refused", extra=facts)


def _log_revoked(signal: object, sender: object, marks: Any, **_: Any) -> None:
    for mark in marks:
        facts = {
            "issuer": mark.issuer,
            "subject": mark.user,
            "client_id": mark.client,
            "organization": mark.organization,
            "token_id": mark.token,
            "session": mark.session,
            "before": _iso(max(mark.before, 0)),  # nothing was issued earlier
        }
        _logger.info("access_revoked", extra=facts)


def _log_created(
    signal: object, sender: object, user: Any, issuer: str, subject: str, **_: Any
) -> None:
    facts = {"issuer": issuer, "subject": subject, "user": user.pk}
    _logger.info("identity_created", extra=facts)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _bounded(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return [_bounded(one) for one in value[:_MOST]]
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
