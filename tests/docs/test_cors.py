"""docs/en/how-to/cors.md: preflight requests, and what a script can read of a refusal."""

from typing import Any

import pytest
from django.urls import path
from rest_framework.views import APIView

from drf_logto.permissions import HasScopes
from drf_logto.testing import Logto
from tests.support.documents import Page

pytest.importorskip("corsheaders", reason="in the dependency group 'frameworks', which py has")

PAGE = Page("how-to/cors.md")
(SETTINGS,) = PAGE.take(file="settings.py")
(ANSWER,) = PAGE.take(language="http")
ORIGIN = "https://app.example.com"


class Products(APIView):
    permission_classes = [HasScopes("read:products")]

    def get(self, request: Any) -> None: ...


@pytest.fixture(autouse=True)
def page(settings: Any, route: Any) -> None:
    route(path("products/", Products.as_view()))
    found = {name: [*getattr(settings, name)] for name in ("INSTALLED_APPS", "MIDDLEWARE")}
    exec(SETTINGS.code, found)
    for name in filter(str.isupper, found):
        setattr(settings, name, found[name])


def preflight(logto: Logto, origin: str) -> Any:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    return logto.client().options("/products/", headers=headers)


def test_a_preflight_request_needs_no_token(logto: Logto) -> None:
    answer = preflight(logto, ORIGIN)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_another_origin_is_not_allowed(logto: Logto) -> None:
    answer = preflight(logto, "https://elsewhere.example.com")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_the_middleware_the_api_refuses_the_preflight_request(
    logto: Logto, settings: Any
) -> None:
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "corsheaders" not in one]
    assert preflight(logto, ORIGIN).status_code == 401


def test_a_script_can_read_the_challenge_of_a_refusal(logto: Logto) -> None:
    client = logto.client(logto.global_token(["write:products"]))
    answer = client.get("/products/", headers={"Origin": ORIGIN})
    first, *fields = ANSWER.code.splitlines()
    assert first == f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"
    for name, _, value in (field.partition(": ") for field in fields):
        assert answer.headers[name] == value
