"""The composition root: one verifier a process, built from the settings."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from drf_logto.exceptions import (
    AuthorizationServerUnavailable,
    InvalidIssuer,
    TokenExpired,
    TokenTooLong,
    UnsupportedAlgorithm,
)
from drf_logto.runtime import Environment, get_kept, get_metadata, get_verifier, override
from drf_logto.telemetry import snapshot
from drf_logto.testing import Logto
from tests.support.loopback import LoopbackServer, http

API = "https://api.example.test"
# Short, for what hangs; long enough for what does not, on a busy machine.
IMPATIENT = 0.5


@pytest.fixture
def tenant(server: LoopbackServer, settings: Any) -> Logto:
    """A Logto that is asked over real HTTP."""
    settings.LOGTO = {"ENDPOINT": server.address, "API_RESOURCE": API, "HTTP_TIMEOUT": 60}
    tenant = Logto()
    server.serve_logto(tenant)
    return tenant


def test_keys_are_fetched_over_http(server: LoopbackServer, tenant: Logto) -> None:
    for _ in range(3):
        assert get_verifier().verify(tenant.global_token()).sub == "user-1"
    assert server.asked == ["/oidc/.well-known/openid-configuration", "/oidc/jwks"]


def test_many_threads_share_one_verifier(server: LoopbackServer, tenant: Logto) -> None:
    token = tenant.global_token()
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: get_verifier().verify(token), range(64)))
    assert {auth.sub for auth in found} == {"user-1"}
    assert server.asked.count("/oidc/jwks") == 1


@pytest.mark.parametrize("path", ["/oidc/.well-known/openid-configuration", "/oidc/jwks"])
@pytest.mark.parametrize(
    "answer",
    [
        http("<html>", Content_Type="text/html"),
        http(""),
        http("{}"),
        http('{"keys": []}'),
        http('{"issuer": "https://evil.test/oidc", "jwks_uri": "https://evil.test/jwks"}'),
        http(" " * 1_000_000),
        http("", "302 Found", Location="https://evil.test/"),
        http("", "500 Oops"),
        "reset",
        "hang",
        "drip",
    ],
    ids=[
        "html",
        "empty",
        "{}",
        "no keys",
        "other",
        "huge",
        "moved",
        "500",
        "reset",
        "hang",
        "drip",
    ],
)
def test_an_answer_that_is_none_gives_503_and_keeps_what_was_known(
    server: LoopbackServer, tenant: Logto, path: str, answer: Any
) -> None:
    good = server.answers[path]
    patience: float = 60
    if isinstance(answer, str):
        answer = getattr(server, answer)
        patience = IMPATIENT
    known, unknown = tenant.global_token(), tenant.global_token(headers={"kid": "unknown"})

    server.answers[path] = answer
    with (
        override_settings(LOGTO=_changed(HTTP_TIMEOUT=patience)),
        pytest.raises(AuthorizationServerUnavailable),
    ):
        get_verifier().verify(known)

    server.answers[path] = good
    with override_settings(LOGTO=_changed(HTTP_TIMEOUT=patience)):
        get_verifier().verify(known)
        server.answers[path] = answer
        with pytest.raises(AuthorizationServerUnavailable):
            get_verifier().verify(unknown)
        get_verifier().verify(known)


def test_all_who_wait_for_a_logto_that_hangs_wait_together(
    server: LoopbackServer, tenant: Logto, settings: Any
) -> None:
    settings.LOGTO = _changed(HTTP_TIMEOUT=IMPATIENT)
    server.answers["/oidc/.well-known/openid-configuration"] = server.hang
    token = tenant.global_token()

    def answer(_: int) -> str:
        with pytest.raises(AuthorizationServerUnavailable) as refused:
            get_verifier().verify(token)
        return refused.value.code

    with ThreadPoolExecutor(16) as pool:
        assert len(list(pool.map(answer, range(16)))) == 16
    assert server.asked == ["/oidc/.well-known/openid-configuration"]


def _changed(**changes: object) -> dict[str, object]:
    from django.conf import settings

    return {**settings.LOGTO, **changes}


def test_an_internal_endpoint_is_asked_for_every_issuer(
    server: LoopbackServer, settings: Any
) -> None:
    public = ["https://tenant.logto.app", "https://auth.example.test"]
    settings.LOGTO = {
        "ENDPOINT": public,
        "API_RESOURCE": API,
        "INTERNAL_ENDPOINT": server.address,
    }
    tenant = Logto()
    server.serve_logto(tenant)
    for endpoint in public:
        token = tenant.global_token(claims={"iss": f"{endpoint}/oidc"})
        assert get_verifier().verify(token).issuer == f"{endpoint}/oidc"
    assert server.asked.count("/oidc/jwks") == 1
    with pytest.raises(InvalidIssuer):
        get_verifier().verify(tenant.global_token(claims={"iss": f"{server.address}/oidc"}))


def test_each_of_two_endpoints_is_asked_for_its_own_keys(
    server: LoopbackServer, settings: Any
) -> None:
    second = server.address.replace("127.0.0.1", "localhost")
    settings.LOGTO = {"ENDPOINT": [server.address, second], "API_RESOURCE": API}
    tenant = Logto()
    server.serve_logto(tenant)
    get_verifier().verify(tenant.global_token())
    with pytest.raises(AuthorizationServerUnavailable):
        get_verifier().verify(tenant.global_token(claims={"iss": f"{second}/oidc"}))


def test_a_changed_setting_takes_effect_at_once(logto: Logto) -> None:
    token = logto.global_token()
    before = get_verifier()
    before.verify(token)
    with override_settings(LOGTO=_changed(ENDPOINT="https://other.logto.app")):
        assert get_verifier() is not before
        with pytest.raises(InvalidIssuer):
            get_verifier().verify(token)
    get_verifier().verify(token)


def test_other_settings_leave_it_alone(logto: Logto) -> None:
    before = get_verifier()
    with override_settings(DEBUG=True):
        assert get_verifier() is before


def test_settings_that_cannot_work_are_reported(settings: Any) -> None:
    settings.LOGTO = {"ENDPOINT": "https://tenant.logto.app"}
    with pytest.raises(ImproperlyConfigured, match="API_RESOURCE"):
        get_verifier()


def test_an_override_of_the_environment_ends_with_its_block() -> None:
    outside = get_verifier()
    with override(Environment()):
        inside = get_verifier()
        assert inside is not outside
    assert get_verifier() is not inside


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_starts_anew(server: LoopbackServer, tenant: Logto) -> None:
    """A child gets the parent's memory, and none of its threads."""
    get_verifier().verify(tenant.global_token())
    before = get_verifier()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child's own coverage is never saved
        is_new = get_verifier() is not before and snapshot()["verified"] == 0
        os.write(writing, b"new" if is_new else b"old")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 3) == b"new"
    os.close(reading)
    os.close(writing)


def test_the_metadata_is_fetched_once_and_again_when_the_settings_change(
    server: LoopbackServer, tenant: Logto
) -> None:
    assert get_metadata(waits=False) is get_metadata(waits=True)
    assert len(server.asked) == 1
    with override_settings(LOGTO=_changed(LEEWAY=1)):
        get_metadata(waits=False)
    assert len(server.asked) == 2
    with override(Environment()):
        get_metadata(waits=False)
    assert len(server.asked) == 3


def test_what_is_kept_is_made_once_and_again_in_another_environment(logto: Logto) -> None:
    class Kept:
        def __init__(self, now: Callable[[], float]) -> None:
            self.now = now

    before = get_kept(Kept)
    assert get_kept(Kept) is before
    with override(Environment(now=logto.now)):
        assert get_kept(Kept) is not before
        assert get_kept(Kept).now == logto.now


def test_the_metadata_of_the_first_endpoint_is_asked_for_at_the_internal_address(
    logto: Logto, settings: Any
) -> None:
    asked = []

    def fetch(url: str, timeout: float) -> object:
        asked.append((url, timeout))
        return Logto("https://one.test").metadata

    settings.LOGTO = {
        **settings.LOGTO,
        "ENDPOINT": ["https://one.test", "https://two.test"],
        "INTERNAL_ENDPOINT": "http://logto:3001",
        "HTTP_TIMEOUT": 7,
    }
    with override(Environment(fetch=fetch)):
        assert get_metadata(waits=False).issuer == "https://one.test/oidc"
    assert asked == [("http://logto:3001/oidc/.well-known/openid-configuration", 7)]


# Every setting of the verifier reaches it


@pytest.fixture
def configured(settings: Any) -> Callable[..., Logto]:
    """Change some keys, and return a Logto that is to be entered."""

    def configure(**changes: object) -> Logto:
        settings.LOGTO = {**settings.LOGTO, **changes}
        return Logto()

    return configure


def test_leeway_reaches_the_verifier(configured: Any) -> None:
    with configured(LEEWAY=10) as logto:
        get_verifier().verify(logto.global_token(expires_in=-5))
        with pytest.raises(TokenExpired):
            get_verifier().verify(logto.global_token(expires_in=-10))


def test_algorithms_reach_verifier_and_keys(configured: Any) -> None:
    with configured(ALGORITHMS=["RS256"]) as logto, pytest.raises(UnsupportedAlgorithm):
        get_verifier().verify(logto.global_token())


def test_max_token_length_reaches_the_verifier(configured: Any) -> None:
    with configured(MAX_TOKEN_LENGTH=100) as logto, pytest.raises(TokenTooLong):
        get_verifier().verify(logto.global_token())


@pytest.mark.parametrize(("size", "remembered"), [(0, 0), (1, 2), (10000, 2)])
def test_token_cache_size_reaches_the_verifier(configured: Any, size: int, remembered: int) -> None:
    with configured(TOKEN_CACHE_SIZE=size) as logto:
        before, token = snapshot()["cached"], logto.global_token()
        for _ in range(3):
            get_verifier().verify(token)
    assert snapshot()["cached"] - before == remembered


def test_the_lifetimes_of_keys_reach_the_key_set(configured: Any) -> None:
    logto = configured(JWKS_TTL=10, JWKS_MAX_STALE=20, JWKS_COOLDOWN=7)
    with override(Environment(logto.fetch, logto.now)):
        token = logto.global_token()
        get_verifier().verify(token)
        with logto.outage():
            logto.advance(19)
            get_verifier().verify(token)
            logto.advance(8)
            with pytest.raises(AuthorizationServerUnavailable) as refused:
                get_verifier().verify(token)
    assert refused.value.retry_after == 7
