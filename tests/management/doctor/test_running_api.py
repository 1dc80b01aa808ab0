"""The running API: what arrives there, and where its sign-in comes back to."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import include, path, re_path
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from drf_logto.permissions import HasScopes
from tests.management.doctor.conftest import Doctor
from tests.support.checked import made
from tests.support.loopback import Connection, LoopbackServer, http, loopback_server

HEADER = "authorization header"


def view(*permissions: Any) -> Any:
    return made(APIView, *permissions, get=lambda self, request, **_: None).as_view()


@pytest.fixture
def api() -> Any:
    """This project behind a proxy."""
    with loopback_server() as server:
        yield server


def serve(server: LoopbackServer, *paths: str, **proxied: Any) -> None:
    """Let the project answer at paths; without an Authorization header that a proxy removes."""
    is_stripped, host = proxied.pop("strips", False), proxied.pop("host", None)

    def answer(connection: Connection) -> None:
        came = server.headers[-1]
        headers = {"Host": host or came["Host"]}
        if "Authorization" in came and not is_stripped:
            headers["Authorization"] = came["Authorization"]
        response = Client(raise_request_exception=False).get(
            server.asked[-1], headers=headers, **proxied
        )
        location = {"Location": response["Location"]} if "Location" in response else {}
        http(response.content, f"{response.status_code} Any", **location)(connection)

    for one in paths:
        server.answers[one] = answer


def test_without_an_address_the_running_api_is_skipped(doctor: Doctor) -> None:
    for fact in (HEADER, "sign-in redirect"):
        ((verdict, message),) = doctor(fact)
        assert verdict == "skipped"
        assert "--base-url" in message


def test_a_header_that_arrives_is_ok(
    api: LoopbackServer, route: Callable[..., None], doctor: Doctor
) -> None:
    route(path("<int:pk>/things/", view(HasScopes("a"))), path("open/", view(AllowAny)))
    serve(api, "/1/things/")
    url = f"{api.address}/1/things/"
    assert doctor(HEADER, base_url=api.address) == [
        ("ok", f"The header Authorization arrives at {url}.")
    ]


def test_the_code_may_be_anywhere_in_the_answer(
    api: LoopbackServer, route: Callable[..., None], doctor: Doctor
) -> None:
    route(path("things/", view(HasScopes("a"))))
    body = '{"errors": [{"type": "malformed_token"}]}'
    api.answers["/things/"] = http(body, "401 Unauthorized")
    assert doctor(HEADER, base_url=api.address)[0][0] == "ok"


def test_the_address_that_is_asked_is_one_of_a_route(
    api: LoopbackServer, route: Callable[..., None], doctor: Doctor
) -> None:
    protected = view(HasScopes("a"))
    odd = re_path("^(?P<name>odd)/$", protected)
    route(odd)
    ((verdict, message),) = doctor(HEADER, base_url=api.address)
    assert (verdict, message) == ("skipped", "No route is known that is read with an access token.")
    route(odd, path("<uuid:organization_id>/<slug:name>/", protected))
    value = "00000000-0000-4000-8000-000000000001"
    serve(api, f"/{value}/{value}/")
    assert doctor(HEADER, base_url=api.address)[0][0] == "ok"


def test_a_proxy_that_removes_the_header_is_an_error(
    api: LoopbackServer, route: Callable[..., None], doctor: Doctor
) -> None:
    route(path("<int:pk>/things/", view(HasScopes("a"))), path("things/", view(HasScopes("a"))))
    serve(api, "/things/", strips=True)
    ((verdict, message),) = doctor(HEADER, base_url=api.address)
    assert verdict == "error"
    assert f"{api.address}/things/ does not see the header Authorization" in message
    assert "Apache needs 'WSGIPassAuthorization On'." in message


def test_an_address_of_something_else_is_an_error(
    api: LoopbackServer, route: Callable[..., None], doctor: Doctor
) -> None:
    route(path("things/", view(HasScopes("a"))))
    api.answers["/things/"] = http("{}", "404 Not Found")
    ((verdict, message),) = doctor(HEADER, base_url=api.address)
    assert (verdict, "/things/ is not found, although" in message) == ("error", True)
    ((verdict, message),) = doctor(HEADER, base_url="http://127.0.0.1:9")
    assert (verdict, "refuses the connection" in message) == ("error", True)
    assert "Check --base-url and ALLOWED_HOSTS, and whether" in message


def test_without_a_protected_route_there_is_nothing_to_ask(
    api: LoopbackServer, route: Callable[..., None], doctor: Doctor
) -> None:
    route(path("open/", view(AllowAny)))
    assert doctor(HEADER, base_url=api.address) == [
        ("skipped", "No route is known that is read with an access token.")
    ]
    assert doctor("sign-in redirect", base_url=api.address) == [
        ("skipped", "The project has no sign-in.")
    ]


@pytest.fixture
def sign_in(
    logto_at: LoopbackServer, logto_options: Any, route: Callable[..., None], settings: Any
) -> None:
    logto_options(APP_ID="web-1", APP_SECRET="hush-hush")
    route(path("auth/", include("drf_logto.browsable.urls")))


def test_a_sign_in_that_comes_back_to_the_public_address_is_ok(
    api: LoopbackServer, sign_in: None, doctor: Doctor
) -> None:
    serve(api, "/auth/login/")
    uri = f"{api.address}/auth/callback/"
    assert doctor("sign-in redirect", base_url=api.address) == [
        ("ok", f"The sign-in at {api.address}/auth/login/ comes back to {uri}.")
    ]


@pytest.mark.parametrize(
    ("proxied", "verdict", "message"),
    [
        ({"secure": True}, "error", "and set SECURE_PROXY_SSL_HEADER = "),
        ({"host": "testserver"}, "error", "send the header Host on, or set USE_X_FORWARDED_HOST."),
        ({"host": "unknown.test"}, "warning", "does not lead to Logto. Open it in a browser"),
    ],
)
def test_a_sign_in_that_comes_back_to_elsewhere_is_an_error(
    api: LoopbackServer, sign_in: None, doctor: Doctor, proxied: dict[str, Any], verdict: str,
    message: str,
) -> None:  # fmt: skip
    """The other way round than usual, since the proxy here has no TLS: https instead of http."""
    serve(api, "/auth/login/", **proxied)
    ((found, text),) = doctor("sign-in redirect", base_url=api.address)
    assert (found, message in text) == (verdict, True), text


def test_a_sign_in_that_does_not_answer_is_an_error(sign_in: None, doctor: Doctor) -> None:
    ((verdict, message),) = doctor("sign-in redirect", base_url="http://127.0.0.1:9")
    assert (verdict, "refuses the connection" in message) == ("error", True)
