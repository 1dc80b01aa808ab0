"""The work that each contender repeats."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, cycle, islice, starmap
from typing import Any

from .contenders import Verify
from .raw import verification
from .server import Server
from .tenant import Tenant

Work = Iterator[object]
"""Each step is one repetition."""

Start = Callable[[Tenant, Server], Work]
"""Prepares everything and returns the work."""

Prepare = Callable[[Tenant, Server], Verify]

_CACHED = 50  # tokens that take turns


def advance(work: Work, times: int) -> None:
    """Do the next repetitions; the loop itself is C's."""
    deque(islice(work, times), maxlen=0)


def signatures(tenant: Tenant, _: Server) -> Work:
    """Check each token's signature, and nothing else of it."""
    return _finite(starmap(*verification(tenant, tenant.tokens[1:])))


def new_tokens(prepare: Prepare) -> Start:
    """Verify each token once; the first one warms up."""

    def start(tenant: Tenant, server: Server) -> Work:
        verify = prepare(tenant, server)
        verify(tenant.tokens[0])
        return _finite(map(verify, tenant.tokens[1:]))

    return start


def known_tokens(prepare: Prepare) -> Start:
    """Verify the same few tokens again and again, all of them seen before."""

    def start(tenant: Tenant, server: Server) -> Work:
        verify, tokens = prepare(tenant, server), tenant.tokens[:_CACHED]
        advance(map(verify, tokens), _CACHED)
        return map(verify, cycle(tokens))

    return start


def bad_tokens(prepare: Prepare, tokens_of: Callable[[Tenant], list[str]]) -> Start:
    """Refuse bad tokens again and again; a good one came before."""

    def start(tenant: Tenant, server: Server) -> Work:
        verify = prepare(tenant, server)
        verify(tenant.tokens[0])
        work = map(_refusing(verify), cycle(tokens_of(tenant)))
        advance(work, 1)
        return work

    return start


def _refusing(verify: Verify) -> Verify:
    def refuse(token: str) -> bool:
        try:
            verify(token)
        except Exception:  # noqa: BLE001 - every library has its own
            return True
        raise RuntimeError("a bad token was let in")

    return refuse


def requests(url: str) -> Start:
    """Send requests with the same few tokens to a view."""
    return _to_view("requests_to", url)


def view_calls(url: str) -> Start:
    """Call a view with the same few tokens, without what Django does around it."""
    return _to_view("calls_of", url)


def _to_view(way: str, url: str) -> Start:
    def start(tenant: Tenant, _: Server) -> Work:
        # It imports what reads Django's settings.
        from . import views  # noqa: PLC0415

        send, tokens = getattr(views, way)(url), tenant.tokens[:_CACHED]
        if {send(token) for token in tokens} != {200}:
            raise RuntimeError("the view answers with another status than 200")
        return map(send, cycle(tokens))

    return start


def _finite(work: Iterable[object]) -> Work:
    return chain(work, _exhausted())


def _exhausted() -> Iterator[Any]:
    raise RuntimeError("the tenant has too few tokens")
    yield
