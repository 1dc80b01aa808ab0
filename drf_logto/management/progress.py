"""A progress bar on a terminal, and nothing on a pipe."""

from typing import Any

_WIDTH = 30  # characters of the bar


class Progress:
    """Shows how much is done.

    Args:
        stream: of a command, where its bar is drawn.
        total: how much there is to do, None if that is not known.
    """

    def __init__(self, stream: Any, total: int | None) -> None:
        self._stream = stream
        self._total = total
        self._longest = 0

    def show(self, done: int) -> None:
        """Draw the bar in the place of the one before."""
        if self._total is None:
            self._write(f"{done} users")
            return
        total = max(done, self._total, 1)  # more may have come meanwhile
        filled = "#" * (_WIDTH * done // total)
        self._write(f"[{filled:-<{_WIDTH}}] {done} of {total} users")

    def clear(self) -> None:
        """Remove the bar, so that the next line begins where it did."""
        self._write(" " * self._longest)
        self._write("")

    def _write(self, text: str) -> None:
        if self._stream.isatty():
            self._longest = max(self._longest, len(text))
            self._stream.write(f"\r{text}", ending="")
            self._stream.flush()
