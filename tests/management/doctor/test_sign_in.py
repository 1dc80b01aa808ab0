"""The application that users sign in with, as the tenant has it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import include, path
from rest_framework.views import APIView

from drf_logto.permissions import HasScopes, InOrganization
from drf_logto.testing import ManagementApi
from tests.management.doctor.conftest import Doctor
from tests.support.checked import made

API, BASE = "https://api.example.test", "https://example.test"
CALLBACK, SIGNED_OUT = f"{BASE}/auth/callback/", f"{BASE}/auth/signed-out/"
REGISTERED = {"redirectUris": [CALLBACK], "postLogoutRedirectUris": [SIGNED_OUT]}
USER_SCOPES = ["profile", "email", "urn:logto:scope:organizations"]


@pytest.fixture(autouse=True)
def routes(route: Callable[..., None]) -> None:
    def get(_self: Any, _request: Any, **_: Any) -> None: ...

    view = made(APIView, HasScopes("read:products") | InOrganization("invite:member"), get=get)
    route(
        path("organizations/<organization_id>/products/", view.as_view()),
        path("auth/", include("drf_logto.browsable.urls")),
    )


@pytest.fixture
def application(tenant: ManagementApi, logto_options: Any) -> Callable[..., str]:
    def create(**body: Any) -> str:
        id: str = tenant.create("/applications", **{"name": "Web", "type": "Traditional", **body})[
            "id"
        ]
        logto_options(APP_ID=id, APP_SECRET="hush-hush")
        return id

    return create


@pytest.mark.parametrize(
    ("kind", "verdict", "message"),
    [
        ("Traditional", "ok", "The application 'Web' has the right type."),
        ("SPA", "error", "The application of LOGTO['APP_ID'] has the type 'SPA'. Create one of"),
    ],
)
def test_the_application_has_a_type(
    application: Callable[..., str], doctor: Doctor, kind: str, verdict: str, message: str
) -> None:
    application(type=kind)
    ((found, text),) = doctor("application type")
    assert (found, message in text) == (verdict, True), text


def test_an_application_that_does_not_exist_is_an_error(
    tenant: ManagementApi, logto_options: Any, doctor: Doctor
) -> None:
    logto_options(APP_ID="deleted")
    ((verdict, message),) = doctor("application type")
    assert (verdict, "Logto has no application 'deleted'" in message) == ("error", True)
    assert doctor("consent") == [("skipped", "See application type above.")]
    logto_options(APP_ID=None)
    assert doctor("application type") == [("skipped", "LOGTO['APP_ID'] is not set.")]


@pytest.mark.parametrize("base", [None, BASE])
def test_registered_addresses_are_ok(
    application: Callable[..., str], doctor: Doctor, base: str | None
) -> None:
    application(oidcClientMetadata=REGISTERED)
    assert doctor("redirect URIs", base_url=base) == [
        ("ok", f"The redirect URI '{CALLBACK}' is registered."),
        ("ok", f"The post sign-out redirect URI '{SIGNED_OUT}' is registered."),
    ]


@pytest.mark.parametrize(
    ("base", "registered", "message"),
    [
        (
            BASE,
            CALLBACK.replace("https:", "http:"),
            f"The redirect URI {CALLBACK} is not registered",
        ),
        (
            BASE,
            CALLBACK.replace("https:", "http:"),
            "/auth/callback/' (they differ by the scheme).",
        ),
        (BASE, CALLBACK.removesuffix("/"), "/auth/callback' (they differ by a trailing slash)."),
        (None, f"{BASE}/callback/", "<the address of the API>/auth/callback/ is not registered"),
        (None, f"{BASE}/callback/", "registered: 'https://example.test/callback/'. Register it"),
    ],
)
def test_an_address_that_is_not_registered_is_an_error(
    application: Callable[..., str], doctor: Doctor, base: str | None, registered: str, message: str
) -> None:
    application(oidcClientMetadata={**REGISTERED, "redirectUris": [registered]})
    (verdict, text), other = doctor("redirect URIs", base_url=base)
    assert (verdict, message in text) == ("error", True), text
    assert other[0] == "ok"


def test_a_project_without_sign_in_needs_no_addresses(
    application: Callable[..., str], route: Callable[..., None], doctor: Doctor
) -> None:
    route()
    application()
    assert doctor("redirect URIs") == [("skipped", "The project has no sign-in.")]


def test_a_first_party_application_needs_no_consent(
    application: Callable[..., str], doctor: Doctor
) -> None:
    application()
    assert doctor("consent")[0][0] == "ok"


def test_a_third_party_application_needs_all_that_is_asked_for(
    tenant: ManagementApi, application: Callable[..., str], settings: Any, doctor: Doctor
) -> None:
    resource = tenant.create("/resources", name="API", indicator=API)["id"]
    scope = tenant.create(f"/resources/{resource}/scopes", name="read:products")["id"]
    permission = tenant.create("/organization-scopes", name="invite:member")["id"]
    consent = f"/applications/{application(isThirdParty=True)}/user-consent-scopes"
    (error, fails), (warning, lacks) = doctor("consent")
    assert (error, warning) == ("error", "warning")
    assert "does not allow email, profile, urn:logto:scope:organizations." in fails
    assert "lack scopes that routes need: 'read:products', 'invite:member'." in lacks
    tenant.create(consent, userScopes=USER_SCOPES)
    assert [verdict for verdict, _message in doctor("consent")] == ["warning"]
    allowed = {"resourceScopes": [scope], "organizationScopes": [permission]}
    tenant.create(consent, userScopes=USER_SCOPES, **allowed)
    assert [verdict for verdict, _message in doctor("consent")] == ["ok"]
    tenant.create(consent, userScopes=["profile"], **allowed)
    settings.INSTALLED_APPS = ["rest_framework", "drf_logto"]
    ((verdict, message),) = doctor("consent")
    assert (verdict, "does not allow urn:logto:scope:organizations." in message) == ("error", True)
