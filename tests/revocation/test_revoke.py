"""revoke(), and how it reaches this process and the others."""

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import AsyncClient, override_settings
from django.urls import path

from drf_logto import averify, verify
from drf_logto.conf import get_settings
from drf_logto.decorators import require_access_token
from drf_logto.exceptions import LifetimeTooLong, RevocationsUnavailable, TokenRevoked
from drf_logto.revocation import revoke
from drf_logto.revocation.marks import Mark
from drf_logto.revocation.process import subjects
from drf_logto.runtime import Environment, get_environment, get_revocations, override
from drf_logto.shared_cache import CacheUnavailable
from drf_logto.signals import access_revoked
from drf_logto.testing import Logto
from tests.support.views import Route, Seen

pytestmark = pytest.mark.usefixtures("revocation")

ISSUER = "https://tenant.logto.test/oidc"


def is_accepted(token: str) -> bool:
    try:
        verify(token)
    except TokenRevoked:
        return False
    return True


@pytest.mark.parametrize(
    ("named", "void"),
    [
        ({"user": "ada"}, {"global", "org", "org resource"}),
        ({"user": "ada", "organization": "org-a"}, {"org", "org resource"}),
        ({"organization": "org-a"}, {"org", "org resource"}),
        ({"client": "application-1"}, {"global", "org", "org resource"}),
        ({"user": "ada", "client": "application-1"}, {"global", "org", "org resource"}),
        ({"token": "the-global-one"}, {"global"}),
        ({"issuer": ISSUER}, {"global", "org", "org resource", "machine"}),
        ({"issuer": ISSUER, "user": "ada", "organization": "org-a"}, {"org", "org resource"}),
        ({"user": "backend"}, {"machine"}),
        ({"user": "bob"}, set()),
    ],
    ids=lambda one: str(sorted(one)),
)
def test_revoke_refuses_what_is_named(logto: Logto, named: dict[str, str], void: set[str]) -> None:
    tokens = {
        "global": logto.global_token(user="ada", claims={"jti": "the-global-one"}),
        "org": logto.organization_token("org-a", user="ada"),
        "org resource": logto.organization_resource_token("org-a", user="ada"),
        "machine": logto.global_token(machine="backend"),
    }
    assert all(map(is_accepted, tokens.values()))
    revoke(**named)  # type: ignore[arg-type]  # not before
    assert {kind for kind, token in tokens.items() if not is_accepted(token)} == void
    logto.advance(1)
    assert is_accepted(logto.global_token(user="ada"))


@pytest.mark.parametrize(
    ("named", "error", "sentence"),
    [
        ({}, TypeError, "takes a user"),
        ({"before": 7}, TypeError, "takes a user"),
        ({"organization": "org-a", "client": "c"}, TypeError, "takes a user"),
        ({"token": "t", "user": "ada"}, TypeError, "takes a user"),
        ({"user": "ada", "organization": "o", "client": "c"}, TypeError, "takes a user"),
        ({"user": ""}, ValueError, "1 to 200"),
        ({"user": "ada", "organization": ""}, ValueError, "1 to 200"),
        ({"client": "c" * 201}, ValueError, "1 to 200"),
        ({"user": 7}, ValueError, "1 to 200"),
        ({"issuer": ""}, ValueError, ISSUER),
        ({"issuer": "https://other.test/oidc", "user": "ada"}, ValueError, ISSUER),
        ({"user": "ada", "before": float("inf")}, ValueError, "future"),
        ({"user": "ada", "before": float("nan")}, ValueError, "future"),
        ({"user": "ada", "before": 2**40}, ValueError, "future"),
    ],
    ids=str,
)
def test_revoke_names_what_it_cannot_do(
    logto: Logto, named: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        revoke(**named)
    assert is_accepted(logto.global_token())


def test_revoke_takes_a_time(logto: Logto) -> None:
    old = logto.global_token(claims={"iat": int(logto.now()) - 10})
    revoke(user="user-1", before=logto.now() - 5)
    assert not is_accepted(old)
    assert is_accepted(logto.global_token())


def test_revoke_marks_every_issuer(settings: Any) -> None:
    endpoints = ["https://tenant.logto.test", "https://auth.example.test"]
    settings.LOGTO = {**settings.LOGTO, "ENDPOINT": endpoints}
    with Logto(endpoints[1]) as logto:
        token = logto.global_token()
        revoke(user="user-1")
        assert not is_accepted(token)


def test_revocation_needs_its_application_and_a_cache(settings: Any) -> None:
    without_cache = override_settings(LOGTO={**settings.LOGTO, "CACHE": None})
    with without_cache, pytest.raises(ImproperlyConfigured, match="CACHE"):
        revoke(user="ada")
    with override_settings(INSTALLED_APPS=["rest_framework", "drf_logto"]), Logto():
        assert get_revocations() is None
        with pytest.raises(ImproperlyConfigured, match="INSTALLED_APPS"):
            revoke(user="ada")


@pytest.fixture
def sent() -> Iterator[list[dict[str, Any]]]:
    signals: list[dict[str, Any]] = []

    def receive(**signal: Any) -> None:
        signals.append(signal)

    access_revoked.connect(receive)
    yield signals
    access_revoked.disconnect(receive)


def test_a_signal_says_what_was_revoked(logto: Logto, sent: list[dict[str, Any]]) -> None:
    revoke(user="ada", before=100)
    marks = (Mark(issuer=ISSUER, user="ada", before=100),)
    assert [(signal["sender"], signal["marks"]) for signal in sent] == [(Mark, marks)]


def test_a_receiver_that_fails_does_not_keep_access_alive(logto: Logto) -> None:
    def fail(**_: Any) -> None:
        raise ValueError

    access_revoked.connect(fail)
    token = logto.global_token()
    revoke(user="user-1")
    access_revoked.disconnect(fail)
    assert not is_accepted(token)


def test_what_one_process_revokes_is_in_the_shared_cache(logto: Logto) -> None:
    """Each override of the environment begins as a process does."""
    token = logto.global_token()
    shared = Environment(logto.fetch, logto.now)
    with override(shared):
        revoke(user="user-1")
    with override(shared):
        assert not is_accepted(token)
    with Logto() as other:
        assert is_accepted(other.global_token())


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_starts_anew(logto: Logto) -> None:
    before = get_revocations()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child's own coverage is never saved
        os.write(writing, b"new" if get_revocations() is not before else b"old")
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    assert os.read(reading, 3) == b"new"
    os.close(reading)


def test_changed_settings_begin_anew(settings: Any) -> None:
    before = get_revocations()
    with override_settings(LOGTO={**settings.LOGTO, "LEEWAY": 7}):
        assert get_revocations() is not before


def test_a_lifetime_that_marks_do_not_cover_is_refused(logto: Logto, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "MAX_TOKEN_LIFETIME": 600}
    assert verify(logto.global_token(expires_in=600)).sub == "user-1"
    with pytest.raises(LifetimeTooLong):
        verify(logto.global_token(expires_in=601))


def refused(response: Any, key: str = "detail") -> bool:
    sentence = "The access token was revoked. Ask Logto for a new one."
    assert response.json() == {key: sentence, "code": "token_revoked"}
    assert 'error="invalid_token"' in response["WWW-Authenticate"]
    return bool(response.status_code == 401)


def test_a_view_of_rest_framework_refuses_a_remembered_token(logto: Logto, route: Route) -> None:
    route(path("", Seen.as_view()))
    client = logto.client(logto.global_token())
    assert client.get("/").status_code == 200
    revoke(user="user-1")
    assert refused(client.get("/"))
    assert refused(client.get("/"))


def test_a_plain_view_refuses_a_remembered_token(logto: Logto, route: Route) -> None:
    @require_access_token
    def view(request: Any) -> HttpResponse:
        return HttpResponse()

    route(path("", view))
    client = logto.client(logto.global_token())
    assert client.get("/").status_code == 200
    revoke(user="user-1")
    assert refused(client.get("/"), "error")


def test_an_async_view_refuses_a_remembered_token(logto: Logto, route: Route) -> None:

    @require_access_token
    async def view(request: Any) -> HttpResponse:
        return HttpResponse()

    route(path("", view))
    headers = {"Authorization": f"Bearer {logto.global_token()}"}
    get = async_to_sync(AsyncClient().get)
    assert get("/", headers=headers).status_code == 200
    revoke(user="user-1")
    assert refused(get("/", headers=headers), "error")


def test_averify_refuses_a_remembered_token(logto: Logto) -> None:
    token = logto.global_token()
    assert async_to_sync(averify)(token).sub == "user-1"
    revoke(user="user-1")
    with pytest.raises(TokenRevoked) as refused:
        async_to_sync(averify)(token)
    assert refused.value.subject == "user-1"


def test_a_closed_api_without_its_cache_answers_503(
    logto: Logto, route: Route, settings: Any
) -> None:
    route(path("", Seen.as_view()))
    settings.CACHES = {**settings.CACHES, "shared": {"BACKEND": "tests.support.store.Down"}}
    settings.LOGTO = {**settings.LOGTO, "REVOCATION_WHEN_UNREACHABLE": "closed"}
    with override(Environment(logto.fetch, logto.now)):
        response = logto.client(logto.global_token()).get("/")
        assert (response.status_code, response["Retry-After"]) == (503, "5")
        assert response.json()["code"] == "revocations_unavailable"
        with pytest.raises(CacheUnavailable):
            revoke(user="ada")
        with pytest.raises(RevocationsUnavailable):
            verify(logto.global_token())


@pytest.mark.parametrize("follows", [True, False])
def test_a_process_tells_whom_it_accepts_if_a_setting_says_so(
    logto: Logto, settings: Any, follows: bool
) -> None:
    settings.LOGTO = {**settings.LOGTO, "FOLLOW_ROLES": follows}
    with override(replace(get_environment(), is_shared=True)):
        before = set(threading.enumerate())  # those of other tests
        verify(logto.global_token(user="ada"))
        verify(logto.organization_token("org-a", user="ada"))
        threads = set(threading.enumerate()) - before
        timers = [one for one in threads if isinstance(one, threading.Timer)]
        for timer in timers:
            timer.cancel()
            timer.join()
            timer.function()
        known = subjects(get_settings(), get_environment()).read()
    assert (len(timers), len(known)) == (follows, follows)
