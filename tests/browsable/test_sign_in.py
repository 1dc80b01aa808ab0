"""Signing in: authorization code with PKCE, state and nonce, at Logto and back."""

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.base import BaseHandler
from django.db import connections
from django.test import modify_settings

from drf_logto.browsable import sign_in_store
from drf_logto.browsable.exceptions import SignedOut
from drf_logto.browsable.pending import PENDING_LIFETIME
from drf_logto.browsable.urls import urlpatterns
from drf_logto.testing import ABSENT
from sandbox.stand_in.server import StandIn
from sandbox.tenant import API_RESOURCE
from tests.browsable.browser import Browser, local, page, query, text_of
from tests.support.fake_logto import FakeLogto
from tests.support.loopback import document, http
from tests.support.sign_ins import is_signed_in, key_of, refused, signed_in


def test_a_user_signs_in_and_returns_to_the_page(browser: Browser) -> None:
    response = browser.sign_in("ada", "/products/?page=1")
    assert (response.status_code, response["Location"]) == (302, "/products/?page=1")
    assert browser.client.get("/products/").json() == {"for": "ada"}


def test_the_log_in_link_leads_back_to_the_page(browser: Browser) -> None:
    response = browser.get("/open/?a=1&b=2")
    assert 'href="/auth/login/?next=%2Fopen%2F%3Fa%3D1%26b%3D2"' in page(response)
    assert text_of(response, "logto-log-in") == "Log in"


def test_the_authorization_request_has_every_parameter(browser: Browser, stand_in: StandIn) -> None:
    address = browser.begin()
    asked = parse_qs(urlsplit(address).query)
    assert address.startswith(f"{stand_in.logto.issuer}/auth?")
    assert asked["response_type"] == ["code"]
    assert asked["client_id"] == ["browsable-api"]
    assert asked["redirect_uri"] == ["http://127.0.0.1:8000/auth/callback/"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["prompt"] == ["consent"]
    assert asked["resource"] == [API_RESOURCE, "urn:logto:resource:organizations"]
    assert asked["scope"][0].split() == [
        "openid",
        "profile",
        "offline_access",
        "urn:logto:scope:organizations",
        "email",
        "invite:member",
        "read:documents",
        "read:products",
        "write:products",
    ]
    assert len(asked["state"][0]) >= 43
    assert len(asked["nonce"][0]) >= 43


def test_an_address_is_asked_for_only_where_it_is_kept(browser: Browser) -> None:
    with modify_settings(INSTALLED_APPS={"remove": "drf_logto.users"}):
        asked = query(browser.begin())
    assert "email" not in asked["scope"].split()


def test_every_sign_in_has_its_own_state_nonce_and_code_challenge(browser: Browser) -> None:
    first, second = query(browser.begin()), query(browser.begin())
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]


def test_the_code_is_exchanged_with_the_verifier_of_its_challenge(fake: FakeLogto) -> None:
    browser = Browser()
    asked = fake.begin(browser)
    fake.answer(fake.tokens(asked["nonce"]))
    assert fake.come_back(browser, asked).status_code == 302
    sent = parse_qs(fake.server.bodies[fake.server.asked.index("/oidc/token")])
    digest = hashlib.sha256(sent["code_verifier"][0].encode()).digest()
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
    assert sent["grant_type"] == ["authorization_code"]
    assert sent["redirect_uri"] == [asked["redirect_uri"]]
    assert sent["client_secret"] == ["browsable-api-secret"]


def test_a_public_client_sends_no_secret(fake: FakeLogto, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "APP_SECRET": None}
    browser = Browser()
    asked = fake.begin(browser)
    fake.answer(fake.tokens(asked["nonce"]))
    assert fake.come_back(browser, asked).status_code == 302
    sent = parse_qs(fake.server.bodies[fake.server.asked.index("/oidc/token")])
    assert "client_secret" not in sent
    assert sent["client_id"] == ["browsable-api"]
    assert "Authorization" not in fake.server.headers[fake.server.asked.index("/oidc/token")]


def test_the_internal_endpoint_is_used_for_tokens_and_not_shown_to_the_browser(
    fake: FakeLogto, settings: Any
) -> None:
    settings.LOGTO = {
        **settings.LOGTO,
        "ENDPOINT": "https://public.logto.test",
        "INTERNAL_ENDPOINT": fake.server.address,
    }
    fake.publish(issuer="https://public.logto.test/oidc")
    browser = Browser()
    address = browser.begin()
    asked = query(address)
    fake.answer(
        fake.tokens(
            asked["nonce"],
            id_token=fake.id_token(
                asked["nonce"], claims={"iss": "https://public.logto.test/oidc"}
            ),
        )
    )
    assert address.startswith("https://public.logto.test/oidc/auth?")
    response = fake.come_back(browser, asked, iss="https://public.logto.test/oidc")
    assert response.status_code == 302
    assert "/oidc/token" in fake.server.asked


def test_login_without_an_app_id_is_improperly_configured(browser: Browser, settings: Any) -> None:
    settings.LOGTO = {name: settings.LOGTO[name] for name in ("ENDPOINT", "API_RESOURCE")}
    with pytest.raises(ImproperlyConfigured, match="APP_ID"):
        browser.get("/auth/login/")


# Login CSRF, replay and mix-up


def test_a_state_of_another_browser_is_refused(browser: Browser) -> None:
    attackers = Browser()
    answer = local(attackers.at_logto(attackers.begin(), "ben"))
    browser.begin()
    refused(browser.client.get(answer), 400, "began in another browser")
    assert not is_signed_in(browser)


def test_a_code_of_another_browser_is_refused(
    browser: Browser,
) -> None:
    attackers = Browser()
    foreign = query(attackers.at_logto(attackers.begin(), "ben"))
    own = query(browser.begin())
    answer = {**foreign, "state": own["state"]}
    refused(browser.client.get("/auth/callback/", answer), 400, "did not complete")
    assert not is_signed_in(browser)


def test_a_state_is_valid_once(browser: Browser) -> None:
    answer = local(browser.at_logto(browser.begin()))
    assert browser.client.get(answer).status_code == 302
    refused(browser.client.get(answer), 400, "used before")


def test_a_state_is_used_up_by_a_failed_callback(fake: FakeLogto) -> None:
    browser = Browser()
    asked = fake.begin(browser)
    fake.server.answers["/oidc/token"] = http("", "500 Oops")
    assert fake.come_back(browser, asked).status_code == 503
    fake.answer(fake.tokens(asked["nonce"]))
    refused(fake.come_back(browser, asked), 400, "used before")


def test_an_expired_pending_sign_in_is_refused(browser: Browser, stand_in: StandIn) -> None:
    answer = local(browser.at_logto(browser.begin()))
    stand_in.logto.advance(PENDING_LIFETIME + 1)
    refused(browser.client.get(answer), 400, "took too long")


def test_a_callback_without_a_state_is_refused(browser: Browser) -> None:
    browser.begin()
    refused(browser.client.get("/auth/callback/", {"code": "x"}), 400, "is over")


@pytest.mark.parametrize("iss", ["https://evil.test/oidc", "", ABSENT])
def test_another_issuer_is_refused_if_logto_announces_the_parameter(
    fake: FakeLogto, iss: object
) -> None:
    fake.publish(authorization_response_iss_parameter_supported=True)
    browser = Browser()
    asked = fake.begin(browser)
    fake.answer(fake.tokens(asked["nonce"]))
    refused(fake.come_back(browser, asked, iss=iss), 400, "cannot be trusted")
    assert "/oidc/token" not in fake.server.asked


@pytest.mark.parametrize(("iss", "status"), [("https://evil.test/oidc", 400), (ABSENT, 302)])
def test_a_missing_issuer_is_accepted_if_logto_does_not_announce_the_parameter(
    fake: FakeLogto, iss: object, status: int
) -> None:
    fake.publish(authorization_response_iss_parameter_supported=False)
    browser = Browser()
    asked = fake.begin(browser)
    fake.answer(fake.tokens(asked["nonce"]))
    assert fake.come_back(browser, asked, iss=iss).status_code == status


def test_a_repeated_parameter_is_refused(browser: Browser, stand_in: StandIn) -> None:
    answer = local(browser.at_logto(browser.begin()))
    twice = browser.client.get(f"{answer}&iss={stand_in.logto.issuer}")
    refused(twice, 400, "did not complete")


# Session fixation


def test_the_session_gets_a_new_id_at_sign_in(browser: Browser) -> None:
    browser.sign_in()
    before = browser.client.cookies["sessionid"].value
    browser.sign_in()
    after = browser.client.cookies["sessionid"].value
    assert before != after
    planted = Browser()
    planted.client.cookies["sessionid"] = before
    assert not is_signed_in(planted)


@pytest.mark.parametrize(("next_person", "cart"), [("ada", ["tea"]), ("ben", None)])
def test_a_new_sign_in_replaces_the_former_one(
    browser: Browser, next_person: str, cart: object
) -> None:
    browser.sign_in("ada")
    former = key_of(browser)
    fill_cart(browser)
    browser.cookie = ""
    browser.sign_in(next_person)
    assert browser.client.get("/open/").json() == {"for": next_person}
    assert browser.client.session.get("cart") == cart
    assert key_of(browser) != former
    with pytest.raises(SignedOut):
        sign_in_store.load(former)


def fill_cart(browser: Browser) -> None:
    session = browser.client.session
    session["cart"] = ["tea"]
    session.save()


def test_another_user_gets_an_empty_session_after_a_sign_in_that_has_ended(
    browser: Browser, stand_in: StandIn
) -> None:
    browser.sign_in("ada")
    fill_cart(browser)
    stand_in.logto.advance(15 * 24 * 3600)
    assert not is_signed_in(browser)
    browser.cookie = ""
    browser.sign_in("ben")
    assert is_signed_in(browser)
    assert "cart" not in browser.client.session


def test_an_anonymous_session_is_kept_at_sign_in(browser: Browser) -> None:
    session = browser.client.session
    session["cart"] = ["tea"]
    session.save()
    browser.client.cookies["sessionid"] = str(session.session_key)
    browser.sign_in("ada")
    assert browser.client.session["cart"] == ["tea"]


@pytest.mark.parametrize(("sub", "revoked"), [("ben", True), ("ada", False)])
def test_the_refresh_token_of_another_user_is_revoked(
    fake: FakeLogto, sub: str, revoked: bool
) -> None:
    """The sign-ins of one user may share a grant, which a revocation ends."""
    fake.publish(revocation_endpoint=f"{fake.logto.issuer}/token/revocation")
    fake.server.answers["/oidc/token/revocation"] = http("")
    browser = signed_in(fake)
    asked = fake.begin(browser)
    id_token = fake.id_token(asked["nonce"], claims={"sub": sub})
    fake.answer(fake.tokens(asked["nonce"], id_token=id_token))
    assert fake.come_back(browser, asked).status_code == 302
    assert ("/oidc/token/revocation" in fake.server.asked) is revoked
    sent = [parse_qs(body)["token"] for body in fake.server.bodies if body.startswith("token=")]
    assert sent == ([["another"]] if revoked else [])


@pytest.mark.parametrize("failure", ["hang", "reset"])
def test_a_failed_revocation_does_not_stop_a_sign_in(
    fake: FakeLogto, settings: Any, failure: str
) -> None:
    settings.LOGTO = {**settings.LOGTO, "HTTP_TIMEOUT": 0.5}
    fake.publish(revocation_endpoint=f"{fake.logto.issuer}/token/revocation")
    browser = signed_in(fake)
    fake.server.answers["/oidc/token/revocation"] = getattr(fake.server, failure)
    asked = fake.begin(browser)
    id_token = fake.id_token(asked["nonce"], claims={"sub": "ben"})
    fake.answer(fake.tokens(asked["nonce"], id_token=id_token))
    assert fake.come_back(browser, asked).status_code == 302
    assert "/oidc/token/revocation" in fake.server.asked
    assert sign_in_store.load(key_of(browser)).person.sub == "ben"


def test_the_csrf_token_is_rotated_at_sign_in(browser: Browser) -> None:
    browser.sign_in()
    browser.get("/open/")
    before = browser.client.cookies["csrftoken"].value
    browser.sign_in()
    assert browser.client.cookies["csrftoken"].value != before
    form = {"csrfmiddlewaretoken": before}
    assert browser.client.post("/auth/logout/", form).status_code == 403


# A Logto that hangs


def test_no_anonymous_request_waits_for_a_logto_that_hangs(fake: FakeLogto, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "HTTP_TIMEOUT": 60}
    asked = Event()

    def hang(connection: Any) -> None:
        asked.set()
        fake.server.hang(connection)

    path = "/oidc/.well-known/openid-configuration"
    fake.server.answers[path] = hang
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(Browser().get, "/auth/login/")
        assert asked.wait(30)
        for _ in range(12):  # all answered before Logto answers
            response = Browser().get("/auth/login/?next=/open/")
            refused(response, 503, "unavailable")
            assert response["Retry-After"] == "1"
            assert response.cookies.keys() <= {"csrftoken"}
        assert fake.server.asked == [path]
        fake.server.released.set()
    assert first.result().status_code == 503
    for _ in range(3):
        response = Browser().get("/auth/login/")
        assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert fake.server.asked == [path]


def test_many_logins_fetch_the_metadata_once(fake: FakeLogto) -> None:
    for _ in range(12):
        fake.begin(Browser())
    assert fake.server.asked == ["/oidc/.well-known/openid-configuration"]


METADATA_PATH = "/oidc/.well-known/openid-configuration"


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint"])
@pytest.mark.parametrize("endpoint", ["http://[", None])
def test_unusable_metadata_is_fetched_again_after_the_cooldown(
    fake: FakeLogto, name: str, endpoint: object, caplog: pytest.LogCaptureFixture
) -> None:
    fake.publish(**{name: endpoint})
    for _ in range(2):
        response = Browser().get("/auth/login/")
        refused(response, 503, "unavailable")
        assert response["Retry-After"] == "30"
    assert f"the metadata names {'a' if endpoint else 'no'}" in caplog.text
    fake.publish()
    fake.logto.advance(30)
    fake.begin(Browser())
    assert fake.server.asked == [METADATA_PATH] * 2


def test_unusable_metadata_does_not_replace_usable_metadata(fake: FakeLogto) -> None:
    fake.begin(Browser())
    fake.publish(authorization_endpoint="http://[")
    fake.logto.advance(300)
    for _ in range(2):
        fake.begin(Browser())
    assert fake.server.asked == [METADATA_PATH] * 2


# Transactions


@pytest.mark.parametrize("route", urlpatterns, ids=lambda route: route.name)
@pytest.mark.django_db
def test_no_page_of_the_sign_in_runs_in_a_transaction_of_the_request(route: Any) -> None:
    database = connections.settings["default"]
    database["ATOMIC_REQUESTS"] = True
    try:
        assert BaseHandler().make_view_atomic(route.callback) is route.callback
    finally:
        database["ATOMIC_REQUESTS"] = False


# Errors of Logto


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        ("access_denied", 403, "did not let you in"),
        ("login_required", 400, "did not complete"),
        ("<script>alert(1)</script>", 400, "did not complete"),
    ],
)
def test_an_error_of_logto_is_shown_as_a_sentence(
    browser: Browser, stand_in: StandIn, error: str, status: int, sentence: str
) -> None:
    state = query(browser.begin("/open/?a=1"))["state"]
    answer = {"error": error, "state": state, "iss": stand_in.logto.issuer}
    response = browser.client.get("/auth/callback/", answer)
    refused(response, status, sentence)
    assert "script>alert" not in page(response)
    assert 'href="/auth/login/?next=%2Fopen%2F%3Fa%3D1"' in page(response)
    assert 'href="/open/?a=1"' in page(response)


def test_a_callback_without_a_code_is_refused(browser: Browser, stand_in: StandIn) -> None:
    answer = {"state": query(browser.begin())["state"], "iss": stand_in.logto.issuer}
    refused(browser.client.get("/auth/callback/", answer), 400, "did not complete")


def test_login_answers_503_during_an_outage(fake: FakeLogto) -> None:
    fake.server.answers.clear()
    response = Browser().get("/auth/login/?next=/open/")
    refused(response, 503, "unavailable")
    assert 'href="/auth/login/?next=%2Fopen%2F"' in page(response)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("500 Oops", ""),
        ("200 OK", "<html>"),
        ("200 OK", "[]"),
        ("400 Bad Request", "{}"),
        ("400 Bad Request", '{"error": 7}'),
        ("200 OK", "{}"),
        ("200 OK", '{"access_token": 7}'),
        ("200 OK", '{"access_token": "x", "error": 7}'),
        ("200 OK", '{"access_token": "x", "expires_in": ' + "9" * 5000 + "}"),
    ],
)
def test_an_invalid_token_response_counts_as_an_outage(
    fake: FakeLogto, status: str, body: str
) -> None:
    browser = Browser()
    asked = fake.begin(browser)
    fake.server.answers["/oidc/token"] = http(body, status)
    refused(fake.come_back(browser, asked), 503, "unavailable")


@pytest.mark.parametrize("value", ["1e999", "-1e999", "NaN", "1" + "0" * 400, '"soon"', "[1]"])
def test_other_members_of_the_token_response_are_ignored(fake: FakeLogto, value: str) -> None:
    browser = Browser()
    asked = fake.begin(browser)
    names = ("expires_in", "expires_at", "token_type", "scope", "x")
    answer = json.dumps(fake.tokens(asked["nonce"], **dict.fromkeys(names, "here")))
    fake.server.answers["/oidc/token"] = http(answer.replace('"here"', value))
    assert fake.come_back(browser, asked).status_code == 302


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("server_error", "400 Bad Request"),
        ("rate_limited", "403 Forbidden"),
    ],
)
def test_an_error_of_the_server_counts_as_an_outage(
    fake: FakeLogto, error: str, status: str, caplog: pytest.LogCaptureFixture
) -> None:
    browser = Browser()
    asked = fake.begin(browser)
    fake.server.answers["/oidc/token"] = http(json.dumps({"error": error}), status)
    refused(fake.come_back(browser, asked), 503, "unavailable")
    assert [record.getMessage() for record in caplog.records if record.name == "drf_logto"] == [
        f"The sign-in failed: the token endpoint answered with {error}."
    ]


def test_an_outage_is_logged_once_however_often_a_sign_in_is_tried(
    fake: FakeLogto, caplog: pytest.LogCaptureFixture
) -> None:
    fake.server.answers["/oidc/.well-known/openid-configuration"] = http("", "500 Down")
    for _ in range(3):
        refused(Browser().get("/auth/login/"), 503, "unavailable")
    logged = [one.getMessage() for one in caplog.records if one.name == "drf_logto"]
    assert len(logged) == 1
    assert logged[0].startswith("No metadata from Logto: ")


def test_a_refusal_with_quotes_in_its_description_is_read(fake: FakeLogto) -> None:
    browser = Browser()
    asked = fake.begin(browser)
    body = '{"error": "invalid_grant", "error_description": "no \\"such\\" code"}'
    fake.server.answers["/oidc/token"] = http(body, "400 Bad Request")
    refused(fake.come_back(browser, asked), 400, "did not complete")


@pytest.mark.parametrize("refresh_token", [ABSENT, "", None, 7])
def test_a_sign_in_without_a_refresh_token_is_refused(
    fake: FakeLogto, refresh_token: object
) -> None:
    browser = Browser()
    asked = fake.begin(browser)
    fake.answer(fake.tokens(asked["nonce"], refresh_token=refresh_token))
    refused(fake.come_back(browser, asked), 502, "no refresh token")
    assert not is_signed_in(browser)


@pytest.mark.parametrize("value", ["x\ud800", "x\x00", "x\ny", "x\x7f", "caf\xe9"], ids=ascii)
@pytest.mark.parametrize(
    ("name", "status"), [("access_token", 503), ("refresh_token", 502), ("id_token", 502)]
)
def test_a_token_that_is_not_printable_ascii_counts_as_missing(
    fake: FakeLogto, name: str, status: int, value: str
) -> None:
    browser = Browser()
    asked = fake.begin(browser)
    fake.answer(fake.tokens(asked["nonce"], **{name: value}))
    assert fake.come_back(browser, asked).status_code == status
    assert not is_signed_in(browser)


@pytest.mark.parametrize("id_token", [ABSENT, "", "nonsense", 7])
def test_a_sign_in_without_a_valid_id_token_is_refused(fake: FakeLogto, id_token: object) -> None:
    browser = Browser()
    asked = fake.begin(browser)
    fake.answer(fake.tokens(asked["nonce"], id_token=id_token))
    refused(fake.come_back(browser, asked), 502, "cannot be trusted")


def test_an_id_token_with_another_nonce_is_refused(fake: FakeLogto) -> None:
    browser = Browser()
    asked = fake.begin(browser)
    other = fake.begin(browser)
    fake.answer(fake.tokens(other["nonce"]))
    refused(fake.come_back(browser, asked), 502, "cannot be trusted")
    assert not is_signed_in(browser)


def test_sign_in_works_with_the_login_required_middleware(browser: Browser, project: Any) -> None:
    project.MIDDLEWARE = [
        *project.MIDDLEWARE,
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    assert browser.sign_in()["Location"] == "/products/"
    assert is_signed_in(browser)


def test_login_and_callback_need_get(browser: Browser) -> None:
    browser.get("/open/")
    assert browser.post("/auth/login/").status_code == 405
    assert browser.post("/auth/callback/").status_code == 405


# The path after a sign-in


@pytest.mark.parametrize(
    "payload",
    [
        "https://evil.test/",
        "//evil.test/",
        "///evil.test/",
        "/\\evil.test/",
        "\\\\evil.test",
        "/a\\..\\evil.test",
        "http:evil.test",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x=1",
        "/a\tb",
        " /a",
        "/\x00",
        "a/b",
        "",
        "http://127.0.0.1:8000/open/",
        "/" + "a" * 2000,
    ],
)
def test_a_sign_in_leads_only_to_a_path_of_this_site(browser: Browser, payload: str) -> None:
    response = browser.sign_in("ada", payload)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert "Set-Cookie" not in response.headers


# Names of organizations


@pytest.mark.parametrize(
    ("userinfo", "name"),
    [
        ({"sub": "ada", "organization_data": [{"id": "acme", "name": "Acme Inc."}]}, "Acme Inc."),
        ({"sub": "eve", "organization_data": [{"id": "acme", "name": "Evil"}]}, "acme"),
        (
            {"sub": "ada", "organization_data": [7, {"id": "acme"}, {"id": [1], "name": "x"}]},
            "acme",
        ),
        ({"sub": "ada", "organization_data": [{"id": "acme", "name": 10**400}]}, "acme"),
        ({"sub": "ada", "organization_data": [{"id": "acme", "name": ""}]}, "acme"),
        ({"sub": "ada", "organization_data": "acme"}, "acme"),
        ([], "acme"),
        (None, "acme"),
    ],
)
def test_organizations_have_the_names_from_the_userinfo_of_the_user(
    fake: FakeLogto, userinfo: object, name: str
) -> None:
    browser = Browser()
    asked = fake.begin(browser)
    claims = {"organizations": ["acme", 7, ""]}
    id_token = fake.id_token(asked["nonce"], claims=claims)
    fake.answer(fake.tokens(asked["nonce"], id_token=id_token))
    if userinfo is not None:
        fake.server.answers["/oidc/me"] = document(userinfo)
    assert fake.come_back(browser, asked).status_code == 302
    fake.answer({"access_token": fake.logto.global_token(["read:products"], user="ada")})
    response = browser.get("/open/")
    assert f'<p class="logto-organization">{name}</p>' in page(response)
    assert page(response).count('logto-organization">') == 1


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "", "username": "ada.l"}, "ada.l"),
        ({"name": 7, "username": None, "email": "ada@test"}, "ada@test"),
        ({"name": "", "username": ["x"]}, "ada"),
    ],
)
def test_the_name_of_a_user_is_the_first_valid_claim(
    fake: FakeLogto, claims: dict[str, Any], name: str
) -> None:
    browser = Browser()
    asked = fake.begin(browser)
    fake.answer(fake.tokens(asked["nonce"], id_token=fake.id_token(asked["nonce"], claims=claims)))
    assert fake.come_back(browser, asked).status_code == 302
    fake.answer({"access_token": fake.logto.global_token(["read:products"], user="ada")})
    assert text_of(browser.get("/open/"), "logto-name").endswith(name)


def test_an_exchange_takes_no_longer_than_http_timeout(fake: FakeLogto, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "HTTP_TIMEOUT": 0.2}
    browser = Browser()
    asked = fake.begin(browser)
    fake.server.answers["/oidc/token"] = fake.server.hang
    refused(fake.come_back(browser, asked), 503, "unavailable")
