"""Chromium, the running sandbox, and one browser after the other for the tests."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.running import free_port, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

    from tests.browser.driving import Browsing

FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
]
DESKTOP, PHONE = 1280, 360
Browse = Callable[..., "Browsing"]


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures are kept: the folder that ARTEFACTS names, or a temporary one."""
    named = os.environ.get("ARTEFACTS")
    folder = Path(named).absolute() if named else tmp_path_factory.mktemp("artefacts")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")  # its event loop must not outlive the modules that use it
def chromium() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None and "REQUIRE_BROWSER" not in os.environ:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running sandbox."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox"), free_port()) as address:
        yield address


@contextmanager
def running_sandbox(folder: Path, port: int, **environment: str) -> Iterator[str]:
    """Run the sandbox, and yield its address; what it says of requests goes to ``folder``."""
    defaults = {"LOGTO_ENDPOINT": "", "LOGTO_API_RESOURCE": "", "no_proxy": "*"}
    with (
        (folder / "log").open("w") as log,
        running(
            *(sys.executable, "-m", "sandbox"),
            until="/oidc/token",
            environment={**defaults, "PORT": str(port), **environment},
            log=log,
        ),
    ):
        yield f"http://127.0.0.1:{port}"
    assert "Traceback" not in (folder / "log").read_text()


@pytest.fixture
def browse(chromium: "Browser", sandbox: str, artefacts: Path) -> Iterator[Browse]:
    """Open browsers of this width and language, each of a person of its own."""
    from tests.browser.driving import Browsing

    with ExitStack() as opened:
        all_browsing: list[Browsing] = []

        def browse(
            width: int = DESKTOP, language: str = "en-US", *, scripts: bool = True
        ) -> Browsing:
            viewport: ViewportSize = {"width": width, "height": 800}
            context = chromium.new_context(
                viewport=viewport,
                is_mobile=width == PHONE,
                locale=language,
                java_script_enabled=scripts,
            )
            opened.callback(context.close)
            all_browsing.append(Browsing(context, sandbox, artefacts))
            return all_browsing[-1]

        yield browse
        assert [one.complaints for one in all_browsing] == [[]] * len(all_browsing)


@pytest.fixture
def browsing(browse: Browse) -> "Browsing":
    return browse()
