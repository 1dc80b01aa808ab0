"""how-to/throttling.md: nginx limits what one address asks."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.documents import Page
from tests.support.loopback import LoopbackServer, http
from tests.support.web_servers import needs_nginx, nginx

(LIMIT,) = Page("how-to/throttling.md").take(language="nginx")
ZONE, SERVER = LIMIT.code.split("# in server { }\n")


def answers(port: int) -> Iterator[tuple[int, str | None]]:
    """Ask until nginx does not ask the API any more."""
    connection, status = HTTPConnection("127.0.0.1", port), 401
    while status == 401:
        connection.request("GET", "/products/", headers={"X-Forwarded-For": "10.9.9.9"})
        with connection.getresponse() as response:
            response.read()
            status = response.status
            yield status, response.getheader("Retry-After")
    connection.close()


@needs_nginx
@pytest.mark.servers
def test_nginx_limits_requests_whose_token_is_refused(
    tmp_path: Path, server: LoopbackServer
) -> None:
    server.others = http("", "401 Unauthorized")
    code = f"{ZONE} server {{ listen 443; {SERVER} }}"
    with nginx(tmp_path, code, {"http://127.0.0.1:8000": server.address}) as port:
        *granted, refused = answers(port)
    assert refused == (429, "1")
    assert len(granted) == len(server.asked) > 100
    passed_on = {(one["X-Forwarded-For"], one["X-Forwarded-Proto"]) for one in server.headers}
    assert passed_on == {("127.0.0.1", "http")}
