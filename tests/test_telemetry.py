"""What operators see: counters and log lines, and never a token."""

import logging
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import path
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from drf_logto.auth_info import AuthInfo
from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.permissions import HasScopes, InOrganization
from drf_logto.telemetry import snapshot
from drf_logto.testing import Logto


class View(APIView):
    permission_classes = [HasScopes("read:a") | InOrganization]

    def get(self, request: Any, **_: Any) -> Response:
        return Response("got")

    api_resource = None

    def post(self, request: Any) -> None:
        """Is asked for by the form of the page alone."""


@pytest.fixture(autouse=True)
def urls(route: Callable[..., None]) -> None:
    plain = require_access_token(HasScopes("read:a"))(View.as_view())
    narrow = View.as_view(api_resource=f"{API},https://b.test")
    route(
        path("", View.as_view()),
        path("plain/", plain),
        path("teams/<int:pk>/", View.as_view()),
        path("plain/teams/<int:pk>/", plain),
        path("organizations/<organization_id>/", View.as_view()),
        path("narrow/", narrow),
    )


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "drf_logto"]


@pytest.fixture
def counted() -> Callable[[], dict[str, Any]]:
    """What was counted since the test began, without what stayed as it was."""
    before: Any = snapshot()

    def since() -> dict[str, Any]:
        after: Any = snapshot()
        refused = Counter(after["refused"])
        refused.subtract(before["refused"])
        changes = {
            name: after[name] - before[name]
            for name in ("verified", "cached", "fetched", "fetches_failed")
        }
        changes["refused"] = dict(+refused)
        return {name: change for name, change in changes.items() if change}

    return since


def test_tokens_are_counted_as_verified_once_and_remembered_after(
    logto: Logto, counted: Any
) -> None:
    client = logto.client(logto.global_token(["read:a"]))
    for _ in range(3):
        client.get("/")
    assert counted() == {"verified": 1, "cached": 2, "fetched": 1}


@pytest.mark.parametrize("url", ["/", "/plain/"])
def test_refusals_are_counted_by_code(logto: Logto, counted: Any, url: str) -> None:
    for token in (logto.opaque_token(), logto.global_token(expires_in=-1), logto.global_token()):
        logto.client(token).get(url)
    assert counted()["refused"] == {
        "opaque_token": 1,
        "token_expired": 1,
        "insufficient_scope": 1,
    }


def test_a_page_of_the_browsable_api_is_one_refusal(logto: Logto, counted: Any) -> None:
    logto.client(logto.global_token()).get("/", headers={"Accept": "text/html"})
    assert counted()["refused"] == {"insufficient_scope": 1}


def test_fetches_are_counted_with_what_they_took(logto: Logto, counted: Any) -> None:
    before = snapshot()["fetch_seconds"]
    client = logto.client(logto.global_token(["read:a"]))
    with logto.outage():
        client.get("/")
    client.get("/")
    changes = counted()
    assert (changes["fetches_failed"], changes["fetched"]) == (1, 1)
    assert snapshot()["fetch_seconds"] > before


def test_logto_going_and_coming_back_is_one_line_each(
    logto: Logto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "drf_logto")
    client = logto.client(logto.global_token(["read:a"]))
    with logto.outage():
        for _ in range(3):
            client.get("/")
            logto.advance(30)
    for _ in range(3):
        assert client.get("/").status_code == 200
        logto.advance(30)
    address = "https://tenant.logto.test"
    assert lines(caplog) == [
        f"No keys from Logto at {address}: the in-process Logto does not answer.",
        f"Logto at {address} can be reached again.",
    ]


ISSUER = "https://tenant.logto.test/oidc"
API = "https://api.example.test"
DIFFERENCE = "they differ by the scheme and the case of letters"
BEARER = f"issuer '{ISSUER}', subject 'user-1', client_id 'application-1'"


def test_a_refusal_is_logged_with_code_key_and_issuer(
    logto: Logto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "drf_logto")
    token = logto.global_token(headers={"kid": "kid\r\nforged line"})
    logto.client(token).get("/")
    names = rf"method 'GET', route '', kid 'kid\r\nforged line', issuer '{ISSUER}'"
    assert lines(caplog) == [f"Refused: unknown_key ({names})."]


@pytest.mark.parametrize("url", ["/teams/7/?q=secret", "/plain/teams/7/?q=secret"])
@pytest.mark.parametrize(
    ("claims", "code", "reason"),
    [
        ({}, "insufficient_scope", ""),
        (
            {"aud": f"{API}/"},
            "wrong_audience",
            f": received '{API}/', expected '{API}'; they differ by a trailing slash",
        ),
        (
            {"aud": ["http://API.example.test", "\x1b"]},
            "wrong_audience",
            f": received 'http://API.example.test', '\\x1b', expected '{API}'; {DIFFERENCE}",
        ),
        (
            {"exp": 1_800_000_000 - 7},
            "token_expired",
            ": exp is 7 s before the time of this machine",
        ),
        (
            {"nbf": 1_800_000_000 + 90},
            "token_not_yet_valid",
            ": nbf is 90 s after the time of this machine",
        ),
        (
            {"aud": [API, "urn:logto:resource:organizations"]},
            "wrong_audience",
            ": 'urn:logto:resource:organizations' is never accepted",
        ),
        ({"aud": []}, "invalid_aud_claim", ""),
    ],
)
def test_a_refusal_of_a_verified_token_is_logged_with_its_bearer_and_the_route(
    caplog: pytest.LogCaptureFixture, url: str, claims: dict[str, Any], code: str, reason: str
) -> None:
    with Logto(now=lambda: 1_800_000_000) as logto:
        caplog.set_level(logging.DEBUG, "drf_logto")
        logto.client(logto.global_token(claims=claims)).get(url)
        kid = "" if code == "insufficient_scope" else f"kid '{logto.jwks['keys'][0]['kid']}', "
    (line,) = lines(caplog)
    route = url.split("7", maxsplit=1)[0].removeprefix("/") + "<int:pk>/"
    assert line == f"Refused: {code} (method 'GET', route '{route}', {kid}{BEARER}){reason}."


def test_a_token_for_another_organization_is_logged_with_its_own(
    logto: Logto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "drf_logto")
    logto.client(logto.organization_token("org-1")).get("/organizations/org-2/")
    names = f"method 'GET', route 'organizations/<organization_id>/', {BEARER}"
    assert lines(caplog) == [f"Refused: wrong_organization ({names}, organization 'org-1')."]


def test_a_view_that_narrows_the_audience_is_logged_with_what_it_accepts(
    logto: Logto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "drf_logto")
    logto.client(logto.global_token()).get("/narrow/")
    (line,) = lines(caplog)
    several = f"expected '{API},https://b.test'; several values stand in one string."
    assert line == (
        f"Refused: wrong_audience (method 'GET', route 'narrow/', {BEARER}): received '{API}', "
        f"{several}"
    )


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        (
            {"headers": {"alg": "ES512"}},
            "unsupported_algorithm",
            "received 'ES512', expected 'RS256'",
        ),
        ({"headers": {"alg": 7}}, "unsupported_algorithm", "received nothing, expected 'RS256'"),
        (
            {"claims": {"iss": f"{ISSUER}/"}, "headers": {"alg": "RS256"}},
            "invalid_issuer",
            f"received '{ISSUER}/', expected '{ISSUER}'; they differ by a trailing slash",
        ),
    ],
)
def test_what_an_unverified_token_lacks_is_logged_without_its_bearer(
    settings: Any,
    logto: Logto,
    caplog: pytest.LogCaptureFixture,
    options: dict[str, Any],
    code: str,
    reason: str,
) -> None:
    settings.LOGTO = {**settings.LOGTO, "ALGORITHMS": ["RS256"]}
    caplog.set_level(logging.DEBUG, "drf_logto")
    logto.client(logto.global_token(**options)).get("/")
    (line,) = lines(caplog)
    assert line.startswith(f"Refused: {code} (method 'GET', route '', kid ")
    assert line.endswith(f"): {reason}.")
    assert "user-1" not in line


@pytest.mark.parametrize("url", ["/teams/7/", "/plain/teams/7/"])
def test_a_request_without_credentials_is_logged_and_counted_once(
    logto: Logto, caplog: pytest.LogCaptureFixture, counted: Any, url: str
) -> None:
    caplog.set_level(logging.DEBUG, "drf_logto")
    response = Client().get(url, headers={"Accept": "text/html"})
    assert response.status_code == 401
    route = f"{url[1:-2]}<int:pk>/"
    assert lines(caplog) == [f"Refused: not_authenticated (method 'GET', route '{route}')."]
    assert counted() == {"refused": {"not_authenticated": 1}}


def test_what_stands_for_a_request_is_refused_without_method_and_route(
    logto: Logto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "drf_logto")
    request: Any = SimpleNamespace(META={"HTTP_AUTHORIZATION": "Bearer null"})
    with pytest.raises(AuthenticationFailed):
        LogtoJWTAuthentication().authenticate(request)
    assert lines(caplog) == ["Refused: malformed_token ()."]


def test_an_auth_info_of_few_claims_is_denied_and_logged(
    logto: Logto, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "drf_logto")
    request = APIRequestFactory().get("/")
    made: Any = AuthInfo(b'{"sub": "user-1", "aud": "https://api.example.test"}')
    user: Any = SimpleNamespace(pk=1)
    force_authenticate(request, user=user, token=made)
    assert View.as_view()(request).status_code == 403
    assert lines(caplog) == ["Refused: insufficient_scope (method 'GET', subject 'user-1')."]


@pytest.mark.parametrize("kind", [str, OSError])
def test_a_reason_of_the_project_makes_one_short_line(
    logto: Logto, caplog: pytest.LogCaptureFixture, route: Callable[..., None], kind: Any
) -> None:
    class Directory(LogtoJWTAuthentication):
        def get_user(self, auth: AuthInfo) -> Any:
            raise AuthorizationServerUnavailable(kind("down\r\nRefused: \u202eforged" + "x" * 9999))

    route(path("", View.as_view(authentication_classes=[Directory])))
    caplog.set_level(logging.DEBUG, "drf_logto")
    assert logto.client(logto.global_token()).get("/").status_code == 503
    (line,) = lines(caplog)
    assert "): down??Refused: ?forgedxxx" in line
    assert len(line) < 5500


@pytest.mark.parametrize("character", ["x", "\U000e0001", "'", "\"'"])
def test_long_names_in_a_token_make_no_long_line(
    logto: Logto, caplog: pytest.LogCaptureFixture, character: str
) -> None:
    caplog.set_level(logging.DEBUG, "drf_logto")
    long = character * 300
    logto.client(logto.global_token(claims={"iss": long}, headers={"kid": 7})).get("/")
    claims = {"sub": long, "client_id": long, "aud": [long, *"abcdefghijkl"]}
    logto.client(logto.global_token(claims=claims)).get("/")
    unverified, verified = lines(caplog)
    assert "missing_key_id (method 'GET', route '', issuer " in unverified
    assert len(unverified) < 300
    assert "'h', 'i', ..., expected" in verified
    assert "...', 'a'" in verified.replace('"', "'")
    assert len(verified) < 1100


def test_no_line_holds_a_token(logto: Logto, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for token in (logto.global_token(), logto.global_token(expires_in=-1), logto.id_token()):
        logto.client(token).get("/")
        for segment in token.split("."):
            assert segment not in caplog.text


def test_a_remembered_token_whose_key_is_gone_is_logged_with_its_key(
    logto: Logto, caplog: pytest.LogCaptureFixture
) -> None:
    client = logto.client(logto.global_token(["read:a"]))
    assert client.get("/").status_code == 200
    kid = logto.jwks["keys"][0]["kid"]
    logto.rotate()
    logto.rotate()
    assert logto.client(logto.global_token(["read:a"])).get("/").status_code == 200
    caplog.set_level(logging.INFO, "drf_logto")
    assert client.get("/").status_code == 401
    names = f"method 'GET', route '', kid {kid!r}, issuer '{ISSUER}'"
    assert lines(caplog) == [f"Refused: unknown_key ({names})."]
