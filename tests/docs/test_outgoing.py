"""how-to/outgoing.md: its calls of another API, with a stand-in for it on loopback."""

from typing import Any

import jwt
import pytest

from drf_logto.testing import Logto
from tests.support.documents import Page
from tests.support.loopback import LoopbackServer, document

SETTINGS, *EXAMPLES = Page("how-to/outgoing.md").take(language="python")


def run(code: str, **given: Any) -> dict[str, Any]:
    names = dict(given)
    exec(code, names)
    return names


def test_each_example_sends_a_token_for_the_other_api(
    server: LoopbackServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/orders"] = document(["tea"])
    for name in ("LOGTO_MACHINE_APP_ID", "LOGTO_MACHINE_APP_SECRET"):
        monkeypatch.setenv(name, "machine-1")
    settings.LOGTO = run(SETTINGS.code, LOGTO=settings.LOGTO)["LOGTO"]
    with Logto():
        codes = [one.code.replace("https://orders.example.com", server.address) for one in EXAMPLES]
        with_httpx, with_requests, by_hand, _ = map(run, codes)
    assert with_httpx["orders"] == with_requests["orders"] == ["tea"]
    sent = [*(one["Authorization"] for one in server.headers), *by_hand["headers"].values()]
    for header in sent:
        token = jwt.decode(header.removeprefix("Bearer "), options={"verify_signature": False})
        wanted = ["machine-1", server.address, "read:orders"]
        assert [token[name] for name in ("sub", "aud", "scope")] == wanted
    assert len(sent) == 3
