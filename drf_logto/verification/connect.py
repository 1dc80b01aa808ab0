"""Connects to a host, whose addresses share one time limit."""

import socket
import time
from collections.abc import Callable
from typing import Any

_LEAST = 0.001  # seconds; without any, a socket does not wait at all


def connect(
    address: tuple[str, int],
    timeout: float,
    _source_address: object = None,
    *,
    resolve: Callable[..., list[Any]] | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> socket.socket:
    """Return a connection to the first address of a host that accepts one, with the time left.

    ``socket.create_connection`` gives each address the whole time, and a name may have many. Here
    each gets its share of what is left, so that one that is silent leaves some to the others.

    Args:
        address: host and port.
        timeout: seconds for all addresses.
        resolve: a function to use instead of ``socket.getaddrinfo``.
        monotonic: a clock that is never set, in seconds.

    Raises:
        OSError: the host has no address, or none accepts a connection in time.
    """
    ends_at = monotonic() + timeout
    found = (resolve or socket.getaddrinfo)(*address, type=socket.SOCK_STREAM)
    failure: OSError = TimeoutError()
    for number, (family, kind, protocol, _, one) in enumerate(found):
        left = ends_at - monotonic()
        if left <= 0:
            raise TimeoutError from failure
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(left / (len(found) - number))
            connection.connect(one)
        except OSError as error:
            connection.close()
            failure = error
        else:
            connection.settimeout(max(ends_at - monotonic(), _LEAST))
            return connection
    raise failure
