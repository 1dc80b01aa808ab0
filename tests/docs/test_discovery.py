"""how-to/discovery.md: its project answers as the page says."""

import json
import re
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.support.documents import Page
from tests.support.guides import guide
from tests.support.loopback import LoopbackServer
from tests.support.web_servers import needs_nginx, nginx

pytestmark = pytest.mark.servers

PAGE = Page("how-to/discovery.md")
CODE = PAGE.take(language="python")
(DOCUMENT,) = PAGE.take(language="json")
(CHALLENGE,) = PAGE.take(language="http")
(LOCATION,) = PAGE.take(language="nginx")

ASKING = """
import json
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
import django

django.setup()
from django.test import Client

client = Client(headers={"Host": "localhost"})
document = client.get("/.well-known/oauth-protected-resource/v1").json()
refused = client.get("/products/")
print(json.dumps([document, refused.status_code, refused["WWW-Authenticate"]]))
"""


def test_the_document_and_the_challenge_are_those_of_the_page(tmp_path: Path) -> None:
    project = guide(tmp_path, CODE)
    project.add("asking.py", ASKING)
    document, status, challenge = json.loads(project.run("asking.py").splitlines()[-1])
    example = json.loads(DOCUMENT.code)
    assert {name: document[name] for name in example} == example
    assert document["resource_name#ko"] == "상점"
    shown = re.sub(r"\s+", " ", CHALLENGE.code).strip()
    assert shown == f"HTTP/1.1 {status} Unauthorized WWW-Authenticate: {challenge}"


@needs_nginx
@pytest.mark.servers
def test_nginx_passes_the_document_on_without_the_mount_point(
    tmp_path: Path, server: LoopbackServer
) -> None:
    path = "/.well-known/oauth-protected-resource/v1"
    values = {"http://127.0.0.1:8000": server.address}
    code = f"server {{ listen 443; {LOCATION.code} }}"
    with nginx(tmp_path, code, values) as port, pytest.raises(HTTPError) as answer:
        urlopen(f"http://127.0.0.1:{port}{path}")
    answer.value.close()
    assert server.asked == [path]
    arrived = server.headers[0]
    assert (arrived["Host"], arrived["X-Forwarded-Proto"]) == ("127.0.0.1", "http")
