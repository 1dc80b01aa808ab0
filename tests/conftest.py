"""Fixtures that several modules share; ``logto`` comes from the package's own pytest plugin."""

import contextvars
import gc
import json
import os
import ssl
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import hypothesis.configuration
import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from django.core.checks import run_checks
from django.utils import translation

from drf_logto.signals import signed_in
from drf_logto.testing import Logto
from drf_logto.users.events import receive_sign_in
from sandbox.stand_in import running_stand_in
from tests.support.certificates import write_self_signed
from tests.support.fake_logto import fake  # noqa: F401 - a fixture
from tests.support.loopback import LoopbackServer, document, loopback_server
from tests.support.reports import reports  # noqa: F401 - a fixture

# Nothing is written into the checkout, and nothing depends on how fast the machine is.
hypothesis.configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir(), "hypothesis"))
examples = int(os.environ.get("HYPOTHESIS_EXAMPLES", "150"))  # fewer amid the matrix of versions
hypothesis.settings.register_profile("tests", deadline=None, database=None, max_examples=examples)
hypothesis.settings.load_profile("tests")

USERS = "drf_logto_users"

RECORDINGS = Path(__file__).parent / "recordings"

collect_ignore = ["typed_project"]  # a project of its own, whose tests are run as such


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """What is collected is never garbage, so nothing looks for garbage in it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Names that hold the address of an object differ in each process, and pytest-xdist fails."""
    assert [one.nodeid for one in items if " at 0x" in one.nodeid] == []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Each test has a context of its own.

    Whoever overrides CACHES leaves context variables, and asgiref copies all that there are each
    time it changes threads: after thousands of tests, an async view took half a second to answer.
    """
    runner: Any = item.config.pluginmanager.get_plugin("runner")
    done: bool = contextvars.copy_context().run(runner.pytest_runtest_protocol, item, nextitem)
    return done


@pytest.fixture(autouse=True)
def restored_settings() -> Iterator[None]:
    """Settings that are restored in another order than they were set would stay."""
    settings: Any = django_settings
    before = settings._wrapped
    yield
    assert settings._wrapped is before


@pytest.fixture(autouse=True)
def language() -> Iterator[None]:
    """A request leaves its language to its thread; no other test finds it there."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def sign_ins_without_users(request: pytest.FixtureRequest) -> Iterator[None]:
    """A sign-in makes a user of drf_logto.users only in a test that asks for the database."""
    has_database = "db" in request.fixturenames
    if not has_database:
        signed_in.disconnect(dispatch_uid=USERS)
    yield
    if not has_database:
        signed_in.connect(receive_sign_in, dispatch_uid=USERS)


@pytest.fixture
def no_threads() -> Iterator[None]:
    """No thread can be had: each wants a stack that no machine has."""
    before = threading.stack_size(2**46)
    yield
    threading.stack_size(before)


@pytest.fixture
def revocation(settings: Any) -> Iterator[None]:
    """A project that has drf_logto.revocation; its cache is empty."""
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "drf_logto.revocation"]
    settings.LOGTO = {**settings.LOGTO, "CACHE": "shared"}
    yield
    caches["shared"].clear()


@pytest.fixture
def logto_options(settings: Any) -> Any:
    """Add to the LOGTO setting."""

    def add(**options: Any) -> None:
        settings.LOGTO = {**settings.LOGTO, **options}

    return add


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with loopback_server() as server:
        yield server


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 that no authority has signed, and its key."""
    path = tmp_path / "certificate.pem"
    write_self_signed(path)
    return path


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[LoopbackServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with loopback_server(context) as server:
        server.answers["/"] = document({"keys": []})
        yield server


@pytest.fixture(scope="module")
def stand_in() -> Iterator[Logto]:
    """The sandbox's stand-in, over HTTP; for one whose clock moves, start one of your own."""
    with running_stand_in() as server:
        yield server.logto


@pytest.fixture(scope="session")
def recordings() -> dict[str, Any]:
    """What a real Logto answered, by file name."""
    return {path.stem: json.loads(path.read_text()) for path in RECORDINGS.glob("*.json")}


@pytest.fixture
def check(route: Callable[..., None]) -> Callable[..., list[tuple[str, str]]]:
    """Ids and messages of the system checks for a project with these routes."""

    def run(*patterns: Any) -> list[tuple[str, str]]:
        route(*patterns)
        messages = [
            message
            for message in run_checks()
            if "drf_logto" in str(message.id) and not message.is_silenced()
        ]
        return [(str(message.id), f"{message.msg} {message.hint or ''}") for message in messages]

    return run


@pytest.fixture
def route(settings: Any) -> Callable[..., None]:
    """Give the project these URL patterns."""

    def use(*patterns: Any) -> None:
        urls: Any = ModuleType("tests.routes")
        urls.urlpatterns = list(patterns)
        settings.ROOT_URLCONF = urls

    return use
