"""Servers as processes of their own, for as long as a test needs them."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO


@contextmanager
def running(
    *command: str,
    until: str | int,
    times: int = 1,
    environment: Mapping[str, str] | None = None,
    log: IO[str] | None = None,
) -> Iterator[int]:
    """Run a server until the block ends.

    It is ready when it has said something so often, or when it listens on a port. What is said
    later must go into ``log``, or be too little to fill a pipe.
    """
    started = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    with subprocess.Popen(
        command,
        env={**started, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if log is None else log,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            if isinstance(until, str):
                _await_words(process, process.stdout, until, times)
            else:
                _await_port(process, until)
            yield process.pid
        finally:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
                process.terminate()
            process.stdout.close()


def _await_words(process: subprocess.Popen[str], stdout: IO[str], words: str, times: int) -> None:
    said = []
    for line in stdout:
        said.append(line)
        if sum(words in one for one in said) == times:
            break
    assert process.poll() is None, "".join(said)


def _await_port(process: subprocess.Popen[str], port: int) -> None:
    while process.poll() is None:
        with suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port)).close()
    raise AssertionError(process.communicate()[0])


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
