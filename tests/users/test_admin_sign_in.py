"""Staff sign in to Django's admin with Logto."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote

import pytest
from django.apps import AppConfig
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.cache import SessionStore
from django.test import Client
from django.urls import include, path
from django.utils.module_loading import import_string

from drf_logto import exceptions as refusals
from drf_logto.browsable import sign_in_store
from drf_logto.browsable.exceptions import SignedOut
from drf_logto.revocation import revoke
from drf_logto.revocation.logout_tokens import sign_out
from drf_logto.runtime import Environment, override
from drf_logto.users.admin_sign_in import NO_TOKEN
from drf_logto.users.admin_site import LogtoAdminSite
from drf_logto.users.authentication import LogtoUserAuthentication
from drf_logto.users.models import LogtoIdentity
from sandbox.tenant import BROWSABLE_API
from tests.browsable.browser import page, query, text_of
from tests.support.fake_logto import FakeLogto
from tests.support.loopback import http
from tests.support.views import Route
from tests.support.webhooks import logout_token

BACKENDS = ["django.contrib.auth.backends.ModelBackend", "drf_logto.users.backends.LogtoBackend"]
LOGIN, CALLBACK = "/admin/logto/login/", "/admin/logto/callback/"
REVOKED = "token=refresh"


def browser() -> Client:
    return Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1:8000"})


@pytest.fixture
def logto(django_admin: None, fake: FakeLogto, route: Route, settings: Any) -> FakeLogto:
    """A Logto, and a project whose admin staff enter with it."""
    settings.AUTHENTICATION_BACKENDS = BACKENDS
    route(path("admin/", LogtoAdminSite().urls))
    return fake


@pytest.fixture
def revoking(logto: FakeLogto, revocation: None) -> Iterator[FakeLogto]:
    with override(Environment(now=logto.logto.now, is_shared=False)):
        yield logto


def ada(logto: FakeLogto, **changes: Any) -> User:
    user = User.objects.create(username="ada", **{"is_staff": True, **changes})
    LogtoIdentity.objects.create(
        user=user, issuer=logto.logto.issuer, subject="ada", created_at="2026-01-01T00:00Z"
    )
    return user


def tokens(logto: FakeLogto, nonce: str, scopes: Any = (), **changes: Any) -> dict[str, Any]:
    token = logto.logto.global_token(scopes, user="ada")
    return logto.tokens(nonce, **{"access_token": token, **changes})


def begin(client: Client, next_path: str | None = None) -> dict[str, str]:
    response = client.get(LOGIN if next_path is None else f"{LOGIN}?next={quote(next_path)}")
    assert response.status_code == 302
    return query(response["Location"])


def come_back(logto: FakeLogto, client: Client, asked: dict[str, str], **answer: Any) -> Any:
    brought = {"code": "code", "state": asked["state"], "iss": logto.logto.issuer, **answer}
    return client.get(CALLBACK, brought)


def sign_in(logto: FakeLogto, client: Client, next_path: str | None = None, **token: Any) -> Any:
    asked = begin(client, next_path)
    id_token = logto.id_token(asked["nonce"], claims=token.pop("claims", {}))
    logto.answer(tokens(logto, asked["nonce"], id_token=id_token, **token))
    return come_back(logto, client, asked)


def is_in(client: Client) -> bool:
    response = client.get("/admin/")
    assert response.status_code in {200, 302}
    return response.status_code == 200


def posted(logto: FakeLogto, path: str) -> list[str]:
    pairs = zip(logto.server.asked, logto.server.bodies, strict=True)
    return [body for asked, body in pairs if asked == path]


def is_revoked(logto: FakeLogto) -> bool:
    return any(REVOKED in body for body in posted(logto, "/oidc/token/revocation"))


# Signing in


def test_staff_come_in_with_a_new_session_that_has_no_token(logto: FakeLogto) -> None:
    user, client = ada(logto), browser()
    page_of_login = client.get("/admin/")
    assert page_of_login["Location"] == "/admin/login/?next=/admin/"
    client.get("/admin/login/")
    csrf = client.cookies["csrftoken"].value
    fixed = SessionStore()
    fixed["planted"] = 1
    fixed.save()
    client.cookies["sessionid"] = str(fixed.session_key)
    response = sign_in(logto, client, "/admin/?a=b")
    assert (response.status_code, response["Location"]) == (302, "/admin/?a=b")
    assert "no-store" in response["Cache-Control"]
    assert client.cookies["sessionid"].value != fixed.session_key
    assert client.cookies["csrftoken"].value != csrf
    session = client.session
    assert session[SESSION_KEY] == str(user.pk)
    assert session[BACKEND_SESSION_KEY] == BACKENDS[1]
    assert "planted" not in session
    assert not re.search("eyJ|refresh", str(dict(session.items())))
    assert is_in(client)


def test_logto_is_asked_for_what_gives_rights(logto: FakeLogto, logto_options: Any) -> None:
    logto_options(STAFF_SCOPE="admin:site", GROUPS={"editors": ["edit:all"]})
    asked = begin(browser())
    assert asked["redirect_uri"] == f"http://127.0.0.1:8000{CALLBACK}"
    assert {"admin:site", "edit:all", "openid", "offline_access"} <= {*asked["scope"].split()}
    logto_options(GROUPS_CLAIM="roles")
    assert "admin:site" not in begin(browser())["scope"]


def test_the_addresses_to_register_are_logged(logto: FakeLogto, caplog: Any) -> None:
    caplog.set_level("INFO", "drf_logto")
    begin(browser())
    begin(browser())
    [line] = [one for one in caplog.messages if "register" in one]
    assert f"redirect URI http://127.0.0.1:8000{CALLBACK} and" in line
    assert line.endswith("post sign-out redirect URI http://127.0.0.1:8000/admin/login/.")


def test_the_browsable_api_and_the_admin_share_a_sign_in(logto: FakeLogto, route: Route) -> None:
    route(
        path("admin/", LogtoAdminSite().urls),
        path("auth/", include("drf_logto.browsable.urls")),
    )
    ada(logto)
    client = browser()
    sign_in(logto, client)
    assert is_in(client)
    client.post("/auth/logout/", {"csrfmiddlewaretoken": client.cookies["csrftoken"].value})
    assert not is_in(client)


@pytest.mark.parametrize(
    "next_path",
    [
        *("//evil.test/", "https://evil.test/", "/\\evil.test", "\\\\evil.test", "evil"),
        *("javascript:alert(1)", "/a b", "", "/" + "a" * 3000),
    ],
)
def test_the_way_leads_to_this_site_alone(logto: FakeLogto, next_path: str) -> None:
    ada(logto)
    assert sign_in(logto, browser(), next_path)["Location"] == "/admin/"


# Who may not come in


def identity_of(logto: FakeLogto, user: User, **changes: Any) -> None:
    values = {"issuer": logto.logto.issuer, "subject": "ada", **changes}
    LogtoIdentity.objects.create(user=user, created_at="2026-01-01T00:00Z", **values)


STAFF = "You are signed in at Logto, but you are not staff of this site."


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"is_staff": False}, STAFF),
        ({"is_staff": False, "is_superuser": True}, STAFF),
        ({"is_active": False}, refusals.InactiveUser.message),
    ],
)
def test_whoever_is_no_active_staff_is_refused_and_nothing_is_kept(
    logto: FakeLogto, changes: Any, sentence: str
) -> None:
    ada(logto, **changes)
    client = browser()
    response = sign_in(logto, client, "/admin/auth/user/")
    assert response.status_code == 403
    assert text_of(response, "logto-sentence") == sentence
    end = re.search(r'id="logto-end"[^>]*href="([^"]*)"', page(response))
    assert end is not None
    assert end[1].startswith(f"{logto.logto.issuer}/session/end?client_id=")
    assert 'href="/admin/login/?next=%2Fadmin%2Fauth%2Fuser%2F"' in page(response)
    assert SESSION_KEY not in client.session
    assert is_revoked(logto)
    assert not is_in(client)


def test_who_is_unknown_is_created_only_if_the_settings_say_so(
    logto: FakeLogto, logto_options: Any
) -> None:
    logto_options(CREATE_USERS=False)
    response = sign_in(logto, browser())
    assert response.status_code == 403
    assert text_of(response, "logto-sentence") == refusals.UnknownUser.message
    assert not User.objects.exists()
    logto_options(CREATE_USERS=True)
    assert sign_in(logto, browser()).status_code == 403
    assert not User.objects.get().is_staff


def test_nobody_takes_over_an_account(logto: FakeLogto) -> None:
    """By e-mail address or username, by another issuer's subject, by the wrong case."""
    staff = User.objects.create(username="ada", email="ada@example.test", is_staff=True)
    identity_of(logto, staff, issuer="https://other.test/oidc")
    identity_of(logto, staff, subject="Ada")
    claims = {"email": "ada@example.test", "email_verified": True, "username": "ada"}
    response = sign_in(logto, browser(), claims=claims)
    assert response.status_code == 403
    assert not LogtoIdentity.objects.get(issuer=logto.logto.issuer, subject="ada").user.is_staff


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"machine": "browsable-api"}, 503),
        ({"user": "bob"}, 503),
        ({"user": "ada", "claims": {"aud": "https://other.test"}}, 403),
        ({"user": "ada", "claims": {"client_id": "ada"}}, 403),
    ],
)
def test_an_access_token_of_somebody_else_lets_nobody_in(
    logto: FakeLogto, options: Any, status: int
) -> None:
    ada(logto)
    token, client = logto.logto.global_token(**options), browser()
    assert sign_in(logto, client, access_token=token).status_code == status
    assert SESSION_KEY not in client.session
    assert not is_in(client)


def test_a_token_that_is_refused_at_once_lets_nobody_in(logto: FakeLogto) -> None:
    ada(logto)
    client = browser()
    asked = begin(client)
    logto.server.answers["/oidc/token"] = http('{"error": "invalid_grant"}', "400 Bad Request")
    assert come_back(logto, client, asked).status_code == 400
    assert not is_in(client)


def test_whoever_is_refused_is_shown_no_way_that_logto_does_not_have(logto: FakeLogto) -> None:
    logto.publish(end_session_endpoint=None)
    ada(logto, is_staff=False)
    response = sign_in(logto, browser())
    assert response.status_code == 403
    assert "logto-end" not in page(response)


def test_logto_that_cannot_be_reached_is_a_page_of_its_own(logto: FakeLogto) -> None:
    client = browser()
    asked = begin(client)
    logto.server.answers["/oidc/token"] = http("", "500 No")
    response = come_back(logto, client, asked)
    assert response.status_code == 503
    assert text_of(response, "logto-back") == "Back to the log-in page"


def test_code_of_the_project_that_fails_leaves_no_sign_in(logto: FakeLogto, settings: Any) -> None:
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [f"{__name__}.Failing"]}
    with pytest.raises(ZeroDivisionError):
        sign_in(logto, browser())
    assert not is_revoked(logto)


class Failing(LogtoUserAuthentication):
    def new_user(self, issuer: str, subject: str) -> Any:
        raise ZeroDivisionError


# The callback


def test_only_the_browser_that_began_can_complete_and_only_once(logto: FakeLogto) -> None:
    ada(logto)
    client, other = browser(), browser()
    asked = begin(client)
    logto.answer(tokens(logto, asked["nonce"]))
    assert come_back(logto, other, asked).status_code == 400
    cookies = dict(client.cookies)
    assert come_back(logto, client, asked).status_code == 302
    replayed = browser()
    replayed.cookies.update({name: one for name, one in cookies.items() if "sign_in" in name})
    assert come_back(logto, replayed, asked).status_code == 400
    assert not is_in(replayed)
    assert not is_in(other)


def test_an_id_token_of_another_sign_in_is_not_trusted(logto: FakeLogto) -> None:
    ada(logto)
    client = browser()
    asked = begin(client)
    logto.answer(tokens(logto, "another nonce"))
    assert come_back(logto, client, asked).status_code == 502
    assert not is_in(client)


@pytest.mark.parametrize("address", [LOGIN, CALLBACK])
@pytest.mark.parametrize("method", ["post", "head"])
def test_the_addresses_of_the_sign_in_are_for_get(
    logto: FakeLogto, address: str, method: str
) -> None:
    client = Client(headers={"host": "127.0.0.1:8000"})
    assert getattr(client, method)(address).status_code == 405


def test_another_person_gets_nothing_of_the_session_before(logto: FakeLogto) -> None:
    ada(logto)
    before = User.objects.create_user("root", is_staff=True)
    client = browser()
    client.force_login(before, BACKENDS[0])
    session = client.session
    session["secret"] = "of root"
    session.save()
    sign_in(logto, client)
    assert "secret" not in client.session
    assert client.session[SESSION_KEY] != str(before.pk)


def test_the_sign_in_of_another_person_before_is_revoked(logto: FakeLogto) -> None:
    ada(logto)
    identity_of(logto, User.objects.create(username="bob", is_staff=True), subject="bob")
    client = browser()
    sign_in(logto, client)
    assert not is_revoked(logto)
    asked = begin(client)
    bob = logto.logto.global_token(user="bob")
    id_token = logto.id_token(asked["nonce"], claims={"sub": "bob"})
    logto.answer(logto.tokens(asked["nonce"], access_token=bob, id_token=id_token))
    assert come_back(logto, client, asked).status_code == 302
    assert is_revoked(logto)
    assert client.session[SESSION_KEY] == str(User.objects.get(username="bob").pk)


# Passwords


def with_password(client: Client) -> Any:
    User.objects.create_user("root", password="pw", is_staff=True)
    client.get("/admin/login/")
    token = client.cookies["csrftoken"].value if "csrftoken" in client.cookies else "a" * 32
    form = {"username": "root", "password": "pw", "csrfmiddlewaretoken": token}
    return client.post("/admin/login/?next=/admin/", form)


def test_passwords_stay_possible(logto: FakeLogto) -> None:
    client = browser()
    login = client.get("/admin/login/?next=/admin/auth/")
    assert f'href="{LOGIN}?next=/admin/auth/"' in page(login).replace("%2F", "/")
    assert 'name="password"' in page(login)
    assert with_password(client).status_code == 302
    assert is_in(client)
    client.post("/admin/logout/", {"csrfmiddlewaretoken": client.cookies["csrftoken"].value})
    assert not is_in(client)


def test_passwords_are_refused_if_the_settings_say_so(logto: FakeLogto, logto_options: Any) -> None:
    logto_options(ADMIN_PASSWORD_LOGIN=False)
    client = browser()
    login = page(client.get("/admin/login/"))
    assert "Log in with Logto" in login
    assert 'name="password"' not in login
    assert with_password(Client()).status_code == 405
    client.force_login(User.objects.get(username="root"), BACKENDS[0])
    assert not is_in(client)
    assert "You are authenticated as root" in page(client.get("/admin/login/"))
    ada(logto)
    sign_in(logto, client)
    assert is_in(client)


# The end of a session


def log_out(client: Client) -> Any:
    client.get("/admin/")
    token = client.cookies["csrftoken"].value
    return client.post("/admin/logout/", {"csrfmiddlewaretoken": token})


@pytest.fixture
def client(logto: FakeLogto) -> Client:
    """A browser that Ada is signed in with."""
    ada(logto)
    client = browser()
    sign_in(logto, client)
    assert is_in(client)
    return client


def test_logging_out_ends_both_sessions(logto: FakeLogto, client: Client) -> None:
    key = str(client.session["_drf_logto_key"])
    response = log_out(client)
    url, _, parameters = response["Location"].partition("?")
    assert url == f"{logto.logto.issuer}/session/end"
    assert parse_qs(parameters) == {
        "client_id": [BROWSABLE_API.id],
        "post_logout_redirect_uri": ["http://127.0.0.1:8000/admin/login/"],
    }
    assert is_revoked(logto)
    assert not is_in(client)
    with pytest.raises(SignedOut):
        sign_in_store.load(key)


@pytest.mark.parametrize("method", ["get", "head"])
def test_nobody_is_logged_out_by_a_link(client: Client, method: str) -> None:
    assert getattr(client, method)("/admin/logout/").status_code == 405
    assert is_in(client)


def test_nobody_is_logged_out_by_another_site(client: Client) -> None:
    assert client.post("/admin/logout/").status_code == 403
    assert is_in(client)


def test_logging_out_works_while_logto_does_not(logto: FakeLogto, client: Client) -> None:
    logto.publish(end_session_endpoint=None)
    logto.logto.advance(90_000)
    token = client.cookies["csrftoken"].value
    response = client.post("/admin/logout/", {"csrfmiddlewaretoken": token})
    assert response["Location"] == "/admin/login/?here=only"
    assert "you may still be signed in there" in page(client.get(response["Location"]))
    assert not is_in(client)


def test_a_deactivated_user_is_out_at_the_next_request(logto: FakeLogto, client: Client) -> None:
    User.objects.update(is_active=False)
    assert not is_in(client)


def test_who_lost_the_scope_is_out_when_the_token_is_refreshed(
    logto: FakeLogto, logto_options: Any
) -> None:
    logto_options(STAFF_SCOPE="admin:site")
    client = browser()
    sign_in(logto, client, scopes=["admin:site"])
    assert is_in(client)
    logto.answer({"access_token": logto.logto.global_token(user="ada"), "refresh_token": "other"})
    assert is_in(client)
    logto.logto.advance(3600)
    logto.answer({"access_token": logto.logto.global_token(user="ada"), "refresh_token": "other"})
    assert not is_in(client)
    assert not User.objects.get().is_staff


def test_whom_logto_gives_no_token_is_out(logto: FakeLogto, client: Client) -> None:
    logto.logto.advance(3600)
    logto.server.answers["/oidc/token"] = http('{"error": "invalid_grant"}', "400 Bad Request")
    assert not is_in(client)
    assert SESSION_KEY not in client.session


def test_a_session_waits_for_a_logto_that_cannot_be_reached(
    logto: FakeLogto, client: Client
) -> None:
    logto.logto.advance(3600)
    logto.server.answers["/oidc/token"] = http("", "500 No")
    response = client.get("/admin/")
    assert response.status_code == 503
    assert response["Retry-After"]
    logto.logto.advance(10)
    logto.answer({"access_token": logto.logto.global_token(user="ada"), "refresh_token": "other"})
    assert is_in(client)


def test_a_session_that_the_site_did_not_begin_opens_nothing(logto: FakeLogto) -> None:
    """Code of the project may begin one, and Django takes the only backend for it."""
    client = browser()
    client.force_login(ada(logto), BACKENDS[1])
    assert not is_in(client)
    assert SESSION_KEY not in client.session


def test_who_has_another_user_now_is_out(client: Client) -> None:
    LogtoIdentity.objects.update(user=User.objects.create(username="other", is_staff=True))
    assert not is_in(client)


@pytest.mark.parametrize("newer_token", [True, False])
def test_a_revoked_user_is_out_at_the_next_request(
    revoking: FakeLogto, client: Client, newer_token: bool
) -> None:
    revoke(user="ada")
    if newer_token:
        revoking.logto.advance(3600)
    fresh = revoking.logto.global_token(user="ada")
    revoking.answer({"access_token": fresh, "refresh_token": "other"})
    assert not is_in(client)
    revoking.logto.advance(1)
    sign_in(revoking, client)
    assert is_in(client)


def test_a_session_ends_with_that_at_logto(revoking: FakeLogto) -> None:
    ada(revoking)
    here, elsewhere = browser(), browser()
    sign_in(revoking, here, claims={"sid": "sid-1"})
    sign_in(revoking, elsewhere, claims={"sid": "sid-2"})
    sign_out(logout_token(revoking.logto, aud=BROWSABLE_API.id, sid="sid-1"))
    assert not is_in(here)
    assert is_in(elsewhere)


def test_who_signed_out_at_logto_meanwhile_does_not_come_in(revoking: FakeLogto) -> None:
    ada(revoking)
    client = browser()
    asked = begin(client)
    id_token = revoking.id_token(asked["nonce"], claims={"sid": "sid-1"})
    revoking.answer(tokens(revoking, asked["nonce"], id_token=id_token))
    sign_out(logout_token(revoking.logto, aud=BROWSABLE_API.id, sid="sid-1"))
    response = come_back(revoking, client, asked)
    assert response.status_code == 403
    assert text_of(response, "logto-sentence") == NO_TOKEN
    assert not is_in(client)


# Set-up


def test_the_checks_say_what_is_missing(
    logto: FakeLogto, check: Any, settings: Any, logto_options: Any
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    routes = [path("admin/", LogtoAdminSite().urls)]
    assert check(*routes) == []
    settings.AUTHENTICATION_BACKENDS = BACKENDS[:1]
    logto_options(APP_ID=None)
    settings.SESSION_COOKIE_SAMESITE = "Strict"
    found = [id for id, _ in check(*routes)]
    assert found == ["drf_logto.E021", "drf_logto.E026", "drf_logto.E044"]


def test_the_site_takes_the_place_of_that_of_django() -> None:
    config = AppConfig.create("drf_logto.users.admin_config.LogtoAdminConfig")
    assert config.name == "django.contrib.admin"
    assert import_string(str(getattr(config, "default_site"))) is LogtoAdminSite  # noqa: B009
