"""An in-process Logto for tests: real signatures, real verification, no network."""

from .logto import ABSENT, Logto, TokenOptions
from .management_api import ManagementApi

__all__ = ["ABSENT", "Logto", "ManagementApi", "TokenOptions"]
