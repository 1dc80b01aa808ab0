"""An in-process Logto for tests: real signatures, real verification, no network."""

from .logto import ABSENT, Logto

__all__ = ["ABSENT", "Logto"]
