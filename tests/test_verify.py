"""drf_logto.verify and averify: access tokens without a request."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory

from drf_logto import averify, verify
from drf_logto import exceptions as refusals
from drf_logto.auth_info import AuthInfo, TokenKind
from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.telemetry import snapshot
from drf_logto.testing import Logto
from tests.support.reports import Reports, assert_no_secret, secrets_of

Verify = Callable[[Any], AuthInfo]


def verify_on_a_loop(token: Any) -> AuthInfo:
    return asyncio.run(averify(token))


pytestmark = pytest.mark.parametrize("verify", [verify, verify_on_a_loop], ids=["sync", "async"])


@pytest.mark.parametrize("kind", TokenKind)
def test_a_token_of_each_kind_is_verified(logto: Logto, verify: Verify, kind: TokenKind) -> None:
    token = {
        TokenKind.GLOBAL: logto.global_token(["read:a"]),
        TokenKind.ORGANIZATION: logto.organization_token("org-a", ["read:a"]),
        TokenKind.ORGANIZATION_RESOURCE: logto.organization_resource_token("org-a", ["read:a"]),
    }[kind]
    auth = verify(token)
    assert (auth.kind, auth.scopes, auth.sub) == (kind, ("read:a",), "user-1")


def refused(logto: Logto) -> dict[str, tuple[str, type[refusals.LogtoError]]]:
    good = logto.global_token()
    return {
        "expired": (logto.global_token(expires_in=-1), refusals.TokenExpired),
        "id token": (logto.id_token(), refusals.NotAnAccessToken),
        "opaque": (logto.opaque_token(), refusals.OpaqueToken),
        "of a stranger": (Logto().global_token(), refusals.UnknownKey),
        "another audience": (
            logto.global_token(claims={"aud": "https://other.test"}),
            refusals.WrongAudience,
        ),
        "another client": (
            logto.global_token(claims={"client_id": "app-2"}),
            refusals.WrongClient,
        ),
        "too long": (good * 100, refusals.TokenTooLong),
        "not ascii": (f"{good}é", refusals.MalformedToken),
        "a surrogate": (f"{good}\ud800", refusals.MalformedToken),
        "not canonical": (f"{good}=", refusals.MalformedToken),
        "nul": (f"{good}\0", refusals.LogtoError),
        "with its scheme": (f"Bearer {good}", refusals.LogtoError),
        "empty": ("", refusals.LogtoError),
    }


@pytest.mark.parametrize("name", refused(Logto("https://tenant.logto.test", "https://a.test")))
def test_a_token_that_is_refused_raises_why_and_no_frame_has_it(
    logto: Logto, reports: Reports, settings: Any, verify: Verify, name: str
) -> None:
    settings.LOGTO = {**settings.LOGTO, "CLIENT_IDS": ["app-1"]}
    token, refusal = refused(logto)[name]
    before = snapshot()["refused"]
    with pytest.raises(refusal) as raised:
        verify(token)
    assert snapshot()["refused"] == before
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    assert_frames_have_no(token, logto, raised.value, reports)


def assert_frames_have_no(
    token: str, logto: Logto, raised: BaseException, reports: Reports
) -> None:
    """But for the frames of the test itself."""
    frames = raised.__traceback__
    while frames is not None and "tests" in frames.tb_frame.f_code.co_filename:
        frames = frames.tb_next
    assert frames is not None
    reports.add_exception(raised.with_traceback(frames))
    long = [token[:24]] if len(token) > 24 else []
    assert_no_secret([*secrets_of(logto, token, logto.global_token()), *long], *reports.texts)


def test_an_outage_is_reported_as_one(logto: Logto, reports: Reports, verify: Verify) -> None:
    token = logto.global_token()
    with logto.outage(), pytest.raises(refusals.AuthorizationServerUnavailable) as raised:
        verify(token)
    assert_frames_have_no(token, logto, raised.value, reports)


@pytest.mark.parametrize("token", [b"eyJhbGciOi", None, 7, ["eyJ"], AuthInfo(b"{}")])
def test_what_is_no_string_is_a_mistake_of_the_caller(
    logto: Logto, verify: Verify, token: Any
) -> None:
    with pytest.raises(TypeError, match=f"str, not {type(token).__name__}") as raised:
        verify(token)
    assert "eyJ" not in str(raised.value)


def test_a_broken_setting_is_reported_without_the_token(
    logto: Logto, reports: Reports, settings: Any, verify: Verify
) -> None:
    token = logto.global_token()
    settings.LOGTO = {"ENDPOINT": "https://tenant.logto.test"}
    with pytest.raises(ImproperlyConfigured, match="API_RESOURCE") as raised:
        verify(token)
    assert_frames_have_no(token, logto, raised.value, reports)


def test_the_cache_is_that_of_the_requests(logto: Logto, verify: Verify) -> None:
    token = logto.global_token()
    request: Any = RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"})
    assert LogtoJWTAuthentication().authenticate(request)
    before = snapshot()
    assert verify(token).sub == "user-1"
    after = snapshot()
    assert (after["verified"], after["cached"]) == (before["verified"], before["cached"] + 1)


def test_a_cached_token_needs_no_thread(
    logto: Logto, request: pytest.FixtureRequest, verify: Verify
) -> None:
    token = logto.global_token()
    verify(token)
    request.getfixturevalue("no_threads")
    assert verify(token).sub == "user-1"


def test_another_token_is_verified_beside_the_loop(verify: Verify) -> None:
    asked_by = set()

    def now() -> float:
        asked_by.add(threading.current_thread())
        return time.time()

    with Logto(now=now) as logto:
        token = logto.global_token()
        asked_by.clear()
        verify(token)
    assert (threading.current_thread() in asked_by) is (verify is not verify_on_a_loop)


def test_it_is_imported_without_django_and_what_is_slow_to_import(verify: Verify) -> None:
    program = "import sys, drf_logto; print({'asyncio', 'django', 'jwt'} & sys.modules.keys())"
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"
