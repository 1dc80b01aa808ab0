"""The redirect URIs of this site, which must be registered in Logto, and their log lines."""

from typing import Any

import pytest

from tests.browsable.browser import Browser, query
from tests.support.fake_logto import FakeLogto

SITE = "127.0.0.1:8000/auth"
TO_REGISTER = (
    f"In Logto, register the redirect URI http://{SITE}/callback/ and the post sign-out redirect "
    f"URI http://{SITE}/signed-out/."
)
MISTAKEN = (
    f"The redirect URI http://{SITE}/callback/ is http, but the header X-Forwarded-Proto says that "
    "the browser uses https. If a proxy sets this header, set SECURE_PROXY_SSL_HEADER."
)


def begin(caplog: pytest.LogCaptureFixture, **headers: str) -> tuple[str, list[tuple[str, str]]]:
    """Begin a sign-in; return the redirect URI and what was logged."""
    caplog.clear()
    with caplog.at_level("INFO", "drf_logto"):
        response = Browser().get("/auth/login/", **headers)
    logged = [(one.levelname, one.getMessage()) for one in caplog.records]
    return query(response["Location"])["redirect_uri"], logged


def test_the_addresses_to_register_are_logged_once(
    fake: FakeLogto, caplog: pytest.LogCaptureFixture
) -> None:
    uri = f"http://{SITE}/callback/"
    assert begin(caplog) == (uri, [("INFO", TO_REGISTER)])
    assert begin(caplog) == (uri, [])


@pytest.mark.parametrize("proto", ["https", "HTTPS, http"])
def test_an_http_address_behind_a_proxy_with_tls_is_logged_once(
    fake: FakeLogto, caplog: pytest.LogCaptureFixture, proto: str
) -> None:
    begin(caplog)
    uri = f"http://{SITE}/callback/"
    assert begin(caplog, x_forwarded_proto=proto) == (uri, [("WARNING", MISTAKEN)])
    assert begin(caplog, x_forwarded_proto=proto) == (uri, [])


def test_a_proxy_that_django_knows_needs_no_line(
    fake: FakeLogto, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    uri, [(level, _)] = begin(caplog, x_forwarded_proto="https")
    assert (uri, level) == (f"https://{SITE}/callback/", "INFO")


def test_a_long_address_is_logged_in_part(
    fake: FakeLogto, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    _, [(_, line)] = begin(caplog, host="a" * 5000)
    assert len(line) < 500
