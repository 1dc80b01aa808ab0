"""What the tenant has of the API resources, scopes and roles that the routes need."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import path
from rest_framework.views import APIView

from drf_logto.permissions import HasScopes, InOrganization
from drf_logto.testing import ManagementApi
from tests.management.doctor.conftest import Doctor
from tests.support.checked import made
from tests.support.loopback import Connection, LoopbackServer, document

API = "https://api.example.test"
SCRIPT = "const getCustomJwtClaims = async ({ token }) => ({ organization_id: 'x' });"


@pytest.fixture(autouse=True)
def routes(route: Callable[..., None]) -> None:
    """Routes that need a scope and an organization permission."""

    def get(_self: Any, _request: Any, **_: Any) -> None: ...

    products = made(APIView, HasScopes("read:products"), get=get)
    members = made(APIView, InOrganization("invite:member"), get=get)
    route(
        path("products/", products.as_view()),
        path("organizations/<organization_id>/members/", members.as_view()),
    )


def create_resource(tenant: ManagementApi, indicator: str = API, ttl: int = 3600) -> str:
    created = tenant.create("/resources", name="API", indicator=indicator, accessTokenTtl=ttl)
    id: str = created["id"]
    return id


def create_scope(tenant: ManagementApi, ttl: int = 3600) -> str:
    path = f"/resources/{create_resource(tenant, ttl=ttl)}/scopes"
    id: str = tenant.create(path, name="read:products")["id"]
    return id


@pytest.mark.parametrize(
    ("indicator", "message"),
    [
        ("https://api.example.test/", "It has 'https://api.example.test/': they differ by a trail"),
        ("https://API.example.test", "It has 'https://API.example.test': they differ by the case"),
        ("https://api.example.tst", "It has 'https://api.example.tst'. Write the API identifier"),
        ("urn:else", "Logto has no API resource 'https://api.example.test'. Write"),
    ],
)
def test_an_api_resource_that_is_missing_is_named_with_the_nearest(
    tenant: ManagementApi, doctor: Doctor, indicator: str, message: str
) -> None:
    create_resource(tenant, indicator)
    ((verdict, text),) = doctor("API resources")
    assert (verdict, message in text) == ("error", True), text
    assert doctor("scopes") == [("skipped", "See API resources above.")]


def test_scopes_and_permissions_that_are_missing_are_named(
    tenant: ManagementApi, doctor: Doctor
) -> None:
    create_resource(tenant)
    assert doctor("API resources") == [("ok", f"Logto has the API resource {API}.")]
    for fact, name in (("scopes", "read:products"), ("organization permissions", "invite:member")):
        ((verdict, message),) = doctor(fact)
        assert verdict == "error"
        assert f"'{name}'" in message
        assert "manage.py logto tenant --apply" in message
    assert doctor("roles") == [("skipped", "See scopes above.")]


def test_scopes_and_permissions_that_no_role_has_are_named(
    tenant: ManagementApi, doctor: Doctor
) -> None:
    scope = create_scope(tenant)
    permission = tenant.create("/organization-scopes", name="invite:member")["id"]
    assert doctor("scopes")[0][0] == "ok"
    assert doctor("organization permissions")[0][0] == "ok"
    ((verdict, message),) = doctor("roles")
    assert verdict == "warning"
    assert message.startswith("No role has 'read:products', 'invite:member', so nobody gets it.")
    tenant.create("/roles", name="reader", description="Reads", scopeIds=[scope])
    tenant.create("/organization-roles", name="admin", organizationScopeIds=[permission])
    assert doctor("roles")[0][0] == "ok"


def test_tokens_that_live_too_long_are_an_error(
    tenant: ManagementApi, revocation: None, logto_options: Any, doctor: Doctor
) -> None:
    create_scope(tenant, ttl=7200)
    text = f"Access tokens for {API} live for 7200 seconds"
    assert doctor("token lifetime") == [("ok", f"{text}.")]
    logto_options(MAX_TOKEN_LIFETIME=3600)
    ((verdict, message),) = doctor("token lifetime")
    assert verdict == "error"
    assert message.startswith(f"{text}, and longer than MAX_TOKEN_LIFETIME (3600): they are ref")


def test_without_revocation_no_lifetime_is_too_long(tenant: ManagementApi, doctor: Doctor) -> None:
    create_scope(tenant, ttl=10**6)
    text = f"Access tokens for {API} live for 1000000 seconds."
    assert doctor("token lifetime") == [("ok", text)]


@pytest.mark.parametrize(
    ("rows", "verdict", "message"),
    [
        ([], "ok", "No script adds claims to access tokens."),
        (
            [{"key": "jwt.accessToken", "value": {"script": SCRIPT}}],
            "warning",
            "custom claims ('jwt.accessToken'). It names 'organization_id': tokens then open",
        ),
        (
            [{"key": "jwt.clientCredentials", "value": None}],
            "warning",
            "('jwt.clientCredentials'). L",
        ),
        ({}, "skipped", "Logto does not say whether it has a script for custom claims."),
    ],
)
def test_a_script_for_custom_claims_is_a_warning(
    tenant: ManagementApi, logto_at: LoopbackServer, doctor: Doctor, rows: object, verdict: str,
    message: str,
) -> None:  # fmt: skip
    logto_at.answers["/api/configs/jwt-customizer"] = document(rows)
    ((found, text),) = doctor("custom claims")
    assert (found, message in text) == (verdict, True), text


def test_many_roles_are_read_while_there_is_time(
    tenant: ManagementApi, logto_at: LoopbackServer, doctor: Doctor
) -> None:
    """A request for each role: one that comes too late is not sent."""
    create_scope(tenant)
    tenant.create("/organization-scopes", name="invite:member")
    for number in range(3):
        tenant.create("/roles", name=f"role {number}", description="One")
    seconds = [0.0]
    answer_roles = logto_at.others

    def answer(connection: Connection) -> None:
        seconds[0] += 31 * ("/roles?" in logto_at.asked[-1])
        answer_roles(connection)

    logto_at.others = answer
    found = doctor("roles", monotonic=lambda: seconds[0])
    assert found == [("skipped", "No time is left: the facts above have taken 30 seconds.")]
    assert not any("/scopes?" in one for one in logto_at.asked if "/api/roles/" in one)
