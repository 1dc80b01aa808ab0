"""What a tenant of Logto has: each part is read when it is asked for, and once."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import quote

from ...outgoing.management_api import ManagementApi, ManagementApiRefused
from .objects import (
    ApiResource,
    Application,
    ConsentScopes,
    Hook,
    Role,
    parse_application,
    parse_consent_scopes,
    parse_hook,
    parse_ids,
    parse_organization_role,
    parse_resource,
    parse_role,
)

_MAX_BODY = 16 * 1024 * 1024  # bytes; some lists come as a whole
_UNKNOWN = "entity.not_exists_with_id"


class TenantState:
    """What a tenant has.

    Every part raises ManagementApiRefused where Logto refuses, and AuthorizationServerUnavailable
    where it cannot be asked, or answers otherwise than it is known to.
    """

    PARTS: ClassVar[tuple[str, ...]] = (
        *("resources", "organization_permissions", "roles", "organization_roles", "hooks"),
        "applications",
    )

    def __init__(self, api: ManagementApi) -> None:
        self._api = api

    def forget(self, *parts: str) -> None:
        """Read these parts again when they are asked for next."""
        for part in parts:
            self.__dict__.pop(part, None)

    @cached_property
    def resources(self) -> Mapping[str, ApiResource]:
        """The API resources by their indicators, the Management API among them."""
        rows = self._api.get_list("/resources", max_body=_MAX_BODY, includeScopes="true")
        return {one.indicator: one for one in map(parse_resource, rows)}

    @cached_property
    def organization_permissions(self) -> Mapping[str, str]:
        """The id of each organization permission by its name."""
        return parse_ids(self._api.get_list("/organization-scopes", max_body=_MAX_BODY))

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        """The global roles by their names; one request for each."""
        found = (parse_role(row, self._scopes_of_role(row)) for row in self._rows("/roles"))
        return {one.name: one for one in found}

    @cached_property
    def organization_roles(self) -> Mapping[str, Role]:
        """The organization roles by their names."""
        indicators = {one.id: one.indicator for one in self.resources.values()}
        rows = self._rows("/organization-roles")
        return {one.name: one for one in (parse_organization_role(row, indicators) for row in rows)}

    @cached_property
    def hooks(self) -> tuple[Hook, ...]:
        """The webhooks."""
        return tuple(map(parse_hook, self._api.get_list("/hooks", max_body=_MAX_BODY)))

    @cached_property
    def applications(self) -> dict[str, Application | None]:
        """The applications that were asked for, by their ids; None for one that does not exist."""
        return {}

    def application(self, id: str) -> Application | None:
        """Return an application, None where there is none of this id."""
        if id not in self.applications:
            self.applications[id] = self._read_application(id)
        return self.applications[id]

    def consent_scopes(self, id: str) -> ConsentScopes:
        """Return what a third-party application may ask for."""
        return parse_consent_scopes(
            self._api.get(f"/applications/{_segment(id)}/user-consent-scopes")
        )

    def _rows(self, path: str) -> Iterator[dict[str, Any]]:
        for page in self._api.get_pages(path, max_body=_MAX_BODY):
            yield from page

    def _scopes_of_role(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        path = f"/roles/{_segment(str(row.get('id')))}/scopes"
        return self._api.get_list(path, max_body=_MAX_BODY)

    def _read_application(self, id: str) -> Application | None:
        try:
            return parse_application(self._api.get(f"/applications/{_segment(id)}"))
        except ManagementApiRefused as refused:
            if refused.code == _UNKNOWN:
                return None
            raise


def _segment(id: str) -> str:
    return quote(id, safe="")
