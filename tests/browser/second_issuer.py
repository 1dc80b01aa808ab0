"""The authorization server under Logto, on loopback: an issuer that nobody here wrote."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.running import free_port, running

FOLDER = Path(__file__).parent / "oidc_provider"
API_RESOURCE = "https://api.example.com"
CLIENT = {"client_id": "browsable-api", "client_secret": "browsable-api-secret"}
PERSON = "grace"

needs_it = pytest.mark.skipif(
    not (shutil.which("node") and (FOLDER / "node_modules").is_dir())
    and "REQUIRE_BROWSER" not in os.environ,
    reason="the second issuer is not installed (npm ci --prefix tests/browser/oidc_provider)",
)


@contextmanager
def second_issuer(folder: Path, redirect_uri: str, post_logout_redirect_uri: str) -> Iterator[str]:
    """Run it, and yield its endpoint: the issuer without ``/oidc``."""
    port = str(free_port())
    command = ["node", str(FOLDER / "server.mjs"), port, redirect_uri, post_logout_redirect_uri]
    with (
        (folder / "second_issuer.log").open("w") as log,
        running(*command, until="listens", log=log),
    ):
        yield f"http://127.0.0.1:{port}"
