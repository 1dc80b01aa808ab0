"""docs/en/how-to/servers.md: the servers serve the project of the quickstart."""

import os
import shlex
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from drf_logto.testing import Logto
from tests.support.documents import Page
from tests.support.loopback import LoopbackServer
from tests.support.new_project import Project, start_project
from tests.support.running import free_port, running

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(os.name != "posix", reason="gunicorn and uWSGI run on POSIX systems only"),
]
pytest.importorskip("pyuwsgi", reason="in the dependency group 'frameworks', which py has")

PAGE = Page("how-to/servers.md")
GUNICORN, UVICORN, UWSGI = (
    PAGE.take(heading, language="sh")[0].code for heading in ("gunicorn", "uvicorn", "uWSGI")
)
(INI,) = PAGE.take(language="ini", file="uwsgi.ini")


@pytest.fixture
def project(tmp_path: Path, server: LoopbackServer) -> tuple[Project, Logto]:
    tenant = Logto("https://your-tenant.logto.app", "https://api.example.com")
    server.serve_logto(tenant)
    project = start_project(tmp_path)
    project.add("project/settings.py", f'LOGTO["INTERNAL_ENDPOINT"] = "{server.address}"')
    return project, tenant


def ask(port: int, token: str | None) -> int:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        address = f"http://127.0.0.1:{port}/products/"
        with urlopen(Request(address, headers=headers), timeout=60) as response:
            status: int = response.status
            return status
    except HTTPError as refused:
        with refused:
            return refused.code


@pytest.mark.parametrize(
    ("command", "of_a_long_token"),
    [(GUNICORN, 431), (UVICORN, 200), (UWSGI, 200)],
    ids=["gunicorn", "uvicorn", "uwsgi"],
)
def test_tokens_reach_the_api_under_each_server(
    project: Any, command: str, of_a_long_token: int
) -> None:
    (api, tenant), port = project, free_port()
    (api.folder / "uwsgi.ini").write_text(INI.code.replace("8000", str(port)))
    environment = {
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GUNICORN_CMD_ARGS": f"--bind=127.0.0.1:{port}",
        "UVICORN_PORT": str(port),
        "UWSGI_STRICT": "true",  # an option that is misspelt is a fault
    }
    line = f"cd {shlex.quote(str(api.folder))} && exec {command}"
    with running("sh", "-c", line, until=port, environment=environment):
        assert ask(port, tenant.global_token(["read:products"])) == 200
        assert ask(port, None) == 401
        long = tenant.global_token(["read:products"], claims={"padding": "x" * 9000})
        assert ask(port, long) == of_a_long_token
