"""Runs in the process whose memory is measured."""

import gc
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from .contenders import drf_logto
from .memory import TOKENS, resident
from .project import set_up_django, trusting
from .tenant import load_without_tokens


def main(path: str, way: str) -> None:
    """Print the bytes of one cached token, ``allocated`` or ``grown``."""
    set_up_django()
    tenant, tokens = load_without_tokens(Path(path))
    with trusting(tenant, token_cache_size=TOKENS) as server:
        verify = drf_logto(tenant, server)
        verify(next(tokens))
        bytes_now = _allocated() if way == "allocated" else resident
        before = bytes_now()
        for token in tokens:
            verify(token)
        gc.collect()
        sys.stdout.write(str((bytes_now() - before) / (TOKENS - 1)))


def _allocated() -> Callable[[], int]:
    tracemalloc.start()
    return lambda: tracemalloc.get_traced_memory()[0]


main(*sys.argv[1:])
