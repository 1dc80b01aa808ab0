"""Ends the sandbox on a signal."""

import signal
import sys

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def end_on_signals() -> None:
    """Let Ctrl-C and SIGTERM end the process without a word, after what is under way is undone."""
    for number in _SIGNALS:
        signal.signal(number, _end)


def _end(*_: object) -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    sys.exit()
