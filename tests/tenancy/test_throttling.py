"""How many requests an organization, a client and a subject have."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import path
from rest_framework.authentication import BaseAuthentication
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.tenancy import ClientRateThrottle, OrganizationRateThrottle, SubjectRateThrottle
from drf_logto.testing import Logto
from tests.support.auth import auth_info

Route = Callable[..., None]
A, B = {"organization": "org-a"}, {"organization": "org-b"}


@pytest.fixture(autouse=True)
def counted_anew() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ask(logto: Logto, route: Route) -> Callable[..., Any]:
    """Ask a view with these throttles, with a token of an organization, or a global one."""

    def ask(*throttles: type[BaseThrottle], organization: str | None = None, **claims: Any) -> Any:
        class Seen(APIView):
            throttle_classes = list(throttles)

            def get(self, request: Any) -> Response:
                return Response("seen")

        route(path("", Seen.as_view()))
        token = (
            logto.global_token([], claims=claims)
            if organization is None
            else logto.organization_token(organization, claims=claims)
        )
        return logto.client(token).get("/")

    return ask


@pytest.mark.parametrize(
    ("throttle", "one", "same", "other"),
    [
        (OrganizationRateThrottle, A, {**A, "sub": "user-2", "client_id": "other"}, B),
        (ClientRateThrottle, A, {**B, "sub": "user-2"}, {**A, "client_id": "other"}),
        (SubjectRateThrottle, A, {**B, "client_id": "other"}, {**A, "sub": "user-2"}),
    ],
)
def test_those_who_have_a_claim_in_common_share_a_rate(
    ask: Any, throttle: Any, one: Any, same: Any, other: Any
) -> None:
    limited = type("Limited", (throttle,), {"rate": "2/day"})
    assert [ask(limited, **each).status_code for each in (one, same, one)] == [200, 200, 429]
    assert ask(limited, **other).status_code == 200
    refused = ask(limited, **same)
    assert 86000 < int(refused.headers["Retry-After"]) <= 86400


def test_several_rates_hold_together(ask: Any) -> None:
    class Burst(OrganizationRateThrottle):
        scope = "burst"
        rate = "5/day"

    class Sustained(OrganizationRateThrottle):
        scope = "sustained"
        rate = "2/day"

    assert [ask(Burst, Sustained, **A).status_code for _ in "123"] == [200, 200, 429]


def test_a_refusal_says_when_to_ask_again_also_where_more_were_admitted_than_the_rate(
    ask: Any,
) -> None:
    # Simultaneous requests may be, and a rate may become lower.
    before, now = (type("Limited", (ClientRateThrottle,), {"rate": f"{one}/day"}) for one in "42")
    assert [ask(before).status_code for _ in "1234"] == [200] * 4
    refused = ask(now)
    assert refused.status_code == 429
    assert 86000 < int(refused.headers["Retry-After"]) <= 86400


def test_a_rate_is_that_of_the_settings(ask: Any) -> None:
    class Limited(ClientRateThrottle):
        THROTTLE_RATES = {"client": "1/day"}

    assert [ask(Limited).status_code for _ in "12"] == [200, 429]


def test_the_same_name_at_another_issuer_is_counted_apart() -> None:
    issuers = ("https://a.logto.test/oidc", "https://b.logto.test/oidc")
    requests: list[Any] = [SimpleNamespace(auth=auth_info(iss=one)) for one in issuers]
    for throttle in (ClientRateThrottle, SubjectRateThrottle):
        limited = type("Limited", (throttle,), {"rate": "1/day"})
        assert len({limited().get_cache_key(one, None) for one in requests}) == 2


def test_a_token_without_an_organization_is_not_counted(ask: Any) -> None:
    limited = type("Limited", (OrganizationRateThrottle,), {"rate": "1/day"})
    assert [ask(limited).status_code for _ in "123"] == [200, 200, 200]


def test_a_request_without_a_token_is_not_counted(route: Route, client: Any) -> None:
    class Limited(SubjectRateThrottle):
        rate = "1/day"

    class Seen(APIView):
        authentication_classes: list[type[BaseAuthentication]] = [LogtoJWTAuthentication]
        permission_classes = []
        throttle_classes = [Limited]

        def get(self, request: Any) -> Response:
            return Response("seen")

    route(path("", Seen.as_view()))
    assert [client.get("/").status_code for _ in "123"] == [200, 200, 200]
