"""docs/en/how-to/domains.md: several API resources, and several domains of one tenant."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.urls import path

from drf_logto.exceptions import InvalidIssuer
from drf_logto.runtime import Environment, get_verifier, override
from drf_logto.testing import Logto
from tests.support.documents import Page

PAGE = Page("how-to/domains.md")
(RESOURCES,) = PAGE.take("Several API resources", file="settings.py")
(VIEWS,) = PAGE.take(file="views.py")
(DOMAINS,) = PAGE.take("Several domains of a tenant", file="settings.py")
ORDERS, REPORTS = "https://orders.example.com", "https://reports.example.com"


@pytest.fixture
def project(settings: Any, route: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for block in (RESOURCES, DOMAINS, VIEWS):
        exec(block.code, found)
    settings.LOGTO = found["LOGTO"]
    names = ("Order", "Report", "Search")
    route(*(path(f"{name.lower()}/", found[f"{name}View"].as_view()) for name in names))
    return found


@pytest.mark.parametrize(
    ("resource", "expected"),
    [(ORDERS, [200, 403, 200]), (REPORTS, [403, 200, 200])],
    ids=["orders", "reports"],
)
@pytest.mark.usefixtures("project")
def test_a_view_takes_the_tokens_of_its_api_resource(resource: str, expected: list[int]) -> None:
    with Logto() as logto:
        client = logto.client(logto.global_token(["read:all"], claims={"aud": resource}))
        answers = [client.get(f"/{name}/") for name in ("order", "report", "search")]
    assert [one.status_code for one in answers] == expected
    assert {one.json()["code"] for one in answers if one.status_code == 403} == {"wrong_audience"}
    assert answers[-1].json() == [resource]


def test_an_api_resource_that_the_settings_lack_is_reported(project: dict[str, Any]) -> None:
    assert "drf_logto.E009" not in {one.id for one in run_checks()}
    project["OrderView"].api_resource = "https://other.example.com"
    assert "drf_logto.E009" in {one.id for one in run_checks()}


@pytest.mark.parametrize("number", [0, 1, 2])
def test_tokens_of_each_domain_are_accepted_and_of_no_other(
    project: dict[str, Any], number: int
) -> None:
    endpoints = [*project["LOGTO"]["ENDPOINT"], "https://elsewhere.example.com"]
    tenant = Logto(endpoints[number], ORDERS)
    with override(Environment(tenant.fetch)):
        if number < 2:
            assert get_verifier().verify(tenant.global_token()).issuer == tenant.issuer
        else:
            with pytest.raises(InvalidIssuer):
                get_verifier().verify(tenant.global_token())
