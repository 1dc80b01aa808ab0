"""Prints the results as a Markdown table, with the versions."""

import platform
from datetime import UTC, datetime
from importlib.metadata import version

from cryptography.hazmat.backends.openssl import backend

_COLUMNS = ("figure", "by", "target", "CPU: median (quartiles)", "instructions", "µs")
_PACKAGES = (
    "Django",
    "djangorestframework",
    "PyJWT",
    "cryptography",
    "djangorestframework-simplejwt",
    "joserfc",
)


def row(*cells: str) -> str:
    """Return one line; cells that are not given are empty."""
    return f"| {' | '.join(cells + ('',) * (len(_COLUMNS) - len(cells)))} |"


HEADINGS = f"{row(*_COLUMNS)}\n{row(*('---',) * len(_COLUMNS))}"
"""The first two lines."""


def environment() -> str:
    """Return in one sentence when, with what and on which kind of machine this was measured."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} on {platform.machine()} with "
        f"Python {platform.python_version()}, {packages}, {backend.openssl_version_text()}."
    )
