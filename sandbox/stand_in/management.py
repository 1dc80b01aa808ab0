"""The Management API of the stand-in: its tenant has what the sandbox needs."""

from collections.abc import Iterable
from typing import Any

from drf_logto.testing import Logto, ManagementApi

from ..tenant import API_SCOPES, BROWSABLE_API, OPERATIONS, PERMISSIONS, ROLES

_RESOURCE = "https://default.logto.app/api"
_EVENTS = (
    "User.SuspensionStatus.Updated",
    "User.Deleted",
    "Organization.Membership.Updated",
    "Organization.Deleted",
)


def management_api(logto: Logto, address: str, signing_key: str) -> ManagementApi:
    """Return the Management API of a tenant.

    Args:
        logto: the Logto of the tenant.
        address: of the sandbox, without a slash at the end.
        signing_key: of its webhook.
    """
    api = ManagementApi(OPERATIONS.id, OPERATIONS.secret, resource=_RESOURCE, now=logto.now)
    resource = api.create("/resources", name="Sandbox", indicator=logto.api_resource)
    path = f"/resources/{resource['id']}/scopes"
    granted = {*ROLES.values(), *API_SCOPES.values()}
    scopes = _created(api, path, {name for names in granted for name in names})
    names = {name for names in PERMISSIONS.values() for name in names}
    permissions = _created(api, "/organization-scopes", names)
    for role, of_role in ROLES.items():
        ids = [scopes[name] for name in sorted(of_role)]
        api.create("/roles", name=role, description=role, scopeIds=ids)
    for role in PERMISSIONS:
        api.create(
            "/organization-roles",
            name=role,
            organizationScopeIds=[permissions[name] for name in PERMISSIONS[role]],
            resourceScopeIds=[scopes[name] for name in sorted(API_SCOPES[role])],
        )
    hook = {"events": [*_EVENTS], "config": {"url": f"{address}/logto/webhook/"}}
    api.create("/hooks", name="Sandbox", signingKey=signing_key, **hook)
    paths = {
        "redirectUris": BROWSABLE_API.redirect_paths,
        "postLogoutRedirectUris": BROWSABLE_API.post_logout_paths,
    }
    metadata: dict[str, Any] = {
        name: [f"{address}{one}" for one in some] for name, some in paths.items()
    }
    metadata["backchannelLogoutUri"] = f"{address}{BROWSABLE_API.backchannel_logout_path}"
    named = {"id": BROWSABLE_API.id, "name": BROWSABLE_API.name, "type": "Traditional"}
    api.create("/applications", oidcClientMetadata=metadata, **named)
    return api


def _created(api: ManagementApi, path: str, names: Iterable[str]) -> dict[str, str]:
    return {name: api.create(path, name=name)["id"] for name in sorted(names)}
