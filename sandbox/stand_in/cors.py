"""Which pages of other origins may read an answer (Fetch §3.2, CORS protocol)."""

from collections.abc import Collection
from enum import Enum, auto

from .redirect_uris import is_loopback_origin


class Cors(Enum):
    """Who may read: nobody, everybody, or pages on loopback, where the applications are."""

    NONE = auto()
    OPEN = auto()
    LOOPBACK = auto()


def cors_headers(cors: Cors, origin: str, methods: Collection[str]) -> dict[str, str]:
    """Return the headers that let a page of ``origin`` send these methods and read the answer."""
    if cors is Cors.NONE:
        return {}
    if cors is Cors.LOOPBACK and not is_loopback_origin(origin):
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": "*" if cors is Cors.OPEN else origin,
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Requested-With",
        "Access-Control-Max-Age": "3600",
        "Vary": "Origin",
    }
