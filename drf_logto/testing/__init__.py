"""An in-process Logto for tests: real signatures, real verification, no network."""

from .logto import ABSENT, Logto, TokenOptions

__all__ = ["ABSENT", "Logto", "TokenOptions"]
