"""A stand-in for Logto, on loopback only: sign-in, tokens, metadata and keys over HTTP."""

from .server import MAX_BODY, StandIn, running_stand_in

__all__ = ["MAX_BODY", "StandIn", "running_stand_in"]
