"""The project's get_user decides about signed-in users, and about the tokens the page offers."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import include, path

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.browsable.authentication import LogtoSessionAuthentication
from drf_logto.users.authentication import LogtoUserAuthentication
from drf_logto.users.models import LogtoIdentity
from sandbox.stand_in.server import StandIn
from sandbox.tenant import BROWSABLE_API
from tests.browsable import project as views
from tests.browsable.browser import Browser, page, text_of
from tests.support.users import REFUSED

Get = Callable[[Any], Any]


@pytest.fixture
def deciding(browser: Browser, route: Any) -> Callable[[Get], Browser]:
    """Return a browser at a project with this ``get_user``."""

    def use(decide: Get) -> Browser:
        class InSession(LogtoSessionAuthentication):
            def get_user(self, auth: Any) -> Any:
                return decide(auth)

        classes = [LogtoJWTAuthentication, InSession]
        route(
            path("auth/", include("drf_logto.browsable.urls")),
            path("open/", views.Open.as_view(authentication_classes=classes)),
            path(
                "<organization_id>/invitations/",
                views.Invitations.as_view(authentication_classes=classes),
            ),
            path(
                "<organization_id>/header-only/",
                views.Invitations.as_view(authentication_classes=[TokenFromSession]),
            ),
        )
        return browser

    return use


class TokenFromSession(LogtoJWTAuthentication):
    """Reads the session without being a LogtoSessionAuthentication."""

    def get_token(self, request: Any) -> Any:
        return LogtoSessionAuthentication().get_token(request)


@pytest.mark.parametrize("name", REFUSED)
def test_a_user_whom_the_project_refuses_gets_a_challenge(deciding: Any, name: str) -> None:
    answer, status, code, sentence = REFUSED[name]

    def decide(auth: Any) -> Any:
        if isinstance(answer, Exception):
            raise copy.copy(answer)
        return answer

    browser = deciding(decide)
    browser.sign_in()
    response = browser.client.get("/open/")
    assert (response.status_code, response.json()) == (status, {"detail": sentence, "code": code})
    assert response["WWW-Authenticate"] == (
        f'Bearer realm="api", error="invalid_token", error_description="{sentence}"'
    )
    assert browser.get("/open/").status_code == status


def test_the_page_offers_a_token_whose_user_the_project_accepts(
    deciding: Any, stand_in: StandIn
) -> None:
    asked = []

    def decide(auth: Any) -> Any:
        asked.append((auth.sub, auth.client_id, auth.issuer))
        return auth.sub

    browser = deciding(decide)
    browser.sign_in()
    assert "organization acme" in page(browser.get("/acme/invitations/"))
    assert "logto-no-other" not in page(browser.get("/acme/invitations/"))
    issuer = f"{stand_in.logto.endpoint}/oidc"
    assert set(asked) == {("ada", BROWSABLE_API.id, issuer)}


@pytest.mark.parametrize("name", REFUSED)
def test_the_page_offers_no_token_whose_user_the_project_refuses(deciding: Any, name: str) -> None:
    answer = REFUSED[name][0]

    def decide(auth: Any) -> Any:
        if auth.organization_id is None:
            return auth.sub
        if isinstance(answer, Exception):
            raise copy.copy(answer)
        return answer

    browser = deciding(decide)
    browser.sign_in()
    response = browser.get("/acme/invitations/")
    assert response.status_code == 403
    assert "No other token" in text_of(response, "logto-no-other")


class UserSessionAuthentication(LogtoUserAuthentication, LogtoSessionAuthentication):
    """As the documentation of users has it."""


def test_a_browser_and_a_client_have_the_same_user_of_the_project(
    browser: Browser, route: Any, stand_in: StandIn, db: None
) -> None:
    classes = [LogtoUserAuthentication, UserSessionAuthentication]
    view = views.Open.as_view(authentication_classes=classes)
    invitations = views.Invitations.as_view(authentication_classes=classes)
    route(
        path("auth/", include("drf_logto.browsable.urls")),
        path("open/", view),
        path("<organization_id>/invitations/", invitations),
    )
    browser.sign_in()
    [ada] = LogtoIdentity.objects.all()
    filled = (ada.subject, ada.user.first_name, ada.user.email)
    assert filled == ("ada", "Ada", "ada@example.test")
    assert browser.client.get("/open/").status_code == 200
    assert "organization acme" in page(browser.get("/acme/invitations/"))
    token = stand_in.logto.global_token(user="ada")
    assert stand_in.logto.client(token).get("/open/").status_code == 200
    assert [one.subject for one in LogtoIdentity.objects.all()] == ["ada"]


def test_the_page_offers_no_token_to_a_view_without_sessions(deciding: Any) -> None:
    browser = deciding(lambda auth: auth.sub)
    browser.sign_in()
    response = browser.get("/acme/header-only/")
    assert response.status_code == 403
    assert "No other token" in text_of(response, "logto-no-other")
