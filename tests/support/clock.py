"""A clock that a test sets."""


class Clock:
    """Seconds since the epoch; begins at the time of the recordings of the Management API."""

    time: float = 1795266156

    def __call__(self) -> float:
        return self.time
