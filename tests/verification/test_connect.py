"""connect: the addresses of a host share one time limit."""

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from drf_logto.verification.connect import connect
from tests.support.loopback import LoopbackServer, silent_server

HOST = ("logto.example.test", 443)
REFUSING = ("127.0.0.1", 9)


def resolving_to(*addresses: tuple[str, int]) -> Any:
    def resolve(host: str, port: int, *, type: int) -> list[Any]:
        assert (host, port) == HOST
        return [(socket.AF_INET, type, 0, "", one) for one in addresses]

    return resolve


@pytest.fixture
def accepting(server: LoopbackServer) -> tuple[str, int]:
    parts = urlsplit(server.address)
    return str(parts.hostname), int(parts.port or 0)


def test_an_address_that_is_silent_leaves_time_for_the_next(accepting: tuple[str, int]) -> None:
    with (
        silent_server() as silent,
        connect(HOST, 1, resolve=resolving_to(silent, silent, REFUSING, accepting)) as found,
    ):
        assert found.getpeername() == accepting
        assert 0 < (found.gettimeout() or 0) < 1


def test_no_address_is_tried_when_the_time_is_over(accepting: tuple[str, int]) -> None:
    seconds = iter([0, 0, 7])
    with pytest.raises(TimeoutError):
        connect(
            HOST,
            5,
            resolve=resolving_to(REFUSING, accepting),
            monotonic=lambda: next(seconds),
        )


def test_the_last_failure_is_raised() -> None:
    with pytest.raises(ConnectionRefusedError):
        connect(HOST, 5, resolve=resolving_to(REFUSING, REFUSING))


def test_a_host_without_addresses_is_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        connect(HOST, 5, resolve=resolving_to())
