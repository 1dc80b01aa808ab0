"""What Logto sends, and what it is answered."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, RequestFactory

from drf_logto import verify
from drf_logto.exceptions import TokenRevoked
from drf_logto.revocation.views import webhook
from drf_logto.runtime import Environment, override
from drf_logto.testing import Logto
from tests.support.webhooks import KEY, WEBHOOK, deliver, signature

pytestmark = pytest.mark.usefixtures("webhooks")

AT = "2026-11-20T15:10:18.610Z"
DELETED = {"event": "User.Deleted", "createdAt": "9999-01-01T00:00Z", "data": {"id": "user-1"}}


def code(response: Any) -> Any:
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Type"] == "application/json"
    assert response.json().keys() == {"error", "code"}
    assert len(response.content) < 200
    return response.json()["code"]


def test_a_delivery_is_answered_when_it_holds(logto: Logto) -> None:
    token = logto.global_token()
    verify(token)
    response = deliver(DELETED)
    assert (response.status_code, response.content) == (204, b"")
    with pytest.raises(TokenRevoked):
        verify(token)


def test_an_event_that_takes_nothing_away_is_answered_alike(logto: Logto) -> None:
    assert deliver({"event": "User.Created", "createdAt": AT}).status_code == 204
    assert verify(logto.global_token())


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "patch", "delete"])
def test_only_post_is_answered(method: str) -> None:
    response = getattr(Client(), method)(WEBHOOK)
    assert (response.status_code, response["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"logto-signature-sha-256": ""},
        {"logto-signature-sha-256": signature("other")},
        {"logto-signature-sha-256": signature("body", "another key")},
        {"logto-signature-sha-256": "\xe9"},
        {"logto-signature-sha-256": "a" * 10_000},
    ],
    ids=lambda given: str(given)[:60],
)
def test_what_no_key_has_signed_is_refused_unparsed(given: dict[str, str]) -> None:
    response = Client().post(WEBHOOK, "body", "application/json", headers=given)
    assert (response.status_code, code(response)) == (401, "invalid_signature")


def test_no_signature_fits_without_keys(settings: Any) -> None:
    settings.LOGTO = {one: value for one, value in settings.LOGTO.items() if "KEYS" not in one}
    assert deliver(DELETED).status_code == 401
    assert deliver(DELETED, key="").status_code == 401


def test_keys_can_be_rotated(settings: Any, logto: Logto) -> None:
    settings.LOGTO = {**settings.LOGTO, "WEBHOOK_SIGNING_KEYS": ["new", KEY]}
    assert [deliver(DELETED, key=key).status_code for key in ("new", KEY, "old")] == [204, 204, 401]


@pytest.mark.parametrize(
    "body", ["", "{", "[" * 100_000, "[]", "\xe9".encode("latin-1"), '{"a": 1}']
)
def test_what_is_signed_and_not_understood_is_400(
    body: Any, caplog: pytest.LogCaptureFixture
) -> None:
    response = deliver(body)
    assert (response.status_code, code(response)) == (400, "not_understood")
    assert "nothing is revoked" in caplog.text


def test_a_body_that_is_too_long_is_refused() -> None:
    response = deliver(b" " * (2**21 + 1))
    assert (response.status_code, code(response)) == (413, "too_long")
    assert deliver(b" " * 2**21).status_code == 400


class Stream:
    """A body without an end, or one that ends with its connection."""

    def __init__(self, error: type[OSError] | None = None) -> None:
        self.error = error
        self.read_bytes = 0

    def read(self, size: int) -> bytes:
        if self.error:
            raise self.error
        self.read_bytes += size
        return b" " * size

    readline = read


def answer_to(stream: Stream, length: str) -> Any:
    environ = RequestFactory().post(WEBHOOK).environ
    request = WSGIRequest({**environ, "wsgi.input": stream, "CONTENT_LENGTH": length})
    return webhook(request)


def test_no_more_of_a_body_is_read_than_the_longest_has() -> None:
    stream = Stream()
    assert answer_to(stream, "9" * 5000).status_code == 413
    assert answer_to(stream, str(2**21 + 1)).status_code == 413
    assert stream.read_bytes == 0
    assert answer_to(stream, "many").status_code == 401


def test_a_body_of_unknown_length_is_read_to_its_limit() -> None:
    request: Any = RequestFactory().post(WEBHOOK)
    request._stream = Stream()  # as ASGI's, which has no length
    assert webhook(request).status_code == 413


def test_a_connection_that_ends_early_is_400() -> None:
    response = answer_to(Stream(ConnectionResetError), "10")
    assert (response.status_code, json.loads(response.content)["code"]) == (400, "not_understood")


@pytest.fixture
def without_cache(settings: Any, logto: Logto) -> Iterator[Logto]:
    settings.CACHES = {**settings.CACHES, "shared": {"BACKEND": "tests.support.store.Down"}}
    with override(Environment(logto.fetch, logto.now)):
        yield logto


def test_what_cannot_be_written_is_503_and_holds_in_this_process(without_cache: Logto) -> None:
    response = deliver(DELETED)
    assert (response.status_code, code(response)) == (503, "revocations_unavailable")
    with pytest.raises(TokenRevoked):
        verify(without_cache.global_token())


def test_a_project_that_cannot_work_says_so_in_its_log_alone(
    settings: Any, logto: Logto, caplog: pytest.LogCaptureFixture
) -> None:
    settings.DEBUG = True
    settings.LOGTO = {**settings.LOGTO, "CACHE": None}
    response = deliver(DELETED)
    assert (response.status_code, code(response)) == (500, "improperly_configured")
    assert "LOGTO['CACHE'] is missing" in caplog.text
    assert "user-1" not in caplog.text
