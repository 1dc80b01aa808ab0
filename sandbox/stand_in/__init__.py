"""A stand-in for Logto, on loopback only: Authlib's authorization server and a few pages."""

from .server import StandIn, running_stand_in

__all__ = ["StandIn", "running_stand_in"]
