"""What a tenant has, as typed values."""

from typing import Any

import pytest

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.management.tenant.state import TenantState
from drf_logto.outgoing.management_api import ManagementApiRefused, management_api
from drf_logto.testing import ManagementApi
from tests.support.loopback import LoopbackServer, document
from tests.support.management import serve_management_api

API = "https://api.example.test"


@pytest.fixture
def state(stand_in: ManagementApi) -> TenantState:
    return TenantState(management_api())


@pytest.fixture
def scope(stand_in: ManagementApi) -> str:
    resource = stand_in.create("/resources", name="API", indicator=API, accessTokenTtl=900)
    id: str = stand_in.create(f"/resources/{resource['id']}/scopes", name="read:products")["id"]
    return id


def test_an_api_resource_has_its_scopes_and_the_lifetime_of_its_tokens(
    state: TenantState, scope: str
) -> None:
    found = state.resources[API]
    assert (found.name, found.token_lifetime, found.scopes) == (
        "API",
        900,
        {"read:products": scope},
    )
    assert not found.is_management_api
    assert state.resources["https://default.logto.app/api"].is_management_api


def test_organization_permissions_are_known_by_their_names(
    state: TenantState, stand_in: ManagementApi
) -> None:
    id = stand_in.create("/organization-scopes", name="invite member")["id"]
    assert state.organization_permissions == {"invite member": id}


def test_roles_of_users_and_machines_have_their_scopes(
    state: TenantState, stand_in: ManagementApi, scope: str
) -> None:
    stand_in.create("/roles", name="reader", description="Reads", scopeIds=[scope])
    stand_in.create("/roles", name="worker", description="Works", type="MachineToMachine")
    reader, worker = state.roles["reader"], state.roles["worker"]
    assert (reader.description, reader.is_for_machines) == ("Reads", False)
    assert reader.scopes == {(API, "read:products")}
    assert worker.is_for_machines
    assert not worker.scopes | reader.permissions


def test_organization_roles_have_permissions_and_scopes(
    state: TenantState, stand_in: ManagementApi, scope: str
) -> None:
    permission = stand_in.create("/organization-scopes", name="invite:member")["id"]
    ids = {"organizationScopeIds": [permission], "resourceScopeIds": [scope]}
    stand_in.create("/organization-roles", name="admin", **ids)
    admin = state.organization_roles["admin"]
    assert (admin.description, admin.is_for_machines) == ("", False)
    assert admin.permissions == {"invite:member"}
    assert admin.scopes == {(API, "read:products")}


def test_a_scope_of_a_resource_that_was_created_meanwhile_is_left_out(
    state: TenantState, stand_in: ManagementApi
) -> None:
    assert API not in state.resources
    resource = stand_in.create("/resources", name="API", indicator=API)
    scope = stand_in.create(f"/resources/{resource['id']}/scopes", name="read")["id"]
    stand_in.create("/organization-roles", name="admin", resourceScopeIds=[scope])
    assert state.organization_roles["admin"].scopes == frozenset()


def test_more_roles_than_a_page_holds_are_read(state: TenantState, stand_in: ManagementApi) -> None:
    for number in range(101):
        stand_in.create("/organization-roles", name=f"role-{number}")
    assert len(state.organization_roles) == 101


def test_a_webhook_has_its_events_and_shows_no_signing_key(
    state: TenantState, stand_in: ManagementApi
) -> None:
    config = {"url": "https://api.example.test/logto/webhook/"}
    row = stand_in.create("/hooks", name="Access", events=["User.Deleted"], config=config)
    (hook,) = state.hooks
    assert (hook.url, hook.is_enabled) == (config["url"], True)
    assert hook.events == {"User.Deleted"}
    assert hook.signing_key == row["signingKey"]
    assert row["signingKey"] not in repr(hook)


def test_an_application_has_its_addresses(state: TenantState, stand_in: ManagementApi) -> None:
    metadata = {
        "redirectUris": ["https://api.example.test/callback"],
        "postLogoutRedirectUris": ["https://api.example.test/bye"],
        "backchannelLogoutUri": "https://api.example.test/logout",
        "backchannelLogoutSessionRequired": True,
    }
    id = stand_in.create(
        "/applications", name="Web", type="Traditional", oidcClientMetadata=metadata
    )["id"]
    found = state.application(id)
    assert found is not None
    assert (found.name, found.type, found.is_third_party) == ("Web", "Traditional", False)
    assert found.redirect_uris == ("https://api.example.test/callback",)
    assert found.post_logout_redirect_uris == ("https://api.example.test/bye",)
    assert found.backchannel_logout_uri == "https://api.example.test/logout"
    assert found.metadata == metadata


def test_an_application_that_does_not_exist_is_none(state: TenantState) -> None:
    assert state.application("a/../b") is None


def test_a_third_party_application_has_consent_scopes(
    state: TenantState, stand_in: ManagementApi, scope: str
) -> None:
    id = stand_in.create("/applications", name="P", type="Traditional", isThirdParty=True)["id"]
    permission = stand_in.create("/organization-scopes", name="invite")["id"]
    stand_in.create(
        f"/applications/{id}/user-consent-scopes",
        userScopes=["email"],
        resourceScopes=[scope],
        organizationResourceScopes=[scope],
        organizationScopes=[permission],
    )
    found = state.consent_scopes(id)
    assert found.user == {"email"}
    assert found.permissions == {"invite"}
    assert found.resources == found.organization_resources == {(API, "read:products")}


@pytest.mark.parametrize(
    "part", ["resources", "organization_permissions", "roles", "organization_roles", "hooks"]
)
def test_each_part_is_read_when_it_is_asked_for_and_once(
    state: TenantState, stand_in: ManagementApi, part: str
) -> None:
    assert not stand_in.requests
    found = getattr(state, part)
    asked = len(stand_in.requests)
    assert asked
    assert getattr(state, part) is found
    assert len(stand_in.requests) == asked


def test_an_application_is_read_once(state: TenantState, stand_in: ManagementApi) -> None:
    assert state.application("none") is state.application("none") is None
    assert len([path for _method, path in stand_in.requests if "applications" in path]) == 1


@pytest.mark.parametrize(
    ("part", "path", "answer"),
    [
        pytest.param("resources", "/api/resources", [{"id": 5}], id="id"),
        pytest.param("resources", "/api/resources", [{"id": "a", "name": "b"}], id="indicator"),
        pytest.param("hooks", "/api/hooks", [{"id": "a", "name": "b", "config": []}], id="config"),
        pytest.param("roles", "/api/roles", [{"id": "a", "name": "b"}], id="type"),
    ],
)
def test_an_answer_of_another_shape_is_none(
    server: LoopbackServer, settings: Any, recordings: dict[str, Any], part: str, path: str,
    answer: object,
) -> None:  # fmt: skip
    settings.LOGTO = serve_management_api(server, recordings["management_api"])
    server.answers[path] = document(answer)
    server.answers["/api/roles/a/scopes"] = document([])
    with pytest.raises(AuthorizationServerUnavailable) as failure:
        getattr(TenantState(management_api()), part)
    assert failure.value.reason == "the Management API answers otherwise than that of Logto 1.42"


def test_a_refusal_of_an_application_is_no_missing_one(
    state: TenantState, stand_in: ManagementApi, settings: Any
) -> None:
    settings.LOGTO = {**settings.LOGTO, "MANAGEMENT_APP_SECRET": "another"}
    with pytest.raises(ManagementApiRefused) as refused:
        TenantState(management_api()).application("a")
    assert refused.value.code == "invalid_client"
