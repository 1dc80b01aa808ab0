"""What a key set asks its source for, and what it gets."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a key set asks its source for.

    Attributes:
        kid: the key that is looked for, None for a routine refresh.
        newer_than: when the known keys were fetched, in seconds since the epoch.
        forced: whether fresh keys are known and ``kid`` is not among them.
    """

    kid: str | None
    newer_than: float
    forced: bool


@dataclass(frozen=True, slots=True)
class Fetched:
    """A JWK Set, and when the issuer was asked for it, in seconds since the epoch.

    Attributes:
        is_copy: whether somebody else had asked for it.
    """

    document: object
    at: float
    is_copy: bool = False


Source = Callable[[Wanted], Fetched | None]
"""Where a key set gets its keys; None where there can be nothing newer now."""
